"""POST /match through the JSON door, as DESIGN §6.3 promises it."""

import pytest
from fastapi.testclient import TestClient

from matching.ranking.calibration import Calibration

FR = {"country": "FR", "languages": ["fr", "en"], "kind": "company", "lat": 50.69, "lon": 3.17}
BE = {"country": "BE", "languages": ["nl", "en"], "kind": "technical_centre", "lat": 51.05, "lon": 3.72}


@pytest.fixture
def border(client: TestClient, embed) -> None:
    """A weaver in France; a test centre, a twin and a stranger in Flanders; a neighbour on the weaver's own side."""
    actors = [
        FR | {"name": "Weaver", "needs": [{"lang": "en", "text": "laboratory testing of textile coatings"}],
              "offers": [{"lang": "en", "text": "wide woven glass fabric"}]},
        BE | {"name": "Test centre", "offers": [{"lang": "en", "text": "laboratory testing of textile coatings"}],
              "needs": [{"lang": "en", "text": "wide woven glass fabric"}], "sectors": ["textiles"]},
        BE | {"name": "Stranger", "offers": [{"lang": "en", "text": "organ concerts in village churches"}],
              "needs": [{"lang": "en", "text": "retired choir singers"}]},
        FR | {"name": "Neighbour", "offers": [{"lang": "en", "text": "laboratory testing of textile coatings"}]},
    ]  # fmt: skip
    for actor in actors:
        assert client.post("/actors", json=actor).status_code == 201
    embed()


@pytest.mark.usefixtures("border")
def test_needs_meet_offers_across_the_border_with_evidence(client: TestClient) -> None:
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0, "lang": "fr"}).json()
    assert [s["actor"]["name"] for s in answer["suggestions"]] == ["Test centre", "Stranger"]
    best = answer["suggestions"][0]
    assert best["actor"] == {"id": 2, "name": "Test centre", "kind": "technical_centre", "country": "BE",
                             "region": None, "city": None, "sectors": ["textiles"], "disclosure": "open"}  # fmt: skip
    assert best["common_languages"] == ["en"]
    assert best["distance_km"] == 56
    reason = next(r for r in best["reasons"] if r["part"] == "need_offer")
    assert reason["evidence"]["yours"]["text"] == "laboratory testing of textile coatings"
    assert reason["evidence"]["theirs"] == reason["evidence"]["yours"]
    assert all(0 <= value <= 1 for value in best["parts"].values())


@pytest.mark.usefixtures("border")
def test_the_score_is_the_same_from_both_sides(client: TestClient) -> None:
    there = client.post("/match", json={"actor_id": 1, "min_score": 0}).json()["suggestions"][0]
    back = client.post("/match", json={"actor_id": 2, "min_score": 0}).json()["suggestions"]
    weaver = next(s for s in back if s["actor"]["name"] == "Weaver")
    assert weaver["score"] == there["score"]


@pytest.mark.usefixtures("border")
def test_an_inline_profile_of_the_same_texts_gets_the_same_answer(client: TestClient) -> None:
    inline = FR | {"needs": [{"lang": "en", "text": "laboratory testing of textile coatings"}],
                   "offers": [{"lang": "en", "text": "wide woven glass fabric"}]}  # fmt: skip
    stored = client.post("/match", json={"actor_id": 1, "min_score": 0}).json()["suggestions"]
    asked = client.post("/match", json={"profile": inline, "min_score": 0}).json()["suggestions"]
    assert [s["actor"]["id"] for s in asked] == [s["actor"]["id"] for s in stored]
    # Stored vectors are half precision.
    assert [s["score"] for s in asked] == pytest.approx([s["score"] for s in stored], abs=0.005)


@pytest.mark.usefixtures("border")
def test_a_list_of_unlike_partners_passes_over_a_near_copy(client: TestClient, embed) -> None:
    copy = BE | {"name": "Test centre 2", "offers": [{"lang": "en", "text": "laboratory testing of textile coatings"}],
                 "needs": [{"lang": "en", "text": "wide woven glass fabric"}], "sectors": ["textiles"]}  # fmt: skip
    client.post("/actors", json=copy)
    embed()
    asked = {"actor_id": 1, "min_score": 0, "k": 2}
    plain = client.post("/match", json=asked).json()["suggestions"]
    unlike = client.post("/match", json=asked | {"diversity": 0.9}).json()["suggestions"]
    assert [s["actor"]["name"] for s in plain] == ["Test centre", "Test centre 2"]
    assert [s["actor"]["name"] for s in unlike] == ["Test centre", "Stranger"]
    assert unlike[0]["score"] == plain[0]["score"]
    assert client.post("/match", json=asked | {"diversity": 1.5}).status_code == 422


@pytest.mark.usefixtures("border")
def test_free_words_are_answered_from_every_side(client: TestClient) -> None:
    answer = client.post("/match", json={"text": "laboratory testing of textile coatings", "min_score": 0}).json()
    assert {s["actor"]["name"] for s in answer["suggestions"][:2]} == {"Test centre", "Neighbour"}


@pytest.mark.usefixtures("border")
def test_words_that_fit_nobody_score_lower_than_words_that_fit(client: TestClient) -> None:
    fitting = client.post("/match", json={"text": "laboratory testing of textile coatings", "min_score": 0}).json()
    strange = client.post("/match", json={"text": "deep sea fishing quotas", "min_score": 0}).json()
    assert not fitting["none_suitable"]
    assert strange["none_suitable"]
    assert strange["suggestions"][0]["score"] < fitting["suggestions"][0]["score"]


@pytest.mark.usefixtures("border")
@pytest.mark.parametrize("known", [{}, {"sectors": ["textiles"]}, {"kind": "company"}, {"lat": 50.7, "lon": 3.2}])
def test_words_alone_are_judged_as_words_and_whoever_is_known_better_as_a_profile(
    client: TestClient, known: dict
) -> None:
    words = {"needs": [{"lang": "en", "text": "laboratory testing of textile coatings"}]}
    answer = client.post("/match", json={"profile": words | known, "min_score": 0}).json()
    free = client.post("/match", json={"text": words["needs"][0]["text"], "min_score": 0}).json()
    shipped = Calibration.default()
    assert answer["threshold"] == (shipped.threshold if known else shipped.words_threshold)
    assert free["threshold"] == shipped.words_threshold < shipped.threshold


@pytest.mark.usefixtures("border")
@pytest.mark.parametrize("facet", ["needs", "offers", "description"])
def test_who_is_stored_with_few_words_has_one_score_from_either_end(client: TestClient, embed, facet: str) -> None:
    few = {"name": "Few words", "country": "FR", facet: [{"lang": "en", "text": "textile coatings, tested"}]}
    number = client.post("/actors", json=few).json()["id"]
    embed()
    mine = client.post("/match", json={"actor_id": number, "min_score": 0}).json()["suggestions"]
    theirs = client.post("/match", json={"actor_id": 2, "min_score": 0}).json()["suggestions"]
    there = {s["actor"]["id"]: s["score"] for s in mine}
    back = {s["actor"]["id"]: s["score"] for s in theirs}
    assert there[2] == back[number]


@pytest.mark.usefixtures("border")
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"countries": ["FR"]}, []),
        ({"kinds": ["technical_centre"], "exclude": [3]}, ["Test centre"]),
        ({"sectors": ["textiles"]}, ["Test centre"]),
        ({"languages": ["de"]}, []),
    ],
)
def test_filters_narrow_the_answer(client: TestClient, filters: dict, names: list[str]) -> None:
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0, "filters": filters}).json()
    assert [s["actor"]["name"] for s in answer["suggestions"]] == names
    assert answer["none_suitable"] is (names == [])


@pytest.mark.usefixtures("border")
def test_a_fresh_actor_may_ask_before_its_vectors_are_stored(client: TestClient) -> None:
    client.post(
        "/actors", json=FR | {"name": "Fresh", "needs": [{"lang": "en", "text": "organ concerts in village churches"}]}
    )
    answer = client.post("/match", json={"actor_id": 5, "min_score": 0, "k": 1}).json()
    assert [s["actor"]["name"] for s in answer["suggestions"]] == ["Stranger"]


@pytest.mark.usefixtures("border")
def test_a_known_relation_is_told(client: TestClient) -> None:
    client.put("/actors/2/relations", json={"target_id": 1, "type": "tried_and_failed"})
    before = client.post("/match", json={"actor_id": 3, "min_score": 0}).json()["suggestions"][0]
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0}).json()["suggestions"]
    assert next(s for s in answer if s["actor"]["id"] == 2)["relation"] == "failed"
    assert before["relation"] is None


@pytest.mark.usefixtures("border")
def test_a_signed_partner_is_hidden_unless_asked_for(client: TestClient) -> None:
    client.put("/actors/2/relations", json={"target_id": 1, "type": "tandem", "status": "signed"})
    hidden = client.post("/match", json={"actor_id": 1, "min_score": 0}).json()["suggestions"]
    shown = client.post("/match", json={"actor_id": 1, "min_score": 0, "known_partners": True}).json()["suggestions"]
    assert [s["actor"]["name"] for s in hidden] == ["Stranger"]
    assert [(s["actor"]["name"], s["relation"]) for s in shown] == [("Test centre", "active"), ("Stranger", None)]


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({}, "body", "give exactly one of actor_id, profile and text (got none)"),
        ({"text": "x", "actor_id": 1}, "body",
         "give exactly one of actor_id, profile and text (got actor_id and text)"),
        ({"text": "  "}, "text", "the text is empty"),
        ({"text": "x", "weigths": {}}, "weigths", "unknown field"),
        ({"text": "x", "filters": {"countries": ["XX"]}}, "filters.countries[0]",
         "unknown country 'XX': expected an ISO 3166-1 code of two letters, such as FR or BE"),
        ({"profile": {"country": "FR"}}, "profile",
         "the profile has no text: give at least one description, offer or need"),
        ({"profile": {"needs": [{"lang": "qq", "text": "x"}]}}, "profile.needs[0].lang",
         "unknown language 'qq': expected a BCP 47 code, such as fr, nl or pt-PT"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(client: TestClient, body: dict, field: str, reason: str) -> None:
    answer = client.post("/match", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"field": field, "reason": reason, "line": None} in answer.json()["errors"]


def test_an_unknown_weight_and_an_unknown_actor_are_named(client: TestClient) -> None:
    weight = client.post("/match", json={"text": "x", "weights": {"beauty": 1}}).json()
    assert weight["errors"][0]["field"] == "weights"
    assert weight["errors"][0]["reason"].startswith("unknown weight 'beauty'")
    assert client.post("/match", json={"actor_id": 99}).json()["detail"] == "there is no actor 99"


def test_stored_means_give_what_encoding_anew_with_shrunk_means_would() -> None:
    import numpy as np

    from app.services.language_means import SHRINKAGE, neutral_units
    from matching.encoder.neutral import NeutralSpace

    random = np.random.default_rng(0)
    raw, langs = random.normal(size=(40, 384)).astype(np.float32), ["fr", "nl-BE"] * 20
    means = {"fr": random.normal(size=384).astype(np.float32), "nl": random.normal(size=384).astype(np.float32)}
    space = NeutralSpace("test", "", 384, random.normal(size=(384, 384)).astype(np.float32), means)
    placed = space.place(raw, langs)
    shift = {tag: 20 / (20 + SHRINKAGE) * placed[n::2].mean(axis=0) for n, tag in enumerate(("fr", "nl"))}
    expected = space.shrunk_means(raw, langs, SHRINKAGE).project(raw, langs)
    np.testing.assert_allclose(neutral_units(placed, langs, shift), expected, atol=1e-5)
