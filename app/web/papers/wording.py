"""The words of papers and files. Services ask for them by key; the catalogues hold them in every language."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from app.web.catalogues import translations
from app.web.formats import Formats
from app.web.labels import Labels, mark

PHRASES = {
    "time": mark("paper", "Time"),
    "place": mark("paper", "Place"),
    "meet": mark("paper", "Who meets"),
    "you_meet": mark("paper", "You meet"),
    "interpret": mark("paper", "For whom"),
    "notes": mark("paper", "Notes"),
    "pause": mark("paper", "Pause"),
    "free": mark("paper", "free"),
    "pausing": mark("paper", "Pausing in this round"),
    "round": mark("paper", "Round %(number)s"),
    "nothing": mark("paper", "No meeting is planned for you yet."),
    "nothing_here": mark("paper", "There is nothing to print here yet."),
    "interpreter_number": mark("paper", "Interpreter %(number)s"),
    "agenda_code": mark("paper", "Your agenda, always up to date"),
    "you_need": mark("paper", "You look for"),
    "you_offer": mark("paper", "You offer"),
    "you_profile": mark("paper", "You write"),
    "they_need": mark("paper", "They look for"),
    "they_offer": mark("paper", "They offer"),
    "they_profile": mark("paper", "They write"),
    "plan_published": mark("paper", "Plan %(number)s, published %(day)s, %(time)s"),
    "plan_draft": mark("paper", "Plan %(number)s, draft of %(day)s, %(time)s: may still change"),
    "plan_superseded": mark("paper", "Plan %(number)s of %(day)s, %(time)s: replaced by a later one"),
}
"""Every phrase by the key that services use."""


@dataclass(frozen=True)
class PageWords(Formats):
    """The words of one language: phrases from the catalogue, dates and names from Babel."""

    def say(self, phrase: str, /, **values: Any) -> str:
        """A phrase by its key, its placeholders filled."""
        words = translations(self.lang).pgettext("paper", PHRASES[phrase])
        return words % values if values else words

    def kind(self, code: str) -> str:
        """The name of a kind of actor."""
        return Labels(translations(self.lang))("kind", code)


@cache
def words(lang: str) -> PageWords:
    """The words of a language by its code."""
    return PageWords(lang)
