"""A plan of the places, drawn from their labels: rows by letter (A1, A2, B1 …), else as many columns as rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, sqrt

from markupsafe import Markup

from models.event import PlacePublic

MOST = 160
"""Places; more than that are no picture any more on a phone."""
WIDTH, HEIGHT, GAP = 54, 38, 8
_LETTERED = re.compile(r"(?:.*\s)?([A-Za-z])[ .-]?(\d{1,3})")
_NUMBERED = re.compile(r"(.*?)[ .-]*(\d{1,4})")


@dataclass(frozen=True)
class Spot:
    """A place on the plan: where it is drawn, and what stands on it."""

    label: str
    short: str
    row: int
    column: int

    @property
    def x(self) -> int:
        """Left edge."""
        return GAP + (self.column - 1) * (WIDTH + GAP)

    @property
    def y(self) -> int:
        """Upper edge."""
        return GAP + (self.row - 1) * (HEIGHT + GAP)


@dataclass(frozen=True)
class Room:
    """The whole plan; `spots` by index of the place."""

    spots: dict[int, Spot]
    rows: int
    columns: int

    @property
    def width(self) -> int:
        """Of the drawing."""
        return GAP + self.columns * (WIDTH + GAP)

    @property
    def height(self) -> int:
        """Of the drawing."""
        return GAP + self.rows * (HEIGHT + GAP)

    @cached_property
    def drawn(self) -> Markup:
        """Every place, as SVG: the same in all agendas of an event."""
        return Markup("\n    ").join(_SPOT.format(s=s, x=s.x + 27, y=s.y + 25) for s in self.spots.values())


_SPOT = Markup(
    '<rect class="spot" x="{s.x}" y="{s.y}" width="54" height="38" rx="8"/>'
    '<text class="spot-name" x="{x}" y="{y}" text-anchor="middle">{s.short}</text>'
)


def draw_room(places: Sequence[PlacePublic]) -> Room | None:
    """The plan of these places; None where there is nothing to find one's way in."""
    return _draw(tuple((p.index, p.label) for p in places)) if 2 <= len(places) <= MOST else None


@lru_cache(maxsize=16)
def _draw(places: Sequence[tuple[int, str]]) -> Room:
    labels = [label for _, label in places]
    seats = _by_letter(labels) or _by_count(labels)
    spots = {i: Spot(label, short, row, column) for (i, label), (short, row, column) in zip(places, seats, strict=True)}
    return Room(spots, max(s.row for s in spots.values()), max(s.column for s in spots.values()))


Seat = tuple[str, int, int]


def _by_letter(labels: Sequence[str]) -> list[Seat] | None:
    """(short, row, column) when every label ends in a letter and a number, with two letters or more."""
    told = [_LETTERED.fullmatch(label.strip()) for label in labels]
    found = [(m[1].upper(), int(m[2])) for m in told if m]
    letters = sorted({letter for letter, _ in found})
    if len(found) < len(labels) or len(letters) < 2 or len(set(found)) < len(found):
        return None
    columns = {letter: sorted(n for other, n in found if other == letter) for letter in letters}
    if max(map(len, columns.values())) > 12:
        return None
    return [(f"{a}{n}", letters.index(a) + 1, columns[a].index(n) + 1) for a, n in found]


def _by_count(labels: Sequence[str]) -> list[Seat]:
    """In the organiser's order, a little wider than high; five columns fit a phone with legible figures."""
    across = max(3, min(8, ceil(sqrt(len(labels) * 1.3))))
    told = [_NUMBERED.fullmatch(label.strip()) for label in labels]
    # "Table 4" among tables is "4"; a number that stands on several kinds of places says too little.
    numbers = [m[2] if m else "" for m in told]
    plain = all(numbers) and len(set(numbers)) == len(numbers)
    shorts = numbers if plain else [_initials(label) for label in labels]
    return [(short, i // across + 1, i % across + 1) for i, short in enumerate(shorts)]


def _initials(label: str) -> str:
    """At most five characters of a label: "Salle verte 2" → "SV2"."""
    words = label.split()
    if len(words) == 1:
        return label[:5]
    return "".join(word if word.isdigit() else word[:1].upper() for word in words)[:5]
