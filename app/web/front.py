"""The front page: one question in any language, and who answers it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlmodel import Session, col
from starlette.responses import Response

from app.deps import HolderDep, PoolDep, PrincipalDep, SessionDep
from app.errors import Unavailable
from app.security import Principal
from app.services.discretion.sight import Sight
from app.services.match import find_matches
from app.services.meaning import MeaningHolder
from app.services.pages import Side, actors_by_words, list_sides
from app.services.pool import PoolCache
from app.services.search import Words, actors_by_name, actors_with_all_words
from app.services.texts import acronyms, fold
from app.web.answers import Shown, shown
from app.web.catalogues import choose_language
from app.web.render import page, wants_fragment
from models.actor import Actor, ActorHit
from models.match import MatchRequest

router = APIRouter(include_in_schema=False)

LONGEST_QUESTION = 2000
MOST_NAMED = 5
MOST_WORDED = 3
"""How many actors are shown that were found by their name, and by the very words."""
SENTENCE = 4
"""So many telling words are a sentence: meaning answers it, not the words one by one."""
EXAMPLES = (
    ("fr", "partenaire pour traiter et réutiliser les eaux industrielles"),
    ("nl", "partner om plastic verpakkingen te recycleren"),
    ("en", "someone who knows serious games for training"),
    ("de", "Forschung zu erneuerbaren Energien auf See"),
    ("es", "empresas que construyan con madera"),
    ("da", "bæredygtigt byggeri med naturmaterialer"),
    ("eu", "elikagai osasungarriak garatzeko bazkidea"),
)
"""Questions to try, each in the language it would be asked in."""


@router.get("/")
def front(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    cache: PoolDep,
    principal: PrincipalDep,
    q: Annotated[str, Query(max_length=LONGEST_QUESTION)] = "",
    side: Annotated[str, Query(max_length=40)] = "",
    near: bool = False,
) -> Response:
    """The question and its answer."""
    sides = list_sides(session)
    words = q.replace("\x00", "").strip()
    context: dict[str, Any] = {
        "q": words,
        "side": side,
        "sides": sides,
        "actors": sum(s.actors for s in sides),
        "examples": EXAMPLES,
        "near": near,
        "named": [],
        "exact": None,
        "worded": [],
        "answer": None,
        "by_words": None,
        "waiting": None,
    }
    if words:
        asked = MatchRequest(text=words, lang=choose_language(request), sides=_other_sides(sides, side), min_score=0)
        asking = Asking(session, holder, cache, principal)
        named = called(asking, words)
        context |= {"named": named, "exact": named[0].actor if named and _is_the_name(named[0], words) else None}
        # Who types a name looks for that actor; others come when asked for.
        if near or not context["exact"]:
            context |= answer(asking, asked, side=side, near=near)
        shown_already = _suggested(context["answer"]) | {hit.actor.id for hit in named}
        context["worded"] = worded(asking, words, side=side, but=shown_already)
    return page(request, "_answer.html" if wants_fragment(request) else "front.html", context)


@dataclass(frozen=True)
class Asking:
    """Who asks, and what answers."""

    session: Session
    holder: MeaningHolder
    cache: PoolCache
    principal: Principal

    @cached_property
    def sight(self) -> Sight:
        """What they may see."""
        return Sight(self.session, self.principal)


def answer(asking: Asking, asked: MatchRequest, *, side: str, near: bool) -> dict[str, Any]:
    """Suggestions by meaning, or by words alone while there is no model."""
    try:
        meaning = asking.holder.get()
    except Unavailable:
        by_words = actors_by_words(asking.session, words=asked.text or "", not_side=side or None, sight=asking.sight)
        return {"by_words": by_words, "waiting": asking.holder.state == "loading"}
    ranked = find_matches(
        asking.session, meaning=meaning, cache=asking.cache, request=asked, principal=asking.principal
    )
    return {"answer": shown(ranked, everything=near)}


def called(asking: Asking, words: str) -> list[ActorHit]:
    """Who is called so, on any side; one word inside a longer name may as well be a trade, so it is no name."""
    asked = Words.of(words)
    named = actors_by_name(asking.session, words=asked, limit=MOST_NAMED, sight=asking.sight)
    if len(asked.telling()) > 1:
        return named
    return [h for h in named if _is_the_name(h, words) or fold(h.text or "").startswith(asked.phrase)]


def _is_the_name(hit: ActorHit, words: str) -> bool:
    return fold(words) in {fold(hit.text or ""), *acronyms(hit.text or "")}


def worded(asking: Asking, words: str, *, side: str, but: set[int]) -> list[ActorHit]:
    """For trade words: who of the other sides uses them, beside those who are shown already."""
    asked = Words.of(words)
    if len(asked.telling()) >= SENTENCE:
        return []
    others = [col(Actor.side) != side] if side else []
    limit = len(but) + MOST_WORDED
    hits = actors_with_all_words(asking.session, words=asked, narrowed=others, limit=limit, sight=asking.sight)
    return [hit for hit in hits if hit.actor.id not in but][:MOST_WORDED]


def _suggested(answered: Shown | None) -> set[int]:
    return {s.actor.id for s in [*answered.worth, *answered.faint]} if answered else set()


def _other_sides(sides: list[Side], side: str) -> list[str] | None:
    return [s.code for s in sides if s.code != side] if side else None
