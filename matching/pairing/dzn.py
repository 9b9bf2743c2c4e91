"""Reads the published instances of the B2B meeting scheduling problem (MiniZinc data files) as problems.

Slots, people and meetings are counted from 1 in the files and from 0 here. Files come in two dialects: the originals
(`fixat` all zero, sets that begin with a filler 0) and the variants (`fixed` with a slot or 0 for each meeting,
`precedences` with, for each meeting, the set of meetings that come before it). Fields that repeat what follows from the
requests (`nMeetingsBusiness`, `meetingsxBusiness`) are read over; one original names `nMeetingsBusiness` wrongly.
"""

import re
from collections.abc import Iterator

from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import (
    MAX_PARTICIPANTS,
    MAX_PLACES,
    MAX_REQUESTED,
    MAX_ROUNDS,
    Problem,
    ProblemError,
)

_NUMBERS = ("nBusiness", "nMeetings", "nTables", "nTotalSlots", "nMorningSlots")
_LISTS = ("requested", "meetingsxBusiness", "nMeetingsBusiness", "fixat", "fixed", "forbidden", "precedences")
_KNOWN = frozenset((*_NUMBERS, *_LISTS))
_MOST = dict(zip(_NUMBERS, (MAX_PARTICIPANTS, MAX_REQUESTED, MAX_PLACES, MAX_ROUNDS, MAX_ROUNDS), strict=True))
"""Asked before anything is made in these numbers."""
_MOST_MEMBERS = MAX_PARTICIPANTS * MAX_ROUNDS // 10
"""Of all sets together: a few letters name a range of thousands."""


def problem_from_dzn(text: str, fairness: int | None = 2) -> Problem:
    """Read one instance; `fairness` is the d that the file does not hold (2 in the published results).

    Raises:
        ProblemError: a field is missing, unknown, of the wrong length or out of range; the message names it.
    """
    fields = _fields(text)
    people, meetings = _single(fields, "nBusiness"), _single(fields, "nMeetings")
    slots, morning = _single(fields, "nTotalSlots"), _single(fields, "nMorningSlots")
    requested = _numbers(fields, "requested", 3 * meetings)
    forbidden = _sets(fields, "forbidden", people, MAX_ROUNDS)
    fixed = _numbers(fields, "fixed" if "fixed" in fields else "fixat", meetings, [0] * meetings)
    before = _sets(fields, "precedences", meetings, MAX_REQUESTED, [[]] * meetings)
    data = {
        "rounds": slots,
        "places": _single(fields, "nTables"),
        "participants": [_participant(k, forbidden[k], slots) for k in range(people)],
        "cross_side_only": False,
        "requested": [_request(requested, m, slots, morning) for m in range(meetings)],
        "aim": "breaks",
        "fairness": fairness,
        "fixed": [{"meeting": m, "round": slot - 1} for m, slot in enumerate(fixed) if slot],
        "precedences": [[first - 1, later] for later, earlier in enumerate(before) for first in earlier if first],
    }
    return problem_from_dict(data)


def _fields(text: str) -> dict[str, list[str]]:
    """Assignments by name; a name may stand twice (one original does that)."""
    plain = re.sub(r"%[^\n]*", "", text)
    found: dict[str, list[str]] = {}
    for part in plain.split(";"):
        if not part.strip():
            continue
        name, sign, value = part.partition("=")
        if not sign or name.strip() not in _KNOWN:
            raise ProblemError(name.strip()[:40] or "file", "is no field of a B2B meeting scheduling instance")
        found.setdefault(name.strip(), []).append(value.strip())
    return found


def _single(fields: dict[str, list[str]], name: str) -> int:
    for value in fields.get(name, []):
        if re.fullmatch(r"\d+", value):
            return _whole(value, name, 0, _MOST[name])
    raise ProblemError(name, "is missing or not a whole number")


def _whole(digits: str, name: str, low: int, high: int) -> int:
    """A number as it is written, within bounds; one of thousands of digits is not even read."""
    if len(digits) > 9 or not low <= int(digits) <= high:
        told = digits if len(digits) <= 20 else f"a number of {len(digits)} digits"
        raise ProblemError(name, f"must lie between {low} and {high}, not {told}")
    return int(digits)


def _list(fields: dict[str, list[str]], name: str) -> str | None:
    return next((value for value in fields.get(name, []) if value.startswith("[")), None)


def _numbers(fields: dict[str, list[str]], name: str, length: int, default: list[int] | None = None) -> list[int]:
    value = _list(fields, name)
    if value is None:
        if default is None:
            raise ProblemError(name, "is missing")
        return default
    numbers = re.findall(r"-?\d+", value)
    if len(numbers) != length:
        raise ProblemError(name, f"must hold {length} numbers, not {len(numbers)}")
    return [_whole(x, name, 0, MAX_REQUESTED) for x in numbers]


def _sets(
    fields: dict[str, list[str]], name: str, length: int, most: int, default: list[list[int]] | None = None
) -> list[list[int]]:
    """So many sets of numbers up to `most`, each in braces or as a range."""
    value = _list(fields, name)
    if value is None:
        if default is None:
            raise ProblemError(name, "is missing")
        return default
    found = re.findall(r"\{([^}]*)\}|(\d+\s*\.\.\s*\d+)", value)
    if len(found) != length:
        raise ProblemError(name, f"must hold {length} sets, not {len(found)}")
    sets, left = [], _MOST_MEMBERS
    for k, (braces, span) in enumerate(found, 1):
        sets.append(sorted(set(_members(braces or span, f"{name}[{k}]", most))))
        left -= len(sets[-1])
        if left < 0:
            raise ProblemError(name, f"must hold at most {_MOST_MEMBERS} numbers in all")
    return sets


def _members(text: str, name: str, most: int) -> Iterator[int]:
    """Single numbers and ranges; however often one stands there, a set holds it once."""
    for single, start, end in set(re.findall(r"(?<![.\d])(-?\d+)(?![\d\s]*\.\.)|(\d+)\s*\.\.\s*(\d+)", text)):
        if single:
            yield _whole(single, name, 0, most)
        else:
            yield from range(_whole(start, name, 0, most), _whole(end, name, 0, most) + 1)


def _participant(k: int, forbidden: list[int], slots: int) -> dict[str, object]:
    for slot in forbidden:
        if slot > slots:
            raise ProblemError(f"forbidden[{k + 1}]", f"slot {slot} does not exist (slots are 1–{slots})")
    closed = {slot - 1 for slot in forbidden if slot}
    person: dict[str, object] = {"id": f"p{k + 1}", "side": "all"}
    if closed:
        person["available"] = [t for t in range(slots) if t not in closed]
    return person


def _request(requested: list[int], m: int, slots: int, morning: int) -> dict[str, object]:
    a, b, session = requested[3 * m : 3 * m + 3]
    if session not in (1, 2, 3):
        raise ProblemError(f"requested[{m + 1}]", f"session {session} is none of 1 (morning), 2 (afternoon), 3 (any)")
    wish: dict[str, object] = {"a": f"p{a}", "b": f"p{b}"}
    if session != 3 and 0 < morning < slots:
        wish["rounds"] = list(range(morning)) if session == 1 else list(range(morning, slots))
    return wish
