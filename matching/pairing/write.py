"""The JSON form of problems and plans (DESIGN.md §6.1), and plans read back from it."""

from dataclasses import asdict
from typing import Any

import numpy as np

from matching.pairing.fields import fields, name, sequence, whole
from matching.pairing.problem import (
    MAX_PARTICIPANTS,
    MAX_ROUNDS,
    Certificate,
    Meeting,
    Participant,
    Plan,
    Problem,
    ProblemError,
)

_MEETING_FIELDS = ("a", "b", "round", "place", "interpreter", "delegate_a", "delegate_b")


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """The JSON form; `problem_from_dict` gives the same problem back. Settings at their default are left out."""
    data: dict[str, Any] = {
        "rounds": problem.rounds,
        "places": _places_to_json(problem),
        "participants": [_participant_to_dict(p) for p in problem.participants],
        "cross_side_only": problem.cross_side_only,
        "default_utility": problem.default_utility,
        "time_limit_s": problem.time_limit_s,
        "seed": problem.seed,
    }
    if problem.utility is not None:
        data["utility"] = _utility_to_list(problem)
    for key in ("must", "never", "past", "precedences"):
        if getattr(problem, key):
            data[key] = [list(pair) for pair in getattr(problem, key)]
    for key in ("locked", "interpreters", "tracks", "requested"):
        if getattr(problem, key):
            data[key] = [_lean(asdict(item)) for item in getattr(problem, key)]
    if problem.requested:
        data["aim"] = problem.aim
    if problem.fixed:
        data["fixed"] = [{"meeting": m, "round": r} for m, r in problem.fixed]
    default = Problem(rounds=1, participants=(), places=())
    for key in ("repeat_penalty", "max_consecutive", "raise_floor", "tolerance", "fairness"):
        if getattr(problem, key) != getattr(default, key):
            data[key] = getattr(problem, key)
    return data


def plan_to_dict(plan: Plan, certificate: Certificate | None = None) -> dict[str, Any]:
    """The JSON form of a plan, with its certificate when one is given."""
    data: dict[str, Any] = {"meetings": [_meeting_to_dict(m) for m in plan.meetings]}
    if certificate is not None:
        data["certificate"] = certificate_to_dict(certificate)
    return data


def certificate_to_dict(certificate: Certificate) -> dict[str, Any]:
    """The JSON form of a certificate; lists for tuples, `aims` as an object."""
    data = _lists(asdict(certificate))
    data["aims"] = dict(certificate.aims)
    return dict(data)


def plan_from_dict(data: Any) -> Plan:
    """Read a plan; its certificate is not read, because a plan is judged by `check` alone.

    Raises:
        ProblemError: a field is missing, unknown or of the wrong kind.
    """
    fields(data, "", ("meetings", "certificate"), ("meetings",))
    meetings = []
    for k, item in enumerate(sequence(data["meetings"], "meetings", MAX_PARTICIPANTS * MAX_ROUNDS)):
        path = f"meetings[{k}]"
        fields(item, path, _MEETING_FIELDS, ("a", "b", "round"))
        meetings.append(
            Meeting(
                a=name(item["a"], f"{path}.a"),
                b=name(item["b"], f"{path}.b"),
                round=whole(item["round"], f"{path}.round", -(2**31), 2**31),
                place=_place(item.get("place"), f"{path}.place"),
                **{key: _maybe(item.get(key), f"{path}.{key}") for key in _MEETING_FIELDS[4:]},
            )
        )
    return Plan(tuple(meetings))


def _maybe(value: Any, path: str) -> str | None:
    return None if value is None else name(value, path)


def _place(value: Any, path: str) -> int | str | None:
    if value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
        return value
    raise ProblemError(path, f"must be a place, not {value!r}")


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(item) for item in value]
    return value


def _lean(item: dict[str, Any]) -> dict[str, Any]:
    return {key: _lists(value) for key, value in item.items() if value is not None}


def _meeting_to_dict(meeting: Meeting) -> dict[str, Any]:
    data = {key: getattr(meeting, key) for key in _MEETING_FIELDS[:5]}
    for key in _MEETING_FIELDS[5:]:
        if getattr(meeting, key) is not None:
            data[key] = getattr(meeting, key)
    return data


def _places_to_json(problem: Problem) -> Any:
    plain = all(p.id == i and p.available is None for i, p in enumerate(problem.places))
    return len(problem.places) if plain else [_lean(asdict(p)) for p in problem.places]


def _participant_to_dict(participant: Participant) -> dict[str, Any]:
    data = _lean(asdict(participant))
    data["delegates"] = [_lean(asdict(d)) for d in participant.delegates]
    empty = {"languages": [], "delegates": [], "tracks": [], "parallel": 1, "min": 0}
    return {key: value for key, value in data.items() if key not in empty or value != empty[key]}


def _utility_to_list(problem: Problem) -> list[list[Any]]:
    matrix = problem.utility
    assert matrix is not None
    ids = [p.id for p in problem.participants]
    rows, columns = np.nonzero(np.triu(matrix != problem.default_utility, 1))
    return [[ids[i], ids[j], float(matrix[i, j])] for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
