"""Where memory does not suffice: whoever asked for too much is told, and everything else goes on.

What fails here fails because the system gives no more: an array larger than any machine has is asked for.
"""

import errno
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import Session, func, select

from app import memory
from app import worker as worker_module
from app.db import ROOT, make_engine, session_scope
from app.errors import is_want_of_memory
from app.main import create_app
from app.observe import REGISTRY
from app.services.actors import create_actor
from app.services.audit import Deed
from app.services.backlog import count_backlog
from app.services.importing.jobs import job_progress, run_job, start_job
from app.services.importing.run import accept, get_import
from app.services.meaning import Meaning, MeaningHolder
from app.services.plan_jobs import run_plan, start_plan
from app.services.posing import pose
from app.settings import Settings
from app.trail import Clerk
from app.worker import Worker
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from matching.encoder.protocol import Kind, Vectors
from matching.pairing.stop import MaxRuntime, StopFlag
from models.actor import Actor, ActorCreate
from models.audit import AuditRecord
from models.base import utc_now
from models.competence_map import MapFields
from models.plan import PlanCreate
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("forgotten")

BEYOND = 2**46
WORDS = "there is not enough memory for this at the moment; nothing of it was stored."


def ask_for_too_much(*_: object) -> None:
    np.ones(BEYOND)


def counted(what: str) -> float:
    return REGISTRY.get_sample_value("viaduc_memory_refused_total", {"what": what}) or 0.0


def failure_of(work: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as failure:  # noqa: PT011 - whatever the system says
        work()
    return failure.value


def from_another(kind: type[Exception], cause: BaseException) -> Exception:
    try:
        raise kind("something else was said") from cause
    except kind as error:
        return error


def test_want_of_memory_is_known_by_whatever_name_it_comes() -> None:
    assert is_want_of_memory(failure_of(ask_for_too_much))
    assert is_want_of_memory(from_another(ValueError, failure_of(lambda: bytearray(BEYOND))))
    assert is_want_of_memory(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))
    assert is_want_of_memory(RuntimeError("can't start new thread"))
    for other in (ValueError("memory"), OSError(errno.ENOENT, "gone"), RuntimeError("another"), None):
        assert not is_want_of_memory(other)


@pytest.fixture
def greedy(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[TestClient]:
    """The service, with routes that ask for too much."""
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    ask_on(application)
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


def ask_on(application: FastAPI) -> None:
    def greedy() -> None:
        ask_for_too_much()

    application.get("/greedy")(greedy)
    application.get("/console/greedy")(greedy)

    @application.post("/greedy")
    def body() -> None:
        # As the framework does with whatever goes wrong while it reads a body.
        raise HTTPException(400, "There was an error parsing the body") from failure_of(ask_for_too_much)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_is_answered_in_words_and_the_next_one_as_ever(
    greedy: TestClient, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("request")
    assert greedy.get("/ready").json()["memory"] == "ok"
    refused = greedy.request(method, "/greedy")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert refused.json()["detail"].startswith(WORDS)
    assert refused.json()["request_id"] == refused.headers["X-Request-ID"]
    assert greedy.get("/events").status_code == 200
    ready = greedy.get("/ready")
    assert ready.status_code == 200
    assert re.fullmatch(r"short: something was given up for want of it \d+ s ago", ready.json()["memory"])
    assert f'viaduc_memory_refused_total{{what="request"}} {before + 1}' in greedy.get("/metrics").text
    assert "not enough memory: a request was given up" in caplog.messages
    memory._last.at -= 60  # a minute later
    assert greedy.get("/ready").json()["memory"] == "ok"


def test_a_page_says_it_as_a_page(greedy: TestClient) -> None:
    refused = greedy.get("/console/greedy", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert refused.headers["content-type"].startswith("text/html")
    assert "The service is short of memory, and nothing of this was stored." in refused.text


def test_what_failed_lets_go_of_what_it_held() -> None:
    class Large:
        """Something that takes room."""

    gone = threading.Event()

    def work() -> None:
        large = Large()
        large.last = LastWord(gone)  # type: ignore[attr-defined]
        ask_for_too_much(large)

    error = failure_of(work)
    assert not gone.is_set()
    assert memory.gave_up(error, "request")
    assert gone.is_set()
    assert not memory.gave_up(ValueError("another"), "request")


class LastWord:
    """Says when it goes."""

    def __init__(self, gone: threading.Event) -> None:
        self._gone = gone

    def __del__(self) -> None:
        self._gone.set()


@pytest.fixture
def failing_at(database_url: str) -> Iterator[Callable[[str], Engine]]:
    """An engine on whose way to the database memory ends, once, at a statement with these words."""
    engine = make_engine(database_url)

    def fail_at(words: str) -> Engine:
        left = [1]

        @event.listens_for(engine, "before_cursor_execute")
        def _fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if words in statement and left:
                left.clear()
                ask_for_too_much()

        return engine

    yield fail_at
    engine.dispose()


@pytest.mark.parametrize(("step", "statement"), [("read", "substring(data"), ("apply", "UPDATE pool_revision")])
def test_an_import_says_so_beside_itself_and_can_be_asked_for_again(
    session: Session, engine: Engine, failing_at: Callable[[str], Engine], step: str, statement: str
) -> None:
    row = accept(session, fields=MapFields(name="map"), filename="map.csv", data=b"Name;Country\nA;BE\n")
    number = row.id
    start_job(session, import_id=number)
    session.commit()
    if step == "apply":
        run_job(engine, import_id=number, work="read")
        start_job(session, import_id=number)
        session.commit()
    before = counted("import")
    failing = failing_at(statement)
    run_job(failing, import_id=number, work="load")
    session.expire_all()
    told = job_progress(session, import_id=number)
    assert (told.stage, (told.cause or "").startswith(WORDS)) == ("failed", True)
    assert get_import(session, import_id=number).state == ("failed" if step == "read" else "previewed")
    assert session.exec(select(func.count()).select_from(Actor)).one() == 0
    assert counted("import") == before + 1
    start_job(session, import_id=number)
    session.commit()
    run_job(failing, import_id=number, work="load")
    session.expire_all()
    assert get_import(session, import_id=number).state == "applied"


def test_a_plan_says_so_beside_itself_and_can_be_asked_for_again(
    client: TestClient, engine: Engine, failing_at: Callable[[str], Engine], event: str
) -> None:
    client.app.state.planner.stop()  # type: ignore[attr-defined]
    meaning = client.app.state.holder.get()  # type: ignore[attr-defined]
    failing = failing_at("INSERT INTO meeting")
    before = counted("plan")
    states = []
    for number in (1, 2):
        with session_scope(engine) as session:
            written = pose(session, encoder=meaning.name, event_id=1, options=PlanCreate(time_limit_s=5))
            start_plan(session, event_id=1, written=written)
        run_plan(failing, event_id=1, number=number, limit=lambda s: StopFlag(MaxRuntime(s)))
        states.append(client.get(f"{event}/plans/{number}").json())
    assert [told["state"] for told in states] == ["failed", "draft"]
    assert states[0]["progress"]["cause"].startswith(WORDS)
    assert (states[0]["meetings"], len(states[1]["meetings"])) == ([], 4)
    assert counted("plan") == before + 1


def test_the_trail_goes_on_and_loses_nothing_that_waited(engine: Engine, failing_at: Callable[[str], Engine]) -> None:
    failing = failing_at("INSERT INTO audit")
    before = counted("background")
    clerk = Clerk(failing)
    clerk.note(Deed("key:1", "reader", "read", "GET /actors", "", 200, utc_now()))
    wait_until(lambda: clerk.waiting == 0)
    clerk.stop()
    assert counted("background") == before + 1
    with Session(engine) as session:
        assert [r.who for r in session.exec(select(AuditRecord)).all()] == ["key:1"]


class Greedy(HashingEncoder):
    """Asks for too much the first time."""

    def __init__(self) -> None:
        super().__init__(384)
        self.asked = 0

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        self.asked += 1
        if self.asked == 1:
            ask_for_too_much()
        return super().encode(texts, kind)


def test_the_worker_goes_on(engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "TROUBLE_S", 0.3)
    caplog.set_level(logging.ERROR)
    with session_scope(engine) as session:
        create_actor(session, fields=ActorCreate(name="Ada", country="FR", offers={"en": "cloth"}))
    encoder = Greedy()
    meaning = Meaning(encoder, NeutralSpace.identity(384))
    worker = Worker(engine, MeaningHolder.ready(meaning), batch=8)
    worker.start()
    try:
        wait_until(lambda: waiting(engine, meaning) == 0)
    finally:
        worker.stop()
    assert encoder.asked > 1
    assert caplog.messages == ["not enough memory: a step in the background was given up"]


def waiting(engine: Engine, meaning: Meaning) -> int:
    with session_scope(engine) as session:
        return count_backlog(session, encoder=meaning.name)


BOUND = """
from app.memory import bound_memory, bytes_left, memory_state
from app.settings import Settings
assert bytes_left() is None
bound_memory(Settings(memory_mb=512))
left = bytes_left()
assert 0 < left < 512 << 20, left
try:
    bytearray(left + (8 << 20))
except MemoryError:
    print(memory_state())
kept = bytearray(left - (16 << 20))
print(memory_state())
"""


def test_a_limit_is_taken_from_the_settings_and_told() -> None:
    told = subprocess.run([sys.executable, "-c", BOUND], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"ok\nshort: 1\d MB left\n", told.stdout), told.stdout
