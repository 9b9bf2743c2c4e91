"""What an event came to, on a page that prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from app.deps import SessionDep
from app.services.report import Gathered, event_report, gather, places_of
from app.web.console.frame import event_frame
from app.web.pictures.border_map import Spot, draw_map
from app.web.pictures.network import draw_ring
from app.web.render import page
from models.report import CrossFigure

router = APIRouter(prefix="/console/events", include_in_schema=False)
_SECTORS = 12


@dataclass(frozen=True)
class Square:
    """A matrix of counts whose rows and columns have the same names."""

    names: list[str]
    counts: list[list[int]]
    most: int
    hidden: int


@router.get("/{event_id}/report")
def report_page(request: Request, session: SessionDep, event_id: int) -> Response:
    """Numbers, pictures, quotes and what is to follow up."""
    gathered = gather(session, event_id=event_id)
    told = event_report(session, gathered=gathered)
    context = event_frame(session, event_id, "report") | _pictures(session, gathered) | {
        "report": told,
        "by_side": square(told.by_side, len(told.sides)),
        "by_sector": square(told.by_sector, _SECTORS),
        "most_share": max(told.distribution.values(), default=1),
    }  # fmt: skip
    return page(request, "report/report.html", context)


def square(figures: Sequence[CrossFigure], room: int) -> Square:
    """Pairs of names as a symmetric matrix of the names that meet most; what does not fit is counted."""
    weight: dict[str, int] = {}
    for f in figures:
        for name in {f.one, f.other}:
            weight[name] = weight.get(name, 0) + f.meetings
    names = sorted(sorted(weight, key=lambda n: (-weight[n], n))[:room])
    held = {(f.one, f.other): f.meetings for f in figures}
    counts = [[held.get((a, b), 0) or held.get((b, a), 0) for b in names] for a in names]
    return Square(names, counts, max((max(row) for row in counts), default=0), len(weight) - len(names))


def _pictures(session: Session, gathered: Gathered) -> dict[str, Any]:
    """The map of the pairs and the ring of the meetings."""
    pairs, side = [(m.a, m.b) for m in gathered.meetings], gathered.side
    spots = [Spot(i, lat, lon, side[i], town) for i, lat, lon, town in places_of(session, ids=side)]
    ring = draw_ring([(p.actor_id, p.name, p.side) for p in gathered.people], pairs) if pairs else None
    return {"map": draw_map(spots, pairs), "unplaced": len(gathered.people) - len(spots), "ring": ring}
