"""Distances over the border, and where a NUTS territory lies when an actor gives no coordinates."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
from numpy.typing import NDArray

from matching.ranking.weights import PACKAGE_DATA

_EARTH_RADIUS_KM = 6371.0
# A partner at this distance counts a half. The fourth power keeps everybody within a day trip nearly equal
# (150 km: 0.94).
HALF_DISTANCE_KM = 300.0


def locate_territory(nuts: str | None, country: str | None = None) -> tuple[float, float] | None:
    """Rough centre (latitude, longitude) of a NUTS code, else of its longest known prefix, else of the country."""
    centres = _centres()
    code = (nuts or "").upper()
    while code:
        if code in centres:
            return centres[code]
        code = code[:-1]
    return centres.get((country or "").upper())


def distance_matrix(
    latitudes: NDArray[np.float64],
    longitudes: NDArray[np.float64],
    other_latitudes: NDArray[np.float64],
    other_longitudes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Great-circle kilometres between two lists of places in degrees, (n, m); NaN where a place is unknown."""
    phi, lam = np.radians(latitudes)[:, None], np.radians(longitudes)[:, None]
    other_phi, other_lam = np.radians(other_latitudes)[None], np.radians(other_longitudes)[None]
    half_chord = (
        np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    )
    return np.asarray(2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1))))


def closeness(kilometres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kilometres to 0..1: 1 next door, a half at `HALF_DISTANCE_KM`, near 0 across a continent."""
    return np.asarray(1 / (1 + (kilometres / HALF_DISTANCE_KM) ** 4))


@cache
def _centres() -> dict[str, tuple[float, float]]:
    table = json.loads((PACKAGE_DATA / "territories.json").read_text(encoding="utf-8"))
    centres = {code: (float(place[0]), float(place[1])) for code, place in table["centres"].items()}
    for length in (3, 2):
        groups: dict[str, list[tuple[float, float]]] = {}
        for code, place in centres.items():
            if len(code) > length:
                groups.setdefault(code[:length], []).append(place)
        for code, places in groups.items():
            mean = np.mean(places, axis=0)
            centres.setdefault(code, (float(mean[0]), float(mean[1])))
    return {**centres, "GR": centres["EL"], "GB": centres["UK"]}
