"""Refusals that people commonly meet have a code: pages tell them in their reader's language, programs get both."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.errors import BadInput, Conflict, NotFound
from app.refusals import SENTENCES
from app.services.importing.sentences import SENTENCES as OF_IMPORTS
from app.web.catalogues import translations
from app.web.refusals import TOLD, tell_refusal

APP = Path(__file__).parents[2] / "app"
LISTS = {APP / "refusals.py", APP / "web" / "refusals.py"}
PLACE = re.compile(r"%\((\w+)\)([drs])")
WORDS = {
    "role": {"principal.role"},
    "state": {"row.state", "plan.state"},
    "what": {"said.kind", "what", "self.what"},
    "way": {"self.way"},
    "side": {"sides[0]"},
    "name": {"actor.name"},
}
"""Values that are no numbers, and where they come from: words of ours, sides of a border, names of organisations."""


@cache
def trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(p.read_text()) for p in APP.rglob("*.py") if p not in LISTS)


def raised() -> Iterator[tuple[ast.expr, dict[str, str]]]:
    """(code, {value: where it comes from}) of each call that makes a refusal."""
    for node in (n for tree in trees() for n in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = {"by_code": 0, "of_code": 1}.get(node.func.attr)
            if place is not None:
                values = {str(k.arg): ast.unparse(k.value) for k in node.keywords if k.arg != "headers"}
                yield node.args[place], values


def test_every_code_is_said_somewhere_and_has_a_sentence_of_the_page() -> None:
    words = {n.value for tree in trees() for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert [code for code in SENTENCES if code not in words] == []
    assert list(SENTENCES) == list(TOLD)
    assert set(SENTENCES) & set(OF_IMPORTS) == set()


def test_every_raise_names_what_stands_in_its_sentence_and_no_more() -> None:
    literal = [(code.value, values) for code, values in raised() if isinstance(code, ast.Constant)]
    assert len(literal) > 80
    wrong = [
        (code, values) for code, values in literal if {n for n, _ in PLACE.findall(SENTENCES[code])} != set(values)
    ]
    assert wrong == []


def test_a_page_tells_no_value_that_the_service_does_not_tell() -> None:
    more = [
        c
        for c, told in TOLD.items()
        if {n for n, _ in PLACE.findall(told)} - {n for n, _ in PLACE.findall(SENTENCES[c])}
    ]
    assert more == []


def test_no_value_is_what_a_person_wrote() -> None:
    # Numbers are written as %(name)d, which takes nothing else.
    texts = {name for said in SENTENCES.values() for name, kind in PLACE.findall(said) if kind != "d"}
    assert texts == set(WORDS)
    found = {(name, source) for _, values in raised() for name, source in values.items() if name in WORDS}
    assert found == {(name, source) for name, sources in WORDS.items() for source in sources}
    with pytest.raises(TypeError):
        NotFound.by_code("no_event", number="somebody's words")


def test_values_stand_in_the_sentence_and_other_words_stay_as_they_are() -> None:
    french = translations("fr")
    assert tell_refusal(NotFound.by_code("no_plan", event=2, number=77), french) == (
        "Cet événement n’a pas de plan 77. Il a peut-être été supprimé."
    )
    changed = Conflict.by_code("plan_revised", number=3, now=5, seen=4)
    assert str(changed) == "plan 3 was changed meanwhile (revision 5, you saw 4): look at it again"
    assert tell_refusal(changed, french) == "Le plan 3 a été modifié entre-temps. Regardez-le à nouveau."
    named = Conflict.by_code("registered_already", name="%(name)s")
    assert tell_refusal(named, translations("en")) == "%(name)s is registered already."
    assert tell_refusal(Conflict("something that no page knows"), french) is None


def test_one_wrong_field_is_named_in_english_and_has_its_code() -> None:
    error = BadInput.of_code("rounds", "no_rounds")
    assert (error.detail, error.errors[0].field) == ("rounds: the event has no rounds yet", "rounds")
    assert "kein" in str(tell_refusal(error, translations("de")))


def test_a_page_says_it_in_the_readers_language_and_the_json_door_in_english(
    client: TestClient, border: Sequence[int]
) -> None:
    page = client.get("/console/events/999", params={"lang": "eu"})
    assert (page.status_code, page.template.name) == (404, "error.html")
    assert '<p class="lead">Ez dago 999. ekitaldirik. Agian kendu egin da.</p>' in page.text
    assert "there is no event" not in page.text
    answer = client.get("/events/999", headers={"accept-language": "eu"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no event 999")
    assert answer.json()["remark"] == {"code": "no_event", "values": {"number": 999}}
    assert "remark" not in client.get("/events/x").json()


def test_an_agenda_that_refuses_leads_back_to_the_agenda_and_nowhere_else(client: TestClient) -> None:
    answer = client.post("/agenda/1-x/wishes", data={"target": "1"}, headers={"accept-language": "fr"})
    assert (answer.status_code, answer.template.name, answer.context["back"]) == (404, "error.html", "/agenda/1-x")
    assert re.findall(r'<a class="button[^>]*href="([^"]*)"', answer.text) == ["/agenda/1-x"]
    assert "Demandez-en un nouveau" in answer.text
