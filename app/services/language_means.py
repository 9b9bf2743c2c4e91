"""What texts share for being in one language is taken off their vectors, estimated from the corpus at hand.

The shipped means are those of parallel texts; a corpus of competence profiles has its own. Both are combined: n texts
of a language move its mean n / (n + 20) of the way. On examples/evaluation the share of queries in which a stranger of
the reader's language outranks the true partner falls by half (docs/matching.md).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, update
from sqlmodel import Session, col, delete, select

from app.services.pool_revision import mark_pool_changed
from models.actor import Actor
from models.base import VECTOR_DIM
from models.passage import LanguageMean, Passage

Shift = Mapping[str, NDArray[np.float32]]
"""Primary language → what to take off a stored vector of a text in it."""

SHRINKAGE = 20
"""How many texts the shipped mean counts for."""
_LOCK = 0x6D65616E
"""Number of the advisory lock ("mean")."""
_MOVED = 0.1
"""Relative change of a language's number of texts after which the means are taken anew."""


def refresh_means(session: Session, *, encoder: str) -> bool:
    """Take the means anew when the corpus has changed enough; the caller commits. True when they changed.

    One worker does it at a time; another that comes meanwhile leaves it to the first.
    """
    if not session.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one():
        return False
    language = func.split_part(Passage.lang, "-", 1)
    embedded = col(Passage.encoder) == encoder
    now = dict(session.exec(select(language, func.count()).where(embedded).group_by(language)).all())
    then = dict(
        session.exec(select(LanguageMean.lang, LanguageMean.texts).where(LanguageMean.encoder == encoder)).all()
    )
    if now.keys() == then.keys() and all(abs(now[tag] - then[tag]) <= _MOVED * then[tag] for tag in now):
        return False
    means = session.exec(select(language, func.avg(Passage.vector)).where(embedded).group_by(language)).all()
    session.exec(delete(LanguageMean))
    session.add_all(LanguageMean(encoder=encoder, lang=tag, texts=now[tag], mean=mean) for tag, mean in means)
    # Every similarity has moved a little, so every actor's hubness is measured anew.
    session.exec(update(Actor).values(hubness=None))
    mark_pool_changed(session)
    return True


def load_shift(session: Session, *, encoder: str) -> Shift:
    """What to take off the stored vectors of each language."""
    query = select(LanguageMean.lang, LanguageMean.texts, func.halfvec_send(LanguageMean.mean))
    rows = session.exec(query.where(LanguageMean.encoder == encoder)).all()
    return {tag: texts / (texts + SHRINKAGE) * decode_vectors(wire)[0] for tag, texts, wire in rows}


def neutral_units(vectors: NDArray[np.float32], languages: Sequence[str], shift: Shift) -> NDArray[np.float32]:
    """Stored vectors [n, 384] as the ranking compares them: without their language's mean, of length 1."""
    still = np.zeros(VECTOR_DIM, dtype=np.float32)
    moved = (
        vectors - np.stack([shift.get(tag.partition("-")[0], still) for tag in languages]) if len(vectors) else vectors
    )
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def decode_vectors(wire: bytes, dim: int = VECTOR_DIM) -> NDArray[np.float32]:
    """Vectors [n, dim] from PostgreSQL's wire form, one after the other: two 16-bit words, then big-endian halves."""
    return np.frombuffer(wire, dtype=">f2").reshape(-1, dim + 2)[:, 2:].astype(np.float32)
