"""A map of a border: land, regions, actors by side and the lines of pairs, without any tile server.

Equirectangular around the middle of what is shown: at the size of a border region shapes are true to a percent.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

WIDTH = 720
_MARGIN = 0.12
_LEAST_SPAN = 0.6
"""Degrees of latitude: a single town is shown with its surroundings."""
_TALLEST = 1.15
_NEAR = 14.0
"""Pixels within which actors share a mark."""
_LABELS = 10
_PHONE, _LARGE = 1.8, 5
"""How much larger letters are on a phone (pictures.css), and how many towns are named there."""


@dataclass(frozen=True)
class Spot:
    """An actor on the map."""

    key: int
    lat: float
    lon: float
    side: str
    town: str | None = None


@dataclass(frozen=True)
class Mark:
    """One or more actors of a side at about one place; `shape` counts the sides in their order."""

    x: float
    y: float
    radius: float
    shape: int
    count: int


@dataclass(frozen=True)
class Label:
    """A town's name."""

    x: float
    y: float
    text: str
    large: bool = False
    """Whether it has room in the letters of a phone too."""


@dataclass(frozen=True)
class Stroke:
    """A line between two places, as wide as the pairs on it."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True)
class BorderMap:
    """All of a map in pixels."""

    width: int
    height: int
    land: str
    regions: str
    strokes: list[Stroke]
    marks: list[Mark]
    labels: list[Label]
    sides: list[str]


def draw_map(spots: Sequence[Spot], pairs: Iterable[tuple[int, int]] = ()) -> BorderMap | None:
    """The map around these actors; None when none of them has a place. Pairs name actors by key."""
    if not spots:
        return None
    box = _frame(spots)
    frame = _Projection(box)
    sides = [side for side, _ in sorted(Counter(s.side for s in spots).items(), key=lambda item: (-item[1], item[0]))]
    at = {s.key: frame.place(s.lon, s.lat) for s in spots}
    land, regions = _ground(box)
    marks = _marks(spots, at, sides)
    return BorderMap(
        WIDTH, frame.height, land, regions, _strokes(at, pairs), marks, _labels(spots, at, frame.height), sides
    )


class _Projection:
    def __init__(self, box: Box) -> None:
        west, south, east, north = box
        self._west, self._north = west, north
        self._narrow = math.cos(math.radians((south + north) / 2))
        self._scale = WIDTH / ((east - west) * self._narrow)
        self.height = round((north - south) * self._scale)

    def place(self, lon: float, lat: float) -> Point:
        """Pixels from the upper left corner."""
        return (lon - self._west) * self._narrow * self._scale, (self._north - lat) * self._scale


def _frame(spots: Sequence[Spot]) -> Box:
    """What to show: all actors with a margin, not flatter or taller than a page likes."""
    west, east = min(s.lon for s in spots), max(s.lon for s in spots)
    south, north = min(s.lat for s in spots), max(s.lat for s in spots)
    narrow = math.cos(math.radians((south + north) / 2))
    tall = max((north - south) * (1 + 2 * _MARGIN), _LEAST_SPAN)
    wide = max((east - west) * (1 + 2 * _MARGIN), tall / narrow / _TALLEST)
    tall = max(tall, wide * narrow * 0.55)
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def _marks(spots: Sequence[Spot], at: dict[int, Point], sides: list[str]) -> list[Mark]:
    """Actors of a side that stand close together share a mark as large as their number; the largest are drawn first."""
    cells: dict[tuple[str, int, int], list[Point]] = {}
    for spot in spots:
        x, y = at[spot.key]
        cells.setdefault((spot.side, round(x / _NEAR), round(y / _NEAR)), []).append((x, y))
    marks = []
    for (side, _, _), points in cells.items():
        x, y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        radius = round(_radius(len(points)), 1)
        marks.append(Mark(round(x, 1), round(y, 1), radius, sides.index(side) % 4, len(points)))
    return sorted(marks, key=lambda m: (-m.radius, m.x, m.y))


def _radius(actors: int) -> float:
    """Pixels of a mark that stands for so many."""
    return min(18.0, 4.0 + 1.6 * math.sqrt(actors - 1) * 1.4)


def _strokes(at: dict[int, Point], pairs: Iterable[tuple[int, int]]) -> list[Stroke]:
    lines: Counter[tuple[Point, Point]] = Counter()
    for a, b in pairs:
        if a in at and b in at:
            one, other = sorted((_rounded(at[a]), _rounded(at[b])))
            lines[one, other] += 1
    return [Stroke(*a, *b, round(min(5.0, 0.8 + 0.5 * n), 1)) for (a, b), n in sorted(lines.items()) if a != b]


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)


def _labels(spots: Sequence[Spot], at: dict[int, Point], height: int) -> list[Label]:
    """The towns with most actors, as long as their names do not run into each other; few of them for a phone."""
    towns: dict[str, list[Point]] = {}
    for spot in spots:
        if spot.town:
            towns.setdefault(spot.town, []).append(at[spot.key])
    named = []
    for town, points in sorted(towns.items(), key=lambda item: (-len(item[1]), item[0])):
        x, y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        named.append(Label(round(x + 5 + _radius(len(points)), 1), round(y + 4, 1), town))
    large = {label.text for label in _apart(named, height, _PHONE)[:_LARGE]}
    return [replace(label, large=label.text in large) for label in _apart(named, height)[:_LABELS]]


def _apart(labels: Iterable[Label], height: int, larger: float = 1.0) -> list[Label]:
    """Those that stand inside the map and beside each other, the first before the later ones."""
    kept: list[tuple[Label, float]] = []
    for label in labels:
        long = 7.2 * larger * len(label.text)
        inside = label.x + long < WIDTH and 12 * larger < label.y < height - 4
        free = all(abs(label.y - o.y) > 15 * larger or label.x + long < o.x or o.x + w < label.x for o, w in kept)
        if inside and free:
            kept.append((label, long))
    return [label for label, _ in kept]


@cache
def _outlines() -> dict[str, list[list[Point]]]:
    path = Path(__file__).parent / "data" / "outlines.json"
    data: dict[str, list[list[Point]]] = json.loads(path.read_text(encoding="utf-8"))
    return data


@lru_cache(maxsize=32)
def _ground(box: Box) -> tuple[str, str]:
    """Land and the borders of regions as SVG paths, cut to a little more than what is shown."""
    frame = _Projection(box)
    west, south, east, north = box
    room = (east - west) * 0.05
    wider = (west - room, south - room, east + room, north + room)
    land = (_cut(ring, wider) for ring in _outlines()["land"])
    regions = (line for line in _outlines()["regions"] if _touches(line, wider))
    closed = "".join(_path(ring, frame) + "Z" for ring in land if len(ring) > 2)
    return closed, "".join(_path(line, frame) for line in regions)


def _path(points: Sequence[Point], frame: _Projection) -> str:
    placed = (frame.place(lon, lat) for lon, lat in points)
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in placed)


def _touches(line: Sequence[Point], box: Box) -> bool:
    west, south, east, north = box
    return any(west <= x <= east and south <= y <= north for x, y in line)


def _cut(ring: Sequence[Point], box: Box) -> list[Point]:
    """A ring clipped to a box, edge by edge (Sutherland & Hodgman 1974)."""
    west, south, east, north = box
    points = [(x, y) for x, y in ring]
    for axis, limit, above in ((0, west, True), (0, east, False), (1, south, True), (1, north, False)):
        points = _cut_edge(points, axis, limit, above=above)
        if not points:
            break
    return points


def _cut_edge(points: list[Point], axis: int, limit: float, *, above: bool) -> list[Point]:
    kept: list[Point] = []
    for before, point in zip([points[-1], *points[:-1]], points, strict=True):
        inside, was_inside = ((p[axis] >= limit) is above or p[axis] == limit for p in (point, before))
        if inside != was_inside:
            part = (limit - before[axis]) / (point[axis] - before[axis])
            kept.append((before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1])))
        if inside:
            kept.append(point)
    return kept
