"""What doors ask for: a session that commits once, the settings, the model."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy import Engine
from sqlmodel import Session

from app.db import session_scope
from app.deeds import deed_of
from app.live import Live
from app.planner import Planner
from app.security import ANYBODY, Principal
from app.services.audit import append, named_actors, naming
from app.services.discretion.sight import Sight
from app.services.idempotency import Attempt
from app.services.meaning import Meaning, MeaningHolder
from app.services.pool import PoolCache
from app.settings import Settings
from models.base import utc_now


def get_session(request: Request) -> Iterator[Session]:
    """One session a request; committed when the route returns, rolled back when it raises."""
    with session_scope(request.app.state.engine) as session:
        yield session
        # Before the commit, so that a change and its record are both there or neither.
        _record(request, session)


def _record(request: Request, session: Session) -> None:
    done = deed_of(request.scope, 200)
    if done is not None and done.action == "change":
        append(session, naming(done, named_actors(session)))
        request.state.recorded = True


# What only hands something on is async: it runs where the request is read, and waits for no thread.
async def get_app_settings(request: Request) -> Settings:
    """The settings this application was made with."""
    settings: Settings = request.app.state.settings
    return settings


async def get_holder(request: Request) -> MeaningHolder:
    """The model, loaded or not."""
    holder: MeaningHolder = request.app.state.holder
    return holder


async def get_meaning(request: Request) -> Meaning:
    """The loaded model, or 503."""
    return (await get_holder(request)).get()


async def get_pool_cache(request: Request) -> PoolCache:
    """The packed actors this process ranks against."""
    cache: PoolCache = request.app.state.pool_cache
    return cache


async def get_engine(request: Request) -> Engine:
    """The engine, for the few routes that open more than one short transaction."""
    engine: Engine = request.app.state.engine
    return engine


async def get_planner(request: Request) -> Planner:
    """Who computes plans in the background."""
    planner: Planner = request.app.state.planner
    return planner


async def get_live(request: Request) -> Live:
    """What tells open pages that something changed."""
    live: Live = request.app.state.live
    return live


async def get_now(request: Request) -> datetime:
    """The present moment; a test sets `app.state.clock` to another."""
    clock: Callable[[], datetime] = getattr(request.app.state, "clock", utc_now)
    return clock()


def get_principal(request: Request) -> Principal:
    """Who asks, as the guard found (app/guard.py)."""
    principal: Principal = getattr(request.state, "principal", ANYBODY)
    return principal


def get_sight(session: "SessionDep", principal: "PrincipalDep") -> Sight:
    """What who asks may see of actors."""
    return Sight(session, principal)


def seen_actor(sight: "SightDep", actor_id: int) -> int:
    """The own number of the actor in the address, whom who asks may at least see; else 404."""
    return sight.own_number(actor_id)


def known_actor(sight: "SightDep", actor_id: int) -> int:
    """The same where who asks must know who it is: 403 for one that is anonymous to them."""
    return sight.known_actor(actor_id).id


async def who_asks(request: Request) -> Principal:
    """The same, for routes."""
    return get_principal(request)


async def get_attempt(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="The same key and body again create nothing new")
    ] = None,
) -> Attempt:
    """What makes a creating request recognisable when it is sent again."""
    # A flag in the address is part of what was asked for.
    body = request.url.query + await _content(request) if idempotency_key else ""
    # A key of ours is no key of others: the remembered answer is given to who made it.
    asker = get_principal(request).name
    return Attempt(idempotency_key, f"{asker} {request.method} {request.url.path}", body)


async def _content(request: Request) -> str:
    """What was sent, so that another body under the same key is noticed; a form by its fields and its files' hashes."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return (await request.body()).decode("utf-8", "replace")
    parts: list[list[str | None]] = []
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            parts.append([name, value])
        else:
            parts.append([name, value.filename, hashlib.sha256(await value.read()).hexdigest()])
            await value.seek(0)
    return json.dumps(parts)


# scope="function": the default scope commits after the answer was sent, and a failed commit would still say 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
HolderDep = Annotated[MeaningHolder, Depends(get_holder)]
MeaningDep = Annotated[Meaning, Depends(get_meaning)]
PoolDep = Annotated[PoolCache, Depends(get_pool_cache)]
AttemptDep = Annotated[Attempt, Depends(get_attempt)]
PlannerDep = Annotated[Planner, Depends(get_planner)]
LiveDep = Annotated[Live, Depends(get_live)]
NowDep = Annotated[datetime, Depends(get_now)]
EngineDep = Annotated[Engine, Depends(get_engine)]
PrincipalDep = Annotated[Principal, Depends(who_asks)]
"""Who asks; whether they may call the route at all was decided before (app/policy.py)."""
SightDep = Annotated[Sight, Depends(get_sight, scope="function")]
SeenActor = Annotated[int, Depends(seen_actor, scope="function")]
KnownActor = Annotated[int, Depends(known_actor, scope="function")]
"""Actors that an address names are asked for by these: an actor may be anonymous to who asks."""
