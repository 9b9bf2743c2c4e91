"""Who met whom as a ring: participants side by side in their sides, a curve for each meeting."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.services.texts import fold

SIZE = 620
_ROOM = 150
_NAMED = 70
"""With more participants the names would run into each other; the table has them."""
_LONGEST = 22


@dataclass(frozen=True)
class Node:
    """A participant on the ring; `shape` counts the sides in their order. `turn` and `anchor` place its name."""

    x: float
    y: float
    shape: int
    name: str
    turn: float
    anchor: str
    whole: str
    """The name as it is, for the list beneath."""
    side: str
    met: int


@dataclass(frozen=True)
class Ring:
    """The whole picture in pixels."""

    size: int
    nodes: list[Node]
    curves: list[str]
    sides: list[str]
    named: bool


def draw_ring(people: Sequence[tuple[int, str, str]], pairs: Iterable[tuple[int, int]]) -> Ring | None:
    """A ring of (id, name, side) with a curve for each pair; None when there is nobody."""
    if not people:
        return None
    ordered = sorted(people, key=lambda person: (person[2], fold(person[1]), person[0]))
    sides = sorted({side for _, _, side in people})
    middle, radius = SIZE / 2, SIZE / 2 - (_ROOM if len(people) <= _NAMED else 20)
    gaps = len(sides) if len(sides) > 1 else 0
    step = 2 * math.pi / (len(ordered) + gaps)
    pairs = [*pairs]
    met = Counter(key for pair in pairs for key in pair)
    nodes, at = [], {}
    for k, (key, name, side) in enumerate(ordered):
        angle = (k + sides.index(side)) * step - math.pi / 2
        x, y = middle + radius * math.cos(angle), middle + radius * math.sin(angle)
        at[key] = (x, y)
        left = math.cos(angle) < 0
        turn = math.degrees(angle) + (180 if left else 0)
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
        anchor = "end" if left else "start"
        place = round(x, 1), round(y, 1), sides.index(side) % 4
        nodes.append(Node(*place, short, round(turn, 1), anchor, name, side, met[key]))
    curves = [_curve(at[a], at[b], middle) for a, b in pairs if a in at and b in at]
    return Ring(SIZE, nodes, curves, sides, len(people) <= _NAMED)


def _curve(start: tuple[float, float], end: tuple[float, float], middle: float) -> str:
    (x1, y1), (x2, y2) = start, end
    return f"M{x1:.0f} {y1:.0f}Q{middle:.0f} {middle:.0f} {x2:.0f} {y2:.0f}"
