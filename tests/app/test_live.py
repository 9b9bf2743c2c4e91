"""Live updates through a real server: what one process commits, the pages of another hear."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, text

from app import live
from app.commands.serve import draining
from app.db import make_engine
from app.embedded_postgres import start_embedded
from app.keeper import Life
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from tests.app.conftest import create_actor

Word = tuple[str, dict]
FAR = 32_503_680_000_000
"""The year 3000, in milliseconds."""


@contextmanager
def serving(application: FastAPI) -> Iterator[uvicorn.Server]:
    """The service in a thread of its own, listening on a free port."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=20)
    server, started = draining(config, application, Life()), threading.Event()
    startup = server.startup

    async def announced(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = announced
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(30)
    yield server
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


def address(server: uvicorn.Server) -> str:
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


@pytest.fixture
def service(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[uvicorn.Server]:
    with serving(create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))) as server:
        yield server


@pytest.fixture
def base(service: uvicorn.Server) -> str:
    return address(service)


class Stream:
    """An open stream, read word by word."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._client = httpx2.Client(timeout=20)
        self._context = self._client.stream("GET", url, headers=headers)
        self.answer = self._context.__enter__()
        self._lines = self.answer.iter_lines() if self.answer.status_code == 200 else iter(())

    def word(self) -> Word:
        """The next word: (kind, data)."""
        kind = ""
        for line in self._lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return kind, json.loads(line.removeprefix("data: "))
        raise EOFError

    def topics(self) -> list[str]:
        """What the next change is about; quiet beats are passed over."""
        while True:
            kind, told = self.word()
            if kind == "change":
                return told["topics"]

    def close(self) -> None:
        self._context.__exit__(None, None, None)
        self._client.close()


@pytest.fixture
def listen(base: str) -> Iterator:
    """Open a stream that has caught up: what it says next happens next."""
    streams: list[Stream] = []

    def opened(path: str) -> Stream:
        first = Stream(base + path)
        streams.append(first)
        if first.answer.status_code != 200:
            return first
        # The first stream makes the service listen; a page of the far future has missed nothing.
        while not first.word()[1]["listening"]:
            pass
        streams.append(Stream(f"{base}{path}?since={FAR}"))
        assert streams[-1].word()[0] == "hello"
        return streams[-1]

    yield opened
    for stream in streams:
        stream.close()


def test_a_commit_is_heard_with_its_topic(client: TestClient, event: str, listen) -> None:
    stream = listen(f"/live{event}")
    assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    newcomer = create_actor(client, "F3", "FR")
    client.post(f"{event}/participants", json={"actor_id": newcomer})
    assert stream.topics() == ["people"]
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
    assert stream.topics() == ["wishes"]
    client.put(f"{event}/places", json=[{"label": "Booth"}, {"label": "Table"}])
    assert stream.topics() == ["places"]


def test_what_is_rolled_back_is_not_heard(client: TestClient, event: str, engine: Engine, listen) -> None:
    stream = listen(f"/live{event}")
    with engine.connect() as connection:
        connection.execute(text("UPDATE event SET name = 'Never' WHERE id = 1"))
        connection.rollback()
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "veto"})
    assert stream.topics() == ["wishes"]


def test_the_clock_hears_the_timetable_and_not_the_people(client: TestClient, event: str, listen) -> None:
    stream = listen("/live/clock/1")
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
    client.put(f"{event}/rounds", json=[{"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 15}])
    assert stream.topics() == ["rounds"]


def test_drafts_are_told_apart_from_what_is_published(client: TestClient, event: str, listen) -> None:
    stream = listen(f"/live{event}")
    client.post(f"{event}/plans", json={})
    assert stream.topics() == ["draft"]
    client.post(f"{event}/plans/1/publish")
    assert stream.topics() == ["plan"]


def test_another_event_is_not_heard(client: TestClient, event: str, listen) -> None:
    client.post("/events", json={"name": "Another"})
    stream = listen("/live/events/2")
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
    client.put("/events/2/places", json=[{"label": "Booth"}])
    assert stream.topics() == ["places"]


def test_there_is_no_stream_of_an_event_that_is_not_there(listen) -> None:
    assert listen("/live/events/99").answer.status_code == 404
    assert listen("/live/agenda/nobody").answer.status_code == 404


def test_a_stream_holds_no_database_connection(service, event: str, engine: Engine, listen) -> None:
    streams = [listen(f"/live{event}") for _ in range(5)]
    assert len(streams) == 5
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        heard = connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'viaduc live'")
        ).scalar_one()
    assert heard == 1


def test_when_the_connection_is_cut_it_comes_back_and_pages_look_again(
    client: TestClient, event: str, engine: Engine, listen
) -> None:
    stream = listen(f"/live{event}")
    with engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'viaduc live'")
        )
    assert stream.topics() == ["all"]
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
    assert stream.topics() == ["wishes"]


@pytest.mark.slow
def test_after_the_database_was_restarted_pages_look_again_and_hear_on(
    settings: Settings, meaning: Meaning, tmp_path: Path, furnish: Callable[[Path], Path]
) -> None:
    url = start_embedded(furnish(tmp_path / "own"))
    engine = make_engine(url)
    _add_event(engine)
    with (
        serving(create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))) as server,
        closing(Stream(f"{address(server)}/live/clock/1?since={FAR}")) as stream,
    ):
        while stream.word()[1].get("topics") != ["all"]:
            pass
        postmaster = int((tmp_path / "own" / "postgres" / "postmaster.pid").read_text("utf-8").splitlines()[0])
        os.kill(postmaster, signal.SIGINT)
        while Path(f"/proc/{postmaster}").exists() and _state(postmaster) != "Z":
            pass
        assert start_embedded(tmp_path / "own") == url
        assert stream.topics() == ["all"]
        engine.dispose()
        heard = ["all"]
        while heard == ["all"]:  # what changes before it is heard again is told as that
            with engine.begin() as connection:
                connection.execute(text("UPDATE event SET name = name || '.'"))
            heard = stream.topics()
        assert heard == ["event"]
    engine.dispose()


def _state(pid: int) -> str:
    """R, S, Z …: a server that is gone may still wait for its parent to notice."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_page_made_just_before_its_stream_is_told_only_if_something_happened(
    client: TestClient, event: str, base: str, listen
) -> None:
    listen(f"/live{event}")
    with closing(Stream(f"{base}/live{event}?since={FAR}")) as quiet:
        assert quiet.word()[0] == "hello"
        client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
        assert quiet.topics() == ["wishes"]
    with closing(Stream(f"{base}/live{event}?since=0")) as old:
        assert old.word()[0] == "hello"
        assert old.topics() == ["all"]


def test_streams_are_bounded(event: str, base: str, listen, monkeypatch: pytest.MonkeyPatch) -> None:
    listen(f"/live{event}")
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    with closing(Stream(f"{base}/live{event}")) as refused:
        assert refused.answer.status_code == 503


@pytest.mark.slow
def test_a_service_that_is_told_to_stop_ends_its_streams_at_once(scratch_url: str, tmp_path: Path) -> None:
    """`viaduc serve` as a process of its own: SIGTERM with a page open, and it is gone in a moment."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scratch = create_engine(scratch_url)
    _add_event(scratch)
    scratch.dispose()
    environment = {"VIADUC_DATABASE_URL": scratch_url, "VIADUC_DATA_DIR": str(tmp_path), "VIADUC_PORT": str(port),
                   "VIADUC_EMBED_IN_SERVICE": "false", "PATH": "/usr/bin:/bin"}  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", "from app.cli import main; main()", "serve"], env=environment)
    try:
        stream = _opened(f"http://127.0.0.1:{port}/live/clock/1", process)
        assert stream.word()[0] == "hello"
        process.send_signal(signal.SIGTERM)
        with pytest.raises((EOFError, httpx2.RemoteProtocolError)):
            list(iter(stream.topics, None))
        stream.close()
        assert process.wait(10) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()


def _add_event(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO event SELECT (jsonb_populate_record(NULL::event, CAST(:row AS jsonb))).*"),
            {"row": json.dumps(_EVENT)},
        )


_EVENT = {"id": 1, "name": "E", "zone": "Europe/Brussels", "min_meetings": 0, "cross_side_only": True,
          "require_language": True, "raise_floor": False, "avoid_repeats": True, "tracks": [], "locks": [],
          "weights": {}, "created_at": "2027-01-01T00:00:00Z"}  # fmt: skip


def _opened(url: str, process: subprocess.Popen) -> Stream:
    """The stream, once the service listens."""
    while process.poll() is None:
        try:
            return Stream(url)
        except httpx2.ConnectError:
            continue
    raise AssertionError("the service did not start")
