"""The clock on the wall: the round, the time left and what is next, in the languages of the event."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.deps import NowDep, SessionDep
from app.services import events
from app.services.attendance import list_losses
from app.services.timetable import Moment, ends_at, moment
from app.web.catalogues import LANGUAGES, choose_language, translations
from app.web.formats import Formats
from app.web.labels import mark
from app.web.render import page
from models.event import Event, ParticipantPublic, RoundPublic

router = APIRouter(include_in_schema=False)

AT_ONCE = 4
"""More languages on one wall nobody reads from fifteen metres."""
ROOMY = 8
"""So many rounds stand beside each other on a wall with their beginning and end."""
LAST = timedelta(minutes=1)
FAR = timedelta(hours=20)
"""Before that, the wall names the day instead of counting down."""

SAYS = {
    "far": mark("clock", "We begin on %(day)s at %(time)s"),
    "before": mark("clock", "We begin at %(time)s"),
    "round": mark("clock", "Round %(n)s of %(all)s"),
    "last": mark("clock", "Last minute of round %(n)s"),
    "pause": mark("clock", "Please go to your next place"),
    "after": mark("clock", "The rounds are over. Thank you!"),
    "unplanned": mark("clock", "No round takes place"),
}
"""What the wall says large."""
NEXTS = {
    "far": mark("clock", "%(all)s rounds"),
    "before": mark("clock", "%(all)s rounds"),
    "round": mark("clock", "Next: round %(next)s at %(time)s"),
    "last": mark("clock", "Next: round %(next)s at %(time)s"),
    "pause": mark("clock", "Round %(next)s begins at %(time)s"),
    "end": mark("clock", "This is the last round"),
}
"""What it says beneath."""


@dataclass(frozen=True)
class Said:
    """A sentence in one language: as it is now, and with braces where the script writes numbers."""

    lang: str
    text: str
    pattern: str


@dataclass(frozen=True)
class Slot:
    """A round for the script and for the strip below: moments in ms of the epoch, times as each language writes."""

    round: RoundPublic
    start: int
    end: int
    cancelled: bool
    times: str
    days: str
    other_day: bool
    """Not of the day that is shown: that of the round that runs, or else comes next."""


@dataclass(frozen=True)
class Wall:
    """An event at a moment, in the languages it is told in."""

    event: Event
    rounds: Sequence[RoundPublic]
    cancelled: frozenset[int]
    langs: Sequence[str]
    now: datetime

    @property
    def here(self) -> Moment:
        """Where the day stands."""
        return moment(self.rounds, self.now, self.cancelled)

    @property
    def phase(self) -> str:
        """What is said now."""
        here = self.here
        if here.phase == "round" and here.current and ends_at(here.current) - self.now <= LAST:
            return "last"
        if here.phase in {"before", "pause"} and here.current and here.current.starts_at - self.now > FAR:
            return "far"
        return here.phase

    @property
    def beneath(self) -> str:
        """What is said beneath it."""
        running = self.here.phase == "round"
        return "end" if running and self.here.following is None else self.phase

    @property
    def seconds(self) -> int | None:
        """Seconds left of the round, or until the next one."""
        current = self.here.current
        if current is None or self.phase == "far":
            return None
        until = ends_at(current) if self.here.phase == "round" else current.starts_at
        return max(0, round((until - self.now).total_seconds()))

    def says(self, sayings: dict[str, str]) -> dict[str, list[Said]]:
        """Every sentence in every language."""
        return {key: [self._said(lang, text) for lang in self.langs] for key, text in sayings.items()}

    def slots(self) -> list[Slot]:
        """The rounds."""
        return [self._slot(r) for r in self.rounds]

    @property
    def many(self) -> bool:
        """Whether the rounds of a day stand beside each other only without saying when they end."""
        return max(Counter(map(self._day_of, self.rounds)).values(), default=0) > ROOMY

    def _day_of(self, slot: RoundPublic) -> date:
        return slot.starts_at.astimezone(ZoneInfo(self.event.zone)).date()

    def _said(self, lang: str, message: str) -> Said:
        sentence, show, zone = translations(lang).pgettext("clock", message), Formats(lang), self.event.zone
        here, all_rounds = self.here, len(self.rounds)
        running = here.phase == "round"
        coming = here.following if running else here.current
        told: dict[str, Any] = {"all": all_rounds, "n": "", "next": "", "time": "", "day": ""}
        if running and here.current:
            told["n"] = here.current.index + 1
        if coming:
            told |= {"next": coming.index + 1, "time": show.time(coming.starts_at, zone)}
            told["day"] = show.day(coming.starts_at, zone)
        braces = {name: all_rounds if name == "all" else "{" + name + "}" for name in told}
        return Said(lang, sentence % told, sentence % braces)

    def _slot(self, slot: RoundPublic) -> Slot:
        zone = self.event.zone
        times = {lang: Formats(lang).time(slot.starts_at, zone) for lang in self.langs}
        days = {lang: Formats(lang).day(slot.starts_at, zone) for lang in self.langs}
        start = round(slot.starts_at.timestamp() * 1000)
        end = round(ends_at(slot).timestamp() * 1000)
        other = self._day_of(slot) != self._day_of(self.here.current or self.rounds[-1])
        return Slot(slot, start, end, slot.index in self.cancelled, json.dumps(times), json.dumps(days), other)


@router.get("/clock/{event_id}")
def clock(
    request: Request, session: SessionDep, now: NowDep, event_id: int, langs: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Time left in large figures; it needs no network once it is loaded."""
    event = events.get_event(session, event_id=event_id)
    asked = [lang for lang in langs.split(",") if lang in LANGUAGES][:AT_ONCE]
    people = [] if asked else events.list_participants(session, event_id=event_id)
    spoken = asked or spoken_languages(people) or [choose_language(request)]
    rounds = events.list_rounds(session, event_id=event_id)
    wall = Wall(event, rounds, list_losses(session, event_id=event_id).rounds, spoken, now)
    context = {"wall": wall, "says": wall.says(SAYS), "nexts": wall.says(NEXTS), "since": round(now.timestamp() * 1000)}
    return page(request, "day/clock.html", context)


def spoken_languages(people: Iterable[ParticipantPublic]) -> list[str]:
    """Languages of the interface that the participants speak, the most spoken first."""
    counts = Counter(tag for p in people for tag in {t.split("-")[0] for t in p.languages} if tag in LANGUAGES)
    return [lang for lang, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:AT_ONCE]
