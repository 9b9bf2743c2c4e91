"""Values of a JSON document: taken when they are what they should be, else refused by name and in plain words."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from matching.pairing.problem import ProblemError


def show(value: Any) -> str:
    """The value as written, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def fields(data: Any, path: str, known: Iterable[str], required: Iterable[str]) -> None:
    """Refuse anything that is not an object with these fields."""
    if not isinstance(data, Mapping):
        raise ProblemError(path or "problem", f"must be an object, not {show(data)}")
    known = list(known)
    dot = f"{path}." if path else ""
    for key in data:
        if key not in known:
            raise ProblemError(f"{dot}{key}", f"unknown field; known fields are {', '.join(known)}")
    for key in required:
        if key not in data:
            raise ProblemError(f"{dot}{key}", "is missing")


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number within bounds; `3.0` and `true` are refused."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProblemError(path, f"must be a whole number, not {show(value)}")
    if not low <= value <= high:
        raise ProblemError(path, f"must lie between {low} and {high}, not {show(value)}")
    return value


def number(value: Any, path: str, low: float, high: float) -> float:
    """A finite number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProblemError(path, f"must be a number, not {show(value)}")
    if not low <= value <= high or math.isnan(value):
        raise ProblemError(path, f"must lie between {low:g} and {high:g}, not {show(value)}")
    return float(value)


def flag(value: Any, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ProblemError(path, f"must be true or false, not {show(value)}")
    return value


def name(value: Any, path: str) -> str:
    """A non-empty text of at most 200 characters."""
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(path, f"must be a non-empty text, not {show(value)}")
    if len(value) > 200:
        raise ProblemError(path, "must have at most 200 characters")
    if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ProblemError(path, f"holds half a character that cannot be written: {show(value)}")
    return value


def sequence(value: Any, path: str, most: int) -> list[Any]:
    """A list no longer than `most`; None is the empty list."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise ProblemError(path, f"must be a list, not {show(value)}")
    if len(value) > most:
        raise ProblemError(path, f"must have at most {most} entries, not {len(value)}")
    return list(value)


def distinct(values: Iterable[Any], path: str, what: str) -> None:
    """Refuse a value that stands twice."""
    seen: set[Any] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise ProblemError(f"{path}[{position}]", f"{what} {show(value)} is listed twice")
        seen.add(value)
