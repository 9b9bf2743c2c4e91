"""The demo border: real actors of one border, loaded through the same import as everybody's maps."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlmodel import Session, col, select

from app.services.events import (
    create_event,
    event_public,
    get_event,
    register,
    say_wish,
    set_interpreters,
    set_places,
    set_rounds,
)
from app.services.meaning import Meaning
from app.services.pool import hub_level, load_actors
from app.services.tandems import create_tandem, update_tandem
from matching.ranking.parts import Scoring
from matching.ranking.rank import Request, rank
from models.competence_map import CompetenceMap, MapEntry, MapFields
from models.event import (
    Event,
    EventCreate,
    EventPublic,
    InterpreterCreate,
    ParticipantCreate,
    PlaceCreate,
    RoundCreate,
    WishCreate,
)
from models.tandem import TandemCreate, TandemStatus, TandemUpdate

FOLDER = Path(__file__).resolve().parent.parent.parent / "demo"
MAP_NAME = "Demo border: Nord, Flanders, Wallonia"
MAP = MapFields(
    name=MAP_NAME,
    source="demo/ORIGIN.md: public documents of 2007–2015 and general knowledge, worded anew, simplified",
    territory="Hauts-de-France, Vlaanderen, Wallonie",
    licence="Apache-2.0",
)


@dataclass(frozen=True)
class TandemRank:
    """Where a real tandem's partner stands among all actors of the other side."""

    asking: str
    partner: str
    rank: int
    candidates: int


def is_loaded(session: Session) -> bool:
    """Whether the border's map, relations and event are there (they come in one transaction)."""
    return session.exec(select(CompetenceMap.id).where(CompetenceMap.name == MAP_NAME)).first() is not None


def actor_ids(session: Session) -> dict[str, int]:
    """The border's own keys → actor ids."""
    rows = session.exec(
        select(MapEntry.source_key, MapEntry.actor_id)
        .join(CompetenceMap, col(CompetenceMap.id) == MapEntry.map_id)
        .where(CompetenceMap.name == MAP_NAME)
    )
    return dict(rows.all())


def load_tandems(session: Session) -> int:
    """The real partnerships and the pairs that did not work, as tandems of the loaded actors."""
    ids = actor_ids(session)
    stored: set[frozenset[int]] = set()
    # What failed comes first: where two accounts tell of one pair, the two worked together later. The sources give no
    # dates, so none is given.
    for told in (*_lines("nonlinks.jsonl"), *_lines("tandems.jsonl")):
        a, b = ids[told["a"]], ids[told["b"]]
        said: dict[str, Any] = {
            "status": _STATUSES[told["status"]],
            "theme": _any_language(told.get("theme")),
            "step_note": _any_language(told.get("reason")),
        }
        if frozenset((a, b)) in stored:
            update_tandem(session, actor_id=a, partner_id=b, changes=TandemUpdate(**said))
        else:
            create_tandem(session, fields=TandemCreate(actor_id=a, partner_id=b, **said))
        stored.add(frozenset((a, b)))
    return len(stored)


_STATUSES: Mapping[str, TandemStatus] = {
    "signed": "agreement",
    "close": "in_discussion",
    "did_not_work": "did_not_work",
}


def load_event(session: Session) -> EventPublic:
    """The demo event with its rounds, places, participants and wishes."""
    told = json.loads((FOLDER / "event.json").read_text(encoding="utf-8"))
    ids = actor_ids(session)
    event = create_event(
        session,
        fields=EventCreate(
            name=told["name"]["en"], zone=told["zone"], place=told["city"], min_meetings=3, max_meetings=6
        ),
    )
    set_rounds(
        session,
        event_id=event.id,
        rounds=[
            RoundCreate(starts_at=datetime.fromisoformat(r["start"]), minutes=r["minutes"]) for r in told["rounds"]
        ],
    )
    set_places(session, event_id=event.id, places=[PlaceCreate(label=p["name"]["en"]) for p in told["places"]])
    set_interpreters(session, event_id=event.id, interpreters=[InterpreterCreate(**i) for i in told["interpreters"]])
    for person in told["participants"]:
        kept = {name: person[name] for name in ("side", "available", "min", "max", "languages") if name in person}
        register(session, event_id=event.id, fields=ParticipantCreate(actor_id=ids[person["actor"]], **kept))
    said: tuple[tuple[Literal["must", "veto"], list[list[str]]], ...] = (
        ("must", told["musts"]),
        ("veto", told["vetoes"]),
    )
    for kind, pairs in said:
        for pair in pairs:
            wish = WishCreate(actor_id=ids[pair[0]], target_id=ids[pair[1]], kind=kind)
            say_wish(session, event_id=event.id, wish=wish)
    return event_public(session, event=get_event(session, event_id=event.id))


def demo_event_id(session: Session) -> int | None:
    """The demo event, if it is still there (its name is how it is known)."""
    told = json.loads((FOLDER / "event.json").read_text(encoding="utf-8"))
    return session.exec(select(Event.id).where(Event.name == told["name"]["en"]).order_by(col(Event.id))).first()


def tandem_ranks(session: Session, *, meaning: Meaning) -> list[TandemRank]:
    """For each real tandem, the partner's rank among all actors of its side; the ranking sees none of them."""
    ids = actor_ids(session)
    actors = load_actors(session, encoder=meaning.name)
    scoring = Scoring(hub_level=hub_level(session))
    ranks = []
    for tandem in _lines("tandems.jsonl"):
        if not tandem.get("benchmark") or tandem["a"] not in ids or tandem["b"] not in ids:
            continue
        asking, partner = (actors[ids[tandem[end]]].profile for end in ("a", "b"))
        others = [a.profile for a in actors.values() if a.profile.side == partner.side]
        found = rank(
            asking,
            others,
            Request(k=len(others), min_score=0, explain=False, scoring=scoring),
        ).suggestions
        place = next(n for n, s in enumerate(found, 1) if s.id == partner.id)
        ranks.append(TandemRank(asking.name, partner.name, place, len(others)))
    return ranks


def _lines(name: str) -> Sequence[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def _any_language(texts: dict[str, str] | None) -> str | None:
    return next(iter(texts.values()), None) if texts else None
