"""Draws how time and memory of a plan grow with the participants, from the rows of the growth table.

usage: python bench/pairing.py growth --json FILE && python bench/pairing_plot.py FILE docs/pictures/pairing-growth.svg
"""

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, PANEL = 760, 330, 62, 46, 288
INK, SOFT, LINE, ACCENT = "#14211f", "#51605d", "#d6dedb", "#0b5c66"
Scale = Callable[[float], float]


def text(x: float, y: float, words: str, anchor: str = "middle", fill: str = SOFT, size: int = 12) -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{words}</text>'


def decades(values: Sequence[float]) -> list[float]:
    """Powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**k for k in range(low, high + 1)]


def log_scale(low: float, high: float, start: float, end: float) -> Scale:
    """Places a value on an axis whose steps are factors."""
    return lambda value: start + (end - start) * math.log(value / low) / math.log(high / low)


def panel(left: float, title: str, people: Sequence[int], values: Sequence[float]) -> Iterator[str]:
    """One plot, both axes logarithmic."""
    ticks = decades(values)
    across = log_scale(people[0], people[-1], left, left + PANEL)
    up = log_scale(ticks[0], ticks[-1], HEIGHT - 48, TOP)
    yield text(left, TOP - 18, title, "start", INK, 14)
    for tick in ticks:
        yield f'<path d="M{left} {up(tick):.1f}h{PANEL}" stroke="{LINE}"/>'
        yield text(left - 8, up(tick) + 4, f"{tick:g}", "end")
    for n in people:
        yield text(across(n), HEIGHT - 28, f"{n:,}", size=11)
    points = [(across(n), up(v)) for n, v in zip(people, values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="2.5"/>'
    for (x, y), value in zip(points, values, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{ACCENT}"/>'
        label = f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
        yield text(x, y - 10, label, "start" if x == left else "middle", INK, 11)


def draw(rows: Sequence[dict[str, float]], people: Sequence[int]) -> str:
    """Two plots side by side: seconds and MB."""
    body = [
        *panel(LEFT, "Processor seconds until proven", people, [r["cpu"] for r in rows]),
        *panel(LEFT + PANEL + 92, "Peak memory, MB", people, [r["MB"] for r in rows]),
        text(WIDTH / 2, HEIGHT - 8, "participants, 15 rounds, 20 % with gaps; both axes logarithmic"),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="12" fill="#ffffff"/>'
    title = "<title>Time and memory of a plan by number of participants; the table holds the same figures</title>"
    return "\n".join([head + ' font-family="system-ui, sans-serif" role="img">', title, ground, *body, "</svg>", ""])


def main() -> None:
    """Draw, and print the table that goes with it."""
    source, target = sys.argv[1:]
    rows = [r for r in json.loads(Path(source).read_text(encoding="utf-8")) if r["table"] == "growth"]
    people = [r["recipe"]["n"] for r in rows]
    Path(target).write_text(draw(rows, people), encoding="utf-8")
    print("| participants | seconds | processor seconds | MB | status | gap |\n|---|---|---|---|---|---|")
    for n, r in zip(people, rows, strict=True):
        cells = (n, f"{r['seconds']:.2f}", f"{r['cpu']:.2f}", f"{r['MB']:.0f}", r["status"], f"{r['gap']:.4%}")
        print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
