"""What is done of an event's preparation, and what is next to do."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from sqlmodel import Session

from app.services.backlog import count_backlog
from app.services.conflicts import all_conflicts
from app.services.events import list_interpreters, list_participants
from app.services.link_lists import count_holders
from app.services.plan_condition import Condition
from app.services.plan_doubts import plan_doubts
from app.services.plans import list_plans
from models.event import EventPublic, ParticipantPublic
from models.plan import PlanBrief

State = Literal["done", "todo", "warn"]


@dataclass(frozen=True)
class Step:
    """One step of the preparation: `key` names it, `cause` what is missing, `figures` what can be told in numbers."""

    key: str
    state: State
    cause: str = ""
    figures: dict[str, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """Names, or of a plan all that speaks against it."""


def checklist(
    session: Session, *, event: EventPublic, encoder: str | None, condition: Condition | None = None
) -> list[Step]:
    """The steps in the order in which an organiser takes them; `condition` is the published plan's."""
    people = list_participants(session, event_id=event.id)
    interpreted = [set(i.languages) for i in list_interpreters(session, event_id=event.id)]
    return [
        _counted("rounds", event.rounds),
        _places(event, len(people)),
        _participants(event, people),
        _languages(event, people, interpreted),
        _texts(session, encoder, len(people)),
        *_wishes(session, event.id),
        *_planned(session, event.id, condition, len(people)),
    ]


def _counted(key: str, number: int) -> Step:
    return Step(key, "done" if number else "todo", "" if number else "none", {"number": number})


def _places(event: EventPublic, people: int) -> Step:
    """Enough when half the participants can sit down at once; fewer places only mean pauses."""
    step = _counted("places", event.places)
    if event.places and people // 2 > event.places:
        return Step("places", "warn", "few", {"number": event.places, "enough": people // 2})
    return step


def _participants(event: EventPublic, people: list[ParticipantPublic]) -> Step:
    sides = Counter(p.side for p in people)
    figures = {"number": len(people), "sides": len(sides)}
    if len(people) < 2:
        return Step("participants", "todo", "none", figures)
    if event.cross_side_only and len(sides) < 2:
        return Step("participants", "todo", "one_side", figures, tuple(sides))
    return Step("participants", "done", "", figures)


def _languages(event: EventPublic, people: list[ParticipantPublic], interpreted: list[set[str]]) -> Step:
    """Pairs that may meet but could not speak: no common language, nobody to interpret between any two of theirs."""
    if not people:
        return Step("languages", "todo", "nobody")
    known = [p for p in people if p.languages]
    spoken = Counter((p.side, frozenset(p.languages)) for p in known)
    groups = sorted(spoken.items(), key=str)
    mute = 0
    for i, ((side_a, a), n) in enumerate(groups):
        for (side_b, b), m in groups[i + 1 :]:
            apart = side_a != side_b or not event.cross_side_only
            bridged = any(i & a and i & b for i in interpreted)
            if apart and not a & b and not bridged:
                mute += n * m
    figures = {"mute": mute, "unknown": len(people) - len(known), "interpreters": len(interpreted)}
    if not event.require_language:
        return Step("languages", "done", "off", figures)
    if mute:
        return Step("languages", "warn", "mute", figures)
    return Step("languages", "warn" if figures["unknown"] else "done", "unknown" if figures["unknown"] else "", figures)


def _texts(session: Session, encoder: str | None, people: int) -> Step:
    if not people:
        return Step("texts", "todo", "nobody")
    waiting = count_backlog(session, encoder=encoder) if encoder else 0
    return Step("texts", "warn" if waiting else "done", "waiting" if waiting else "", {"number": waiting})


def _wishes(session: Session, event_id: int) -> list[Step]:
    """A line only where words about pairs contradict each other or the rules."""
    found = all_conflicts(session, event_id=event_id)
    return [Step("wishes", "warn", "contradict", {"number": len(found)})] if found else []


def _planned(session: Session, event_id: int, condition: Condition | None, people: int) -> list[Step]:
    plans = [p for p in list_plans(session, event_id=event_id) if p.state != "failed"]
    published = next((p for p in plans if p.state == "published"), None)
    plan = _computed(session, event_id, plans)
    if published is None:
        return [plan, Step("publish", "todo", "none"), Step("print", "todo", "later")]
    if condition is not None and not condition.is_whole:
        told = {"number": published.number, "fallen": len(condition.fallen), "newcomers": len(condition.newcomers)}
        return [plan, Step("publish", "warn", "fallen", told), Step("print", "todo", "later")]
    return [plan, Step("publish", "done", "", {"number": published.number}), _handed_out(session, event_id, people)]


def _computed(session: Session, event_id: int, plans: list[PlanBrief]) -> Step:
    """Done when the latest plan can be published as it is; once one is published, a doubt is no longer next to do."""
    if not plans or plans[0].state == "computing":
        return Step("plan", "todo", "computing" if plans else "none", {"number": plans[0].number if plans else 0})
    latest, published = plans[0], any(p.state == "published" for p in plans)
    doubts = plan_doubts(session, event_id=event_id, plan=latest)
    figures = {"number": latest.number, "missed": len(latest.certificate.get("missed_must") or ())}
    state: State = "done" if not doubts else "warn" if published else "todo"
    return Step("plan", state, doubts[0] if doubts else "", figures, doubts)


def _handed_out(session: Session, event_id: int, people: int) -> Step:
    """Done when every participant has an agenda that opens, by a sheet or by a link."""
    figures = {"holders": count_holders(session, event_id=event_id), "people": people}
    return Step("print", "done" if figures["holders"] >= people else "todo", "", figures)
