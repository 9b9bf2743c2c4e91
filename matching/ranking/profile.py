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
class Runs:
    """Whose passages stand where, in rows that follow each other without a gap.

    Run i begins at row `starts[i]`, has `counts[i]` rows and belongs to facet `owners[i] // n` of actor
    `owners[i] % n`, n being the number of actors; empty runs are left out.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    owners: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Passages(Runs):
    """The vectors (passages, d) of many actors: all needs, actor after actor, then all offers, then the profiles."""

    vectors: Floats


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
    passages: Passages
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
        passages = _pack_passages(actors, dim, dtype)
        return cls(
            profiles=actors,
            passages=passages,
            centres=_centres(passages, len(actors)),
            columns={name: Column.of(_fact(actor, name) for actor in actors) for name in _FACTS},
            row_of={actor.id: row for row, actor in enumerate(actors)},
            hubness=_numbers([actor.hubness for actor in actors]),
            latitudes=_numbers([actor.lat for actor in actors]),
            longitudes=_numbers([actor.lon for actor in actors]),
            sizes=_numbers([actor.size for actor in actors]),
        )

    def take(self, rows: Sequence[int], dtype: type[np.floating[Any]] = np.float32) -> Pool:
        """The actors at `rows`, packed anew unless they are all, in their order and of that precision."""
        if self.passages.vectors.dtype == dtype and list(rows) == list(range(len(self))):
            return self
        return Pool.from_profiles((self.profiles[row] for row in rows), dtype)


_FACTS = ("side", "kind", "sectors", "languages")


def _fact(actor: Profile, name: str) -> Any:
    value = getattr(actor, name)
    return tuple(value) if isinstance(value, list | tuple) else value


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """A float column in which None is NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _centres(passages: Passages, count: int) -> Floats:
    """The unit mean of each actor's passages, summed in double precision so that packing changes nothing."""
    total = np.zeros((count, passages.vectors.shape[1]))
    if len(passages.owners):
        runs = np.add.reduceat(passages.vectors, passages.starts, axis=0, dtype=np.float64)
        np.add.at(total, passages.owners % count, runs)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.where(lengths > 0, lengths, np.nan), dtype=passages.vectors.dtype)


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


def _pack_passages(actors: Sequence[Profile], dim: int, dtype: type[np.floating[Any]]) -> Passages:
    runs: list[list[list[Floats]]] = [[[] for _ in actors] for _ in FACETS]
    for number, actor in enumerate(actors):
        for passage in actor.passages:
            if passage.vector is not None:
                runs[FACETS.index(passage.facet)][number].append(passage.vector)
    flat = [run for facet in runs for run in facet]
    sizes = np.array([len(run) for run in flat], dtype=np.int64)
    vectors = [vector for run in flat for vector in run]
    owners = np.flatnonzero(sizes)
    starts = (np.cumsum(sizes) - sizes)[owners] if len(sizes) else sizes
    packed = np.array(vectors, dtype=dtype) if vectors else np.zeros((0, dim), dtype=dtype)
    return Passages(starts, sizes[owners], owners, packed)
