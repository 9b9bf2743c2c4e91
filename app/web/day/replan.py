"""The rest of the day planned anew: computed, looked at person by person, applied."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from app.deps import EngineDep, HolderDep, NowDep, PrincipalDep, SessionDep, SettingsDep
from app.services import events, plans, replans, today
from app.web.board.compare import Agenda, Person, changes
from app.web.day.context import frame_context
from app.web.day.frame import load_frame
from app.web.origin import same_origin
from app.web.render import page
from models.actor import Shape
from models.day import DayReplan

router = APIRouter(prefix="/console/events/{event_id}/day", include_in_schema=False)


EARLY = timedelta(hours=12)
"""So long before the first round nobody stands at the desk."""


class Asked(Shape):
    """How to re-plan: surviving meetings stay, or the rest is planned anew; from which round on."""

    mode: Literal["keep", "anew"] = "keep"
    first: int | None = Field(default=None, ge=0, le=200)


@router.post("/replan", dependencies=[Depends(same_origin)])
def replan(
    engine: EngineDep,
    settings: SettingsDep,
    holder: HolderDep,
    now: NowDep,
    who: PrincipalDep,
    event_id: int,
    told: Annotated[Asked, Form()],
) -> Response:
    """Compute it as a draft, and show what it would change."""
    asked = DayReplan(keep=told.mode == "keep", first=told.first)
    desk = today.Desk(who.name, now, settings.plan_seconds)
    stored = today.replan_today(engine, meaning=holder.get, event_id=event_id, asked=asked, desk=desk)
    return RedirectResponse(f"/console/events/{event_id}/day/plans/{stored.plan.number}", status_code=303)


@router.get("/plans/{number}")
def preview(request: Request, session: SessionDep, now: NowDep, event_id: int, number: int) -> Response:
    """Who loses, gets and moves meetings if this draft is applied; who loses comes first."""
    step = today.draft_step(session, event_id=event_id, number=number)
    frame = load_frame(session, event_id=event_id, now=now)
    base = int(step.subject["of"])
    before, after = (plans.plan_public(session, event_id=event_id, number=n) for n in (base, number))
    diff = replans.compare_plans(session, event_id=event_id, number=number, base=base)
    people = events.list_participants(session, event_id=event_id)
    told = changes(diff, Agenda.of(frame.rounds, frame.places, people), (before, after))
    missed = [[frame.names.get(int(i), i) for i in pair] for pair in after.certificate.get("missed_must", [])]
    return page(request, "day/preview.html", frame_context(session, frame, room="preview") | {
        "before": before,
        "after": after,
        "diff": diff,
        "everybody": len(people),
        "keep": step.subject["keep"],
        "in_force": frame.number == number,
        "other_in_force": frame.number not in {base, number},
        "outdated": frame.number == base and today.is_outdated(session, event_id=event_id, step=step),
        "losing": [p for p in told if net(p) < 0],
        "moving": [p for p in told if net(p) == 0],
        "getting": [p for p in told if net(p) > 0],
        "missed": missed,
    })  # fmt: skip


@router.post("/plans/{number}/apply", dependencies=[Depends(same_origin)])
def apply(session: SessionDep, now: NowDep, who: PrincipalDep, event_id: int, number: int) -> Response:
    """Put it in force; before the day the schedule shows it, on the day the desk goes on."""
    today.apply_draft(session, event_id=event_id, number=number, now=now, by=who.name)
    rounds = events.list_rounds(session, event_id=event_id)
    early = bool(rounds) and rounds[0].starts_at - now > EARLY
    where = f"schedule?plan={number}#schedule" if early else "day"
    return RedirectResponse(f"/console/events/{event_id}/{where}", status_code=303)


def net(person: Person) -> int:
    """How many meetings somebody has more (or less) than before."""
    return sum((c.before is None) - (c.after is None) for c in person.changes)
