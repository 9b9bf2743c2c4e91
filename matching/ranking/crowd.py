"""Very many actors, packed so small that a process holds them all: a hundred thousand in 300 MB.

Of every actor stay its facts, its passages in 8 bits a number, and a summary: the means of its needs, offers and
profile texts along the few directions that keep most of their products (principal components without centring: the
truncated singular value decomposition; Eckart and Young, 1936). `find_best`
(matching/ranking/glance.py) asks the summaries first, the passages of the most promising next, and names those among
whom the best answers stand; ranking them from their full vectors is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.parts import or_zero
from matching.ranking.profile import FACETS, Column, Profile

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

DIRECTIONS = 96
_FACTS = ("side", "country", "kind", "region", "sectors", "languages")
_NUMBERS = ("hubness", "lat", "lon", "size")
_LEVELS = 127


@dataclass(frozen=True, slots=True)
class Batch:
    """Actors to be packed, with the passages of each in one run and its facets in their order.

    `profiles` carry facts alone; passage i belongs to actor `owners[i]` of the batch (ascending) and to facet
    `facets[i]`; `vectors` (passages, d) are neutral and of length one.
    """

    profiles: Sequence[Profile]
    regions: Sequence[str | None]
    owners: Rows
    facets: NDArray[Any]
    vectors: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Actors in slots, as of one moment; a slot whose actor has changed or gone is not `alive`.

    `hubs` is the hubness, 0 where it is unknown; `summaries` (n, s); `facets` the set of facets with texts, a bit each,
    and `facet_sets` those that occur; `first`, `counts` (n, 3) say which rows of `codes` (passages, d) and `scales`
    belong to a slot: a passage's vector is its code times its scale. `reach` is the length of the sum of a slot's
    vectors, `places` (n, 3) where it stands on the unit sphere.
    """

    basis: Floats
    ids: Rows
    alive: NDArray[np.bool_]
    columns: Mapping[str, Column]
    hubness: NDArray[np.float64]
    hubs: Floats
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    size: NDArray[np.float64]
    places: Floats
    summaries: Floats
    facets: Rows
    facet_sets: tuple[int, ...]
    first: Rows
    counts: Rows
    reach: Floats
    codes: NDArray[np.int8]
    scales: Floats

    def __len__(self) -> int:
        return len(self.ids)


class CrowdBuffers:
    """Where a crowd is packed.

    Whose texts changed moves to a new slot, so that the crowds of earlier moments can still be read; facts are written
    over, which at most lets a question see news a moment early.
    """

    def __init__(self, basis: Floats, actors: int, passages: int) -> None:
        """Room for so many slots and passages; memory is taken as they fill."""
        self.basis = basis
        self._used = self._passages = 0
        self._alive = np.zeros(actors, dtype=bool)
        self._slot_of: dict[int, int] = {}
        self._values: dict[str, dict[Any, int]] = {name: {} for name in _FACTS}
        self._facts = {name: np.empty(actors, dtype=np.int64) for name in _FACTS}
        self._numbers = {name: np.empty(actors, dtype=np.float64) for name in _NUMBERS}
        self._ids = np.empty(actors, dtype=np.int64)
        self._hubs = np.empty(actors, dtype=np.float32)
        self._places = np.empty((actors, 3), dtype=np.float32)
        self._summaries = np.empty((actors, basis.shape[1]), dtype=np.float32)
        self._facets = np.empty(actors, dtype=np.int64)
        self._first = np.empty(actors, dtype=np.int64)
        self._counts = np.empty((actors, len(FACETS)), dtype=np.int64)
        self._reach = np.empty(actors, dtype=np.float32)
        self._codes = np.empty((passages, basis.shape[0] // len(FACETS)), dtype=np.int8)
        self._scales = np.empty(passages, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._slot_of)

    def add(self, batch: Batch) -> bool:
        """Pack actors, known or new; False, and nothing done, when there is no room."""
        codes, scales = _pack(batch.vectors)
        sums, counts = _facet_sums(batch)
        starts = np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1)
        known = (self._kept_slot(int(p.id), counts[k], codes[starts[k] :]) for k, p in enumerate(batch.profiles))
        slots = np.fromiter(known, dtype=np.int64, count=len(batch.profiles))
        moved = np.flatnonzero(slots < 0)
        texts = np.isin(batch.owners, moved)
        if self._used + len(moved) > len(self._alive) or self._passages + int(texts.sum()) > len(self._scales):
            return False
        slots[moved] = new = self._used + np.arange(len(moved))
        self._keep_facts(slots, batch)
        self._first[new] = self._passages + np.cumsum(counts[moved].sum(axis=1)) - counts[moved].sum(axis=1)
        self._counts[new] = counts[moved]
        self._facets[new] = (counts[moved] > 0) @ (1 << np.arange(len(FACETS)))
        self._reach[new] = np.linalg.norm(sums[moved].sum(axis=1), axis=1)
        self._summaries[new] = _means(sums[moved], counts[moved]) @ self.basis
        end = self._passages + int(texts.sum())
        self._codes[self._passages : end], self._scales[self._passages : end] = codes[texts], scales[texts]
        ids = [int(batch.profiles[k].id) for k in moved.tolist()]
        self.forget(ids)
        self._slot_of.update(zip(ids, new.tolist(), strict=True))
        self._alive[new] = True
        self._used, self._passages = self._used + len(moved), end
        return True

    def forget(self, ids: Iterable[int]) -> None:
        """Actors that are gone."""
        for ident in ids:
            slot = self._slot_of.pop(ident, None)
            if slot is not None:
                self._alive[slot] = False

    def keep_only(self, ids: Iterable[int]) -> None:
        """Forget all others."""
        self.forget(self._slot_of.keys() - set(ids))

    def crowd(self) -> Crowd:
        """The actors as of now."""
        n, m = self._used, self._passages
        return Crowd(
            basis=self.basis,
            ids=self._ids[:n],
            alive=self._alive[:n].copy(),
            columns={name: Column(tuple(self._values[name]), self._facts[name][:n]) for name in _FACTS},
            hubness=self._numbers["hubness"][:n],
            hubs=self._hubs[:n],
            lat=self._numbers["lat"][:n],
            lon=self._numbers["lon"][:n],
            size=self._numbers["size"][:n],
            places=self._places[:n],
            summaries=self._summaries[:n],
            facets=self._facets[:n],
            facet_sets=tuple(np.flatnonzero(np.bincount(self._facets[:n])).tolist()),
            first=self._first[:n],
            counts=self._counts[:n],
            reach=self._reach[:n],
            codes=self._codes[:m],
            scales=self._scales[:m],
        )

    def _kept_slot(self, ident: int, counts: Rows, codes: NDArray[np.int8]) -> int:
        """The slot of an actor whose texts are as they were, else -1."""
        slot = self._slot_of.get(ident, -1)
        if slot < 0 or not np.array_equal(self._counts[slot], counts):
            return -1
        total, first = int(counts.sum()), int(self._first[slot])
        return slot if np.array_equal(self._codes[first : first + total], codes[:total]) else -1

    def _keep_facts(self, slots: Rows, batch: Batch) -> None:
        self._ids[slots] = [profile.id for profile in batch.profiles]
        for name in _FACTS:
            known = self._values[name]
            facts = batch.regions if name == "region" else [getattr(profile, name) for profile in batch.profiles]
            self._facts[name][slots] = [known.setdefault(fact, len(known)) for fact in facts]
        for name in _NUMBERS:
            told = (getattr(profile, name) for profile in batch.profiles)
            self._numbers[name][slots] = [np.nan if number is None else number for number in told]
        self._hubs[slots] = or_zero(self._numbers["hubness"][slots])
        self._places[slots] = on_sphere(self._numbers["lat"][slots], self._numbers["lon"][slots])


def learn_directions(means: Floats, count: int = DIRECTIONS) -> Floats:
    """The directions (3·d, count) that lose least of the facet means (n, 3·d) of actors, by the sum of squares.

    Not centred: products with the means are asked for, not how the actors differ.
    """
    _, vectors = np.linalg.eigh(means.T.astype(np.float64) @ means)
    return np.ascontiguousarray(vectors[:, ::-1][:, :count], dtype=np.float32)


def any_directions(dim: int, count: int = DIRECTIONS) -> Floats:
    """Directions (3·dim, count) that fit no texts in particular, the same each time: until some are learned."""
    noise = np.random.default_rng(0).normal(size=(len(FACETS) * dim, count))
    return np.asarray(np.linalg.qr(noise)[0], dtype=np.float32)


def facet_means(batch: Batch) -> Floats:
    """The mean vectors of each actor's needs, offers and profile texts, (n, 3·d), zero where there are none."""
    return _means(*_facet_sums(batch))


def on_sphere(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> Floats:
    """Places in degrees as points (n, 3) of the unit sphere; NaN stays NaN."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1).astype(np.float32)


def _pack(vectors: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Vectors (n, d) as whole numbers and the scale of each row."""
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), 1e-12) / _LEVELS
    return np.rint(vectors / scales[:, None]).astype(np.int8), np.asarray(scales, dtype=np.float32)


def _facet_sums(batch: Batch) -> tuple[Floats, Rows]:
    """Sums (n, 3, d) and numbers (n, 3) of each actor's vectors by facet."""
    count = len(batch.profiles)
    counts = np.bincount(batch.owners * len(FACETS) + batch.facets, minlength=count * len(FACETS))
    sums = np.zeros((count * len(FACETS), batch.vectors.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(counts)
    if len(filled):
        sums[filled] = np.add.reduceat(batch.vectors, (np.cumsum(counts) - counts)[filled], axis=0)
    return sums.reshape(count, len(FACETS), batch.vectors.shape[1]), counts.reshape(count, len(FACETS))


def _means(sums: Floats, counts: Rows) -> Floats:
    means = sums / np.maximum(counts, 1)[:, :, None].astype(np.float32)
    return np.asarray(means.reshape(len(sums), sums.shape[1] * sums.shape[2]), dtype=np.float32)
