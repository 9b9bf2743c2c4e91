"""The OpenAPI document, tried: generated requests never break the service, and its answers keep to what it promises.

API_EXAMPLES (default 3) says how many requests are made for each operation, of valid and of invalid data each:
`API_EXAMPLES=300 make test` looks harder, `bench/fuzz_api.py` asks as every role.
"""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from schemathesis import GenerationMode
from sqlalchemy import Engine

from tests.app.furnished import Kept, can_be_wrong, furnish, operations, try_out, with_ids_that_exist
from tests.document import DOCUMENT

OPERATIONS = operations(DOCUMENT)
API = schemathesis.openapi.from_dict(with_ids_that_exist(deepcopy(DOCUMENT)))
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))


@pytest.fixture(scope="module")
def kept() -> Iterator[list[Kept]]:
    """The rows that the first test made, for all the others."""
    rows: list[Kept] = []
    yield rows
    for made in rows:
        made.drop()


@pytest.fixture
def furnished(client: TestClient, embed: Callable[[], int], engine: Engine, kept: list[Kept]) -> TestClient:
    """A service with two actors and an event that has all it needs, so that the ids 1 and 2 exist."""
    if kept:
        kept[0].back()
    else:
        furnish(client, embed)
        kept.append(Kept(engine))
    return client


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda v: v)
def test_no_request_breaks_the_service_and_every_answer_is_as_documented(
    furnished: TestClient, method: str, path: str
) -> None:
    operation, told = API[path][method], []
    for mode in GenerationMode:
        if mode is GenerationMode.POSITIVE or can_be_wrong(operation):
            told += [word for word in try_out(furnished, operation, mode, EXAMPLES, 1) if not word.isdigit()]
    assert told == [], "\n".join(told)


def json_bodies() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, content) of every operation that takes a JSON body."""
    found = []
    for method, path in OPERATIONS:
        content = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
        if "application/json" in content:
            found.append((method, path, content["application/json"]))
    return found


def examples_of_bodies() -> list[tuple[str, str, Any]]:
    return [
        (method, path, example["value"])
        for method, path, content in json_bodies()
        for example in content.get("examples", {}).values()
    ]


_PUBLISHED = ("POST", "/events/1/plans/1/publish", None)
_LOCKED = ("POST", "/events/1/plans/1/edits", {"op": "lock", "revision": 0, "a": 1, "b": 2})
BEFORE: dict[tuple[str, str], tuple[tuple[str, str, Any], ...]] = {
    ("PUT", "/programmes/{programme_id}"): (("POST", "/programmes", {"name": "Lys"}),),
    ("POST", "/events/{event_id}/day/replan"): (_PUBLISHED,),
    ("POST", "/events/{event_id}/day/apply"): (_PUBLISHED, ("POST", "/events/1/day/replan", {"keep": True})),
    ("POST", "/events/{event_id}/plans/{number}/undo"): (_LOCKED,),
    ("POST", "/events/{event_id}/plans/{number}/redo"): (
        _LOCKED,
        ("POST", "/events/1/plans/1/undo", {"revision": 1}),
    ),
}
"""What must have happened before an example can work."""


def test_every_json_body_has_an_example() -> None:
    assert [(m, path) for m, path, content in json_bodies() if not content.get("examples")] == []


@pytest.mark.parametrize(("method", "path", "body"), examples_of_bodies())
def test_every_example_works_as_it_stands(furnished: TestClient, method: str, path: str, body: Any) -> None:
    if (method, path) == ("POST", "/events/{event_id}/participants"):
        furnished.delete("/events/1/participants/1")
    if (method, path) == ("POST", "/tandems"):
        furnished.delete("/tandems/1/2")
    if (method, path) == ("POST", "/maps/imports/from-address"):
        # No host is allowed unless the operator says so.
        assert "VIADUC_IMPORT_URLS" in furnished.request(method, path, json=body).json()["detail"]
        return
    if body == {"op": "swap", "revision": 0, "a": 1, "b": 2, "other": [3, 4]}:
        # It takes a larger event than this one.
        assert (
            furnished.post("/events/1/plans/1/edits", json=body).json()["detail"].endswith("do not meet in this plan")
        )
        return
    for before_method, before_path, before_body in BEFORE.get((method, path), ()):
        prepared = furnished.request(before_method, before_path, json=before_body)
        assert prepared.status_code < 300, prepared.text
    ones = dict.fromkeys(("programme_id", "partner_id", "event_id", "number", "import_id", "key_id", "contact_id"), 1)
    url = path.format(actor_id=2, kind="places", **ones)
    answer = furnished.request(method, url, json=body)
    assert answer.status_code == (201 if "201" in DOCUMENT["paths"][path][method.lower()]["responses"] else 200), (
        answer.text
    )


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    silent, endless = [], []
    for method, path in OPERATIONS:
        operation = DOCUMENT["paths"][path][method.lower()]
        if len(operation["summary"].split()) < 2 or operation["summary"].endswith("."):
            silent.append((method, path))
        if "operation" not in operation["tags"] and not {"400", "422", "503"} <= set(operation["responses"]):
            endless.append((method, path))
    assert (silent, endless) == ([], [])


def test_what_answers_an_etag_is_what_the_document_says(furnished: TestClient) -> None:
    ids = {"actor_id": 1, "partner_id": 2} | dict.fromkeys(
        ("programme_id", "event_id", "number", "import_id", "contact_id", "map_id"), 1
    )
    told, answered = set(), set()
    for path, item in DOCUMENT["paths"].items():
        if "get" not in item:
            continue
        answer = furnished.get(path.format(**ids))
        if answer.status_code == 200:
            told |= {path} if "ETag" in item["get"]["responses"]["200"].get("headers", {}) else set()
            answered |= {path} if "etag" in answer.headers else set()
    assert answered == told
    assert {"/actors/{actor_id}", "/events/{event_id}", "/people"} <= told
