"""Bridges between sectors: a table that everybody who organises reads, and admins change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep
from app.errors import BadInput, Stale
from app.services.bridges import fold_sector, list_bridges, list_sectors, reset_bridges, set_bridges
from app.services.editions import Subject, edition_of, must_be, named
from app.web.console.forms import EDITION, Fields, FormDep
from app.web.labels import SECTORS
from app.web.memory.words import MemoryWords
from app.web.origin import same_origin
from app.web.render import page
from models.weights import Bridge, Bridges

router = APIRouter(prefix="/console/memory/bridges")
ADDRESS = "/console/memory/bridges"
NEW_ROWS = 2
_ALL = Subject("bridges", 0)


@dataclass(frozen=True)
class Choices:
    """Sectors to choose from, by code and name: families of labels, ours, and others that profiles name."""

    families: list[tuple[str, str]]
    ours: list[tuple[str, str]]
    others: list[tuple[str, str]]


@router.get("")
def bridges(request: Request, session: SessionDep, principal: PrincipalDep, saved: str = "") -> Response:
    """The bridges in force; admins change them."""
    seen = edition_of(session, _ALL).n
    now = list_bridges(session)
    form = Fields.of(_values(now) | {EDITION: seen})
    context = _context(request, session, now, form, principal.role == "admin")
    return page(request, "memory/bridges.html", context | {"saved": saved in {"saved", "reset"}})


@router.post("", dependencies=[Depends(same_origin)])
def save(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Replace them, or say what does not fit or that somebody was faster."""
    wanted = read_bridges(form)
    status = 422
    if wanted is not None:
        try:
            must_be(session, _ALL, form.saw())
            set_bridges(session, bridges=wanted)
            return RedirectResponse(f"{ADDRESS}?saved=saved", status_code=303)
        except Stale:
            session.rollback()
            _overtake(request, session, form)
            status = 412
        except BadInput as error:
            session.rollback()
            form.blame(error, {}, "row")
    context = _context(request, session, list_bridges(session), form, admin=True)
    return page(request, "memory/bridges.html", context, status=status)


def _overtake(request: Request, session: Session, form: Fields) -> None:
    """Keep what was typed, and note what somebody else made of the bridges meanwhile."""
    edition, words = edition_of(session, _ALL), MemoryWords.of(request)
    told = form.overtake(edition, _values(list_bridges(session)), named(session, edition.changed_by))
    told.now.update({n: words.sector(code) for n, code in told.now.items() if code and not n.startswith("value-")})


@router.post("/reset", dependencies=[Depends(same_origin)])
def reset(session: SessionDep) -> Response:
    """Back to those that came with the service."""
    reset_bridges(session)
    return RedirectResponse(f"{ADDRESS}?saved=reset", status_code=303)


def read_bridges(form: Fields) -> list[Bridge] | None:
    """The bridges that the rows say; an emptied value takes one away. None when something does not fit."""
    found: dict[frozenset[str], Bridge] = {}
    for row in form.sent("one"):
        ends = [form.text(f"{end}-{row}", longest=120) for end in ("one", "other")]
        value = form.decimal(f"value-{row}", 0, 1)
        if not any(ends) or (not value and f"value-{row}" not in form.errors):
            continue
        for name, end in zip(("one", "other"), ends, strict=True):
            if end is None:
                form.refuse(f"{name}-{row}", "required")
        if None in ends or value is None or f"value-{row}" in form.errors:
            continue
        pair = frozenset(fold_sector(str(end)) for end in ends)
        if len(pair) == 1:
            form.refuse(f"other-{row}", "same_sector")
        elif pair in found:
            form.refuse(f"one-{row}", "doubled", word=" – ".join(map(str, ends)))
        else:
            bridge = _bridge(ends, value, form, row)
            if bridge is not None:
                found[pair] = bridge
    return None if form.errors else list(found.values())


def _bridge(ends: list[str | None], value: float, form: Fields, row: int) -> Bridge | None:
    try:
        return Bridge.model_validate({"between": ends, "value": value})
    except ValidationError as error:
        form.blame(error, {}, f"one-{row}")
        return None


def _values(now: Bridges) -> dict[str, object]:
    values: dict[str, object] = {}
    for row, bridge in enumerate(now.bridges):
        values |= {
            f"one-{row}": bridge.between[0],
            f"other-{row}": bridge.between[1],
            f"value-{row}": f"{bridge.value:g}",
        }
    return values


def _context(request: Request, session: Session, now: Bridges, form: Fields, admin: bool) -> dict[str, Any]:
    words = MemoryWords.of(request)
    named = sorted({end for b in now.bridges for end in b.between})
    values = {frozenset(b.between): b.value for b in now.bridges}
    return {
        "tab": "bridges",
        "words": words,
        "now": now,
        "form": form,
        "admin": admin,
        "choices": _choices(now, list_sectors(session), words),
        "rows": max([len(now.bridges) - 1, *form.sent("one")], default=-1) + 1 + NEW_ROWS * (not form.errors),
        "named": named,
        "between": lambda a, b: values.get(frozenset((a, b))),
        "changed": bool(now.taken_away) or any(not b.shipped for b in now.bridges),
        "saved": False,
    }


def _choices(now: Bridges, found: list[str], words: MemoryWords) -> Choices:
    def named(codes: Iterable[str]) -> list[tuple[str, str]]:
        return sorted(((code, words.sector(code)) for code in codes), key=lambda pair: pair[1].casefold())

    ours = [code for code in SECTORS if code not in now.families]
    declared = [end for b in now.bridges for end in b.between]
    return Choices(named(now.families), named(ours), named({*found, *declared} - {*now.families, *ours}))
