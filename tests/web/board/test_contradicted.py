"""Words about pairs that contradict each other: named where they stand in the way, gone with what they spoilt."""

import pytest
from board_pages import computed, shown
from fastapi.testclient import TestClient

BOTH = "B1 and F1 must meet and must not: take one word back."
ASIDE = "F1 and F2 &lt;b&gt; must meet, yet both stand on side FR"
FALSE = "had a place or a round left"


def say(client: TestClient, gathering: str, a: int, b: int, kind: str) -> None:
    wish = {"actor_id": a, "target_id": b, "kind": kind}
    assert client.post(f"{gathering}/wishes", data=wish, follow_redirects=False).status_code == 303


def take_back(client: TestClient, gathering: str, a: int, b: int) -> None:
    client.post(f"{gathering}/wishes/remove", data={"actor_id": a, "target_id": b})


def step(client: TestClient, gathering: str, key: str) -> tuple[str, tuple[str, ...]] | None:
    found = {s.key: s for s in client.get(gathering).context["steps"]}
    return (found[key].state, found[key].words) if key in found else None


@pytest.fixture
def contradicted(client: TestClient, gathering: str) -> str:
    """The event in which F1 must and must not meet B1, and must meet F2 of its own side."""
    for a, b, kind in ((1, 3, "must"), (3, 1, "veto"), (1, 2, "must")):
        say(client, gathering, a, b, kind)
    return gathering


def test_the_overview_counts_contradictions_before_the_plan(client: TestClient, contradicted: str) -> None:
    page = client.get(contradicted)
    keys = [s.key for s in page.context["steps"]]
    assert keys.index("wishes") == keys.index("plan") - 1
    assert step(client, contradicted, "wishes") == ("warn", ())
    assert "2 contradictions: what was said" in page.text
    assert f'href="{contradicted}/wishes"' in page.text


def test_an_empty_plan_names_every_contradiction_and_no_false_cause(client: TestClient, contradicted: str) -> None:
    computed(client, contradicted)
    page = shown(client, contradicted)
    assert page.context["plan"].meetings == []
    assert BOTH in page.text
    assert ASIDE in page.text
    assert FALSE not in page.text
    assert step(client, contradicted, "plan") == ("todo", ("empty", "broken"))


def test_a_plan_is_not_done_when_the_contradictions_are_gone_but_it_is_still_empty(
    client: TestClient, contradicted: str
) -> None:
    computed(client, contradicted)
    take_back(client, contradicted, 1, 3)
    take_back(client, contradicted, 1, 2)
    assert step(client, contradicted, "wishes") is None
    assert step(client, contradicted, "plan") == ("todo", ("empty", "broken", "older"))
    told = client.get(contradicted).text
    assert "It has no meetings. The rules it was computed by contradict each other. The event has changed" in told
    computed(client, contradicted)
    assert step(client, contradicted, "plan") == ("done", ())


@pytest.mark.parametrize("change", ["wish", "place", "person", "weights"])
def test_a_plan_is_older_than_the_words_and_the_set_up_that_changed_since(
    client: TestClient, gathering: str, change: str
) -> None:
    api = gathering.removeprefix("/console")
    computed(client, gathering)
    assert step(client, gathering, "plan") == ("done", ())
    if change == "wish":
        say(client, gathering, 1, 3, "veto")
    elif change == "place":
        client.put(f"{api}/places", json=[{"label": f"Table {n}"} for n in (1, 2, 3)])
    elif change == "person":
        client.put(f"{api}/participants", json={"actor_id": 1, "available": [0, 1]})
    else:
        assert client.put(f"{api}/weights", json={"hub": 0.0}).status_code == 200
    assert step(client, gathering, "plan") == ("todo", ("older",))


def test_what_is_not_part_of_a_plan_leaves_it_done(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    computed(client, gathering)
    client.post(f"{api}/plans/1/publish")
    client.put(api, json={"name": "Another name", "min_meetings": 2, "max_meetings": 2})
    assert step(client, gathering, "plan") == ("done", ())
    say(client, gathering, 1, 4, "must")
    assert step(client, gathering, "plan") == ("warn", ("older",))


def test_an_outlook_names_contradictions_instead_of_numbers(client: TestClient, contradicted: str) -> None:
    told = client.get(f"{contradicted}/outlook?floor=2", headers={"HX-Request": "true"}).text
    assert BOTH in told
    assert ASIDE in told
    assert "no number is enough" not in told
    assert "Who would be short" not in told
    take_back(client, contradicted, 1, 3)
    take_back(client, contradicted, 1, 2)
    told = client.get(f"{contradicted}/outlook?floor=1", headers={"HX-Request": "true"}).text
    assert "everybody can have the 1 meeting asked for" in told
