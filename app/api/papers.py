"""Papers and files of an event: PDF, calendars, tables, JSON, and the page that works without a network."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from sqlmodel import Session

from app.api.problems import responses
from app.db import session_scope
from app.deps import EngineDep, PrincipalDep, SessionDep, SettingsDep
from app.errors import BadInput
from app.reach import public_base
from app.services.files import calendar, tables, whole
from app.services.files.offline.attendance import OfflineFile, OfflineReport, take_offline
from app.services.files.offline.page import Told, offline_page
from app.services.files.reasons import why_pairs
from app.services.files.timetable import read_timetable
from app.services.files.wording import Phrasebook
from app.services.importing.sheets import FileOut
from app.services.links import open_link
from app.services.papers import make
from models.papers import PaperKind, PaperOptions

router = APIRouter(prefix="/events/{event_id}", tags=["papers and files"], responses=responses(404))
# Among the pages of an agenda: its errors are pages too, so the description of the API leaves it out.
feeds = APIRouter(prefix="/agenda/{token}", include_in_schema=False)

CALENDAR = "text/calendar; charset=utf-8"
Lang = Literal["en", "fr", "nl", "de", "da", "es", "eu"]
LangQuery = Annotated[Lang, Query(description="Language of what is not written by people")]
PlanQuery = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Absent: the published plan, else the newest draft")
]
_OPTIONS: dict[str, Any] = {
    "as most events want it": {"value": {}},
    "badges of another size": {"value": {"second": "en", "badge_width_mm": 86, "badge_height_mm": 54}},
}
_NOTED: dict[str, Any] = {
    "one did not come": {
        "value": {
            "kind": "viaduc-attendance",
            "version": 1,
            "event_id": 1,
            "plan": 1,
            "made": "2027-03-08T18:00:00+01:00",
            "saved": "2027-03-09T09:20:00+01:00",
            "said": [{"actor_id": 1, "state": "absent", "at": "2027-03-09T09:12:00+01:00"}],
        }
    }
}


def get_phrasebook(request: Request) -> Phrasebook:
    """The words of papers and files; the application hands them in, because the catalogues are another door's."""
    book: Phrasebook = request.app.state.phrasebook
    return book


PhrasebookDep = Annotated[Phrasebook, Depends(get_phrasebook)]


def _answers(*media: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {} for kind in media}, "description": "A file"}}


def _file(made: FileOut) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    return Response(made.data, media_type=made.media_type, headers={"Content-Disposition": disposition})


def order_of(request: Request, settings: SettingsDep, book: PhrasebookDep) -> make.Order:
    """An order with this service's address; the options come from the body."""
    return make.Order(book.words, public_base(request, settings))


OrderDep = Annotated[make.Order, Depends(order_of)]
OptionsBody = Annotated[PaperOptions, Body(openapi_examples=_OPTIONS)]


@router.post(
    "/papers",
    response_class=Response,
    responses=responses(409) | _answers("application/zip"),
)
def print_papers(engine: EngineDep, event_id: int, order: OrderDep, options: OptionsBody) -> Response:
    """Print every kind of paper into one archive of PDFs; participants' sheets carry a new link to the agenda"""
    with session_scope(engine) as session:
        desk = make.prepare(session, event_id=event_id, order=order.with_options(options))
    return _file(make.pack_papers(desk))


@router.post(
    "/papers/{kind}",
    response_class=Response,
    responses=responses(409) | _answers(make.PDF),
)
def print_paper(engine: EngineDep, event_id: int, kind: PaperKind, order: OrderDep, options: OptionsBody) -> Response:
    """Print one kind of paper as PDF; participants' sheets carry a new link to the agenda"""
    # The links are committed before anybody can scan them, and no connection waits for the press.
    with session_scope(engine) as session:
        desk = make.prepare(session, event_id=event_id, order=order.with_options(options), kinds=(kind,))
    return _file(make.print_paper(desk, kind))


@router.get("/calendar.ics", response_class=Response, responses=_answers("text/calendar"))
def read_calendar(session: SessionDep, book: PhrasebookDep, event_id: int, lang: LangQuery = "en") -> Response:
    """Read all meetings of the published plan as a calendar; what was cancelled is told as cancelled"""
    data = calendar.event_calendar(session, event_id=event_id, wording=book.words(lang))
    return Response(data, media_type=CALENDAR, headers={"Content-Disposition": 'inline; filename="event.ics"'})


@feeds.get("/calendar.ics", response_class=Response)
def subscribe(
    session: SessionDep, order: OrderDep, book: PhrasebookDep, token: str, lang: Lang | None = None
) -> Response:
    """Subscribe to one participant's meetings by the link to the agenda, in the language of the link"""
    link = open_link(session, token=token)
    timetable = read_timetable(session, event_id=link.event_id)
    own = timetable.person(link.actor_id).own_language
    tongue = lang or (link.language if link.language in book.languages else None) or own or "en"
    reader = calendar.Reader(book.words(tongue), link.actor_id, f"{order.base}/agenda/{token}")
    data = calendar.person_calendar(session, event_id=link.event_id, reader=reader)
    # The address is a key: no cache between may keep what it opens.
    headers = {"Content-Disposition": 'inline; filename="agenda.ics"', "Cache-Control": "private, no-store",
               "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}  # fmt: skip
    return Response(data, media_type=CALENDAR, headers=headers)


@router.get(
    "/export",
    response_class=Response,
    responses=responses(409) | _answers(tables.XLSX, "application/zip", "text/csv", "application/json"),
)
def export_event(
    session: SessionDep,
    book: PhrasebookDep,
    event_id: int,
    format: Annotated[
        Literal["xlsx", "csv", "json"], Query(description="json: the whole event, plans included")
    ] = "xlsx",
    table: Annotated[tables.TableName | None, Query(description="One table as CSV; absent: all of them")] = None,
    plan: PlanQuery = None,
    lang: LangQuery = "en",
) -> Response:
    """Download everything: a workbook, CSV files in an archive (or one table), or JSON"""
    if table is not None and format != "csv":
        raise BadInput.of("table", "a single table comes as csv")
    return _file(_exported(session, book, (event_id, plan, lang), format, table))


def _exported(
    session: Session, book: Phrasebook, of: tuple[int, int | None, str], format: str, table: tables.TableName | None
) -> FileOut:
    event_id, plan, lang = of
    timetable, wording = read_timetable(session, event_id=event_id, number=plan), book.words(lang)
    if format == "json":
        return whole.event_json(session, timetable=timetable)
    if format == "xlsx":
        return tables.workbook(session, timetable=timetable, wording=wording)
    if table is None:
        return tables.comma_files(session, timetable=timetable, wording=wording)
    made = tables.make_table(session, timetable=timetable, wording=wording, table=table)
    return FileOut(f"{tables.stem_of(timetable)}-{table}.csv", "text/csv; charset=utf-8", tables.comma_separated(made))


@router.get("/offline.html", response_class=Response, responses=responses(409) | _answers("text/html"))
def download_offline(
    session: SessionDep, book: PhrasebookDep, event_id: int, plan: PlanQuery = None, lang: LangQuery = "en"
) -> Response:
    """Download the whole event as one HTML file that works without a network and takes absences"""
    timetable = read_timetable(session, event_id=event_id, number=plan)
    reasons = why_pairs(session, pairs=[m.pair for m in timetable.meetings])
    return _file(offline_page(timetable, Told(book, lang, reasons)))


@router.post("/day/offline")
def hand_in_offline(
    session: SessionDep,
    principal: PrincipalDep,
    event_id: int,
    file: Annotated[OfflineFile, Body(openapi_examples=_NOTED)],
) -> OfflineReport:
    """Hand in what was noted without a network; what the desk said later stands"""
    return take_offline(session, event_id=event_id, file=file, by=principal.name)
