"""Request ids, and log lines that say nothing about anybody."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.logs import JsonLines, TextLines, request_log
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from tests.test_container import free_port

MADE = re.compile(r"[0-9a-f]{32}")
TOKEN, EMAIL, KEY, WORDS = "canary-token-7f3a", "canary@example.org", "viaduc_canarykey42", "canary-words-in-a-profile"


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What would go to stderr, every level of it, as the JSON form writes it."""
    told = StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(JsonLines())
    root, before = logging.getLogger(), request_log.level
    root.addHandler(handler)
    request_log.setLevel(logging.INFO)
    yield told
    root.removeHandler(handler)
    request_log.setLevel(before)


def read(told: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.getvalue().splitlines()]


@pytest.mark.parametrize("given", ["0af7651916cd43dd8448eb211c80319c", "9F1C2A44-52a1-4a8b-9c1e-0d8f7b6a5e4d"])
def test_a_well_formed_id_is_kept_and_told_everywhere(client: TestClient, lines: StringIO, given: str) -> None:
    answer = client.get("/actors/900000000000000001", headers={"X-Request-ID": given})
    assert (answer.status_code, answer.headers["X-Request-ID"], answer.json()["request_id"]) == (404, given, given)
    (line,) = read(lines)
    assert {name: line[name] for name in ("request", "method", "route", "status", "level", "logger")} == {
        "request": given,
        "method": "GET",
        "route": "/actors/{actor_id}",
        "status": 404,
        "level": "info",
        "logger": "viaduc.request",
    }


@pytest.mark.parametrize("given", ["", "short", "anna@example.org", KEY, "a" * 65, "0af765191 6cd43dd"])
def test_another_is_replaced_by_one_of_ours(client: TestClient, given: str) -> None:
    answers = [client.get("/health", headers={"X-Request-ID": given} if given else {}) for _ in range(2)]
    ids = {answer.headers["X-Request-ID"] for answer in answers}
    assert len(ids) == 2
    assert [i for i in ids if not MADE.fullmatch(i)] == []


def test_a_refusal_an_error_of_the_framework_and_one_of_ours_name_their_request(
    settings: Settings, engine: Engine, meaning: Meaning
) -> None:
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    break_something(application)
    with TestClient(application, raise_server_exceptions=False) as client:
        answers = [
            client.get("/nowhere"),
            client.post("/match", json={"k": "many"}),
            client.get("/broken"),
            client.post("/actors", content=b"x" * (9 * 2**20)),
        ]
    assert [a.status_code for a in answers] == [404, 422, 500, 413]
    assert [a.json()["request_id"] for a in answers] == [a.headers["X-Request-ID"] for a in answers]
    assert answers[2].headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_who_sees_an_error_can_read_its_number_to_whoever_keeps_the_log(
    settings: Settings, engine: Engine, meaning: Meaning, lines: StringIO
) -> None:
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    break_something(application)
    with TestClient(application, raise_server_exceptions=False) as client:
        answers = [client.get("/console/broken"), client.get("/console/events/77"), client.get("/directory/77")]
    assert answers[0].status_code == 500
    assert [f"<code>{a.headers['X-Request-ID']}</code>" in a.text for a in answers] == [True] * 3
    assert EMAIL not in answers[0].text
    assert answers[0].headers["X-Request-ID"] in {line.get("request") for line in read(lines)}


def break_something(application: FastAPI) -> None:
    """A route with a bug that quotes what was sent."""

    @application.get("/console/broken")
    @application.get("/broken")
    def broken() -> None:
        raise ValueError(f"cannot read {EMAIL}")


def test_probes_and_files_are_not_written_down_and_failures_are_warnings(client: TestClient, lines: StringIO) -> None:
    for path in ("/health", "/ready", "/metrics", "/static/viaduc.css"):
        client.get(path)
    assert read(lines) == []
    client.app.state.holder = MeaningHolder(lambda: None)  # type: ignore[attr-defined]
    client.post("/match", json={"text": "weaving"})
    assert [(line["route"], line["status"], line["level"]) for line in read(lines)] == [("/match", 503, "warning")]


def failure() -> logging.LogRecord:
    try:
        try:
            raise KeyError(EMAIL)
        except KeyError as error:
            raise ValueError(f"a line\nand {WORDS}") from error
    except ValueError:
        return logging.LogRecord("some", logging.ERROR, "", 0, "it\nfailed", (), sys.exc_info())


def test_an_error_is_told_by_its_kind_and_place_and_never_by_its_words() -> None:
    told = json.loads(JsonLines().format(failure()))
    kinds = [line for line in told["error"] if " in " not in line]
    assert kinds == ["builtins.KeyError", "builtins.ValueError"]
    assert [line for line in told["error"] if line.endswith("in failure")] != []
    plain = TextLines().format(failure())
    assert (EMAIL in plain, WORDS in plain) == (False, False)
    assert plain.splitlines()[0].endswith(r"ERROR some it\nfailed")
    assert f"a line\\nand {WORDS}" in TextLines(quote=True).format(failure())


def test_no_word_ends_a_line_or_steers_the_terminal_that_shows_it() -> None:
    said = "a\r\nERROR b\x1b[2J\x9b1A\x85c\u2028d\u2029e"
    record = logging.LogRecord("test", logging.INFO, __file__, 1, said, None, None)
    for form in (TextLines(), JsonLines()):
        line = form.format(record)
        assert re.findall(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line) == []
        assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == said


def test_a_refused_statement_does_not_quote_its_values(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("SELECT 1 / (length(:email) - length(:email))"), {"email": EMAIL})
    assert EMAIL not in str(raised.value)


@pytest.mark.slow
def test_a_service_that_logs_every_request_names_nobody(scratch_url: str, tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {
        "VIADUC_DATABASE_URL": scratch_url,
        "VIADUC_DATA_DIR": str(tmp_path),
        "VIADUC_EMBEDDING_MODEL": "hashing",
        "VIADUC_LOG_FORMAT": "json",
        "VIADUC_PORT": str(port),
    }
    program = Path(sys.executable).parent / "viaduc"
    with subprocess.Popen([program, "serve"], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told: list[str] = []
        for line in process.stderr:
            told.append(line)
            if "Application startup complete" in line:
                break
        statuses = [ask(f"http://127.0.0.1:{port}", *request) for request in requests_with_canaries()]
        process.send_signal(signal.SIGTERM)
        told += process.communicate(timeout=30)[1].splitlines()
    assert statuses == [404, 404, 201, 200, 401, 422, 404, 404]
    lines = [json.loads(line) for line in told]
    asked = [line for line in lines if line["logger"] == "viaduc.request"]
    assert [line["status"] for line in asked] == statuses
    assert len({line["request"] for line in asked}) == len(statuses)
    assert [line for line in told if "canary" in line.lower()] == []


def requests_with_canaries() -> list[tuple[str, str, dict[str, str], bytes | None]]:
    """Method, path, headers, body: a token in an address, an e-mail in a body, a key in a header, words in both."""
    written = {"name": WORDS, "country": "FR", "description": {"en": f"{WORDS}, write to {EMAIL}"}}
    content = {"Content-Type": "application/json"}
    socket = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    return [
        ("GET", f"/agenda/{TOKEN}", {}, None),
        ("GET", f"/live/agenda/{TOKEN}", {}, None),
        ("POST", "/actors", content, json.dumps(written).encode()),
        ("GET", f"/actors?q={WORDS}", {}, None),
        ("GET", "/actors", {"Authorization": f"Bearer {KEY}"}, None),
        ("POST", "/actors", content, json.dumps({"name": EMAIL, "country": WORDS}).encode()),
        ("GET", f"/agenda/{TOKEN}", socket, None),
        ("GET", f"/nowhere/{EMAIL}", {"X-Request-ID": TOKEN}, None),
    ]


def ask(base: str, method: str, path: str, headers: dict[str, str], body: bytes | None) -> int:
    request = urllib.request.Request(base + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
