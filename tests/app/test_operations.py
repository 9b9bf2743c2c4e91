"""Health, readiness and metrics."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.main import create_app
from app.observe import REGISTRY
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings

Serve = Callable[[MeaningHolder], TestClient]


def never() -> Meaning:
    """A model that cannot be loaded."""
    raise OSError("no room for the model")


@pytest.fixture
def serve(settings: Settings, engine: Engine):
    @contextmanager
    def serving(holder: MeaningHolder) -> Iterator[TestClient]:
        with TestClient(create_app(settings, engine=engine, holder=holder)) as client:
            yield client

    return serving


def test_health_says_that_the_process_answers(client: TestClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_when_database_schema_and_model_are_there(client: TestClient) -> None:
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "database": "ok", "model": "ready", "disk": "ok", "memory": "ok"},
    )


def test_a_loading_model_is_waited_for_while_words_already_work(serve) -> None:
    with serve(MeaningHolder(never)) as client:
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "waiting",
            "database": "ok",
            "model": "loading",
            "disk": "ok",
            "memory": "ok",
        }
        match = client.post("/match", json={"text": "weaving"})
        assert (match.status_code, match.headers["retry-after"]) == (503, "2")
        assert match.json()["detail"] == "the language model is still loading; try again in a moment"
        assert client.post("/actors", json={"name": "Weaver", "country": "FR"}).status_code == 201
        assert client.get("/actors", params={"q": "weaver"}).json()["total"] == 1


def test_a_model_that_cannot_be_loaded_is_told_with_its_cause(serve) -> None:
    holder = MeaningHolder(never)
    holder.run()
    with serve(holder) as client:
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["model"] == "failed: no room for the model"
        assert client.post("/match", json={"text": "weaving"}).json()["detail"] == (
            "the language model could not be loaded (no room for the model)"
        )
        assert client.get("/health").status_code == 200


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("viaduc_requests_total", labels) or 0.0


def test_a_page_is_counted_by_its_whole_route(client: TestClient) -> None:
    client.get("/console/events/7/schedule")
    assert 'method="GET",route="/console/events/{event_id}/schedule",status="404"' in client.get("/metrics").text


def test_metrics_count_by_the_route_and_not_by_the_address(client: TestClient) -> None:
    before = counted("GET", "/actors/{actor_id}", 404), counted("GET", "unmatched", 404)
    for actor_id in (900000000000000001, 900000000000000002):
        client.get(f"/actors/{actor_id}")
    client.get("/nowhere/secret-name", headers={"Accept": "application/json"})
    assert (counted("GET", "/actors/{actor_id}", 404), counted("GET", "unmatched", 404)) == (
        before[0] + 2,
        before[1] + 1,
    )
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert "90000000000000000" not in told.text
    assert "secret-name" not in told.text
    assert 'viaduc_request_seconds_bucket{le="0.005",method="GET",route="/actors/{actor_id}"}' in told.text


def test_metrics_tell_how_much_waits_for_a_vector(client: TestClient, embed) -> None:
    client.post("/actors", json={"name": "Weaver", "country": "FR", "offers": {"en": "cloth"}, "needs": {"en": "yarn"}})
    assert "viaduc_embedding_backlog 2.0" in client.get("/metrics").text.splitlines()
    embed()
    assert "viaduc_embedding_backlog 0.0" in client.get("/metrics").text.splitlines()
