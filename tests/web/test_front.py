"""The front page: a question, its answer, and the honest states between."""

from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient

from app.web.answers import quoted, shown, shown_parts
from models.actor import ActorBrief
from models.match import Evidence, Fragment, MatchAnswer, Reason, Suggestion

QUESTION = "tester la résistance au feu des tissus enduits"


def test_the_empty_service_asks_for_a_map(client: TestClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.template.name) == (200, "front.html")
    assert answer.context["actors"] == 0
    assert "<code>viaduc import FILE</code>" in answer.text


def test_empty_pages_say_what_to_press(client: TestClient) -> None:
    for page in ("/", "/directory", "/console/actors", "/console/explore"):
        text = client.get(page).text
        assert "<h2>Nobody is here yet</h2>" in text, page
        assert '<a class="button" href="/console/maps#load-title">Load a file</a>' in text, page
    assert 'id="load-title"' in client.get("/console/maps").text
    client.post("/actors", json={"name": "Weaver", "country": "FR"})
    for page in ("/", "/directory", "/directory?q=nothing", "/console/actors", "/console/actors?q=nothing"):
        assert "Nobody is here yet" not in client.get(page).text, page
    assert "Nobody is here yet" not in client.get("/console/explore").text


def test_pages_of_an_empty_event_say_where_to_go(client: TestClient) -> None:
    client.post("/events", json={"name": "Afternoon"})
    home = "/console/events/1"
    for page in ("invite", "agendas", "wishes"):
        assert f'href="{home}/participants">Add participants</a>' in client.get(f"{home}/{page}").text, page
    assert f'href="{home}/setup#rounds">Set-up</a>' in client.get(f"{home}/day/rounds").text
    assert 'id="rounds"' in client.get(f"{home}/setup").text


def test_a_question_is_answered_on_the_same_address(client: TestClient, border: Sequence[int]) -> None:
    answer = client.get("/", params={"q": QUESTION, "side": "FR", "lang": "nl"})
    assert (answer.status_code, answer.template.name) == (200, "front.html")
    best = answer.context["answer"].worth[0]
    assert best.actor.name == "Vuurlab"
    assert f'<a href="/directory/{border[1]}">Vuurlab</a>' in answer.text
    assert '<blockquote lang="fr">' in answer.text
    assert "<mark>" in answer.text
    assert '<th scope="row">Uw behoefte, hun aanbod</th>' in answer.text


def test_the_side_one_stands_in_does_not_answer(client: TestClient, border: Sequence[int]) -> None:
    def answering(**asked: str) -> list[str]:
        answer = client.get("/", params={"q": QUESTION, "near": "1"} | asked).context["answer"]
        return sorted(s.actor.name for s in [*answer.worth, *answer.faint])

    assert answering() == ["Bakkerij <script>alert(1)</script>", "Tissages du Nord", "Vuurlab"]
    assert answering(side="VLG") == ["Tissages du Nord"]


def test_nobody_suitable_is_an_answer(client: TestClient, border: Sequence[int]) -> None:
    client.delete(f"/actors/{border[0]}")
    answer = client.get("/", params={"q": QUESTION, "side": "VLG"})
    found = answer.context["answer"]
    assert (found.worth, found.faint, found.hidden) == ([], [], 0)
    assert "<h2>Nobody suitable</h2>" in answer.text


def test_faint_ones_are_drawn_apart_from_those_worth_a_meeting(client: TestClient, border: Sequence[int]) -> None:
    answer = client.get("/", params={"q": QUESTION, "near": "1"})
    found = answer.context["answer"]
    assert len(found.worth) + len(found.faint) == 3
    assert min(s.score for s in found.worth) >= found.threshold > max(s.score for s in found.faint)
    assert answer.text.count('class="card suggestion below"') == len(found.faint)
    assert answer.text.index("The closest of the others") > answer.text.index(found.worth[-1].actor.name)


@pytest.mark.parametrize(
    ("scores", "everything", "split"),
    [
        ([0.9, 0.5, 0.3, 0.2], False, ([0.9, 0.5], [], 2)),
        ([0.9, 0.5, 0.3, 0.2], True, ([0.9, 0.5], [0.3, 0.2], 0)),
        ([0.3, 0.2, 0.1, 0.05], False, ([], [0.3, 0.2, 0.1], 1)),
        ([0.4], False, ([0.4], [], 0)),
        ([], False, ([], [], 0)),
    ],
)
def test_fainter_ones_stay_away_until_asked_for_or_alone(
    scores: list[float], everything: bool, split: tuple[list[float], list[float], int]
) -> None:
    actor = ActorBrief(id=1, name="a", kind="lab", country="BE", region=None, city=None, sectors=[])
    rest = {"parts": {}, "reasons": [], "relation": None, "common_languages": [], "distance_km": None}
    ranked = [Suggestion(actor=actor, score=score, **rest) for score in scores]
    answer = MatchAnswer(suggestions=ranked, threshold=0.4, none_suitable=False, model="m", took_ms=1)
    parted = shown(answer, everything=everything)
    assert ([s.score for s in parted.worth], [s.score for s in parted.faint], parted.hidden) == split


def test_a_name_that_was_typed_stands_before_the_suggestions(client: TestClient, border: Sequence[int]) -> None:
    for side in ("", "VLG"):
        answer = client.get("/", params={"q": "vuurlab", "side": side})
        assert [hit.actor.name for hit in answer.context["named"]] == ["Vuurlab"]
        assert "<h2>Known by that name</h2>" in answer.text
    assert client.get("/", params={"q": QUESTION}).context["named"] == []


def test_a_word_inside_a_name_is_a_trade_and_two_are_a_name(client: TestClient, border: Sequence[int]) -> None:
    client.post("/actors", json={"name": "Nationale Unie Vlas", "country": "BE"})
    assert [h.actor.name for h in client.get("/?q=vlas").context["worded"]] == ["Nationale Unie Vlas"]
    for q in ("unie vlas", "nationale", "nuv"):
        context = client.get("/", params={"q": q}).context
        assert ([h.actor.name for h in context["named"]], context["worded"]) == (["Nationale Unie Vlas"], [])


def test_who_types_a_name_gets_that_actor_and_others_when_asked_for(client: TestClient, border: Sequence[int]) -> None:
    exact = client.get("/", params={"q": "VUURLAB"})
    assert (exact.context["exact"].name, exact.context["answer"]) == ("Vuurlab", None)
    assert f'href="/directory/{border[1]}#whom">Whom Vuurlab should meet</a>' in exact.text
    assert 'href="/?q=VUURLAB&amp;near=1">Find by meaning</a>' in exact.text
    more = client.get("/", params={"q": "VUURLAB", "near": "1"})
    assert [h.actor.name for h in more.context["named"]] == ["Vuurlab"]
    assert more.context["answer"] is not None
    begun = client.get("/", params={"q": "vuur"}).context
    assert (begun["exact"], [h.actor.name for h in begun["named"]]) == (None, ["Vuurlab"])


def test_trade_words_find_who_uses_them_when_they_are_not_suggested(client: TestClient, border: Sequence[int]) -> None:
    def worded(q: str, side: str = "") -> list[str]:
        context = client.get("/", params={"q": q, "side": side}).context
        suggested = {s.actor.id for s in [*context["answer"].worth, *context["answer"].faint]}
        assert suggested.isdisjoint(hit.actor.id for hit in context["worded"])
        return [hit.actor.name for hit in context["worded"]]

    for number in range(4):
        text = f"gebak gebak gebak {number}"
        client.post("/actors", json={"name": f"G{number}", "country": "BE", "offers": [{"lang": "nl", "text": text}]})
    assert worded("gebak") == ["G0", "G1", "G2"]
    assert worded("gebak", side="BE") == []
    assert worded("gebak", side="FR") == ["G0", "G1", "G2"]
    assert worded("brood en gebak uit oven voor feest") == []


def test_htmx_gets_the_answer_alone_and_history_gets_the_page(client: TestClient, border: Sequence[int]) -> None:
    part = client.get("/", params={"q": QUESTION}, headers={"HX-Request": "true"})
    assert part.template.name == "_answer.html"
    assert "<html" not in part.text
    assert part.headers["vary"] == "HX-Request, Cookie, Accept-Language, Accept-Encoding"
    restored = client.get(
        "/", params={"q": QUESTION}, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert restored.template.name == "front.html"


def test_while_the_model_wakes_up_words_answer(sleepy_client: TestClient) -> None:
    for name, side in (("Weefgoed", "VLG"), ("Tissu", "FR")):
        text = {"lang": "nl", "text": "technisch textiel voor brandweer"}
        sleepy_client.post("/actors", json={"name": name, "country": "BE", "side": side, "offers": [text]})
    answer = sleepy_client.get("/", params={"q": "een partner voor textielproductie", "side": "FR"})
    assert [a.name for a in answer.context["by_words"]] == ["Weefgoed"]
    assert "<h2>The language model is still waking up</h2>" in answer.text
    assert 'hx-trigger="load delay:3s"' in answer.text


def test_a_question_of_signs_alone_is_no_accident(client: TestClient, sleepy_client: TestClient) -> None:
    for browser in (client, sleepy_client):
        assert browser.get("/", params={"q": "?? -- &"}).status_code == 200
    assert client.get("/", params={"q": "\x00"}).context["answer"] is None


def test_an_endless_question_is_refused_as_a_page(client: TestClient) -> None:
    answer = client.get("/", params={"q": "a" * 2001})
    assert (answer.status_code, answer.template.name) == (422, "error.html")


def test_an_exchange_is_quoted_before_a_likeness_and_no_pair_twice() -> None:
    def reason(part: str, yours: str | None, theirs: str = "x") -> Reason:
        if yours is None:
            return Reason(part=part, text="62 km")
        fragments = {"yours": Fragment(lang="fr", text=yours), "theirs": Fragment(lang="nl", text=theirs)}
        return Reason(part=part, text="…", evidence=Evidence(**fragments, similarity=0.5))

    likeness, twice, distance = reason("profile", "b"), reason("profile", "a"), reason("distance", None)
    exchange = reason("need_offer", "a")
    assert quoted([likeness, twice, distance, exchange]) == [exchange, likeness]


def test_unknown_parts_and_a_likeness_that_cost_nothing_are_not_drawn() -> None:
    parts = {"need_offer": 0.8, "distance": float("nan"), "twin": 0.001, "kind": 0.0}
    assert shown_parts(parts) == [("need_offer", 0.8), ("kind", 0.0)]
    assert shown_parts({"twin": 0.2}) == [("twin", 0.2)]
