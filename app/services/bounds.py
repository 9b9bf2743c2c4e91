"""How much of each thing is kept, in one place; docs/security.md shows the table, and a test compares the two.

What a single request may hold stands with the shapes in models; what is worked on at once, in app/crowding.py.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from app.errors import Conflict
from matching.pairing.problem import MAX_PARTICIPANTS as MOST_OF_A_PLAN

MAX_ROUNDS = 200
MAX_PLACES = 2000
"""Of an event; interpreters too."""
MAX_LOCKS = 5000
"""Of an event."""


MAX_PARTICIPANTS = MOST_OF_A_PLAN
"""Of an event: as many as a plan is made for."""


@dataclass(frozen=True)
class Bound:
    """So many and no more: `most`, what they are in a sentence, and what to do where one more is wanted."""

    most: int
    what: str
    way: str

    @property
    def refusal(self) -> Conflict:
        """What somebody is told who wants one more."""
        return Conflict.by_code("bound_reached", most=self.most, what=self.what, way=self.way)


BOUNDS: dict[str, Bound] = {
    "events": Bound(5_000, "events are stored", "remove one that is over and needed no more"),
    "programmes": Bound(1_000, "programmes are stored", "remove one that groups no event any more"),
    "maps": Bound(1_000, "competence maps are stored", "load the file into one of them, by its name"),
    "sector lists": Bound(100, "sector lists are stored", "forget one, or replace one by loading under its name"),
    "consent texts": Bound(200, "texts of consent are stored", "remove a version that nobody agreed to"),
    "keys": Bound(1_000, "keys work", "end one that is not used any more"),
    "people": Bound(2_000, "people may sign in", "let one in no more before the next"),
    "contacts": Bound(500, "persons are stored of this organisation", "remove one who is not there any more"),
    "relations": Bound(2_000, "relations are stored of this actor", "remove one that is over"),
    "wishes": Bound(100_000, "wishes, vetoes and musts were said at this event", "take one back before the next"),
    "locks": Bound(MAX_LOCKS, "meetings of this event stand whatever is planned", "release one before the next"),
    "links": Bound(200, "links open the agenda of one of these participants", "close the old ones, or renew them"),
    "drafts": Bound(
        200,
        "plans of this event that were never published are kept, and each was named, changed by hand, gone on from or "
        "just computed",
        "remove one that nobody needs, on the page of the schedule or with DELETE /events/{event_id}/plans/{number}",
    ),
    "published plans": Bound(1_000, "plans of this event were published", "export it, and go on in another event"),
}
"""Where nothing else is said, of the service as a whole; the others of one event, actor or participant."""


def refuse_beyond(
    session: Session, name: str, there: SelectOfScalar[int] | Select[Any], *, adding: int = 1, exact: bool = True
) -> None:
    """Conflict where `adding` more than `there` counts would be more than the bound of this name.

    `exact`: of two who add at once the second waits for the first and counts it, too. Where thousands add at once and a
    list comes in pages all the same, nobody waits.
    """
    if exact:
        session.connection().execute(select(func.pg_advisory_xact_lock(func.hashtext(f"bound:{name}"))))
    session.flush()
    if int(session.connection().execute(there).scalar_one()) + adding > BOUNDS[name].most:
        raise BOUNDS[name].refusal
