"""Papers of an event from first to last: read, laid out, printed."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from sqlmodel import Session

from app.services import links
from app.services.files.reasons import why_pairs
from app.services.files.tables import stem_of
from app.services.files.timetable import Timetable, read_timetable
from app.services.files.wording import Words
from app.services.importing.sheets import FileOut
from app.services.papers import badges, press, sheets
from app.services.papers.desk import Desk
from models.papers import PaperKind, PaperOptions

KINDS: Sequence[PaperKind] = get_args(PaperKind)
PDF = "application/pdf"
_LAYOUTS: Mapping[PaperKind, tuple[press.Template, Callable[[Desk], dict[str, Any]]]] = {
    "participants": ("participants", sheets.participants_data),
    "places": ("lists", sheets.places_data),
    "rounds": ("lists", sheets.rounds_data),
    "interpreters": ("lists", sheets.interpreters_data),
    "badges": ("badges", badges.badges_data),
    "signs": ("signs", badges.signs_data),
}


@dataclass(frozen=True)
class Order:
    """What is to be printed, in whose words, and where this service is reached (`base`: https://viaduc.example.org)."""

    words: Words
    base: str
    options: PaperOptions = field(default_factory=PaperOptions)

    def with_options(self, options: PaperOptions) -> "Order":
        """The same order, made another way."""
        return replace(self, options=options)


def prepare(session: Session, *, event_id: int, order: Order, kinds: Sequence[PaperKind] = KINDS) -> Desk:
    """Everything that these kinds need; printing needs the database no more.

    Sheets of participants, and badges that ask for it, carry a new link to the agenda each (one for both): those
    printed before keep working. Raises NotFound (event, plan, participant) and Conflict (the plan is being computed).
    """
    timetable = read_timetable(session, event_id=event_id, number=order.options.plan)
    own = "participants" in kinds
    coded = own or ("badges" in kinds and order.options.badge_code == "agenda")
    desk = Desk(
        timetable=timetable,
        words=order.words,
        options=order.options,
        reasons=_reasons(session, timetable, order.options) if own else {},
        profiles={i: f"{order.base}/directory/{i}" for i, person in timetable.people.items() if not person.pseudonym},
    )
    desk.people()
    return replace(desk, agendas=_agendas(session, timetable, order)) if coded else desk


def prepare_look(session: Session, *, event_id: int, order: Order, kind: PaperKind) -> Desk:
    """The same for a look at the first page: codes lead nowhere, so looking makes no links."""
    timetable = read_timetable(session, event_id=event_id, number=order.options.plan)
    some = sorted(timetable.people, key=lambda actor_id: -len(timetable.by_person[actor_id]))
    few = order.options.model_copy(update={"actor_ids": some[:1] if kind == "participants" else some[:12]})
    codes = dict.fromkeys(some, f"{order.base}/agenda/0123456789abcdefghijklmnopqrstuvwxyz")
    return Desk(timetable, order.words, few, _reasons(session, timetable, few), codes, codes)


def print_paper(desk: Desk, kind: PaperKind) -> FileOut:
    """One kind as PDF."""
    template, layout = _LAYOUTS[kind]
    return FileOut(f"{stem_of(desk.timetable)}-{kind}.pdf", PDF, press.print_pdf(template, layout(desk)))


def print_papers(desk: Desk, kinds: Sequence[PaperKind] = KINDS) -> Iterator[FileOut]:
    """Several kinds, one after the other."""
    for kind in kinds:
        yield print_paper(desk, kind)


def pack_papers(desk: Desk) -> FileOut:
    """Every kind in one archive."""
    out = io.BytesIO()
    # PDF is packed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for paper in print_papers(desk):
            archive.writestr(paper.name, paper.data)
    return FileOut(f"{stem_of(desk.timetable)}-papers.zip", "application/zip", out.getvalue())


def draw_first(desk: Desk, kind: PaperKind) -> bytes:
    """The first page as PNG."""
    template, layout = _LAYOUTS[kind]
    data = layout(desk)
    return press.draw_page(template, data | {key: data[key][:1] for key in ("sheets", "signs") if key in data})


def unprintable(timetable: Timetable) -> dict[str, str]:
    """Names with letters that none of our fonts has, and which; a dot stands for each on paper."""
    words = [p.name for p in timetable.people.values()] + [*timetable.places.values(), timetable.event.name]
    return {name: missing for name in words if (missing := press.missing_letters([name]))}


def _reasons(session: Session, timetable: Timetable, options: PaperOptions) -> Any:
    wanted = None if options.actor_ids is None else set(options.actor_ids)
    pairs = [m.pair for m in timetable.meetings if wanted is None or not wanted.isdisjoint(m.pair)]
    return why_pairs(session, pairs=pairs)


def _agendas(session: Session, timetable: Timetable, order: Order) -> dict[int, str]:
    wanted = order.options.actor_ids
    made = links.make_links(
        session, event_id=timetable.event.id, actor_ids=wanted, handing=links.Handing(purpose="paper")
    )
    return {actor_id: f"{order.base}/agenda/{link.token}" for actor_id, link in made.items()}
