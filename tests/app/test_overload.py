"""Overload is answered at once with 503 and Retry-After, and what is cheap goes on; several hosts of a database."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from app import crowding
from app.crowding import COSTLY, ROOMS, THREADS, Lobby, Room, Turns
from app.db import LOCK_S, explain_database_error, line_care, make_engine, several_hosts
from app.db import database_url as url_of
from app.errors import Crowded, Unavailable
from app.policy import POLICY
from app.settings import Settings
from tests.first_status import first_status

ASKED = {
    "pages": ("GET", "/events", None),
    "agendas": ("GET", "/agenda/no-such-link", None),
    "match": ("POST", "/match", {"text": "fire tests"}),
    "plans": ("POST", "/events/1/plans", {}),
    "pairings": ("POST", "/pairings", {}),
    "replans": ("POST", "/events/1/what-if", {"floor": 1}),
    "papers": ("POST", "/events/1/papers/badges", {}),
    "imports": ("POST", "/maps/imports/1/apply", None),
    "exports": ("GET", "/events/1/export", None),
    "learning": ("POST", "/weights/proposals", None),
    "provider": ("GET", "/console/sign-in/provider", None),
}


@pytest.fixture
def turns(client: TestClient) -> Iterator[dict[str, Turns]]:
    """The lines of the application, empty before and after."""
    lines = client.app.state.turns
    yield lines
    for kind, line in lines.items():
        line.working, line.room = 0, ROOMS[kind]
        line.waiting.clear()
        line.show()
        line.show()


@pytest.mark.parametrize("kind", ROOMS)
def test_the_one_too_many_is_refused_and_comes_in_when_there_is_room(
    client: TestClient, turns: dict[str, Turns], kind: str
) -> None:
    method, address, body = ASKED[kind]
    usual = client.request(method, address, json=body).status_code
    assert usual != 503
    turns[kind].working = turns[kind].room.at_once
    turns[kind].room = Room(turns[kind].room.at_once, 0)
    refused = client.request(method, address, json=body)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    other = "match" if kind == "pages" else "pages"
    assert client.request(*ASKED[other][:2], json=ASKED[other][2]).status_code != 503
    turns[kind].working -= 1
    assert client.request(method, address, json=body).status_code == usual
    assert turns[kind].working == turns[kind].room.at_once - 1


def test_probes_and_files_always_come_in(client: TestClient, turns: dict[str, Turns]) -> None:
    for line in turns.values():
        line.working, line.room = line.room.at_once, Room(line.room.at_once, 0)
    assert client.get("/health").status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/static/viaduc.css").status_code == 200
    assert client.get("/nothing-here").status_code == 503


def test_the_guard_is_not_asked_and_no_body_is_read_of_what_is_turned_away(
    client: TestClient, turns: dict[str, Turns]
) -> None:
    turns["match"].working, turns["match"].room = 4, Room(4, 0)
    told = client.post("/match", content=b"{", headers={"Authorization": "Bearer nobody"})
    assert (told.status_code, told.json()["title"]) == (503, "Service unavailable")


def test_every_costly_route_is_a_route() -> None:
    routes = [route for kind in COSTLY.values() for route in kind]
    assert [route for route in routes if route not in POLICY] == []
    assert len(set(routes)) == len(routes)
    assert set(COSTLY) | {"pages", "agendas"} == set(ROOMS)


def test_threads_and_connections_are_enough_for_all_that_is_let_in(engine: Engine) -> None:
    assert sum(room.at_once for room in ROOMS.values()) <= THREADS
    short = sum(ROOMS[kind].at_once for kind in ("pages", "agendas", "match"))
    assert short < engine.pool.size() + engine.pool._max_overflow


def test_those_who_wait_come_in_one_after_the_other() -> None:
    async def play() -> list[str]:
        told: list[str] = []
        turns = Turns("pages", Room(1, 2))

        async def ask(name: str, work: asyncio.Event) -> None:
            try:
                await turns.take()
            except Unavailable as refusal:
                told.append(f"{name} {refusal.headers['Retry-After']}")
                return
            told.append(name)
            await work.wait()
            turns.leave()

        ends = [asyncio.Event() for _ in range(4)]
        tasks = [asyncio.create_task(ask(name, end)) for name, end in zip("abcd", ends, strict=True)]
        await asyncio.sleep(0)
        assert told == ["a", "d 1"]
        tasks[1].cancel()  # who goes away loses nobody's place
        await asyncio.sleep(0)
        ends[0].set()
        await asyncio.sleep(0.01)
        assert (told, turns.working) == (["a", "d 1", "c"], 1)
        ends[2].set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (turns.working, len(turns.waiting)) == (0, 0)
        return told

    asyncio.run(play())


def test_one_who_leaves_in_the_moment_of_being_called_hands_the_place_on() -> None:
    async def play() -> None:
        turns = Turns("pages", Room(1, 2))
        await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(2)]
        await asyncio.sleep(0)
        turns.leave()
        waiting[0].cancel()  # called already, and gone before it could come
        await asyncio.gather(*waiting, return_exceptions=True)
        assert turns.working == 1
        turns.leave()
        assert turns.working == 0

    asyncio.run(play())


def test_one_who_left_before_being_called_is_passed_over() -> None:
    async def play() -> list[object]:
        turns = Turns("pages", Room(1, 2))
        await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        turns.leave()  # before the one who left could say so
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert (turns.working, len(turns.waiting)) == (1, 0)
        return [type(answer) for answer in told]

    assert asyncio.run(play()) == [asyncio.CancelledError, type(None)]


def test_a_stream_gives_its_place_back_when_it_begins(client: TestClient, event: str, turns: dict[str, Turns]) -> None:
    async def seen() -> int:
        status = await first_status(client.app, "GET", "/live/clock/1", {})
        assert status == 200
        return turns["pages"].working

    assert client.portal.call(seen) == 0


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (
            "postgresql://u:p@a.example:5433,b.example/viaduc",
            "postgresql://u:p@/viaduc?host=a.example,b.example&port=5433,5432&target_session_attrs=read-write",
        ),
        (
            "postgresql://a,b/viaduc?target_session_attrs=any",
            "postgresql:///viaduc?target_session_attrs=any&host=a,b&port=5432,5432",
        ),
        (
            "postgresql://u@[::1]:5433,b/viaduc?sslmode=require",
            "postgresql://u@/viaduc?sslmode=require&host=::1,b&port=5433,5432&target_session_attrs=read-write",
        ),
        ("postgresql://u:p@one.example:5433/viaduc", "postgresql://u:p@one.example:5433/viaduc"),
        ("postgresql:///viaduc?host=/run/a,/run/b", "postgresql:///viaduc?host=/run/a,/run/b"),
    ],
)
def test_several_hosts_are_read_as_libpq_reads_them(url: str, read: str) -> None:
    assert several_hosts(url) == read
    assert make_url(several_hosts(url)).database == "viaduc"


def test_a_host_that_is_gone_is_passed_over(database_url: str, tmp_path: Path) -> None:
    here = make_url(database_url)
    url = f"postgresql://postgres@/{here.database}?host={tmp_path},{here.query['host']}&port=5432,5432"
    settings = Settings(database_url=f"{url}&target_session_attrs=read-write", data_dir=tmp_path)
    engine = make_engine(url_of(settings))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_a_database_that_falls_silent_is_given_up_in_seconds() -> None:
    one, several = (make_url(f"postgresql+psycopg://u@/v?host={hosts}") for hosts in ("a", "a,b"))
    assert (line_care(one)["connect_timeout"], line_care(several)["connect_timeout"]) == (5, 2)
    assert "tcp_user_timeout" not in line_care(make_url("postgresql+psycopg://u@a/v?tcp_user_timeout=60000"))
    care = line_care(several)
    assert care["keepalives_idle"] + care["keepalives_interval"] * care["keepalives_count"] <= 5


def test_a_primary_that_became_a_standby_is_let_go(engine: Engine) -> None:
    own = make_engine(engine.url.render_as_string(hide_password=False))
    with own.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.commit()
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("UPDATE pool_revision SET n = n + 1"))
    assert refused.value.connection_invalidated
    assert isinstance(explain_database_error(refused.value), Unavailable)
    with own.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first
    own.dispose()


def test_nobody_waits_for_ever_for_what_another_holds(engine: Engine) -> None:
    own = make_engine(engine.url.render_as_string(hide_password=False))
    with own.connect() as holder, own.connect() as waiter:
        assert waiter.execute(text("SHOW lock_timeout")).scalar_one() == f"{LOCK_S}s"
        holder.execute(text("UPDATE pool_revision SET n = n + 1"))
        waiter.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError) as refused:
            waiter.execute(text("UPDATE pool_revision SET n = n + 1"))
    assert isinstance(explain_database_error(refused.value), Unavailable)
    own.dispose()


def test_a_page_that_is_turned_away_comes_back_by_itself_and_a_form_does_not(
    client: TestClient, turns: dict[str, Turns]
) -> None:
    turns["pages"].working, turns["pages"].room = 1, Room(1, 0)
    looked = client.get("/directory", headers={"accept-language": "fr"})
    assert (looked.status_code, looked.headers["retry-after"]) == (503, "1")
    assert 'http-equiv="refresh"' in looked.text
    assert "beaucoup de monde" in looked.text
    said = client.post("/console/programmes/new", headers={"accept-language": "fr"})
    assert said.status_code == 503
    assert 'http-equiv="refresh"' not in said.text
    assert "n’a été enregistré" in said.text


def test_in_a_line_that_does_not_move_nobody_waits_for_ever() -> None:
    async def play() -> tuple[int, int]:
        turns = Turns("pages", Room(1, 2), patience_s=0.05)
        await turns.take()
        with pytest.raises(Crowded):
            await turns.take()
        left = len(turns.waiting)
        turns.leave()
        return left, turns.working

    assert asyncio.run(play()) == (0, 0)


def test_a_kind_of_long_requests_does_not_keep_one_of_short_ones_waiting() -> None:
    async def play() -> list[str]:
        told: list[str] = []
        lobby = Lobby(1, 1)
        long, short = Turns("pages", Room(1, 9), lobby), Turns("match", Room(1, 9), lobby)

        async def ask(turns: Turns, seconds: float) -> None:
            await turns.take()
            told.append(turns.kind)
            await asyncio.sleep(0)
            turns.leave(seconds)

        await asyncio.gather(*(ask(turns, s) for _ in range(8) for turns, s in ((long, 0.4), (short, 0.1))))
        return told

    told = asyncio.run(play())
    # Four short ones take as long as a long one.
    assert told.index("match") <= 1
    assert told[:10].count("match") >= 7
    assert sorted(told) == ["match"] * 8 + ["pages"] * 8


def test_who_wanted_nothing_for_a_while_has_saved_nothing_up() -> None:
    async def play() -> list[str]:
        told: list[str] = []
        lobby = Lobby(1, 1)
        one, other = Turns("pages", Room(1, 9), lobby), Turns("match", Room(1, 9), lobby)
        await one.take()
        one.leave(60.0)

        async def ask(turns: Turns) -> None:
            await turns.take()
            told.append(turns.kind)
            await asyncio.sleep(0)
            turns.leave(1.0)

        await asyncio.gather(*(ask(turns) for turns in (one, other) for _ in range(3)))
        return told

    assert asyncio.run(play())[:4].count("pages") == 2


def test_while_somebody_is_turned_away_one_at_a_time_is_worked_on_and_a_stuck_one_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(crowding.time, "monotonic", lambda: now)

    async def play() -> None:
        nonlocal now
        lobby = Lobby(3, 1)
        pages, match = Turns("pages", Room(2, 0), lobby), Turns("match", Room(2, 9), lobby)
        await pages.take()
        await pages.take()
        with pytest.raises(Crowded):
            await pages.take()
        pages.leave()
        waiting = asyncio.create_task(match.take())
        await asyncio.sleep(0)
        assert (match.working, len(match.waiting)) == (0, 1)
        now += 0.5  # the one that is worked on waits for a lock, say
        late = asyncio.create_task(match.take())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert match.working == 1
        pages.leave()
        match.leave()
        await asyncio.gather(waiting, late)
        assert (lobby.working, match.working) == (1, 1)
        now += 5.0
        await match.take()
        assert lobby.working == 2

    asyncio.run(play())


def test_a_line_in_which_one_would_wait_in_vain_is_not_begun() -> None:
    async def play() -> None:
        turns = Turns("pages", Room(1, 40), pace_s=1.0)
        await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(3)]
        await asyncio.sleep(0)
        assert len(turns.waiting) == 3
        with pytest.raises(Crowded):
            await turns.take()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(play())
