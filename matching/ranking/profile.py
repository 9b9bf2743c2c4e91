"""Who stands in a cross-border question, and the packed form in which many of them are scored at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Facet = Literal["need", "offer", "profile"]
FACETS: tuple[Facet, ...] = ("need", "offer", "profile")
ActorId = int | str
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One text of one facet in one language.

    `vector` is language-neutral and of length one (see `matching.encoder`), or None while it waits to be embedded;
    such a passage takes part in nothing. Long descriptions belong in several passages, one a sentence
    (`fragments.split_text`): the sentence that meets the other side is then what the evidence quotes.
    """

    facet: Facet
    lang: str
    text: str
    vector: Floats | None = None

    def __post_init__(self) -> None:
        if self.facet not in FACETS:
            raise ValueError(f"facet {self.facet!r} is none of {', '.join(FACETS)}")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """An actor as the ranking sees it.

    `size` counts people at work; `hubness` is the stored mean of the actor's best merits (`hubs.measure_hubness`),
    None when it was never measured: the shipped mean then stands in, so that a score never depends on the pool.
    """

    id: ActorId
    side: str
    country: str | None = None
    kind: str | None = None
    languages: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    size: float | None = None
    passages: tuple[Passage, ...] = ()
    hubness: float | None = None
    name: str = ""

    def with_hubness(self, hubness: float | None) -> Profile:
        """The same actor with another stored hubness."""
        return replace(self, hubness=hubness)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A quotation: its language, its text as written, and the character spans that carry the match."""

    lang: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The two fragments that met, and their neutral similarity (-1..1)."""

    yours: Fragment
    theirs: Fragment
    similarity: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a template's key and its parameters, never free text; `reasons.render_reason` words it."""

    part: str
    key: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ranked answer. `score` is a calibrated probability; `parts` holds the known parts, each 0..1."""

    id: ActorId
    score: float
    parts: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()
    common_languages: tuple[str, ...] = ()
    distance_km: int | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FacetBlock:
    """The vectors of one facet of all actors, actor after actor.

    `vectors` is (passages, d); actor i owns rows `offsets[i]:offsets[i + 1]`; `place[row]` is the position of that
    passage in the actor's `Profile.passages`.
    """

    vectors: Floats
    offsets: NDArray[np.int64]
    place: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many passages each actor has, (n,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One fact of all actors, each value kept once: actor i has `values[codes[i]]`."""

    values: tuple[Any, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, facts: Iterable[Any]) -> Column:
        """Number the values in the order in which they come up."""
        known: dict[Any, int] = {}
        codes = [known.setdefault(fact, len(known)) for fact in facts]
        return cls(tuple(known), np.array(codes, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Actors packed for vectorised scoring. Build once with `Pool.from_profiles`, rank against it many times.

    `centres` (n, d) holds the unit mean of an actor's passages, NaN where it has none; `row_of` finds its row by id.
    """

    profiles: tuple[Profile, ...]
    blocks: Mapping[Facet, FacetBlock]
    centres: Floats
    columns: Mapping[str, Column]
    row_of: Mapping[ActorId, int]
    hubness: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    longitudes: NDArray[np.float64]
    sizes: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.profiles)

    @classmethod
    def from_profiles(cls, profiles: Iterable[Profile], dtype: type[np.floating[Any]] = np.float32) -> Pool:
        """Pack actors; vectors of differing lengths are refused with the actor's id."""
        actors = tuple(profiles)
        dim = _common_dimension(actors)
        blocks = {facet: _pack_facet(actors, facet, dim, dtype) for facet in FACETS}
        return cls(
            profiles=actors,
            blocks=blocks,
            centres=_centres(blocks, len(actors), dim),
            columns={name: Column.of(_fact(actor, name) for actor in actors) for name in _FACTS},
            row_of={actor.id: row for row, actor in enumerate(actors)},
            hubness=_numbers([actor.hubness for actor in actors]),
            latitudes=_numbers([actor.lat for actor in actors]),
            longitudes=_numbers([actor.lon for actor in actors]),
            sizes=_numbers([actor.size for actor in actors]),
        )

    def take(self, rows: Sequence[int], dtype: type[np.floating[Any]] = np.float32) -> Pool:
        """The actors at `rows`, packed anew."""
        return Pool.from_profiles((self.profiles[row] for row in rows), dtype)


_FACTS = ("side", "kind", "sectors", "languages")


def _fact(actor: Profile, name: str) -> Any:
    value = getattr(actor, name)
    return tuple(value) if isinstance(value, list | tuple) else value


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """A float column in which None is NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _centres(blocks: Mapping[Facet, FacetBlock], count: int, dim: int) -> Floats:
    """The unit mean of each actor's passages, summed in double precision so that packing changes nothing."""
    total = np.zeros((count, dim))
    for block in blocks.values():
        owners = np.flatnonzero(block.counts)
        if len(owners):
            total[owners] += np.add.reduceat(block.vectors.astype(np.float64), block.offsets[owners], axis=0)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.where(lengths > 0, lengths, np.nan), dtype=blocks["need"].vectors.dtype)


def _common_dimension(actors: Sequence[Profile]) -> int:
    dim = 0
    for actor in actors:
        for passage in actor.passages:
            if passage.vector is None:
                continue
            if passage.vector.ndim != 1 or (dim and len(passage.vector) != dim):
                raise ValueError(
                    f"actor {actor.id!r}: a vector of shape {passage.vector.shape} among vectors of length {dim}"
                )
            dim = len(passage.vector)
    return dim


def _pack_facet(actors: Sequence[Profile], facet: Facet, dim: int, dtype: type[np.floating[Any]]) -> FacetBlock:
    rows: list[Floats] = []
    place: list[int] = []
    offsets = [0]
    for actor in actors:
        for position, passage in enumerate(actor.passages):
            if passage.facet == facet and passage.vector is not None:
                rows.append(passage.vector)
                place.append(position)
        offsets.append(len(rows))
    vectors = np.asarray(rows, dtype=dtype) if rows else np.zeros((0, dim), dtype=dtype)
    return FacetBlock(vectors, np.array(offsets, dtype=np.int64), np.array(place, dtype=np.int64))
