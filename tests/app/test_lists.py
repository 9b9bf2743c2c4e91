"""Every list that the API answers has an end: it comes in parts, or no more is ever stored than its document says."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.api.paging import LONGEST, NEXT
from models.access import AccessKey
from models.actor import Relation
from models.agenda import AgendaLink, MeetingAnswer
from models.competence_map import CompetenceMap, MapImport
from models.day import DayStep
from models.event import Event, Wish
from models.introduction import Introduction
from models.plan import Plan
from models.weights import WeightProposal
from tests.document import DOCUMENT


def listed(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The list in an answer: the whole of it, or the `items` of an object that is a page."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "array":
        return schema
    return schema["properties"]["items"] if "items" in schema.get("properties", {}) else None


def is_object(operation: dict[str, Any]) -> bool:
    """Whether an answer is an object with its cursor in a field."""
    return "$ref" in operation["responses"]["200"]["content"]["application/json"]["schema"]


def lists() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(address, operation, list) of every GET that answers one."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        answer = item.get("get", {}).get("responses", {}).get("200", {})
        told = listed(answer.get("content", {}).get("application/json", {}).get("schema", {}))
        if told is not None:
            found.append((path, item["get"], told))
    return found


@pytest.mark.parametrize(("path", "operation", "told"), lists(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_list_comes_in_parts_or_has_a_bound(path: str, operation: dict[str, Any], told: dict[str, Any]) -> None:
    asked = {p["name"]: p["schema"] for p in operation.get("parameters", ())}
    if "maxItems" in told:
        assert 0 < told["maxItems"] <= LONGEST
        return
    assert {"limit", "cursor"} <= set(asked)
    assert asked["limit"]["maximum"] <= LONGEST
    assert is_object(operation) or NEXT in operation["responses"]["200"]["headers"]


def test_the_lists_are_those_that_one_knows() -> None:
    assert {"/events", "/events/{event_id}/plans", "/keys", "/people", "/actors"} <= {path for path, *_ in lists()}


def three_of_each(session: Session, ids: list[int]) -> None:
    """Three things in each list that comes in parts, of event 1, of the first actor, of map 1."""
    more = {"certificate": {}, "problem": {}}
    session.add_all(Event(name=f"Day {n}") for n in (2, 3))
    session.add_all(Plan(event_id=1, number=n, **more) for n in (1, 2, 3))
    a, b, c, d = ids
    pairs = [(a, c), (a, d), (b, c)]
    for x, y in pairs:
        session.add(Wish(event_id=1, actor_id=x, target_id=y, kind="wish"))
        session.add(Introduction(event_id=1, actor_id=x, partner_id=y))
        session.add(MeetingAnswer(event_id=1, actor_id=x, target_id=y, again="yes"))
    session.add_all(Relation(actor_id=a, target_id=n, type="partner") for n in (b, c, d))
    session.add_all(AgendaLink(event_id=1, actor_id=n, digest=f"{n:064}") for n in (a, b, c))
    session.add(CompetenceMap(name="Border"))
    session.flush()
    session.add_all(
        MapImport(map_id=1, filename=f"{n}.csv", state="applied", data=b"", options={}, report={}) for n in range(3)
    )
    session.add_all(DayStep(event_id=1, number=n, kind="attendance") for n in (1, 2, 3))
    session.add_all(
        AccessKey(name=f"Key {n}", role="reader", begins=f"viaduc_{n}", hash=f"{n:064}", created_by="local")
        for n in range(3)
    )
    figures = {"judgements": 1, "worthy": 1, "folds": 5, "loss_default": 0.5, "loss_learned": 0.4}
    session.add_all(WeightProposal(weights={}, before={}, **figures) for _ in range(3))
    session.commit()


def test_parts_put_together_are_the_list(client: TestClient, event: str, session: Session) -> None:
    ids = sorted(p["actor_id"] for p in client.get(f"{event}/participants").json())
    for actor_id in ids[:2]:
        client.patch(f"/actors/{actor_id}", json={"anonymous": True})
    three_of_each(session, ids)
    tried = []
    for path, operation, bound in lists():
        if "maxItems" in bound or is_object(operation):
            continue
        url = path.format(event_id=1, actor_id=ids[0], map_id=1)
        whole = client.get(url)
        assert whole.status_code == 200, (url, whole.text)
        assert (len(whole.json()), whole.headers.get(NEXT)) == (3, None), url
        first = client.get(url, params={"limit": 2})
        assert first.json() == whole.json()[:2], url
        rest = client.get(url, params={"limit": 2, "cursor": first.headers[NEXT]})
        assert (rest.json(), rest.headers.get(NEXT)) == (whole.json()[2:], None), url
        assert client.get(url, params={"cursor": "elsewhere"}).status_code == 422
        assert client.get(url, params={"limit": 0}).status_code == 422
        tried.append(path)
    assert len(tried) >= 10
