"""Weights are data: shown in every answer, editable per event, refused by name when unknown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib import resources
from math import isfinite

PACKAGE_DATA = resources.files(__package__) / "data"


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts. Non-negative; only proportions matter, except `hub`, a share (1 = full correction).

    `exchange` weighs both `need_offer` and `offer_need`: two weights would make score(a → b) differ from score(b → a).
    """

    exchange: float
    profile: float
    theme: float
    kind: float
    language: float
    distance: float
    size: float
    history: float
    twin: float
    hub: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"weight {name!r} must be a number, not {value!r}")
            if not isfinite(value) or value < 0:
                raise ValueError(f"weight {name!r} must be a number of at least 0, not {value!r}")
        if not any(getattr(self, name) for name in _POSITIVE):
            raise ValueError(f"at least one of the weights {', '.join(_POSITIVE)} must be above 0")

    @classmethod
    def default(cls) -> Weights:
        """The shipped weights (`data/weights.toml`)."""
        return _default()

    @classmethod
    def from_dict(cls, changes: Mapping[str, float] | None) -> Weights:
        """The defaults with some weights changed. ValueError names an unknown weight."""
        known = {field.name for field in fields(cls)}
        for name in changes or {}:
            if name not in known:
                raise ValueError(f"unknown weight {name!r}; known are {', '.join(sorted(known))}")
        return replace(_default(), **dict(changes or {}))

    def to_dict(self) -> dict[str, float]:
        """The weights by name, as shown in an answer."""
        return asdict(self)


_POSITIVE = ("exchange", "profile", "theme", "kind", "language", "distance", "size", "history")


@cache
def _default() -> Weights:
    table = tomllib.loads((PACKAGE_DATA / "weights.toml").read_text(encoding="utf-8"))
    return Weights(**table["weights"])
