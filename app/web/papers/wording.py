"""The words of papers and files. Services ask for them by key; the catalogues hold them in every language."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from app.services.files.wording import Phrasebook
from app.web.catalogues import LANGUAGES, translations
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
    "round": mark("paper", "Round"),
    "round_number": mark("paper", "Round %(number)s"),
    "page_of": mark("paper", "Page %(number)s of %(total)s"),
    "nothing": mark("paper", "No meeting is planned for you yet."),
    "nothing_here": mark("paper", "There is nothing to print here yet."),
    "interpreter_number": mark("paper", "Interpreter %(number)s"),
    "agenda_code": mark("paper", "Your agenda, always up to date"),
    "agenda_yours": mark("paper", "Keep it to yourself: whoever has this code can answer for you."),
    "delegate_there": mark("paper", "At the table for you: %(delegate)s"),
    "you_need": mark("paper", "You look for"),
    "you_offer": mark("paper", "You offer"),
    "you_profile": mark("paper", "You write"),
    "they_need": mark("paper", "They look for"),
    "they_offer": mark("paper", "They offer"),
    "they_profile": mark("paper", "They write"),
    "plan_published": mark("paper", "Plan %(number)s, published %(day)s, %(time)s"),
    "plan_draft": mark("paper", "Plan %(number)s, draft of %(day)s, %(time)s: may still change"),
    "plan_superseded": mark("paper", "Plan %(number)s of %(day)s, %(time)s: replaced by a later one"),
    "meeting_with": mark("paper", "Meeting with %(name)s"),
    "table_event": mark("paper", "Event"),
    "table_participants": mark("paper", "Participants"),
    "table_rounds": mark("paper", "By round"),
    "table_people": mark("paper", "By participant"),
    "table_places": mark("paper", "By place"),
    "table_interpreters": mark("paper", "Interpreters"),
    "table_wishes": mark("paper", "Wishes"),
    "table_unmet": mark("paper", "Fewer than asked"),
    "table_certificate": mark("paper", "Certificate"),
    "table_links": mark("paper", "Links to agendas"),
    "column_what": mark("paper", "What"),
    "column_value": mark("paper", "Value"),
    "column_name": mark("paper", "Name"),
    "column_where": mark("paper", "Town"),
    "column_zone": mark("paper", "Time zone"),
    "column_rounds": mark("paper", "Rounds"),
    "column_places": mark("paper", "Places"),
    "column_participants": mark("paper", "Participants"),
    "column_min": mark("paper", "Meetings at least"),
    "column_max": mark("paper", "Meetings at most"),
    "column_plan": mark("paper", "Plan"),
    "column_id": mark("paper", "Number"),
    "column_kind": mark("paper", "Kind"),
    "column_country": mark("paper", "Country"),
    "column_side": mark("paper", "Side"),
    "column_city": mark("paper", "Town"),
    "column_languages": mark("paper", "Languages"),
    "column_available": mark("paper", "There in rounds"),
    "column_delegates": mark("paper", "Delegates"),
    "column_pseudonym": mark("paper", "Met by others as"),
    "column_parallel": mark("paper", "Meetings at once"),
    "column_tracks": mark("paper", "Tracks"),
    "column_meetings": mark("paper", "Meetings"),
    "column_agenda": mark("paper", "Agenda"),
    "column_contact": mark("paper", "Contact"),
    "column_email": mark("paper", "E-mail"),
    "column_round": mark("paper", "Round"),
    "column_start": mark("paper", "Start"),
    "column_end": mark("paper", "End"),
    "column_place": mark("paper", "Place"),
    "column_participant": mark("paper", "Participant"),
    "column_partner": mark("paper", "Partner"),
    "column_interpreter": mark("paper", "Interpreter"),
    "column_worth": mark("paper", "Worth"),
    "column_word": mark("paper", "Word"),
    "column_planned": mark("paper", "In the plan"),
    "column_cause": mark("paper", "Cause"),
    "column_status": mark("paper", "Proof"),
    "column_utility": mark("paper", "Total worth"),
    "column_bound": mark("paper", "Most that is possible"),
    "column_gap": mark("paper", "Gap"),
    "column_floor_requested": mark("paper", "Meetings for everybody, asked"),
    "column_floor_reached": mark("paper", "Meetings for everybody, reached"),
    "column_seconds": mark("paper", "Seconds"),
    "word_wish": mark("paper", "wish"),
    "word_veto": mark("paper", "veto"),
    "word_must": mark("paper", "must"),
    "yes": mark("paper", "yes"),
    "no": mark("paper", "no"),
    "clock": mark("paper", "Clock"),
    "people": mark("paper", "Participants"),
    "places": mark("paper", "Places"),
    "rounds": mark("paper", "Rounds"),
    "desk": mark("paper", "Desk"),
    "language": mark("paper", "Language"),
    "search": mark("paper", "Search by name"),
    "participant": mark("paper", "Participant"),
    "partner": mark("paper", "Partner"),
    "round_of": mark("paper", "Round %(number)s of %(total)s"),
    "before": mark("paper", "It begins in"),
    "over": mark("paper", "All rounds are over"),
    "next_at": mark("paper", "Round %(number)s begins at %(time)s"),
    "shifted": mark("paper", "Moved by %(minutes)s min"),
    "earlier": mark("paper", "One minute earlier"),
    "later": mark("paper", "One minute later"),
    "full": mark("paper", "Full screen"),
    "expected": mark("paper", "expected"),
    "here": mark("paper", "here"),
    "late": mark("paper", "late"),
    "absent": mark("paper", "absent"),
    "gone": mark("paper", "left"),
    "desk_hint": mark(
        "paper", "What you note stays in this browser. Save it as a file and hand it in when the network is back."
    ),
    "save_file": mark("paper", "Save as a file"),
    "forget": mark("paper", "Forget what was noted"),
    "forget_sure": mark("paper", "Forget everything that was noted here?"),
    "not_kept": mark("paper", "This browser keeps nothing: save the file before you close the page."),
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

    def cause(self, code: str) -> str:
        """Why somebody has fewer meetings than asked."""
        return Labels(translations(self.lang))("cause", code)


@cache
def words(lang: str) -> PageWords:
    """The words of a language by its code."""
    return PageWords(lang)


PHRASEBOOK = Phrasebook(words, LANGUAGES)
"""What the application hands to the doors that make papers and files."""
