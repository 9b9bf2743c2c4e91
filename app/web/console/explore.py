"""The match explorer: whom an actor, or words, should meet, narrowed as one likes, and invited from there."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from app.deps import HolderDep, PoolDep, PrincipalDep, SessionDep, SightDep
from app.errors import BadInput, Unavailable
from app.security import Principal
from app.services import events
from app.services.match import find_matches
from app.services.meaning import MeaningHolder
from app.services.pages import list_choices
from app.services.pool import PoolCache
from app.services.search import Words, actors_by_name
from app.services.texts import fold
from app.web.answers import Shown, shown
from app.web.catalogues import LANGUAGES, choose_language
from app.web.render import page, wants_fragment
from models.match import MatchFilters, MatchRequest

router = APIRouter(prefix="/explore")

Filter = Annotated[str, Query(max_length=120)]
NAMED = 5
SUGGESTED = 20


@dataclass(frozen=True)
class Asked:
    """What is asked: words or an actor, and what narrows the answer."""

    q: str = ""
    actor: int | None = None
    side: str = ""
    country: str = ""
    kind: str = ""
    sector: str = ""
    language: str = ""
    near: bool = False
    partners: bool = False
    event: int | None = None

    def request(self, lang: str) -> MatchRequest:
        """The same as a question to the ranking. BadInput for a filter that is not a code."""
        try:
            return self._request(lang)
        except ValidationError as error:
            raise BadInput.of_shape(error, otherwise="q") from error

    def _request(self, lang: str) -> MatchRequest:
        return MatchRequest(
            actor_id=self.actor,
            text=None if self.actor else self.q,
            k=SUGGESTED,
            lang=lang,
            sides=[self.side] if self.side else None,
            min_score=0,
            known_partners=self.partners,
            filters=MatchFilters(
                countries=_only(self.country),
                kinds=_only(self.kind),
                sectors=_only(self.sector),
                languages=_only(self.language),
            ),
        )


def _asked(
    q: Annotated[str, Query(max_length=2000)] = "",
    actor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    side: Filter = "",
    country: Filter = "",
    kind: Filter = "",
    sector: Filter = "",
    language: Filter = "",
    near: bool = False,
    partners: bool = False,
    event: str = "",
) -> Asked:
    number = int(event) if event.isascii() and event.isdigit() and len(event) < 19 else None
    words = q.replace("\x00", "").strip()
    return Asked(words, actor, side, country, kind, sector, language, near, partners, number)


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get("")
def explore(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    cache: PoolDep,
    principal: PrincipalDep,
    sight: SightDep,
    asked: AskedDep,
) -> Response:
    """Suggestions with reasons for an actor or for words; whoever is called as the words are can be chosen."""
    if asked.event is not None:
        principal.must_run(asked.event)
    who = sight.brief(sight.actor(asked.actor)) if asked.actor else None
    if who and asked.q and fold(asked.q) != fold(who.name):
        # Other words were typed over the name of the actor that was shown.
        who, asked = None, replace(asked, actor=None)
    named = []
    if not who and fold(asked.q):
        named = actors_by_name(session, words=Words.of(asked.q), limit=NAMED, sight=sight)
    context: dict[str, Any] = {
        "asked": asked,
        "who": who,
        "named": named,
        "answer": _answer(session, (holder, cache), asked, choose_language(request), principal),
        "waiting": holder.state == "loading",
        "events": events.list_events(session, only=principal.sees),
        "registered": _registered(session, asked.event),
        "tongues": [*LANGUAGES],
    }
    if wants_fragment(request):
        return page(request, "console/_explored.html", context)
    return page(request, "console/explore.html", context | {"choices": list_choices(session)})


def _answer(
    session: Session, known: tuple[MeaningHolder, PoolCache], asked: Asked, lang: str, principal: Principal
) -> Shown | None:
    if not asked.q and asked.actor is None:
        return None
    try:
        holder, cache = known
        request = asked.request(lang)
        found = find_matches(session, meaning=holder.get(), cache=cache, request=request, principal=principal)
    except Unavailable:
        return None
    return shown(found, everything=asked.near)


def _registered(session: Session, event_id: int | None) -> set[int]:
    if event_id is None:
        return set()
    return {p.actor_id for p in events.list_participants(session, event_id=event_id)}


def _only(value: str) -> list[str]:
    return [value] if value else []
