"""The rows of a preview that look like each other, or like an actor that is stored already, with a merge proposal."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import Session

from app.services.importing.decide import Decision
from app.services.importing.notes import Notes
from app.services.importing.remarks import english
from app.services.importing.twins import Likeness, Pair, find_twins
from app.services.importing.values import host_of
from models.competence_map import Twin

_LISTED = 1_000
_MOST = 300_000
"""Actors, rows and stored together, beyond which twins are not searched in a preview."""


@dataclass
class TwinSearch:
    """Collects the new rows of a preview, then looks for their twins."""

    rows: list[tuple[str, int, Likeness]] = field(default_factory=list)

    def collect(self, decisions: list[Decision]) -> None:
        """Remember the rows that would become new actors."""
        for decision in decisions:
            if decision.action == "new":
                row, actor = decision.row, decision.row.actor
                self.rows.append(
                    (
                        row.key,
                        row.line,
                        Likeness(
                            None,
                            actor.name,
                            actor.country,
                            actor.city or "",
                            host_of(actor.website),
                            tuple(actor.aliases),
                        ),
                    )
                )

    def search(self, session: Session, notes: Notes) -> list[Twin]:
        """The surest pairs, best first."""
        if not self.rows:
            return []
        stored = list(_stored(session, _MOST - len(self.rows) + 1))
        if len(stored) + len(self.rows) > _MOST:
            notes.add("twins_not_searched", most=_MOST)
            return []
        pairs = find_twins([*(like for _, _, like in self.rows), *stored], new=len(self.rows))
        return [self._twin(pair, stored) for pair in pairs[:_LISTED]]

    def _twin(self, pair: Pair, stored: list[Likeness]) -> Twin:
        key, line, like = self.rows[pair.first]
        twin = Twin(
            line=line,
            key=key,
            name=like.name,
            other_name="",
            score=pair.score,
            reasons=[english(r) for r in pair.reasons],
            because=pair.reasons,
        )
        if pair.second < len(self.rows):
            twin.other_key, twin.other_line, other = self.rows[pair.second]
            twin.other_name = other.name
        else:
            known = stored[pair.second - len(self.rows)]
            assert isinstance(known.ref, tuple)
            twin.actor_id, twin.other_map = known.ref
            twin.other_name = known.name
        return twin


def _stored(session: Session, most: int) -> Iterator[Likeness]:
    query = text(
        "SELECT a.id, a.name, a.country, a.city, a.website, a.aliases, (SELECT string_agg(DISTINCT m.name, ', ') "
        "FROM map_entry e JOIN competence_map m ON m.id = e.map_id WHERE e.actor_id = a.id) AS maps "
        "FROM actor a ORDER BY a.id LIMIT :most"
    )
    for row in session.execute(query, {"most": max(0, most)}):
        yield Likeness(
            (row.id, row.maps), row.name, row.country, row.city or "", host_of(row.website), tuple(row.aliases)
        )
