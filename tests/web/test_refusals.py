"""Refusals that people commonly meet are told on pages in the reader's language; programs get them as said."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.web.catalogues import translations
from app.web.refusals import REFUSALS, tell_refusal

APP = Path(__file__).parents[2] / "app"


@cache
def said() -> tuple[re.Pattern[str], ...]:
    """Every sentence in the code beside app/web, with anything in the place of its values."""
    found = (text for path in APP.rglob("*.py") if "web" not in path.parts for text in _texts(path))
    return tuple(re.compile(text) for text in dict.fromkeys(found))


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".*" for v in node.values]
            if sum(len(v.value) for v in node.values if isinstance(v, ast.Constant)) > 10:
                yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 10:
            yield re.escape(node.value)


@pytest.mark.parametrize("refusal", [refusal for refusal, _ in REFUSALS])
def test_what_a_page_tells_is_what_a_service_says(refusal: str) -> None:
    sample = re.sub(r"\{\w+\}", "7", refusal)
    # What is spent and what is wrong with a field are put together from two sentences.
    spent = re.sub(r"^(rounds|places|participants): ", "", sample).removesuffix("; try again in 7 s")
    assert [text.pattern for text in said() if text.fullmatch(sample) or text.fullmatch(spent)] != []


def test_values_stand_in_the_sentence_and_other_words_stay_as_they_are() -> None:
    french = translations("fr")
    assert tell_refusal("event 2 has no plan 77", french) == (
        "Cet événement n’a pas de plan 77. Il a peut-être été supprimé."
    )
    changed = "plan 3 was changed meanwhile (revision 5, you saw 4): look at it again"
    assert tell_refusal(changed, french) == "Le plan 3 a été modifié entre-temps. Regardez-le à nouveau."
    assert tell_refusal("%(name)s is registered already; change it with PUT", translations("en")) == (
        "%(name)s is registered already."
    )
    assert tell_refusal("something that no page knows", french) is None


def test_a_page_says_it_in_the_readers_language_and_the_json_door_in_english(
    client: TestClient, border: Sequence[int]
) -> None:
    page = client.get("/console/events/999", params={"lang": "eu"})
    assert (page.status_code, page.template.name) == (404, "error.html")
    assert '<p class="lead">Ez dago 999. ekitaldirik. Agian kendu egin da.</p>' in page.text
    assert "there is no event" not in page.text
    answer = client.get("/events/999", headers={"accept-language": "eu"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no event 999")


def test_an_agenda_that_refuses_leads_back_to_the_agenda_and_nowhere_else(client: TestClient) -> None:
    answer = client.post("/agenda/1-x/wishes", data={"target": "1"}, headers={"accept-language": "fr"})
    assert (answer.status_code, answer.template.name, answer.context["back"]) == (404, "error.html", "/agenda/1-x")
    assert re.findall(r'<a class="button[^>]*href="([^"]*)"', answer.text) == ["/agenda/1-x"]
    assert "Demandez-en un nouveau" in answer.text
