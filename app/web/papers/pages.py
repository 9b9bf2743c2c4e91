"""The page of an event's papers and files: what can be printed and downloaded, looked at first, and handed in."""

import json
from typing import Annotated, Any, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, PrincipalDep, SessionDep, SettingsDep
from app.errors import BadInput
from app.reach import only_here, public_base
from app.services import plans
from app.services.files.offline.attendance import OfflineFile, take_offline
from app.services.files.timetable import Timetable, read_timetable
from app.services.papers import make
from app.web.catalogues import LANGUAGES
from app.web.console.frame import event_frame
from app.web.labels import mark
from app.web.origin import same_origin
from app.web.papers.wording import words
from app.web.render import HEADERS, page
from models.papers import PaperKind, PaperOptions

router = APIRouter(prefix="/console/events/{event_id}/papers", include_in_schema=False)

KINDS = {
    "participants": (
        mark("papers", "For each participant"),
        mark(
            "papers",
            "Their meetings with time, place and why, in their language and their partner’s, with room for notes.",
        ),
    ),
    "places": (mark("papers", "For each place"), mark("papers", "Lies on the table: who comes when.")),
    "rounds": (mark("papers", "For each round"), mark("papers", "Hangs on the wall: who sits where, and who pauses.")),
    "interpreters": (mark("papers", "For each interpreter"), mark("papers", "Where they are needed, and for whom.")),
    "badges": (mark("papers", "Badges"), mark("papers", "Several on a sheet, with marks to cut along.")),
    "signs": (mark("papers", "Table signs"), mark("papers", "Folded in the middle, they stand by themselves.")),
}
"""Every kind of paper: its name, and what it is for."""


class Choice(BaseModel):
    """What the form says; empty fields are left to the defaults."""

    plan: str = ""
    first: str = ""
    second: str = ""
    badge_width_mm: str = ""
    badge_height_mm: str = ""
    badge_code: str = ""
    badge_names: str = ""

    def options(self) -> PaperOptions:
        """The options, or BadInput with the field."""
        told = {name: value for name, value in self.model_dump().items() if value.strip()}
        try:
            return PaperOptions.model_validate(told)
        except ValidationError as error:
            raise BadInput.of_shape(error) from error

    def query(self) -> str:
        """The same as a query, for pictures."""
        return urlencode({name: value for name, value in self.model_dump().items() if value.strip()})


class Noted(BaseModel):
    """What became of a file that was handed in, told on the page."""

    taken: int | None = None
    same: int = 0
    left: int = 0


@router.get("")
def papers(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    event_id: int,
    choice: Annotated[Choice, Query()],
    taken: int | None = None,
    same: int = 0,
    left: int = 0,
) -> Response:
    """What can be printed and downloaded."""
    options = choice.options()
    timetable = read_timetable(session, event_id=event_id, number=options.plan)
    versions = [p for p in plans.list_plans(session, event_id=event_id) if p.state not in {"computing", "failed"}]
    context: dict[str, Any] = event_frame(session, event_id, "papers") | {
        "kinds": _kinds(timetable),
        "versions": versions,
        "plan": timetable.plan,
        "choice": choice,
        "options": options,
        "languages": LANGUAGES,
        "base": public_base(request, settings),
        "only_here": only_here(public_base(request, settings)),
        "unprintable": make.unprintable(timetable),
        "noted": Noted(taken=taken, same=same, left=left),
    }
    return page(request, "papers/papers.html", context)


@router.get("/look/{kind}")
def look(
    request: Request, engine: EngineDep, settings: SettingsDep, event_id: int, kind: PaperKind,
    choice: Annotated[Choice, Query()],
) -> Response:  # fmt: skip
    """The first page of a kind as a picture."""
    order = make.Order(words, public_base(request, settings), choice.options())
    with session_scope(engine) as session:
        desk = make.prepare_look(session, event_id=event_id, order=order, kind=kind)
    headers = HEADERS | {"Cache-Control": "private, max-age=30"}
    return Response(make.draw_first(desk, kind), media_type="image/png", headers=headers)


@router.post("/noted", dependencies=[Depends(same_origin)])
def hand_in(
    request: Request, session: SessionDep, principal: PrincipalDep, event_id: int, file: Annotated[UploadFile, File()]
) -> Response:
    """Take in what was noted without a network."""
    try:
        told = OfflineFile.model_validate(json.loads(file.file.read()))
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput.of("file", "this is not a file that the page without a network saved") from error
    report = take_offline(session, event_id=event_id, file=told, by=principal.name)
    counts = {"taken": report.taken, "same": report.same, "left": len(report.newer) + len(report.unknown)}
    return RedirectResponse(f"{request.url.path.removesuffix('/noted')}?{urlencode(counts)}#noted", status_code=303)


@router.post("/{kind}", dependencies=[Depends(same_origin)])
def print_papers(
    request: Request, engine: EngineDep, settings: SettingsDep, event_id: int, kind: PaperKind | str,
    choice: Annotated[Choice, Form()],
) -> Response:  # fmt: skip
    """One kind as PDF, or all of them in an archive."""
    order = make.Order(words, public_base(request, settings), choice.options())
    kinds = make.KINDS if kind == "all" else tuple(k for k in make.KINDS if k == kind)
    if not kinds:
        raise BadInput.of("kind", f"there is no paper called {kind!r}")
    with session_scope(engine) as session:
        desk = make.prepare(session, event_id=event_id, order=order, kinds=kinds)
    made = make.pack_papers(desk) if kind == "all" else make.print_paper(desk, kinds[0])
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    return Response(made.data, media_type=made.media_type, headers=HEADERS | {"Content-Disposition": disposition})


def _kinds(timetable: Timetable) -> list[dict[str, Any]]:
    """The kinds that this event has use for, with how many of each."""
    count = {
        "participants": len(timetable.people),
        "places": len(timetable.places),
        "rounds": len(timetable.slots),
        "interpreters": len(timetable.interpreters),
        "badges": sum(max(1, len(p.delegates)) for p in timetable.people.values()),
        "signs": len(timetable.places),
    }
    return [
        {"key": kind, "name": KINDS[kind][0], "what": KINDS[kind][1], "count": count[kind]}
        for kind in get_args(PaperKind)
        if count[kind]
    ]
