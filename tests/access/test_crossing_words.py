"""Two who say or see the same for the first time, in the same moment: neither is refused, and no word is lost."""

from collections.abc import Callable
from threading import Thread

from access_outside import BROWSER, Serve
from anonymity import Encounter
from sqlalchemy import Engine

from app.db import session_scope
from app.security import Principal
from app.services.agenda import read_agenda
from app.services.introductions import Between, introduce
from app.services.partaking import leave, note_visit
from models.agenda import AgendaState
from models.base import utc_now
from models.introduction import IntroductionPublic
from tests.waiting import is_waited_for, wait_until


def at_once(engine: Engine, first: Callable[[object], object], second: Callable[[], object]) -> None:
    """The second begins while what the first wrote is not committed, and goes on once it is."""
    beside = Thread(target=second)
    with session_scope(engine) as session:
        first(session)
        session.flush()
        beside.start()
        wait_until(lambda: not beside.is_alive() or is_waited_for(engine))
    beside.join()


def test_two_advisers_who_speak_in_the_same_moment_have_both_spoken(engine: Engine, met: Encounter) -> None:
    told: list[IntroductionPublic] = []

    def speak(session: object, name: str, one: int, other: int) -> None:
        between = Between(met.event_id, one, other)
        told.append(introduce(session, between=between, principal=Principal("organiser", name)))

    def second() -> None:
        with session_scope(engine) as session:
            speak(session, "key:2", met.partner, met.hidden)

    at_once(engine, lambda session: speak(session, "key:1", met.hidden, met.partner), second)
    assert [pair.opened for pair in told] == [False, True]


def test_an_agenda_that_two_open_in_the_same_moment_is_shown_to_both(
    serve: Serve, engine: Engine, met: Encounter
) -> None:
    browser, answers = serve(headers=BROWSER), []

    def look(session: object) -> None:
        note_visit(session, agenda=read_agenda(session, event_id=met.event_id, actor_id=met.partner), now=utc_now())

    at_once(engine, look, lambda: answers.append(browser.get(f"/agenda/{met.token}").status_code))
    assert answers == [200]


def test_who_leaves_while_the_agenda_is_first_opened_has_left(engine: Engine, met: Encounter) -> None:
    now = utc_now()

    def look(session: object) -> None:
        note_visit(session, agenda=read_agenda(session, event_id=met.event_id, actor_id=met.partner), now=now)

    def go() -> None:
        with session_scope(engine) as session:
            leave(session, agenda=read_agenda(session, event_id=met.event_id, actor_id=met.partner), note=None, now=now)

    at_once(engine, look, go)
    with session_scope(engine) as session:
        row = session.get_one(AgendaState, (met.event_id, met.partner))
        assert (row.left_at, row.seen is not None) == (now, True)
