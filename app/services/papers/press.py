"""Data and a template to PDF, with our own fonts only, so that a sheet looks the same on every machine."""

import json
import subprocess
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, Literal

from app.errors import Unavailable

FOLDER = Path(__file__).parent
Template = Literal["participants", "lists", "badges", "signs", "handouts"]
LONGEST_S = 180
IN_LINE = 16
"""Jobs that wait for their turn: each holds a thread of the service meanwhile."""
INSTEAD = "·"
"""What stands for a letter that none of our fonts has (all Latin, Greek and Cyrillic letters are there)."""
_LAYOUT = frozenset("\n\t\u00a0\u00ad\u200b\u202f")
_press = Lock()
_line = BoundedSemaphore(IN_LINE)


def print_pdf(template: Template, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template with its data. All strings of the data are set as text; none is read as markup.

    Set by a process of its own: hundreds of pages need hundreds of megabytes, which the service gets back at its end.
    Unavailable when it takes longer than `LONGEST_S` (or is killed for its memory).
    """
    return _set(template, _written(data), "pdf")


def draw_page(template: Template, data: Mapping[str, Any], *, ppi: int = 60) -> bytes:
    """The first page as PNG; the same page is drawn once."""
    return _drawn(template, _written(data), ppi)


def _set(template: Template, words: str, kind: Literal["pdf", "png"], ppi: int = 72) -> bytes:
    call = [sys.executable, "-I", str(FOLDER / "typesetter.py"), template, kind, str(ppi)]
    with _turn():
        try:
            done = subprocess.run(call, input=words.encode(), capture_output=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unavailable.by_code("press_too_slow", seconds=LONGEST_S) from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise Unavailable(f"the pages could not be set ({told[0]})")
    return done.stdout


@lru_cache(maxsize=64)
def _drawn(template: Template, words: str, ppi: int) -> bytes:
    return _set(template, words, "png", ppi)


def _written(data: Mapping[str, Any]) -> str:
    return json.dumps(printable(data), ensure_ascii=False)


@contextmanager
def _turn() -> Iterator[None]:
    """One job at a time, because it takes every core it finds; Unavailable at once where many wait already."""
    if not _line.acquire(blocking=False):
        raise Unavailable.by_code("press_crowded")
    try:
        with _press:
            yield
    finally:
        _line.release()


def printable(value: Any) -> Any:
    """The data with every letter that our fonts lack replaced; keys are ours and stay."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, Mapping):
        return {key: item if key == "code" else printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    return value


def printable_text(text: str) -> str:
    """Composed letters where they exist; a letter without its accents where only that is there; else a dot."""
    composed = unicodedata.normalize("NFC", text)
    if all(map(_is_covered, composed)):
        return composed
    return "".join(c if _is_covered(c) else _plainer(c) for c in composed)


def missing_letters(texts: Sequence[str]) -> str:
    """The letters of these texts that cannot be printed, each once, in order."""
    composed = unicodedata.normalize("NFC", "".join(texts))
    return "".join(sorted({c for c in composed if not _is_covered(c) and _plainer(c) == INSTEAD}))


def _plainer(letter: str) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Me", "Cs", "Co"}:
        return ""
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return plain if plain and all(map(_is_covered, plain)) else INSTEAD


def _is_covered(letter: str) -> bool:
    if letter in _LAYOUT or " " <= letter <= "~":
        return True
    if unicodedata.category(letter) in {"Cc", "Cf"}:  # control, and marks that turn the direction of text
        return False
    starts, ends = _coverage()
    place = bisect_right(starts, ord(letter)) - 1
    return place >= 0 and ord(letter) <= ends[place]


@cache
def _coverage() -> tuple[list[int], list[int]]:
    """Beginnings and ends of the ranges of letters that our fonts have (fonts/ORIGIN.md says how it is made)."""
    lines = (FOLDER / "fonts" / "coverage.txt").read_text(encoding="ascii").split()
    ranges = [tuple(int(end, 16) for end in line.split("-")) for line in lines]
    return [r[0] for r in ranges], [r[1] for r in ranges]
