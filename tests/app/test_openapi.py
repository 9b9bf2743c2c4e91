"""The OpenAPI document, tried: generated requests never break the service, and its answers keep to what it promises.

API_EXAMPLES (default 8) says how many requests are made for each operation, of valid and of invalid data each:
`API_EXAMPLES=300 make test` looks harder.
"""

import os
from typing import Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.main import create_app
from app.settings import Settings

DOCUMENT = create_app(Settings()).openapi()
HTTP = ("get", "put", "post", "patch", "delete")
OPERATIONS = [(m.upper(), path) for path, item in DOCUMENT["paths"].items() for m in HTTP if m in item]
PROMISES = [status_code_conformance, content_type_conformance, response_schema_conformance]


def with_ids_that_exist(document: dict[str, Any]) -> dict[str, Any]:
    """The document with ids in paths that are there (1, 2) or cannot be, and no keys: tests/access asks with those."""
    document["components"].pop("securitySchemes")
    for method, path in OPERATIONS:
        document["paths"][path][method.lower()].pop("security")
        for parameter in document["paths"][path][method.lower()].get("parameters", []):
            if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                parameter["schema"] = {"type": "integer", "enum": [1, 2, 0, 2**63]}
    return document


API = schemathesis.openapi.from_dict(with_ids_that_exist(create_app(Settings()).openapi()))


@pytest.fixture
def furnished(client: TestClient, embed) -> TestClient:
    """A service with two actors and an event that has all it needs, so that the ids 1 and 2 exist."""
    for name, country in (("Weaver", "FR"), ("Centre", "BE")):
        text = {"en": "testing of coatings"}
        client.post("/actors", json={"name": name, "country": country, "offers": text, "needs": text})
    client.post("/events", json={"name": "Afternoon"})
    client.put("/events/1/rounds", json=[{"starts_at": f"2027-03-09T{h}:00:00+01:00"} for h in ("09", "10")])
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor_id in (1, 2):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    embed()
    assert client.post("/events/1/plans", json={"time_limit_s": 1}).status_code == 201
    assert client.post("/tandems", json={"actor_id": 1, "partner_id": 2}).status_code == 201
    assert client.post("/keys", json={"name": "Site"}).status_code == 201
    contact = {"name": "Anne", "phone": "112", "basis": "contract", "basis_note": "7"}
    assert client.post("/actors/2/contacts", json=contact).status_code == 201
    file = ("border.csv", "name;country;offers\nWeaver;FR;cloth\n", "text/csv")
    assert client.post("/maps/imports", data={"name": "Border"}, files={"file": file}).status_code == 201
    return client


def send(client: TestClient, case: Case) -> Any:
    """Ask as the case says, bytes for bytes."""
    asked = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1")).prepare()
    return client.request(asked.method, asked.url, content=asked.body, headers=dict(asked.headers))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda m: m.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda v: v)
def test_no_request_breaks_the_service_and_every_answer_is_as_documented(
    furnished: TestClient, method: str, path: str, mode: GenerationMode
) -> None:
    operation = API[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        pytest.skip("nothing can be wrong in a request without parameters")

    @given(case=operation.as_strategy(generation_mode=mode))
    @examples(
        max_examples=int(os.environ.get("API_EXAMPLES", "8")),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        answer = send(furnished, case)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=PROMISES)

    ask()


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
