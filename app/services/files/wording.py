"""What papers and files say besides what people wrote. The doors hand in the words; the catalogues are theirs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class Wording(Protocol):
    """The words of one language."""

    @property
    def lang(self) -> str:
        """Its code."""

    def say(self, phrase: str, /, **values: Any) -> str:
        """A phrase by its key (app/web/papers/wording.py lists them), its %(placeholders)s filled."""

    def day(self, moment: datetime, zone: str) -> str:
        """A date in full."""

    def short_day(self, moment: datetime, zone: str) -> str:
        """A date, short."""

    def time(self, moment: datetime, zone: str) -> str:
        """A time of day."""

    def language(self, tag: str) -> str:
        """The name of a language."""

    def languages(self, tags: Iterable[str]) -> str:
        """Names of several languages as one phrase."""

    def kind(self, code: str) -> str:
        """The name of a kind of actor."""

    def cause(self, code: str) -> str:
        """Why somebody has fewer meetings than asked."""

    def place(self, label: str) -> str:
        """A place by its label; one that the service named ("Table 3") in this language."""

    def country(self, code: str) -> str:
        """The name of a country."""


Words = Callable[[str], Wording]
"""The words of a language by its code."""


@dataclass(frozen=True)
class Phrasebook:
    """The words of every language, and what each calls itself."""

    words: Words
    languages: Mapping[str, str]
