"""Theme closeness and kind complementarity, from tables that an organiser may edit (`data/affinity.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.profile import Column
from matching.ranking.weights import PACKAGE_DATA


@dataclass(frozen=True, slots=True, eq=False)
class Affinity:
    """Sector × sector and kind × kind tables; every value 0..1, every pair unordered.

    A kind that `like` names is judged as the kind that stands there for it; `other` says nothing.
    """

    shared: float
    bridges: Mapping[frozenset[str], float]
    families: Mapping[str, tuple[str, ...]]
    kinds: Mapping[frozenset[str], float]
    like: Mapping[str, str]
    same_kind: float
    other_kinds: float

    @classmethod
    def default(cls) -> Affinity:
        """The shipped tables."""
        return _default()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Affinity:
        """Tables of the form of `data/affinity.toml`. ValueError when a value leaves 0..1."""
        themes, kinds = table["themes"], table["kinds"]
        bridges = {frozenset(row["between"]): float(row.get("value", themes["bridge"])) for row in themes["bridges"]}
        pairs = {frozenset(row["between"]): float(row["value"]) for row in kinds["pairs"]}
        for value in (*bridges.values(), *pairs.values(), themes["shared"], kinds["same"], kinds["other"]):
            if not 0 <= value <= 1:
                raise ValueError(f"an affinity must be between 0 and 1, not {value}")
        families = {name: tuple(starts) for name, starts in themes["families"].items()}
        like = dict(kinds.get("like", {}))
        return cls(themes["shared"], bridges, families, pairs, like, kinds["same"], kinds["other"])

    def theme_closeness(self, a: Sequence[str], b: Sequence[str]) -> float | None:
        """1 for a shared sector, the bridge's value for a declared bridge, else 0; None when a side names none."""
        return self._closeness(_labels(a), _labels(b))

    @lru_cache(maxsize=20_000)  # noqa: B019 - a question meets the same few combinations of sectors again and again
    def _closeness(self, a: frozenset[str], b: frozenset[str]) -> float | None:
        if not a or not b:
            return None
        if a & b:
            return self.shared
        return max((self._bridge(x, y) for x in a for y in b), default=0.0)

    def name_theme(self, a: Sequence[str], b: Sequence[str]) -> tuple[str, str] | None:
        """The sectors (of a, of b) that meet, as written, or None."""
        labels_a, labels_b = _labels(a), _labels(b)
        shared = sorted(labels_a & labels_b)
        if shared:
            written = next(label for label in a if _fold(label) == shared[0])
            return written, written
        crossings = [
            (value, label_a, label_b)
            for label_a in a
            for label_b in b
            if (value := self._bridge(_fold(label_a), _fold(label_b))) > 0
        ]
        best = min(crossings, key=lambda row: (-row[0], row[1], row[2]), default=None)
        return None if best is None else (best[1], best[2])

    def kind_complement(self, a: str | None, b: str | None) -> float | None:
        """How well two kinds complete each other; None when a kind is unknown."""
        if not a or not b or "other" in (a, b):
            return None
        a, b = self.like.get(a, a), self.like.get(b, b)
        return self.kinds.get(frozenset((a, b)), self.same_kind if a == b else self.other_kinds)

    @lru_cache(maxsize=20_000)  # noqa: B019 - tables live as long as the process, and sectors are few
    def _bridge(self, a: str, b: str) -> float:
        pairs = (frozenset((x, y)) for x in {a, *self._families_of(a)} for y in {b, *self._families_of(b)})
        return max((self.bridges.get(pair, 0.0) for pair in pairs), default=0.0)

    def _families_of(self, label: str) -> list[str]:
        words = re.findall(r"\w+", label)
        return [
            name
            for name, starts in self.families.items()
            if any(word == start or (len(start) > 3 and word.startswith(start)) for word in words for start in starts)
        ]


def pair_table(a: Column, b: Column, value: Callable[[Any, Any], float | None]) -> NDArray[np.float64]:
    """`value` of every pair of actors, (n, m), NaN where it is None; each pair of values is asked once."""
    small = np.array([[_or_nan(value(x, y)) for y in b.values] for x in a.values], dtype=np.float64)
    return small.reshape(len(a.values), len(b.values))[np.ix_(a.codes, b.codes)]


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _labels(labels: Sequence[str]) -> frozenset[str]:
    return _folded(tuple(labels))


@lru_cache(maxsize=20_000)
def _folded(labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded for label in labels if (folded := _fold(label)))


@lru_cache(maxsize=20_000)
def _fold(label: str) -> str:
    return " ".join(label.casefold().split())


@cache
def _default() -> Affinity:
    return Affinity.from_dict(tomllib.loads((PACKAGE_DATA / "affinity.toml").read_text(encoding="utf-8")))
