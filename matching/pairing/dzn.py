"""Reads the published instances of the B2B meeting scheduling problem (MiniZinc data files) as problems.

Slots, people and meetings are counted from 1 in the files and from 0 here. Files come in two dialects: the originals
(`fixat` all zero, sets that begin with a filler 0) and the variants (`fixed` with a slot or 0 for each meeting,
`precedences` with, for each meeting, the set of meetings that come before it). Fields that repeat what follows from the
requests (`nMeetingsBusiness`, `meetingsxBusiness`) are read over; one original names `nMeetingsBusiness` wrongly.
"""

import re

from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem, ProblemError

_NUMBERS = ("nBusiness", "nMeetings", "nTables", "nTotalSlots", "nMorningSlots")
_LISTS = ("requested", "meetingsxBusiness", "nMeetingsBusiness", "fixat", "fixed", "forbidden", "precedences")
_KNOWN = frozenset((*_NUMBERS, *_LISTS))


def problem_from_dzn(text: str, fairness: int | None = 2) -> Problem:
    """Read one instance; `fairness` is the d that the file does not hold (2 in the published results).

    Raises:
        ProblemError: a field is missing, unknown, of the wrong length or out of range; the message names it.
    """
    fields = _fields(text)
    people, meetings = _single(fields, "nBusiness"), _single(fields, "nMeetings")
    slots, morning = _single(fields, "nTotalSlots"), _single(fields, "nMorningSlots")
    requested = _numbers(fields, "requested", 3 * meetings)
    forbidden = _sets(fields, "forbidden", people)
    fixed = _numbers(fields, "fixed" if "fixed" in fields else "fixat", meetings, [0] * meetings)
    before = _sets(fields, "precedences", meetings, [[]] * meetings)
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
        if re.fullmatch(r"\d{1,9}", value):
            return int(value)
    raise ProblemError(name, "is missing or not a whole number")


def _list(fields: dict[str, list[str]], name: str) -> str | None:
    return next((value for value in fields.get(name, []) if value.startswith("[")), None)


def _numbers(fields: dict[str, list[str]], name: str, length: int, default: list[int] | None = None) -> list[int]:
    value = _list(fields, name)
    if value is None:
        if default is None:
            raise ProblemError(name, "is missing")
        return default
    numbers = [int(x) for x in re.findall(r"-?\d+", value)]
    if len(numbers) != length:
        raise ProblemError(name, f"must hold {length} numbers, not {len(numbers)}")
    return numbers


def _sets(
    fields: dict[str, list[str]], name: str, length: int, default: list[list[int]] | None = None
) -> list[list[int]]:
    value = _list(fields, name)
    if value is None:
        if default is None:
            raise ProblemError(name, "is missing")
        return default
    found = []
    for braces, low, high in re.findall(r"\{([^}]*)\}|(\d+)\s*\.\.\s*(\d+)", value):
        if low:
            found.append(list(range(int(low), int(high) + 1)))
            continue
        members = [int(x) for x in re.findall(r"(?<![.\d])-?\d+(?!\s*\.\.)", re.sub(r"\d+\s*\.\.\s*\d+", "", braces))]
        for start, end in re.findall(r"(\d+)\s*\.\.\s*(\d+)", braces):
            members += range(int(start), int(end) + 1)
        found.append(members)
    if len(found) != length:
        raise ProblemError(name, f"must hold {length} sets, not {len(found)}")
    return found


def _participant(k: int, forbidden: list[int], slots: int) -> dict[str, object]:
    for slot in forbidden:
        if not 0 <= slot <= slots:
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
