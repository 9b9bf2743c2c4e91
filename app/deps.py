"""What doors ask for: a session that commits once, the settings, the model."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session

from app.db import session_scope
from app.services.meaning import Meaning, MeaningHolder
from app.services.pool import PoolCache
from app.settings import Settings


def get_session(request: Request) -> Iterator[Session]:
    """One session a request; committed when the route returns, rolled back when it raises."""
    with session_scope(request.app.state.engine) as session:
        yield session


def get_app_settings(request: Request) -> Settings:
    """The settings this application was made with."""
    settings: Settings = request.app.state.settings
    return settings


def get_holder(request: Request) -> MeaningHolder:
    """The model, loaded or not."""
    holder: MeaningHolder = request.app.state.holder
    return holder


def get_meaning(request: Request) -> Meaning:
    """The loaded model, or 503."""
    return get_holder(request).get()


def get_pool_cache(request: Request) -> PoolCache:
    """The packed actors this process ranks against."""
    cache: PoolCache = request.app.state.pool_cache
    return cache


# scope="function": with the default scope the commit would run after the answer was sent, and a failed one still say 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
HolderDep = Annotated[MeaningHolder, Depends(get_holder)]
MeaningDep = Annotated[Meaning, Depends(get_meaning)]
PoolDep = Annotated[PoolCache, Depends(get_pool_cache)]
