"""Small random events for property tests: every feature of a problem may appear, hard rules may not contradict."""

from hypothesis import strategies as st

from matching.pairing import Problem, problem_from_dict

LANGUAGES = ("fr", "nl", "de")


@st.composite
def problems(draw: st.DrawFn, rich: bool = True, floors: bool = True) -> Problem:
    """Two or three sides, up to ten people and five rounds; with `rich` also places, tracks, languages, delegates."""
    rounds = draw(st.integers(1, 5))
    n = draw(st.integers(2, 10))
    sides = draw(st.integers(2, 3))
    names = [f"p{i}" for i in range(n)]
    some_rounds = st.lists(st.integers(0, rounds - 1), unique=True, min_size=1)
    maybe_rounds = st.one_of(st.none(), some_rounds)
    tracks = draw(st.sampled_from([[], [{"id": "x", "rounds": [0]}, {"id": "y"}]])) if rich else []
    people = []
    for i, name in enumerate(names):
        person = {"id": name, "side": f"S{i % sides}", "available": draw(maybe_rounds)}
        person["max"] = draw(st.one_of(st.none(), st.integers(1, rounds)))
        if floors:
            person["min"] = min(draw(st.integers(0, 2)), person["max"] or 2)
        if rich:
            person["languages"] = draw(st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=2))
            person["delegates"] = draw(delegates(some_rounds))
            person["parallel"] = draw(st.integers(1, max(1, len(person["delegates"]))))
            if tracks:
                person["tracks"] = draw(st.lists(st.sampled_from(["x", "y"]), unique=True))
        people.append(person)
    pairs = [[a, b] for k, a in enumerate(names) for b in names[k + 1 :]]
    data = {
        "rounds": rounds,
        "places": draw(st.integers(0, n)) if not rich else draw(places(n, maybe_rounds)),
        "participants": people,
        "utility": [[*pair, draw(st.integers(0, 10)) / 10] for pair in pairs],
        "never": draw(st.lists(st.sampled_from(pairs), unique_by=tuple, max_size=3)),
        "cross_side_only": draw(st.booleans()),
        "tracks": tracks,
    }
    if rich:
        data["interpreters"] = draw(interpreters(maybe_rounds))
        data["max_consecutive"] = draw(st.one_of(st.none(), st.integers(1, 3)))
    return problem_from_dict(data)


def delegates(some_rounds: st.SearchStrategy[list[int]]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Up to two delegates, each with languages and rounds of its own or not."""
    one = st.fixed_dictionaries(
        {"languages": st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=2), "available": some_rounds}
    )
    return st.lists(one, max_size=2).map(lambda found: [{"id": f"d{k}", **d} for k, d in enumerate(found)])


def places(n: int, maybe_rounds: st.SearchStrategy[list[int] | None]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Places with opening rounds."""
    return st.lists(maybe_rounds, max_size=n).map(
        lambda found: [{"id": f"t{k}", "available": opened} for k, opened in enumerate(found)]
    )


def interpreters(maybe_rounds: st.SearchStrategy[list[int] | None]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Up to two interpreters between two languages."""
    one = st.fixed_dictionaries({"languages": st.sampled_from([["fr", "nl"], ["nl", "de"]]), "available": maybe_rounds})
    return st.lists(one, max_size=2)
