"""The reference of the JSON door: complete, without anything from elsewhere, its samples as good as the examples."""

import json
import re
import shlex

import pytest
from fastapi.testclient import TestClient

from app.web.reference import Operation, limits, pieces, written
from tests.app.furnished import operations
from tests.document import DOCUMENT

OPERATIONS = operations(DOCUMENT)


@pytest.fixture
def text(client: TestClient) -> str:
    answer = client.get("/docs")
    assert (answer.status_code, answer.template.name) == (200, "reference.html")
    return answer.text


@pytest.fixture
def told(client: TestClient) -> list[Operation]:
    return [o for group in client.get("/docs").context["told"].groups.values() for o in group]


def test_every_route_is_there_with_its_status_codes(told: list[Operation]) -> None:
    assert sorted((o.method, o.path) for o in told) == sorted(OPERATIONS)
    for o in told:
        operation = DOCUMENT["paths"][o.path][o.method.lower()]
        assert [a.status for a in o.answers] == list(operation["responses"])
        assert [p.name for p in o.parameters] == [p["name"] for p in operation.get("parameters", [])]
        assert o.summary == operation["summary"]


def test_links_lead_to_anchors_and_no_anchor_stands_twice(text: str) -> None:
    anchors = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(anchors) == sorted(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', text)) - set(anchors) == set()
    assert 'href="/openapi.json"' in text


def test_nothing_is_loaded_from_elsewhere_and_nothing_needs_a_script(client: TestClient, text: str) -> None:
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', text)
    # "#whole" is a place of the page itself.
    assert [address for address in loaded if not address.startswith("/static/") and address != "#whole"] == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script>", text) == []
    assert "default-src 'self'" in client.get("/docs").headers["content-security-policy"]
    assert client.get("/redoc").status_code == 404


def test_samples_are_the_examples_ready_to_paste(told: list[Operation]) -> None:
    for o in told:
        assert o.samples, o.path
        content = DOCUMENT["paths"][o.path][o.method.lower()].get("requestBody", {}).get("content", {})
        examples = [e["value"] for e in content.get("application/json", {}).get("examples", {}).values()]
        sent = []
        for _, command in o.samples:
            words = shlex.split(command)
            assert words[0] == "curl"
            assert re.fullmatch(r"http://127.0.0.1/[^{}]*", words[1]), command
            method = words[words.index("-X") + 1] if "-X" in words else ("POST" if {"-d", "-F"} & set(words) else "GET")
            assert method == o.method
            sent += [json.loads(words[words.index("-d") + 1])] if "-d" in words else []
        assert sent == examples


def test_a_reader_of_another_language_is_told_that_this_page_is_english(client: TestClient) -> None:
    text = client.get("/docs", params={"lang": "fr"}).text
    assert '<html lang="fr">' in text
    assert '<div class="wrap" lang="en">' in text


def test_fields_of_a_body_show_those_of_the_shapes_they_hold(told: list[Operation]) -> None:
    match = next(o for o in told if o.path == "/match")
    rows = {row.name: row for row in match.body}
    assert rows["profile"].kind == [("InlineProfile", "InlineProfile"), (" or ", None), ("null", None)]
    needs = next(row for row in rows["profile"].nested if row.name == "needs")
    assert (needs.kind, needs.limits) == ([("list of ", None), ("LocalText", "LocalText")], "at most 300 items")


@pytest.mark.parametrize(
    ("schema", "words", "limit"),
    [
        ({"type": "integer", "minimum": 1.0, "maximum": 100.0, "default": 10}, "whole number", "1 to 100; default 10"),
        ({"anyOf": [{"type": "string", "maxLength": 999}, {"type": "null"}]}, "text or null", "at most 999 characters"),
        ({"type": "number", "exclusiveMinimum": 0}, "number", "more than 0"),
        ({"type": "array", "items": {"const": "a"}, "minItems": 1, "maxItems": 2000}, "list of a", "1 to 2,000 items"),
        ({"enum": ["a", "b"]}, "a | b", ""),
        ({"type": "object", "additionalProperties": True}, "object", ""),
        ({"type": "string", "format": "date-time"}, "time with offset", ""),
        ({}, "anything", ""),
    ],
)  # fmt: skip
def test_types_are_told_in_plain_words(schema: dict, words: str, limit: str) -> None:
    assert ("".join(text for text, _ in pieces(schema)), limits(schema)) == (words, limit)


def test_json_stays_on_a_line_where_it_fits() -> None:
    value = {"short": [1, 2], "long": ["x" * 40, "y" * 40], "é": {}}
    assert json.loads(written(value)) == value
    assert written({"a": [1, {"b": None}]}) == '{"a": [1, {"b": null}]}'
    assert written(value).splitlines()[1] == '  "short": [1, 2],'
