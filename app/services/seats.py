"""Who sits where: the meetings of a plan by round, place, interpreter or person, light enough for every look."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from models.plan import Meeting


@dataclass(frozen=True)
class Seat:
    """A meeting of a plan: two participants in a round, at a place, with who sits there for them."""

    round: int
    place: int | None
    interpreter: str | None
    a: int
    b: int
    delegate_a: str | None = None
    delegate_b: str | None = None

    def other(self, actor_id: int) -> int:
        """Whom a participant meets there."""
        return self.b if actor_id == self.a else self.a

    def delegate(self, actor_id: int) -> str | None:
        """Who sits there for a participant."""
        return self.delegate_a if actor_id == self.a else self.delegate_b


def list_seats(session: Session, *, event_id: int, number: int | None, first: int = 0) -> list[Seat]:
    """The meetings of a plan from a round on, by round and place; none when there is no plan."""
    if number is None:
        return []
    columns = (
        Meeting.round,
        Meeting.place,
        Meeting.interpreter,
        Meeting.a,
        Meeting.b,
        Meeting.delegate_a,
        Meeting.delegate_b,
    )
    query = (
        select(*columns)  # type: ignore[call-overload]
        .where(col(Meeting.event_id) == event_id, col(Meeting.number) == number, col(Meeting.round) >= first)
        .order_by(col(Meeting.round), col(Meeting.place), col(Meeting.a))
    )
    return [Seat(*row) for row in session.execute(query)]
