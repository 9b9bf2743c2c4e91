"""Words about pairs: wishes, vetoes and musts, by pair, with what contradicts what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep
from app.errors import BadInput
from app.services import events as service
from app.services.conflicts import conflicts, pairs_spoken_of
from app.services.texts import fold
from app.web.console.forms import Fields, FormDep
from app.web.console.frame import event_frame
from app.web.origin import same_origin
from app.web.render import page
from models.event import WishCreate

router = APIRouter(prefix="/events/{event_id}/wishes")

KINDS = ("wish", "must", "veto")
MOST_SHOWN = 500
"""Pairs on the page at once; the others are found by a name."""


@router.get("")
def wishes(
    request: Request,
    session: SessionDep,
    event_id: int,
    q: Annotated[str, Query(max_length=300)] = "",
    who: Annotated[int | None, Query(alias="a")] = None,
) -> Response:
    """Every pair of which something was said, and a form to say more."""
    return _shown(request, session, event_id, Fields.of({"kind": "wish", "actor_id": who}), q)


@router.post("", dependencies=[Depends(same_origin)])
def say(request: Request, session: SessionDep, event_id: int, form: FormDep) -> Response:
    """Say a word about a pair; another word of the same one is replaced when that was asked and answered."""
    people = [str(p.actor_id) for p in service.list_participants(session, event_id=event_id)]
    kind = form.choice("kind", KINDS) or "wish"
    ends = [form.choice(name, people) for name in ("actor_id", "target_id")]
    for name, end in zip(("actor_id", "target_id"), ends, strict=True):
        if end is None:
            form.refuse(name, "required")
    if ends[0] is not None and ends[0] == ends[1]:
        form.refuse("target_id", "itself")
    if form.errors:
        return _shown(request, session, event_id, form, "", status=422)
    wish = WishCreate.model_validate({"actor_id": ends[0], "target_id": ends[1], "kind": kind})
    stands = _stands(session, event_id, wish)
    if stands not in {None, kind, form.shown("instead_of")}:
        form.values["instead_of"] = [str(stands)]
        return _shown(request, session, event_id, form, "", status=409)
    service.say_wish(session, event_id=event_id, wish=wish)
    return RedirectResponse(f"/console/events/{event_id}/wishes?a={ends[0]}", status_code=303)


@router.post("/remove", dependencies=[Depends(same_origin)])
def withdraw(session: SessionDep, event_id: int, form: FormDep) -> Response:
    """Take a word back."""
    a, b = (form.whole(name, 1, 2**63 - 1, required=True) for name in ("actor_id", "target_id"))
    if a is None or b is None:
        raise BadInput.of("actor_id", "which word is meant?")
    service.withdraw_wish(session, event_id=event_id, actor_id=a, target_id=b)
    return RedirectResponse(f"/console/events/{event_id}/wishes", status_code=303)


def _stands(session: Session, event_id: int, wish: WishCreate) -> str | None:
    """What the same one has said about the same other before."""
    pair = (wish.actor_id, wish.target_id)
    said = {(w.actor_id, w.target_id): w.kind for w in service.list_wishes(session, event_id=event_id, between=pair)}
    return said.get(pair)


def _shown(request: Request, session: Session, event_id: int, form: Fields, q: str, status: int = 200) -> Response:
    pairs = pairs_spoken_of(session, event_id=event_id)
    words = fold(q).split()
    found = [pair for pair in pairs if all(w in fold(f"{pair.a.name} {pair.b.name}") for w in words)]
    context = event_frame(session, event_id, "participants") | {
        "people": service.list_participants(session, event_id=event_id),
        "pairs": found[:MOST_SHOWN],
        "left": max(0, len(found) - MOST_SHOWN),
        "said": len(pairs),
        "conflicts": conflicts(session, event_id=event_id, pairs=pairs),
        "form": form,
        "q": q,
    }
    return page(request, "console/wishes.html", context, status=status)
