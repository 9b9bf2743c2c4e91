"""Traces reach a collector when one is named, and say nothing of anybody; else nothing is sent, loaded or made."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import Engine

from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.tracing import KEPT

ROOT = Path(__file__).resolve().parents[2]
SECRET = "kanarienvogel"


class Collector:
    """Takes what is sent, as a collector would."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1/traces"

    def spans(self) -> list[Any]:
        """Every span that came."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for r in requests for resource in r.resource_spans for scope in resource.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def serve(engine: Engine, meaning: Meaning, tmp_path: Path) -> Callable[..., TestClient]:
    def start(**settings: object) -> TestClient:
        chosen = Settings(data_dir=tmp_path, embed_in_service=False, **settings)
        app = create_app(chosen, engine=engine, holder=MeaningHolder.ready(meaning))
        return TestClient(app, raise_server_exceptions=False)

    return start


def ask_everything(client: TestClient) -> str:
    """Requests with something secret in every part of them; the id of the first."""
    made = client.post("/actors", json={"name": f"Weaver {SECRET}", "country": "FR"})
    client.get("/actors", params={"q": SECRET})
    client.get(f"/agenda/{SECRET}")
    client.get(f"/{SECRET}")
    client.post("/actors", json={SECRET: 1}, headers={"Idempotency-Key": SECRET})
    client.get("/ready")
    return made.headers["X-Request-ID"]


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_a_collector_hears_of_each_request_by_its_route(collector: Collector, serve: Callable[..., TestClient]) -> None:
    with serve(traces_url=collector.url) as client:
        asked = ask_everything(client)
    requests = [span for span in collector.spans() if span.kind == 2]
    assert [span.name for span in requests] == [
        "POST /actors", "GET /actors", "GET /agenda/{token}", "GET", "POST /actors"]  # fmt: skip
    first = attributes(requests[0])
    assert (first["http.route"], first["http.response.status_code"]) == ("/actors", 201)
    assert first["viaduc.request"] == asked
    inside = [attributes(span)["code.function.name"] for span in collector.spans() if span.name == "fastapi.endpoint"]
    assert inside[0] == "app.api.actors.create_actor"


def test_nothing_that_leaves_says_who_or_what_was_asked(collector: Collector, serve: Callable[..., TestClient]) -> None:
    with serve(traces_url=collector.url) as client:
        ask_everything(client)
    assert len(collector.spans()) >= 5
    assert [body for body in collector.bodies if SECRET.encode() in body] == []
    assert {name for span in collector.spans() for name in attributes(span)} <= KEPT
    assert [span.name for span in collector.spans() if span.events or span.links] == []


def test_who_asks_from_outside_does_not_decide_what_is_traced(
    collector: Collector, serve: Callable[..., TestClient]
) -> None:
    with serve(traces_url=collector.url, traces_share=0) as client:
        client.get("/actors", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    assert collector.bodies == []


def test_a_collector_that_is_away_is_not_waited_for(serve: Callable[..., TestClient]) -> None:
    with serve(traces_url="http://127.0.0.1:9/v1/traces") as client:
        assert client.get("/actors").status_code == 200


def test_without_a_collector_nothing_is_sent_whatever_the_environment_says(
    collector: Collector, serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.removesuffix("/v1/traces"))
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with serve() as client:
        ask_everything(client)
    assert collector.bodies == []


def in_a_process_of_its_own(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_tracing_that_is_off_loads_nothing() -> None:
    code = (
        "import sys; from app.main import create_app; from app.settings import Settings; create_app(Settings()); "
        "optional = ('opentelemetry.sdk', 'opentelemetry.exporter', 'google.protobuf'); "
        "print([m for m in sys.modules if m.startswith(optional)])"
    )
    assert in_a_process_of_its_own(code) == "[]"


@pytest.mark.slow
def test_without_its_packages_the_service_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from app.errors import Unavailable; from app.main import create_app; from app.settings import Settings\n"
        "try:\n    create_app(Settings())\nexcept Unavailable as error:\n    print(error.detail)"
    )
    told = in_a_process_of_its_own(code, VIADUC_TRACES_URL="http://127.0.0.1:9/v1/traces")
    assert told == "VIADUC_TRACES_URL needs packages that are not installed: pip install 'viaduc[tracing]'"
