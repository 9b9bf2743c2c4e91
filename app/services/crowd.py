"""The crowd of a process: very many actors, packed in memory and kept up with the data.

A fresh process reads every settled actor; after that, those that settled since. An actor settles when its vectors are
stored and its hubness is measured: the same update notes the revision, so that whoever knows revision n asks for more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from app.services.actor_rows import ACTOR_COLUMNS, pool_actor
from app.services.language_means import Shift
from matching.ranking.crowd import Batch, Crowd, CrowdBuffers, any_directions
from matching.ranking.profile import FACETS
from models.actor import Actor
from models.base import VECTOR_DIM
from models.passage import Directions, Passage

_AT_A_TIME = 5000
"""Actors read at once: about 30 MB of vectors."""
_ROOM = 1.3
"""Slots and passages there is room for, as a share of those at the start; when it is used up all is read again."""
_SPARE = 5000

_ROW = np.dtype(
    [("columns", ">i2"), ("_1", ">i4"), ("actor", ">i8"), ("_2", ">i4"), ("facet", ">i4"), ("_3", ">i4"),
     ("lang", ">i4"), ("_4", ">i4"), ("_5", ">i2", (2,)), ("vector", ">f2", (VECTOR_DIM,))]
)  # fmt: skip
"""A row as COPY sends it: every field is preceded by its length, a vector by its dimension and a spare word."""
_HEAD, _TAIL = 19, 2
_COPY = """COPY (
    SELECT actor_id, array_position(%s::text[], facet),
           coalesce(array_position(%s::text[], split_part(lang, '-', 1)), 0), vector
    FROM passage WHERE encoder = %s AND actor_id = ANY(%s) ORDER BY actor_id, ordinal
) TO STDOUT (FORMAT BINARY)"""


@dataclass
class _Held:
    """A packed crowd and what it was read with."""

    encoder: str
    shift: Shift
    directions: int
    revision: int
    buffers: CrowdBuffers


class CrowdKeeper:
    """Keeps one crowd, as of the newest revision it was asked for. Callers take turns."""

    def __init__(self) -> None:
        self._held: _Held | None = None

    def crowd(self, session: Session, *, encoder: str, shift: Shift, revision: int, settled: int) -> Crowd:
        """The settled actors as of now; `settled` is their number, `revision` one that this transaction sees."""
        number = session.exec(select(Directions.number).where(Directions.encoder == encoder)).first() or 0
        held = self._held
        if held is None or held.revision > revision or not _read_with(held, encoder, number, shift):
            held = self._fresh(session, encoder, shift, number, settled)
        news = session.exec(select(Actor.id).where(col(Actor.settled) > held.revision).order_by(col(Actor.id))).all()
        if not _add(session, held, news):
            held = self._fresh(session, encoder, shift, number, settled)
            _add(session, held, session.exec(select(Actor.id).where(col(Actor.settled).is_not(None))).all())
        if len(held.buffers) != settled:
            held.buffers.keep_only(session.exec(select(Actor.id).where(col(Actor.settled).is_not(None))).all())
        held.revision = revision
        return held.buffers.crowd()

    def _fresh(self, session: Session, encoder: str, shift: Shift, number: int, settled: int) -> _Held:
        self._held = None  # before the next one takes its memory
        texts = session.exec(select(func.count()).select_from(Passage).where(Passage.encoder == encoder)).one()
        room = (int(count * _ROOM) + _SPARE for count in (settled, texts))
        self._held = _Held(encoder, shift, number, -1, CrowdBuffers(load_directions(session, encoder=encoder), *room))
        return self._held


def load_directions(session: Session, *, encoder: str) -> NDArray[np.float32]:
    """The learned directions (3·384, s), or any while none are."""
    row = session.exec(select(Directions.basis).where(Directions.encoder == encoder)).first()
    if row is None:
        return any_directions(VECTOR_DIM)
    return np.frombuffer(row, dtype="<f2").reshape(len(FACETS) * VECTOR_DIM, -1).astype(np.float32)


def read_batch(session: Session, *, encoder: str, shift: Shift, ids: Sequence[int]) -> Batch:
    """Actors by id with the vectors of that encoder, in the order of their ids; those without any are there as well."""
    known_by = ACTOR_COLUMNS[0]
    rows = session.execute(sa_select(*ACTOR_COLUMNS).where(known_by == func.any(list(ids))).order_by(known_by)).all()
    actors = [pool_actor(row, ()) for row in rows]
    sent = _copy(session, encoder, sorted(shift), ids)
    # Both statements see what was committed before them: an actor may have gone, or come, in between.
    known = np.array([row.id for row in rows], dtype=np.int64)
    sent = sent[np.isin(sent["actor"], known)]
    owners, facets = np.searchsorted(known, sent["actor"]), sent["facet"].astype(np.int64) - 1
    order = np.lexsort((facets, owners))
    means = np.stack([np.zeros(VECTOR_DIM, dtype=np.float32), *(shift[tag] for tag in sorted(shift))])
    moved = sent["vector"][order].astype(np.float32) - means[sent["lang"][order]]
    lengths = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
    profiles, regions = [actor.profile for actor in actors], [actor.region for actor in actors]
    return Batch(profiles, regions, owners[order], facets[order], np.asarray(moved / lengths, dtype=np.float32))


def _add(session: Session, held: _Held, ids: Sequence[int]) -> bool:
    """Pack actors; False when there is no room for them."""
    for start in range(0, len(ids), _AT_A_TIME):
        some = ids[start : start + _AT_A_TIME]
        batch = read_batch(session, encoder=held.encoder, shift=held.shift, ids=some)
        if not held.buffers.add(batch):
            return False
    return True


def _copy(session: Session, encoder: str, languages: list[str], ids: Sequence[int]) -> NDArray[Any]:
    cursor = session.connection().connection.cursor()
    with cursor.copy(_COPY, [list(FACETS), languages, encoder, list(ids)]) as copy:
        wire = b"".join(copy)
    return np.frombuffer(wire, dtype=_ROW, count=(len(wire) - _HEAD - _TAIL) // _ROW.itemsize, offset=_HEAD)


def _read_with(held: _Held, encoder: str, directions: int, shift: Shift) -> bool:
    alike = held.shift.keys() == shift.keys() and all(np.array_equal(held.shift[tag], shift[tag]) for tag in shift)
    return alike and held.encoder == encoder and held.directions == directions
