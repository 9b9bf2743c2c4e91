"""An open live page ends with what opened it: a key, a sign-in, a link."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from access_outside import MakeKey, with_key
from anonymity import Encounter
from sqlalchemy import Engine, text
from sqlmodel import select

from app import live
from app.db import session_scope
from app.main import create_app
from app.services.access.keys import revoke_key
from app.services.access.people import put_person, remove_person
from app.services.access.sessions import Lasting, Source, end_session, open_session
from app.services.links import revoke_links
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from models.access import AccessSession, PersonCreate
from models.base import utc_now
from tests.app.test_live import FAR, Stream, address, serving

LASTING = Lasting(timedelta(hours=12), timedelta(days=7))
Opened = Callable[[str, dict[str, str]], Stream]


@pytest.fixture
def opened(engine: Engine, meaning: Meaning, tmp_path: Path) -> Iterator[Opened]:
    """Open a stream that has missed nothing."""
    settings = Settings(data_dir=tmp_path, embed_in_service=False, local_admin=False)
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    with serving(application) as server, ExitStack() as stack:

        def begin(path: str, headers: dict[str, str]) -> Stream:
            stream = stack.enter_context(closing(Stream(f"{address(server)}{path}?since={FAR}", headers)))
            assert stream.answer.status_code == 200
            while not application.state.live.listening:
                time.sleep(0.02)
            return stream

        yield begin


def ends(stream: Stream) -> bool:
    """Whether the stream comes to its end before it would have been asked again by itself."""
    began = time.monotonic()
    while time.monotonic() - began < 10:
        try:
            stream.word()
        except (EOFError, httpx2.RemoteProtocolError):
            return True
        except httpx2.ReadTimeout:
            return False
    return False


def cookie(engine: Engine, source: Source) -> dict[str, str]:
    with session_scope(engine) as session:
        return {"cookie": f"viaduc={open_session(session, source=source, lasting=LASTING)}"}


def test_a_stream_ends_with_the_key_that_opened_it_and_no_other_does(
    opened: Opened, met: Encounter, make_key: MakeKey, engine: Engine
) -> None:
    path = f"/live/events/{met.event_id}"
    keys = [make_key("organiser", events=(met.event_id,)) for _ in range(2)]
    signed_in = opened(path, cookie(engine, Source(key_id=keys[0].id)))
    mine, other = (opened(path, with_key(key)) for key in keys)
    with session_scope(engine) as session:
        revoke_key(session, key_id=keys[0].id)
    assert ends(mine)
    assert ends(signed_in)
    with session_scope(engine) as session:
        session.execute(text("SELECT pg_notify('viaduc_event', :told)"), {"told": f"{met.event_id} places"})
    assert "places" in other.topics()


def test_a_stream_ends_with_the_sign_in_that_opened_it(opened: Opened, met: Encounter, engine: Engine) -> None:
    path = f"/live/events/{met.event_id}"
    with session_scope(engine) as session:
        fields = [PersonCreate(email=f"{name}@x.example", role="admin") for name in ("anna", "bo", "cy")]
        people = [put_person(session, fields=said, by="test").id for said in fields]
    cookies = [cookie(engine, Source(person_id=person)) for person in people]
    streams = [opened(path, sent) for sent in cookies]
    with session_scope(engine) as session:
        end_session(session, token=cookies[0]["cookie"].removeprefix("viaduc="))
        remove_person(session, person_id=people[1])
        put_person(session, fields=PersonCreate(email="cy@x.example", role="reader"), by="test")
    assert [ends(stream) for stream in streams] == [True, True, True]


def test_the_stream_of_an_agenda_ends_with_its_link(opened: Opened, met: Encounter, engine: Engine) -> None:
    mine, other = (opened(f"/live/agenda/{token}", {}) for token in (met.token, met.own_token))
    with session_scope(engine) as session:
        revoke_links(session, event_id=met.event_id, actor_ids=[met.partner])
    assert ends(mine)
    with session_scope(engine) as session:
        session.execute(text("SELECT pg_notify('viaduc_event', :told)"), {"told": f"{met.event_id} places"})
    assert "places" in other.topics()


def test_a_stream_ends_when_what_opened_it_expires_and_keeps_no_sign_in_awake(
    opened: Opened, met: Encounter, make_key: MakeKey, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.2)
    monkeypatch.setattr(live, "ASKED_S", 0.2)
    path = f"/live/events/{met.event_id}"
    lasts = make_key("organiser", events=(met.event_id,))
    sent = cookie(engine, Source(key_id=lasts.id))
    long_ago = utc_now() - timedelta(hours=2)
    with session_scope(engine) as session:
        session.execute(text("UPDATE access_session SET last_seen_at = :at"), {"at": long_ago})
    idle = opened(path, sent)
    with session_scope(engine) as session:
        session.execute(text("UPDATE access_session SET last_seen_at = :at"), {"at": long_ago})
    short = make_key("organiser", events=(met.event_id,), expires_at=utc_now() + timedelta(seconds=2))
    assert ends(opened(path, with_key(short)))
    assert idle.word()[0] in {"hello", "beat"}
    with session_scope(engine) as session:
        assert session.exec(select(AccessSession.last_seen_at)).one() == long_ago
