"""Why two participants meet, for papers and files: the two fragments that met, without the language model."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.services.actor_rows import PoolActor
from app.services.bridges import affinity_in_force
from app.services.discretion.fields import EVENT, is_shown, is_veiled
from app.services.pool import load_actors
from app.services.texts import FACET_FIELDS
from matching.ranking.parts import Scoring
from matching.ranking.profile import Evidence, Profile, Suggestion
from matching.ranking.reasons import explain_pair
from models.passage import Passage

Pair = tuple[int, int]
LONGEST = 150
"""Characters of a fragment on paper; longer ones end at a word, with an ellipsis."""
_OTHER_WAY = {
    "need_offer": "offer_need",
    "offer_need": "need_offer",
    "need_profile": "profile_need",
    "profile_need": "need_profile",
    "offer_profile": "profile_offer",
    "profile_offer": "offer_profile",
    "profile_profile": "profile_profile",
}


@dataclass(frozen=True)
class Said:
    """Words somebody wrote, shortened for paper, and their language."""

    lang: str
    text: str


@dataclass(frozen=True)
class Why:
    """The two fragments that met; `mine` and `theirs` name the facets: need, offer or profile."""

    mine: str
    theirs: str
    yours: Said
    their: Said

    def seen_by_the_other(self) -> "Why":
        """The same meeting from the other side of the table."""
        return Why(self.theirs, self.mine, self.their, self.yours)


def why_pairs(session: Session, *, pairs: Collection[Pair]) -> Mapping[Pair, Why]:
    """What each pair has to say to each other, seen from its first; pairs whose texts tell nothing are left out.

    Only stored vectors are read, those of the encoder that most of these actors' texts have: papers are printed also
    while the model loads, or where there is none.
    """
    ids = sorted({actor_id for pair in pairs for actor_id in pair})
    encoder = _encoder_of(session, ids)
    if encoder is None:
        return {}
    actors = load_actors(session, encoder=encoder, ids=ids)
    scoring = Scoring(affinity=affinity_in_force(session))
    found = {}
    for a, b in pairs:
        if a in actors and b in actors:
            why = _why(_told(actors[a]), _told(actors[b]), scoring)
            if why is not None:
                found[a, b] = why
    return found


def why_for(reasons: Mapping[Pair, Why], me: int, them: int) -> Why | None:
    """The reason of a pair as `me` reads it."""
    if (me, them) in reasons:
        return reasons[me, them]
    turned = reasons.get((them, me))
    return turned.seen_by_the_other() if turned else None


def _encoder_of(session: Session, ids: Collection[int]) -> str | None:
    counts = (
        select(Passage.encoder, func.count())
        .where(col(Passage.actor_id).in_(ids), col(Passage.vector).is_not(None))
        .group_by(col(Passage.encoder))
        .order_by(func.count().desc(), col(Passage.encoder))
        .limit(1)
    )
    row = session.exec(counts).first()
    return row[0] if row else None


def _told(actor: PoolActor) -> Profile:
    """As others at the event may read it: papers and calendars are made before anybody knows each other."""
    if not is_veiled(actor.told):
        return actor.profile
    shown = {facet for facet, name in FACET_FIELDS.items() if is_shown(actor.told, name, EVENT)}
    return replace(actor.profile, passages=tuple(p for p in actor.profile.passages if p.facet in shown))


def _why(a: Profile, b: Profile, scoring: Scoring) -> Why | None:
    for reason in explain_pair(a, b, Suggestion(id=b.id, score=0.0, parts={}), scoring):
        if reason.evidence is not None and reason.key in _OTHER_WAY:
            mine, theirs = reason.key.split("_")
            return Why(mine, theirs, *_fragments(reason.evidence))
    return None


def _fragments(evidence: Evidence) -> tuple[Said, Said]:
    yours, theirs = evidence.yours, evidence.theirs
    return Said(yours.lang, shorten(yours.text)), Said(theirs.lang, shorten(theirs.text))


def shorten(text: str, longest: int = LONGEST) -> str:
    """One line of at most `longest` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    kept = cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut
    return kept.rstrip(" ,;:.–-") + "…"
