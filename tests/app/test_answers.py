"""Answers after meetings: kept once, changeable, idempotent; they teach the ranking and move tandems on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.db import session_scope
from app.errors import Conflict, NotFound
from app.services import answers
from app.services.answers import Meant, mutual_yes
from app.services.discretion.openings import yes_on_both_sides
from app.services.feedback import judged_pairs
from app.services.tandems import create_tandem, get_tandem, tandem_public
from models.agenda import AnswerFields, MeetingAnswer
from models.feedback import Feedback
from models.plan import Meeting, Plan
from models.tandem import TandemCreate

BEGINS = datetime(2027, 3, 9, 8, tzinfo=UTC)
LATER = BEGINS + timedelta(hours=4)


@pytest.fixture
def held(event: str, session: Session) -> Session:
    """A published plan: 1 meets 3 and 4, 2 meets 4."""
    session.add(Plan(event_id=1, number=1, state="published", problem={}, certificate={}))
    session.flush()
    for round_, (a, b) in enumerate(((1, 3), (4, 1), (2, 4))):
        session.add(Meeting(event_id=1, number=1, a=a, b=b, round=round_, place=0))
    session.commit()
    return session


def say(
    session: Session, who: int, whom: int, again: str = "yes", at: datetime = LATER, **more: object
) -> MeetingAnswer:
    return answers.save_answer(
        session, meant=Meant(1, who, whom), fields=AnswerFields(again=again, **more), said_at=at, now=LATER
    )


def test_a_word_said_after_the_clock_was_set_back_stands(held: Session) -> None:
    """What was said while the clock was ahead is of the future, and would cover every word for hours."""
    meant, ahead = Meant(1, 1, 3), LATER + timedelta(hours=3)
    answers.save_answer(held, meant=meant, fields=AnswerFields(again="no"), now=ahead)
    assert say(held, 1, 3, "yes").again == "yes"
    assert say(held, 1, 3, "no", at=LATER - timedelta(minutes=1)).again == "yes"


def taught(session: Session) -> list[tuple[int, int, str, str]]:
    rows = session.exec(select(Feedback).order_by(Feedback.id))
    return [(f.actor_id, f.target_id, f.worth, f.outcome) for f in rows]


def status(session: Session, a: int, b: int) -> str | None:
    try:
        return get_tandem(session, actor_id=a, partner_id=b).status
    except NotFound:
        return None


def test_a_yes_is_mutual_once_both_said_it(held: Session) -> None:
    say(held, 1, 3)
    assert (mutual_yes(held, event_id=1, a=1, b=3), yes_on_both_sides(held, actor_id=3)) == (False, set())
    say(held, 3, 1)
    assert (mutual_yes(held, event_id=1, a=3, b=1), yes_on_both_sides(held, actor_id=3)) == (True, {1})
    say(held, 3, 1, "no")
    assert (mutual_yes(held, event_id=1, a=1, b=3), yes_on_both_sides(held, actor_id=1)) == (False, set())


def test_nobody_agrees_with_itself(held: Session) -> None:
    say(held, 1, 3)
    assert not mutual_yes(held, event_id=1, a=1, b=1)


def test_the_same_answer_sent_again_changes_nothing(held: Session) -> None:
    first = say(held, 1, 3, useful="very", next_step="contact").model_dump()
    again = say(held, 1, 3, useful="very", next_step="contact").model_dump()
    assert first == again
    assert taught(held) == [(1, 3, "yes", "soft")]


def test_an_answer_can_be_changed_and_what_was_left_open_is_empty_again(held: Session) -> None:
    say(held, 1, 3, useful="very", note="Good people.", quote=True, at=LATER - timedelta(hours=1))
    row = say(held, 1, 3, "no")
    assert (row.again, row.useful, row.note, row.quote, row.quote_at) == ("no", None, None, False, None)
    assert taught(held) == [(1, 3, "yes", "none"), (1, 3, "no", "none")]
    assert judged_pairs(held) == {(1, 3): False}


def test_an_older_word_that_arrives_late_does_not_cover_a_newer_one(held: Session) -> None:
    say(held, 1, 3, "no", at=LATER - timedelta(minutes=5))
    assert say(held, 1, 3, "yes", at=LATER - timedelta(minutes=50)).again == "no"
    assert say(held, 1, 3, "yes", at=LATER - timedelta(minutes=4)).again == "yes"


def test_a_clock_that_runs_ahead_says_nothing_of_the_future(held: Session) -> None:
    assert say(held, 1, 3, at=LATER + timedelta(days=2)).said_at == LATER


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"next_step": "contact"}, "soft"),
        ({"next_step": "contact", "follow_up": date(2027, 4, 1)}, "follow_up"),
        ({"next_step": "project"}, "project"),
        ({"next_step": "nothing"}, "none"),
    ],
)
def test_what_comes_next_is_what_the_ranking_learns(held: Session, said: dict[str, object], outcome: str) -> None:
    say(held, 1, 3, **said)
    assert taught(held) == [(1, 3, "yes", outcome)]


def test_a_no_counts_as_one_whatever_else_was_ticked(held: Session) -> None:
    say(held, 1, 3, "no", next_step="project")
    assert judged_pairs(held) == {(1, 3): False}


def test_a_meeting_that_was_missed_teaches_nothing(held: Session) -> None:
    say(held, 1, 3, "missed")
    assert taught(held) == []


def test_words_stay_with_the_answer(held: Session) -> None:
    say(held, 1, 3, note="Confidential plans for 2028.")
    assert held.exec(select(Feedback.note)).all() == [None]


def test_consent_to_be_quoted_keeps_its_date_and_goes_with_the_words(held: Session) -> None:
    early = LATER - timedelta(hours=1)
    say(held, 1, 3, note="A find.", quote=True, at=early)
    assert say(held, 1, 3, note="A find.", quote=True, useful="very").quote_at == early
    assert say(held, 1, 3, note="Another word.", quote=True).quote_at == LATER
    assert say(held, 1, 3, quote=True).quote_at is None


def test_two_yeses_make_a_tandem_that_met(held: Session) -> None:
    say(held, 1, 3)
    assert status(held, 1, 3) is None
    say(held, 3, 1, next_step="nothing")
    tandem = tandem_public(held, actor_id=1, partner_id=3)
    assert (tandem.status, tandem.event_id, tandem.since) == ("met", 1, LATER.date())


def test_a_next_step_brings_it_into_discussion(held: Session) -> None:
    say(held, 1, 3)
    say(held, 3, 1)
    say(held, 1, 3, next_step="contact")
    history = tandem_public(held, actor_id=1, partner_id=3).history
    assert [step.status for step in history] == ["met", "in_discussion"]


def test_a_slip_of_the_finger_can_be_taken_back(held: Session) -> None:
    say(held, 1, 3, next_step="project")
    say(held, 3, 1)
    assert status(held, 1, 3) == "in_discussion"
    say(held, 3, 1, "no")
    assert status(held, 1, 3) is None


@pytest.mark.parametrize("known", ["in_discussion", "agreement", "did_not_work"])
def test_what_the_organiser_knows_of_a_tandem_stays(held: Session, known: str) -> None:
    create_tandem(held, fields=TandemCreate(actor_id=1, partner_id=3, status=known))
    say(held, 1, 3, next_step="project")
    say(held, 3, 1)
    say(held, 3, 1, "no")
    assert [s.status for s in tandem_public(held, actor_id=1, partner_id=3).history] == [known]


def test_a_suggestion_becomes_a_meeting(held: Session) -> None:
    create_tandem(held, fields=TandemCreate(actor_id=3, partner_id=1))
    say(held, 1, 3, next_step="contact")
    say(held, 3, 1)
    history = tandem_public(held, actor_id=1, partner_id=3).history
    assert [s.status for s in history] == ["suggested", "met", "in_discussion"]


def test_answers_are_of_meetings_only(held: Session) -> None:
    for who, whom in ((1, 2), (2, 3), (1, 1), (1, 99)):
        with pytest.raises(NotFound, match="do not meet"):
            say(held, who, whom)


def test_nobody_answers_before_the_event(held: Session) -> None:
    with pytest.raises(Conflict, match="not begun"):
        answers.save_answer(
            held, meant=Meant(1, 1, 3), fields=AnswerFields(again="yes"), now=BEGINS - timedelta(minutes=1)
        )


def test_two_who_answer_in_the_same_moment_are_a_tandem(held: Session, engine: Engine) -> None:
    def one(pair: tuple[int, int]) -> None:
        with session_scope(engine) as session:
            say(session, *pair)

    pairs = [(1, 3), (3, 1), (1, 4), (4, 1), (2, 4), (4, 2)]
    with ThreadPoolExecutor(len(pairs)) as pool:
        [*pool.map(one, pairs)]
    assert [status(held, a, b) for a, b in pairs[::2]] == ["met", "met", "met"]


def test_the_organiser_reads_the_answers(client: TestClient, held: Session) -> None:
    say(held, 3, 1, next_step="contact", note="A find.", quote=True)
    say(held, 1, 3, useful="partly")
    say(held, 1, 4, "missed")
    held.commit()
    told = client.get("/events/1/answers").json()
    assert [(a["actor_name"], a["target_name"], a["again"], a["mutual"]) for a in told] == [
        ("F1", "B1", "yes", True),
        ("F1", "B2", "missed", False),
        ("B1", "F1", "yes", True),
    ]
    assert (told[2]["note"], told[2]["quote"], told[2]["next_step"]) == ("A find.", True, "contact")
