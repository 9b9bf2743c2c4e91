"""The other rooms of the console: programmes, the explorer, and the editing of actors."""

from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

ACTOR = {
    "name": "Filature", "country": "FR", "kind": "company", "city": "Lille", "languages": "français, Dutch",
    "nuts": "fre11", "size": "12,5", "others": "lace, ribbons", "aliases": "FDN\nFilature du Nord",
    "needs-0": "un laboratoire", "needs-lang-0": "fr", "needs-1": "", "offers-0": "fil de lin",
}  # fmt: skip
PROGRAMME = {
    "name": "Tandem", "border": "Lille – Kortrijk", "themes": "textile\ndesign", "languages": "French, nl",
    "colour": "#0B5C66", "code-0": "FR", "side-0": "Hauts-de-France", "countries-0": "France", "nuts-0": "",
    "code-1": "VLG", "side-1": "Vlaanderen", "countries-1": "", "nuts-1": "be2, BE1", "code-2": "",
}  # fmt: skip


def press(client: TestClient, url: str, fields: dict[str, object]) -> Response:
    return client.post(url, data=fields, follow_redirects=False)


def errors(answer: Response) -> dict[str, str]:
    assert answer.status_code == 422
    return {name: t.code for name, t in answer.context["form"].errors.items()}


def test_a_profile_is_written_and_changed(client: TestClient) -> None:
    made = press(client, "/console/actors/new", ACTOR | {"sectors": ["textile", "design"]})
    assert (made.status_code, made.headers["location"]) == (303, "/console/actors/1?saved=1")
    told = client.get("/actors/1").json()
    assert [told[k] for k in ("name", "country", "side", "nuts", "size", "languages", "sectors", "aliases")] == [
        "Filature", "FR", "FR", "FRE11", 12.5, ["fr", "nl"], ["design", "textile", "lace", "ribbons"],
        ["FDN", "Filature du Nord"],
    ]  # fmt: skip
    assert told["needs"] == [{"lang": "fr", "text": "un laboratoire"}]
    page = client.get("/console/actors/1?saved=1")
    form = page.context["form"]
    assert [form.shown(k) for k in ("languages", "others", "size", "side", "needs-lang-0")] == [
        "French, Dutch", "lace, ribbons", "12.5", "", "fr",
    ]  # fmt: skip
    assert page.context["missing"] == ["description", "website"]
    sent = dict(form.values)
    assert press(client, "/console/actors/1", sent | {"city": ["Roubaix"], "sectors": []}).status_code == 303
    changed = client.get("/actors/1").json()
    assert (changed["city"], changed["sectors"]) == ("Roubaix", ["lace", "ribbons"])
    same = ("name", "nuts", "size", "languages", "aliases", "needs", "offers")
    assert [changed[k] for k in same] == [told[k] for k in same]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name": "required"}),
        ({"country": ""}, {"country": "required"}),
        ({"country": "XX"}, {"country": "choice"}),
        ({"nuts": "BE25"}, {"nuts": "said"}),
        ({"nuts": "ZZZ"}, {"nuts": "said"}),
        ({"size": "many", "lat": "100"}, {"size": "decimal", "lat": "between"}),
        ({"languages": "Klingonish"}, {"languages": "language"}),
        ({"needs-0": "x" * 20_001}, {"needs-0": "long"}),
    ],
)
def test_a_profile_that_cannot_be_is_refused_by_field(
    client: TestClient, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    assert errors(press(client, "/console/actors/new", ACTOR | fields)) == wrong
    assert client.get("/actors").json()["total"] == 0


def test_actors_are_found_and_removed(client: TestClient, border: Sequence[int]) -> None:
    page = client.get("/console/actors", params={"q": "vuur"}, headers={"HX-Request": "true"})
    assert (page.template.name, [a.name for a in page.context["found"].items]) == ("console/_actors.html", ["Vuurlab"])
    assert press(client, "/console/actors/2/remove", {}).headers["location"] == "/console/actors"
    assert client.get("/console/actors/2").status_code == 404


def test_a_programme_is_written_and_changed(client: TestClient) -> None:
    assert press(client, "/console/programmes/new", PROGRAMME).status_code == 303
    told = client.get("/programmes/1").json()
    assert (told["sides"], told["languages"], told["colour"], told["themes"]) == (
        [{"code": "FR", "name": "Hauts-de-France", "countries": ["FR"], "nuts": []},
         {"code": "VLG", "name": "Vlaanderen", "countries": [], "nuts": ["BE2", "BE1"]}],
        ["fr", "nl"], "#0b5c66", ["textile", "design"],
    )  # fmt: skip
    client.post("/events", json={"name": "Afternoon", "programme_id": 1})
    page = client.get("/console/programmes/1")
    assert ([e.name for e in page.context["events"]], page.context["form"].shown("countries-0")) == (
        ["Afternoon"], "France",
    )  # fmt: skip
    assert 'href="/console/programmes/1">Tandem</a>' in client.get("/console/events/1").text
    sent = dict(page.context["form"].values)
    assert press(client, "/console/programmes/1", sent | {"name": ["Other"]}).status_code == 303
    assert client.get("/programmes/1").json() == told | {"name": "Other", "events": 1}
    assert press(client, "/console/programmes/1/remove", {}).status_code == 303
    assert client.get("/console/programmes").context["programmes"] == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name": "required"}),
        ({"colour": "petrol"}, {"colour": "colour"}),
        ({"countries-0": "Atlantis"}, {"countries-0": "covers"}),
        ({"nuts-1": "BE99"}, {"nuts-1": "unknown"}),
        ({"nuts-1": ""}, {"countries-1": "covers"}),
        ({"code-1": "FR"}, {"code-1": "doubled"}),
        ({"countries-1": "FR"}, {"code-1": "doubled"}),
    ],
)
def test_a_programme_that_cannot_be_is_refused_by_field(
    client: TestClient, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    told = errors(press(client, "/console/programmes/new", PROGRAMME | fields))
    assert {name: told[name] for name in wrong if name in told} == {
        name: ("unknown" if fields.get(name) == "Atlantis" else code) for name, code in wrong.items()
    }
    assert client.get("/programmes").json() == []


def test_the_explorer_answers_for_words_and_for_an_actor(client: TestClient, border: Sequence[int]) -> None:
    assert client.get("/console/explore").context["answer"] is None
    words = client.get("/console/explore", params={"q": "tester la résistance au feu", "near": "true"})
    answer = words.context["answer"]
    assert next(s.actor.name for s in answer.worth + answer.faint) == "Vuurlab"
    named = client.get("/console/explore", params={"q": "Tissages du Nord"})
    assert [hit.actor.id for hit in named.context["named"]] == [1]
    part = client.get("/console/explore", params={"actor": 1, "kind": "lab"}, headers={"HX-Request": "true"})
    assert part.template.name == "console/_explored.html"
    assert [s.actor.name for s in part.context["answer"].worth] == ["Vuurlab"]
    other = client.get("/console/explore", params={"actor": 1, "kind": "agency"})
    assert other.context["answer"].worth == []


def test_other_words_take_the_place_of_the_actor(client: TestClient, border: Sequence[int]) -> None:
    page = client.get("/console/explore", params={"actor": 1, "q": "brood en gebak"})
    assert (page.context["who"], page.context["asked"].actor) == (None, None)
    same = client.get("/console/explore", params={"actor": 1, "q": "Tissages du Nord"})
    assert same.context["who"].id == 1


def test_who_is_found_is_registered_from_there(client: TestClient, border: Sequence[int]) -> None:
    client.post("/events", json={"name": "Afternoon"})
    page = client.get("/console/explore", params={"actor": 1, "event": "1"})
    assert '<form method="post" action="/console/events/1/participants">' in page.text
    back = "/console/explore?actor=1&event=1"
    sent = press(client, "/console/events/1/participants", {"actor_id": 2, "back": back})
    assert sent.headers["location"] == back
    assert client.get(back).context["registered"] == {2}
    assert "registered already" in client.get(back).text


@pytest.mark.parametrize("asked", [{"kind": "wizard"}, {"country": "xx"}, {"language": "tlhx"}])
def test_a_filter_that_is_no_code_is_told(client: TestClient, border: Sequence[int], asked: dict[str, str]) -> None:
    assert client.get("/console/explore", params={"q": "brood"} | asked).status_code == 422
    assert client.get("/console/explore", params={"actor": 99}).status_code == 404
