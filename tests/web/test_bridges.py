"""Bridges between sectors: read, changed in the browser and over HTTP, and what they do to a suggestion."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

PAGE = "/console/memory/bridges"
SHIPPED = [
    {"between": ["agri-food", "health"], "value": 0.8, "shipped": True},
    {"between": ["health", "tourism"], "value": 0.8, "shipped": True},
    {"between": ["ict", "tourism"], "value": 0.8, "shipped": True},
]
OWN = [{"between": ["Textile", "Deep  Sea"], "value": 0.9}]


@pytest.fixture
def apart(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> list[int]:
    """A weaver and a ship-builder with the same words and nothing in common by sector."""
    text = [{"lang": "en", "text": "coatings that withstand salt water"}]
    ids = [
        add_actor("Weaver", "FR", sectors=["textile"], needs=text, offers=text),
        add_actor("Shipyard", "BE", sectors=["deep sea"], needs=text, offers=text),
    ]
    embed()
    return ids


def theme(client: TestClient, actor_id: int) -> tuple[float, list[str]]:
    """How near the themes of an actor and its first suggestion are, and what is said of it."""
    answer = client.post("/match", json={"actor_id": actor_id, "min_score": 0}).json()
    found = answer["suggestions"][0]
    return found["parts"]["theme"], [r["text"] for r in found["reasons"] if r["part"] == "theme"]


def test_the_shipped_bridges_hold_until_somebody_changes_them(client: TestClient) -> None:
    told = client.get("/weights/bridges").json()
    assert (told["bridges"], told["taken_away"]) == (SHIPPED, [])
    assert "zuivel" in told["families"]["agri-food"]


def test_a_bridge_brings_two_sectors_near_at_once_and_says_so(client: TestClient, apart: list[int]) -> None:
    assert theme(client, apart[0]) == (0.0, [])
    told = client.put("/weights/bridges", json=OWN).json()
    assert told["bridges"] == [{"between": ["deep sea", "textile"], "value": 0.9, "shipped": False}]
    assert told["taken_away"] == [b["between"] for b in SHIPPED]
    near, said = theme(client, apart[0])
    assert near == 0.9
    assert said == ["A bridge between fields: textile and deep sea."]
    client.post(f"{PAGE}/reset")
    assert theme(client, apart[0]) == (0.0, [])
    assert client.get("/weights/bridges").json()["bridges"] == SHIPPED


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([{"between": ["textile", "TEXTILE "]}], "leads to another sector"),
        ([{"between": ["a", "b"]}, {"between": ["B", "A"]}], "stand there twice"),
        ([{"between": ["a", "b"], "value": 1.5}], "less than or equal to 1"),
        ([{"between": ["a", "b"], "value": 0}], "greater than 0"),
        ([{"between": ["a"]}], "between"),
        ([{"between": ["a", "x" * 121]}], "at most 120"),
    ],
)
def test_what_is_no_bridge_is_refused_and_nothing_changes(client: TestClient, body: list[dict], told: str) -> None:
    answer = client.put("/weights/bridges", json=body)
    assert answer.status_code == 422
    assert told in answer.text
    assert client.get("/weights/bridges").json()["bridges"] == SHIPPED


def rows(*bridges: tuple[str, str, str]) -> dict[str, str]:
    return {
        f"{name}-{i}": value
        for i, row in enumerate(bridges)
        for name, value in zip(("one", "other", "value"), row, strict=True)
    }


def test_the_page_changes_adds_and_takes_away(client: TestClient, apart: list[int]) -> None:
    page = client.get(PAGE)
    assert [code for code, _ in page.context["choices"].others] == ["deep sea"]
    form = rows(("agri-food", "health", "0,5"), ("health", "tourism", ""), ("ict", "tourism", "0.8"),
                ("textile", "deep sea", "0.9"), ("", "", ""))  # fmt: skip
    seen = {"edition": page.context["form"].shown("edition")}
    saved = client.post(PAGE, data=form | seen, follow_redirects=False)
    assert saved.headers["location"] == f"{PAGE}?saved=saved"
    told = client.get("/weights/bridges").json()
    assert [(b["between"], b["value"], b["shipped"]) for b in told["bridges"]] == [
        (["agri-food", "health"], 0.5, False),
        (["deep sea", "textile"], 0.9, False),
        (["ict", "tourism"], 0.8, True),
    ]
    assert told["taken_away"] == [["health", "tourism"]]
    assert theme(client, apart[0])[0] == 0.9
    shown = client.get(f"{PAGE}?lang=fr").text
    assert "Agriculture et alimentation" in shown
    assert "Revenir aux ponts d’origine" in shown


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("textile", "textile", "0.5"), "other-0"),
        (("textile", "", "0.5"), "other-0"),
        (("textile", "health", "7"), "value-0"),
        (("textile", "health", "near"), "value-0"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(client: TestClient, row: tuple[str, str, str], field: str) -> None:
    answer = client.post(PAGE, data=rows(row))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert client.get("/weights/bridges").json()["bridges"] == SHIPPED


def test_a_bridge_that_stands_twice_is_told(client: TestClient) -> None:
    answer = client.post(PAGE, data=rows(("textile", "health", "0.5"), ("health", "textile", "0.6")))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["one-1"])


def test_of_two_who_change_the_bridges_the_slower_one_is_told_and_keeps_what_was_typed(client: TestClient) -> None:
    seen = client.get(PAGE).context["form"].shown("edition")
    client.put("/weights/bridges", json=OWN)
    answer = client.post(PAGE, data=rows(("textile", "health", "0.5")) | {"edition": seen})
    form = answer.context["form"]
    assert (answer.status_code, form.shown("one-0"), form.shown("other-0")) == (412, "textile", "health")
    assert form.overtaken.now == {"one-0": "Deep sea", "other-0": "Textile", "value-0": "0.9"}
    assert client.get("/weights/bridges").json()["bridges"][0]["between"] == ["deep sea", "textile"]
    # Said once more, knowingly, it stands.
    again = rows(("textile", "health", "0.5")) | {"edition": form.shown("edition")}
    assert client.post(PAGE, data=again, follow_redirects=False).status_code == 303
    assert client.get("/weights/bridges").json()["bridges"][0]["between"] == ["health", "textile"]


def test_who_saves_the_bridges_holds_them_until_it_is_stored(client: TestClient, queries: list[str]) -> None:
    seen = client.get(PAGE).context["form"].shown("edition")
    queries.clear()
    client.post(PAGE, data=rows(("textile", "health", "0.5")) | {"edition": seen}, follow_redirects=False)
    held = next(i for i, said in enumerate(queries) if "INSERT INTO edition" in said)
    assert held < next(i for i, said in enumerate(queries) if "sector_bridge" in said and "DELETE" in said)


def test_where_there_is_no_bridge_the_page_says_what_counts(client: TestClient) -> None:
    client.put("/weights/bridges", json=[])
    assert "only sectors in common count" in client.get(PAGE).text
