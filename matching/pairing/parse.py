"""The JSON form of a problem: read it, refuse what is wrong and say where."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matching.pairing.fields import distinct, fields, flag, name, number, sequence, show, whole
from matching.pairing.problem import (
    MAX_DELEGATES,
    MAX_PARTICIPANTS,
    MAX_PLACES,
    MAX_REQUESTED,
    MAX_ROUNDS,
    Delegate,
    Interpreter,
    Lock,
    Pair,
    Participant,
    Place,
    PlaceId,
    Problem,
    ProblemError,
    Requested,
    Track,
)

_PROBLEM_FIELDS = (
    *("rounds", "places", "participants", "utility", "default_utility", "must", "never", "locked"),
    *("interpreters", "tracks", "cross_side_only", "past", "repeat_penalty", "max_consecutive", "raise_floor"),
    *("tolerance", "requested", "aim", "fairness", "fixed", "precedences", "time_limit_s", "seed"),
)
_PARTICIPANT_FIELDS = (
    *("id", "side", "available", "min", "max", "languages", "delegates", "parallel", "tracks"),
    "max_consecutive",
)


def problem_from_dict(data: Any) -> Problem:
    """Read a problem from its JSON form (DESIGN.md §6.1).

    Raises:
        ProblemError: the message names the field (`participants[3].available[2]`) and what is wrong with it.
    """
    fields(data, "", _PROBLEM_FIELDS, ("rounds", "places", "participants"))
    rounds = whole(data["rounds"], "rounds", 1, MAX_ROUNDS)
    places = _places(data["places"], rounds)
    tracks = _tracks(data.get("tracks"), rounds, places)
    participants = _participants(data["participants"], rounds, tracks)
    index = {p.id: i for i, p in enumerate(participants)}
    default = number(data.get("default_utility", 0.0), "default_utility", 0.0, 1.0)
    requested = _requested(data.get("requested"), index, rounds)
    aim = _aim(data.get("aim", "breaks" if requested else "utility"))
    return Problem(
        rounds=rounds,
        participants=participants,
        places=places,
        utility=_utility(data.get("utility"), index, default),
        default_utility=default,
        must=_pairs(data.get("must"), "must", index),
        never=_pairs(data.get("never"), "never", index),
        locked=_locks(data.get("locked"), index, rounds, places),
        interpreters=_interpreters(data.get("interpreters"), rounds),
        tracks=tracks,
        cross_side_only=flag(data.get("cross_side_only", True), "cross_side_only"),
        past=_pairs(data.get("past"), "past", index),
        repeat_penalty=number(data.get("repeat_penalty", 0.5), "repeat_penalty", 0.0, 1.0),
        max_consecutive=_optional(data.get("max_consecutive"), "max_consecutive", 1, MAX_ROUNDS),
        raise_floor=flag(data.get("raise_floor", False), "raise_floor"),
        tolerance=number(data.get("tolerance", 0.0), "tolerance", 0.0, 1.0),
        requested=requested,
        aim=aim,
        fairness=_optional(data.get("fairness"), "fairness", 0, MAX_ROUNDS),
        fixed=_fixed(data.get("fixed"), len(requested), rounds),
        precedences=_precedences(data.get("precedences"), len(requested)),
        time_limit_s=number(data.get("time_limit_s", 30.0), "time_limit_s", 0.001, 86_400.0),
        seed=whole(data.get("seed", 0), "seed", 0, 2**63 - 1),
    )


def _aim(value: Any) -> Literal["utility", "breaks"]:
    if value not in ("utility", "breaks"):
        raise ProblemError("aim", f"must be 'utility' or 'breaks', not {show(value)}")
    aim: Literal["utility", "breaks"] = value
    return aim


def _optional(value: Any, path: str, low: int, high: int) -> int | None:
    return None if value is None else whole(value, path, low, high)


def _rounds(value: Any, path: str, rounds: int) -> tuple[int, ...] | None:
    if value is None:
        return None
    listed = sequence(value, path, MAX_ROUNDS)
    for position, item in enumerate(listed):
        if isinstance(item, bool) or not isinstance(item, int):
            raise ProblemError(f"{path}[{position}]", f"must be a round number, not {show(item)}")
        if not 0 <= item < rounds:
            spoken = f"rounds are 0–{rounds - 1}" if rounds > 1 else "the only round is 0"
            raise ProblemError(f"{path}[{position}]", f"round {item} does not exist ({spoken})")
    distinct(listed, path, "round")
    return tuple(sorted(listed))


def _round(value: Any, path: str, rounds: int) -> int:
    found = _rounds([value], path, rounds)
    assert found is not None
    return found[0]


def _names(value: Any, path: str, most: int = 100) -> tuple[str, ...]:
    listed = [name(item, f"{path}[{i}]") for i, item in enumerate(sequence(value, path, most))]
    distinct(listed, path, "entry")
    return tuple(listed)


def _places(value: Any, rounds: int) -> tuple[Place, ...]:
    if not isinstance(value, list | tuple):
        return tuple(Place(i) for i in range(whole(value, "places", 0, MAX_PLACES)))
    found = []
    for i, item in enumerate(sequence(value, "places", MAX_PLACES)):
        path = f"places[{i}]"
        fields(item, path, ("id", "available"), ("id",))
        found.append(
            Place(_place_id(item["id"], f"{path}.id"), _rounds(item.get("available"), f"{path}.available", rounds))
        )
    distinct([p.id for p in found], "places", "place")
    return tuple(found)


def _place_id(value: Any, path: str) -> PlaceId:
    if isinstance(value, int) and not isinstance(value, bool):
        return whole(value, path, 0, 2**31)
    return name(value, path)


def _tracks(value: Any, rounds: int, places: tuple[Place, ...]) -> tuple[Track, ...]:
    known = {p.id for p in places}
    found = []
    for i, item in enumerate(sequence(value, "tracks", 500)):
        path = f"tracks[{i}]"
        fields(item, path, ("id", "rounds", "places"), ("id",))
        own = None
        if item.get("places") is not None:
            own = tuple(sequence(item["places"], f"{path}.places", MAX_PLACES))
            for k, place in enumerate(own):
                if not isinstance(place, int | str) or place not in known:
                    raise ProblemError(f"{path}.places[{k}]", f"no place has the id {show(place)}")
            distinct(own, f"{path}.places", "place")
        found.append(Track(name(item["id"], f"{path}.id"), _rounds(item.get("rounds"), f"{path}.rounds", rounds), own))
    distinct([t.id for t in found], "tracks", "track")
    return tuple(found)


def _participants(value: Any, rounds: int, tracks: tuple[Track, ...]) -> tuple[Participant, ...]:
    if value is None:
        raise ProblemError("participants", "must be a list, not None")
    known = {t.id for t in tracks}
    found = []
    for i, item in enumerate(sequence(value, "participants", MAX_PARTICIPANTS)):
        found.append(_participant(item, f"participants[{i}]", rounds, known))
    distinct([p.id for p in found], "participants", "participant")
    return tuple(found)


def _participant(item: Any, path: str, rounds: int, tracks: set[str]) -> Participant:
    fields(item, path, _PARTICIPANT_FIELDS, ("id", "side"))
    low = whole(item.get("min", 0), f"{path}.min", 0, MAX_ROUNDS * MAX_DELEGATES)
    high = _optional(item.get("max"), f"{path}.max", 0, MAX_ROUNDS * MAX_DELEGATES)
    if high is not None and low > high:
        raise ProblemError(f"{path}.min", f"asks for {low} meetings but max allows only {high}")
    delegates = _delegates(item.get("delegates"), f"{path}.delegates", rounds)
    parallel = whole(item.get("parallel", 1), f"{path}.parallel", 1, MAX_DELEGATES)
    if parallel > max(1, len(delegates)):
        raise ProblemError(
            f"{path}.parallel", f"{parallel} meetings at once need as many delegates, but {len(delegates)} are listed"
        )
    own = _names(item.get("tracks"), f"{path}.tracks", 500)
    for k, track in enumerate(own):
        if track not in tracks:
            raise ProblemError(f"{path}.tracks[{k}]", f"no track has the id {show(track)}")
    return Participant(
        id=name(item["id"], f"{path}.id"),
        side=name(item["side"], f"{path}.side"),
        available=_rounds(item.get("available"), f"{path}.available", rounds),
        min=low,
        max=high,
        languages=_names(item.get("languages"), f"{path}.languages"),
        delegates=delegates,
        parallel=parallel,
        tracks=own,
        max_consecutive=_optional(item.get("max_consecutive"), f"{path}.max_consecutive", 1, MAX_ROUNDS),
    )


def _delegates(value: Any, path: str, rounds: int) -> tuple[Delegate, ...]:
    found = []
    for i, item in enumerate(sequence(value, path, MAX_DELEGATES)):
        here = f"{path}[{i}]"
        fields(item, here, ("id", "languages", "available"), ("id",))
        found.append(
            Delegate(
                name(item["id"], f"{here}.id"),
                _names(item.get("languages"), f"{here}.languages"),
                _rounds(item.get("available"), f"{here}.available", rounds),
            )
        )
    distinct([d.id for d in found], path, "delegate")
    return tuple(found)


def _member(value: Any, path: str, index: Mapping[str, int]) -> int:
    if not isinstance(value, str) or value not in index:
        raise ProblemError(path, f"no participant has the id {show(value)}")
    return index[value]


def _couple(item: Any, path: str, index: Mapping[str, int], size: int = 2) -> tuple[int, int]:
    if not isinstance(item, list | tuple) or len(item) != size:
        shape = "[a, b]" if size == 2 else "[a, b, value]"
        raise ProblemError(path, f"must be {shape}, not {show(item)}")
    i, j = _member(item[0], f"{path}[0]", index), _member(item[1], f"{path}[1]", index)
    if i == j:
        raise ProblemError(path, f"{show(item[0])} cannot meet itself")
    return i, j


def _pairs(value: Any, path: str, index: Mapping[str, int]) -> tuple[Pair, ...]:
    listed = sequence(value, path, MAX_PARTICIPANTS * MAX_PARTICIPANTS)
    couples = [_couple(item, f"{path}[{k}]", index) for k, item in enumerate(listed)]
    distinct([(min(c), max(c)) for c in couples], path, "pair (by position)")
    return tuple((item[0], item[1]) for item in listed)


def _utility(value: Any, index: Mapping[str, int], default: float) -> NDArray[np.float64] | None:
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        return matrix_of(value, len(index))
    n = len(index)
    listed = sequence(value, "utility", MAX_PARTICIPANTS * MAX_PARTICIPANTS)
    matrix = _filled(listed, index)
    if matrix is None:
        matrix = np.full((n, n), np.nan)
        for k, item in enumerate(listed):
            path = f"utility[{k}]"
            i, j = _couple(item, path, index, 3)
            if not math.isnan(matrix[i, j]):
                raise ProblemError(path, f"the pair {show(item[0])}, {show(item[1])} is listed twice")
            matrix[i, j] = matrix[j, i] = number(item[2], f"{path}[2]", 0.0, 1.0)
    np.nan_to_num(matrix, copy=False, nan=default)
    np.fill_diagonal(matrix, 0.0)
    return matrix


def _filled(listed: Sequence[Any], index: Mapping[str, int]) -> NDArray[np.float64] | None:
    """The matrix of a faultless list, NaN where it names no pair; None where one by one must say what is wrong.

    A problem of 1,000 participants lists half a million pairs, and whoever is beside it in the process waits.
    """
    if not {type(item) for item in listed} <= {list, tuple} or {len(item) for item in listed} - {3}:
        return None
    first, second, values = zip(*listed, strict=True) if listed else ((), (), ())
    if not {type(end) for end in first + second} <= {str} or not {type(value) for value in values} <= {int, float}:
        return None
    if not all(0 <= value <= 1 for value in values):  # before an array is made: a whole number may be too large for one
        return None
    i, j = (np.array([index.get(end, -1) for end in ends], np.intp) for ends in (first, second))
    n, low, high = len(index), np.minimum(i, j), np.maximum(i, j)
    if not np.all((low >= 0) & (low < high)) or len(np.unique(low * n + high)) < len(listed):
        return None
    matrix = np.full((n, n), np.nan)
    matrix[low, high] = matrix[high, low] = values
    return matrix


def matrix_of(values: NDArray[Any], n: int) -> NDArray[np.float64]:
    """A utility matrix given as an array: checked, as float64 with a zero diagonal."""
    matrix = np.array(values, dtype=np.float64)
    if matrix.shape != (n, n):
        raise ProblemError("utility", f"must have the shape ({n}, {n}), not {matrix.shape}")
    np.fill_diagonal(matrix, 0.0)
    if not np.isfinite(matrix).all() or matrix.min(initial=0.0) < 0 or matrix.max(initial=0.0) > 1:
        raise ProblemError("utility", "must hold finite numbers between 0 and 1")
    if not np.array_equal(matrix, matrix.T):
        raise ProblemError("utility", "must be symmetric")
    return matrix


def _locks(value: Any, index: Mapping[str, int], rounds: int, places: tuple[Place, ...]) -> tuple[Lock, ...]:
    known = {p.id for p in places}
    found = []
    couples = []
    for k, item in enumerate(sequence(value, "locked", MAX_PARTICIPANTS * MAX_ROUNDS)):
        path = f"locked[{k}]"
        fields(item, path, ("a", "b", "round", "place", "interpreter", "delegate_a", "delegate_b"), ("a", "b", "round"))
        i, j = _member(item["a"], f"{path}.a", index), _member(item["b"], f"{path}.b", index)
        if i == j:
            raise ProblemError(path, f"{show(item['a'])} cannot meet itself")
        couples.append((min(i, j), max(i, j)))
        place = item.get("place")
        if place is not None and (not isinstance(place, int | str) or place not in known):
            raise ProblemError(f"{path}.place", f"no place has the id {show(place)}")
        found.append(Lock(item["a"], item["b"], _round(item["round"], f"{path}.round", rounds), place))
    distinct(couples, "locked", "pair (by position)")
    return tuple(found)


def _interpreters(value: Any, rounds: int) -> tuple[Interpreter, ...]:
    found = []
    for i, item in enumerate(sequence(value, "interpreters", MAX_PLACES)):
        path = f"interpreters[{i}]"
        fields(item, path, ("id", "languages", "available"), ("languages",))
        languages = _names(item["languages"], f"{path}.languages")
        if len(languages) < 2:
            raise ProblemError(f"{path}.languages", "an interpreter needs at least two languages")
        given = name(item["id"], f"{path}.id") if "id" in item else f"interpreter-{i + 1}"
        found.append(Interpreter(given, languages, _rounds(item.get("available"), f"{path}.available", rounds)))
    distinct([x.id for x in found], "interpreters", "interpreter")
    return tuple(found)


def _requested(value: Any, index: Mapping[str, int], rounds: int) -> tuple[Requested, ...]:
    found = []
    for k, item in enumerate(sequence(value, "requested", MAX_REQUESTED)):
        path = f"requested[{k}]"
        fields(item, path, ("a", "b", "rounds"), ("a", "b"))
        i, j = _member(item["a"], f"{path}.a", index), _member(item["b"], f"{path}.b", index)
        if i == j:
            raise ProblemError(path, f"{show(item['a'])} cannot meet itself")
        found.append(Requested(item["a"], item["b"], _rounds(item.get("rounds"), f"{path}.rounds", rounds)))
    return tuple(found)


def _fixed(value: Any, meetings: int, rounds: int) -> tuple[tuple[int, int], ...]:
    found = []
    for k, item in enumerate(sequence(value, "fixed", MAX_REQUESTED)):
        path = f"fixed[{k}]"
        fields(item, path, ("meeting", "round"), ("meeting", "round"))
        found.append(
            (_meeting(item["meeting"], f"{path}.meeting", meetings), _round(item["round"], f"{path}.round", rounds))
        )
    distinct([m for m, _ in found], "fixed", "meeting")
    return tuple(found)


def _precedences(value: Any, meetings: int) -> tuple[tuple[int, int], ...]:
    found = []
    for k, item in enumerate(sequence(value, "precedences", MAX_REQUESTED * 10)):
        path = f"precedences[{k}]"
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise ProblemError(path, f"must be [first, later], not {show(item)}")
        first, later = (_meeting(m, f"{path}[{i}]", meetings) for i, m in enumerate(item))
        if first == later:
            raise ProblemError(path, f"meeting {first} cannot come before itself")
        found.append((first, later))
    return tuple(found)


def _meeting(value: Any, path: str, meetings: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < meetings:
        spoken = f"requested meetings are 0–{meetings - 1}" if meetings else "there are no requested meetings"
        raise ProblemError(path, f"no meeting {show(value)} ({spoken})")
    return value
