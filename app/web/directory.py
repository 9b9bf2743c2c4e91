"""The directory of actors, and an actor's own page."""

import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request
from sqlmodel import Session
from starlette.responses import Response

from app.deps import HolderDep, PoolDep, PrincipalDep, SeenActor, SessionDep, SightDep
from app.errors import Unavailable
from app.security import ANYBODY, Principal
from app.services.actors import ActorQuery, actor_public, get_actor, list_actors
from app.services.match import find_matches
from app.services.meaning import MeaningHolder
from app.services.pages import list_choices
from app.services.pool import PoolCache
from app.services.relations import list_relations
from app.services.tandems import tandems_as_relations
from app.services.views import Look, record_view
from app.web.answers import shown
from app.web.catalogues import choose_language
from app.web.render import page, wants_fragment
from models.actor import ActorPublic, LocalText
from models.match import MatchRequest

router = APIRouter(prefix="/directory", include_in_schema=False)

PAGE = 24
Filter = Annotated[str, Query(max_length=120)]


@router.get("")
def directory(
    request: Request,
    session: SessionDep,
    sight: SightDep,
    q: Annotated[str, Query(max_length=300)] = "",
    country: Filter = "",
    side: Filter = "",
    kind: Filter = "",
    sector: Filter = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Actors by name, narrowed by words and filters."""
    chosen = {"country": country, "side": side, "kind": kind, "sector": sector}
    query = ActorQuery(
        q=q.replace("\x00", "") or None,
        countries=_only(country),
        sides=_only(side),
        kinds=_only(kind),
        sectors=_only(sector),
        sight=sight,
    )
    context: dict[str, Any] = {
        "q": q,
        "chosen": chosen,
        "narrowed": bool(q or any(chosen.values())),
        "cursor": cursor,
        "found": list_actors(session, query=query, cursor=cursor, limit=PAGE),
    }
    if wants_fragment(request):
        return page(request, "_actor_rows.html" if cursor else "_actors.html", context)
    return page(request, "directory.html", context | {"choices": list_choices(session)})


@router.get("/{actor_id}")
def actor_page(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    cache: PoolDep,
    principal: PrincipalDep,
    actor_id: SeenActor,
    as_everybody: bool = False,
) -> Response:
    """What an actor says of itself, and whom it should meet; `as_everybody`: no more of it than everybody sees."""
    reader = ANYBODY if as_everybody else principal
    context = actor_context(session, holder, cache, actor_id=actor_id, reader=Reader(choose_language(request), reader))
    context |= {"as_everybody": as_everybody, "own_number": actor_id}
    context["relations"] = [
        *list_relations(session, actor_id=actor_id, principal=reader),
        *tandems_as_relations(session, actor_id=actor_id, principal=reader),
    ]
    answer = page(request, "actor.html", context)
    side, came_from = whence(request)
    look = Look(principal, "page", side=side, on_behalf=came_from)
    record_view(session, actor_id=actor_id, look=look)
    return answer


def whence(request: Request) -> tuple[str, int | None]:
    """The side that the reader said to stand on, and the actor whose page led here with its suggestions."""
    parts = urlsplit(request.headers.get("referer", ""))
    before = re.fullmatch(r"/directory/(\d{1,18})", parts.path)
    return parse_qs(parts.query).get("side", [""])[0], int(before[1]) if before else None


@dataclass(frozen=True)
class Reader:
    """Who reads a page, in which language."""

    lang: str
    principal: Principal


def actor_context(
    session: Session, holder: MeaningHolder, cache: PoolCache, *, actor_id: int, reader: Reader
) -> dict[str, Any]:
    """The profile and, once the model is there, its suggestions."""
    row = get_actor(session, actor_id=actor_id)
    try:
        meaning = holder.get()
    except Unavailable:
        meaning = None
    actor = actor_public(session, actor=row, encoder=holder.name, principal=reader.principal)
    answer = None
    if meaning and actor.embedding.passages:
        asked = MatchRequest(actor_id=actor.id, lang=reader.lang, min_score=0)
        found = find_matches(session, meaning=meaning, cache=cache, request=asked, principal=reader.principal)
        answer = shown(found)
    return {
        "actor": actor,
        "facets": facets(actor, reader.lang),
        "answer": answer,
        "waiting": holder.state == "loading",
        "safe_website": web_address(actor.website),
    }


def web_address(website: str | None) -> str | None:
    """The website when it is an address a link may lead to."""
    return website if website and website.startswith(("https://", "http://")) else None


def facets(actor: ActorPublic, lang: str) -> list[tuple[str, list[tuple[str, list[LocalText]]]]]:
    """(facet, [(language, texts)]) of a profile, the reader's own language first."""
    return [
        (facet, by_language(getattr(actor, facet), lang))
        for facet in ("description", "offers", "needs")
        if getattr(actor, facet)
    ]


def by_language(texts: list[LocalText], lang: str) -> list[tuple[str, list[LocalText]]]:
    """Texts grouped by language in order of appearance, the reader's own first."""
    groups: dict[str, list[LocalText]] = {}
    for text in texts:
        groups.setdefault(text.lang or "und", []).append(text)
    return sorted(groups.items(), key=lambda group: group[0].split("-")[0] != lang)


def _only(value: str) -> list[str]:
    return [value] if value else []
