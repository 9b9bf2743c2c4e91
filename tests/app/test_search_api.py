"""Search by name, by words and by meaning together, through the JSON door."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.main import create_app
from app.services.actors import ActorQuery
from app.services.meaning import Meaning, MeaningHolder
from app.services.pool import PoolCache
from app.services.search import search_actors
from app.services.texts import acronyms

COATING = "plasma treatment before coating of woven glass"
ACTORS: list[dict[str, Any]] = [
    {"name": "Centexbel", "country": "BE", "offers": [{"lang": "en", "text": "laboratory for coating of textiles"}]},
    {"name": "Institut français du textile et de l’habillement", "country": "FR"},
    {"name": "Étoffes Réunies", "country": "FR", "aliases": ["Glass & Yarn"]},
    {"name": "Weverij Gent", "country": "BE", "offers": [{"lang": "en", "text": COATING}]},
    {"name": "Bakery of Lille", "country": "FR", "offers": [{"lang": "en", "text": "bread made with Centexbel flour"}]},
    {"name": "Centexbel Gent", "country": "BE", "sectors": ["textiles"]},
]


@pytest.fixture
def filled(client: TestClient, embed: Callable[[], object]) -> TestClient:
    for body in ACTORS:
        assert client.post("/actors", json=body).status_code == 201
    embed()
    return client


def found(client: TestClient, q: str, **more: Any) -> list[tuple[str, str]]:
    answer = client.get("/actors/search", params={"q": q} | more)
    assert answer.status_code == 200, answer.text
    hits = answer.json()["hits"]
    assert len({hit["actor"]["id"] for hit in hits}) == len(hits)
    return [(hit["actor"]["name"], hit["found_by"]) for hit in hits]


def exact(client: TestClient, q: str) -> list[tuple[str, str]]:
    return [hit for hit in found(client, q) if hit[1] != "meaning"]


def test_a_name_comes_before_longer_names_and_before_words_and_meaning(filled: TestClient) -> None:
    hits = found(filled, "CENTEXBEL")
    assert hits[:3] == [("Centexbel", "name"), ("Centexbel Gent", "name"), ("Bakery of Lille", "words")]
    assert [how for _, how in hits[3:]] == ["meaning"]


@pytest.mark.parametrize(
    ("q", "name"),
    [
        ("etoffes reunies", "Étoffes Réunies"),
        ("Étoff", "Étoffes Réunies"),
        ("glass and yarn", "Étoffes Réunies"),
        ("Glass & yarn", "Étoffes Réunies"),
        ("IFTH", "Institut français du textile et de l’habillement"),
        ("textile institut", "Institut français du textile et de l’habillement"),
        ("français du textile", "Institut français du textile et de l’habillement"),
        ("gent", "Weverij Gent"),
        ("ilt", None),
    ],
)
def test_names_are_found_folded_unfinished_by_alias_and_by_acronym(
    filled: TestClient, q: str, name: str | None
) -> None:
    known = [hit for hit, how in found(filled, q) if how == "name"]
    assert known[:1] == ([name] if name else [])


def test_words_that_stand_side_by_side_come_first_then_all_words_then_most(filled: TestClient) -> None:
    for name, text in (("X1", "coating after plasma"), ("X2", "plasma coating"), ("X3", "plasma welding")):
        filled.post("/actors", json={"name": name, "country": "BE", "offers": [{"lang": "en", "text": text}]})
    both = [name for name, _ in exact(filled, "plasma coating")]
    assert both[0] == "X2"
    assert sorted(both[1:3]) == ["Weverij Gent", "X1"]
    assert [name for name, _ in exact(filled, "woven plasma coating unheard")] == ["Weverij Gent"]
    assert [name for name, _ in exact(filled, "welding of plasma pipes")] == ["X3"]


def test_a_hit_by_words_quotes_the_piece_that_has_them(filled: TestClient) -> None:
    hit = filled.get("/actors/search", params={"q": "woven glass", "limit": 1}).json()["hits"][0]
    assert (hit["actor"]["name"], hit["found_by"], hit["text"], hit["lang"]) == ("Weverij Gent", "words", COATING, "en")
    named = filled.get("/actors/search", params={"q": "yarn", "limit": 1}).json()["hits"][0]
    assert (named["found_by"], named["text"], named["lang"]) == ("name", "Glass & Yarn", None)


def test_meaning_fills_the_rest_nearest_first_and_says_how_near(filled: TestClient) -> None:
    hits = filled.get("/actors/search", params={"q": "zzz treatment glass laboratory qqq"}).json()["hits"]
    meant = [hit for hit in hits if hit["found_by"] == "meaning"]
    near = [hit["similarity"] for hit in meant]
    assert near == sorted(near, reverse=True)
    assert [hit["actor"]["name"] for hit in meant][:2] == ["Weverij Gent", "Centexbel"]
    assert meant[0]["text"] == COATING


@pytest.mark.usefixtures("vacuumed")
def test_meaning_finds_the_same_through_the_index_where_actors_are_too_many_to_hold(
    filled: TestClient, session: Session, meaning: Meaning
) -> None:
    for filters in (ActorQuery(), ActorQuery(countries=["BE"], kinds=["other"]), ActorQuery(sectors=["textiles"])):
        held, fetched = (
            search_actors(session, meaning=meaning, cache=cache, query="treatment of glass", filters=filters)
            for cache in (PoolCache(), PoolCache(exact_up_to=0))
        )
        assert held == fetched
    assert {hit.found_by for hit in search_actors(session, meaning=meaning, cache=PoolCache(0), query="yarns")} == {
        "meaning"
    }


def test_a_word_that_everybody_has_finds_nobody_alone(filled: TestClient) -> None:
    for number in range(40):
        offer = [{"lang": "en", "text": "a partner for business"}]
        filled.post("/actors", json={"name": f"N{number}", "country": "FR", "offers": offer})
    assert exact(filled, "partner naturmaterialer byggeri") == []
    assert [name for name, _ in exact(filled, "partner plasma coating")][:1] == ["Weverij Gent"]


def test_filters_narrow_every_step(filled: TestClient) -> None:
    assert {name for name, _ in found(filled, "centexbel", country="FR")} == {"Bakery of Lille"}
    assert found(filled, "gent", sector="textiles") == [("Centexbel Gent", "name")]
    assert found(filled, "coating", country=["FR", "BE"], limit=1) == [("Centexbel", "words")]


def test_while_the_model_loads_names_and_words_answer_and_that_is_said(filled: TestClient, settings, engine) -> None:
    waiting = create_app(settings, engine=engine, holder=MeaningHolder(filled.app.state.holder.get))
    with TestClient(waiting) as client:
        answer = client.get("/actors/search", params={"q": "centexbel"}).json()
        assert (answer["meaning"], {hit["found_by"] for hit in answer["hits"]}) == ("loading", {"name", "words"})
    assert filled.get("/actors/search", params={"q": "centexbel"}).json()["meaning"] == "ready"


def fails() -> Any:
    raise RuntimeError("no such folder")


def test_a_model_that_could_not_be_loaded_is_told(filled: TestClient, settings, engine) -> None:
    broken = MeaningHolder(fails)
    broken.run()
    with TestClient(create_app(settings, engine=engine, holder=broken)) as client:
        assert client.get("/actors/search", params={"q": "gent"}).json()["meaning"] == "missing"


@pytest.mark.parametrize("q", ["?? -- &", "\x00", "' | ! ( ) :*", "a" * 2000, "🧵", "مختبر", "x " * 900])
def test_strange_questions_are_no_accident(filled: TestClient, q: str) -> None:
    assert [hit for hit in found(filled, q) if hit[1] == "name"] == []


@pytest.mark.parametrize(("params", "field"), [({}, "q"), ({"q": ""}, "q"), ({"q": "a", "limit": 0}, "limit")])
def test_what_is_wrong_with_a_search_is_named(client: TestClient, params: dict[str, Any], field: str) -> None:
    answer = client.get("/actors/search", params=params)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Institut français du textile et de l’habillement", {"ifth", "ifdtedlh"}),
        ("Centre Européen des Textiles Innovants", {"ceti", "cedti"}),
        ("Vlaams Instituut voor Biotechnologie", {"vib", "vivb"}),
        ("Twee Woorden", set()),
        ("", set()),
    ],
)
def test_acronyms_are_initials_with_and_without_small_words(name: str, short: set[str]) -> None:
    assert acronyms(name) == short
