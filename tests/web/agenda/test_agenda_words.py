"""What participants say in their agenda: wishes, details, leaving, answers; and what they are told of changes."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from agenda_pages import AFTER, DURING, address, publish, text_of
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.web.agenda.pages import shown_contact
from models.agenda import MeetingAnswer
from models.day import Attendance
from models.event import Participant, Wish

# ---- Wishes


def test_wishes_go_to_the_other_side_and_can_be_taken_back(
    client: TestClient, event: str, session: Session, mine: str
) -> None:
    words = text_of(client.get(mine), "wishes")
    assert "Vuurlab" in words
    assert "Filatures" not in words
    for word, kept in (("wish", ["wish"]), ("veto", ["veto"]), ("none", [])):
        sent = client.post(f"{mine}/wishes", data={"target_id": 2, "word": word}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{mine}#wishes")
        assert [w.kind for w in session.exec(select(Wish))] == kept
        session.rollback()
    assert "Take it back" not in text_of(client.get(mine), "wishes")


def test_ones_own_wish_is_among_the_reasons_and_nobody_elses(
    client: TestClient, published: str, session: Session, mine: str
) -> None:
    """Whom a wish is about never learns of it, one-sided or not; a phone on a table shows it only unfolded."""
    theirs = address(session, 2)

    def told(page: str) -> list[str]:
        return re.findall(
            "You asked to meet them|The organiser arranged this meeting", text_of(client.get(page), "day")
        )

    client.put(f"{published}/wishes", json={"actor_id": 2, "target_id": 1, "kind": "wish"})
    assert (told(mine), told(theirs)) == ([], ["You asked to meet them"])
    client.put(f"{published}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "wish"})
    whole = client.get(mine).text
    assert (told(mine), whole.count("You asked to meet them")) == (["You asked to meet them"], 1)
    folded = whole.split('id="why-2"')[1].split("</details>")[0]
    assert "You asked to meet them" in folded
    client.put(f"{published}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "must"})
    assert (told(mine), told(theirs)) == (["The organiser arranged this meeting"], ["You asked to meet them"])
    client.put(f"{published}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "veto"})
    assert told(mine) == []


def test_what_the_organiser_arranged_stands(client: TestClient, event: str, session: Session, mine: str) -> None:
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "must"})
    assert "The organiser arranged this meeting" in text_of(client.get(mine), "wishes")
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "veto"}).status_code == 409
    assert [w.kind for w in session.exec(select(Wish))] == ["must"]


def test_wishes_close_with_the_event_and_at_the_organisers_word(
    client: TestClient, event: str, mine: str, at: Callable[[datetime], None]
) -> None:
    client.put(f"{event}/agenda", json={"wishes": False, "details": False})
    answer = client.get(mine)
    assert (text_of(answer, "wishes"), text_of(answer, "details")) == ("", "")
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "wish"}).status_code == 409
    assert client.post(f"{mine}/details", data={"languages": "fr"}).status_code == 409
    client.put(f"{event}/agenda", json={})
    at(DURING)
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "wish"}).status_code == 409


def test_impossible_wishes_are_refused(client: TestClient, event: str, session: Session, mine: str) -> None:
    for target, word, status in (("99", "wish", 404), ("1", "wish", 422), ("2", "must", 422)):
        assert client.post(f"{mine}/wishes", data={"target_id": target, "word": word}).status_code == status
    assert session.exec(select(Wish)).all() == []


# ---- Details, leaving, changes


def test_languages_and_rounds_are_ones_own(client: TestClient, event: str, session: Session, mine: str) -> None:
    client.post(f"{mine}/details", data={"languages": ["fr", "en"], "rounds": ["0", "2"]})
    row = session.get(Participant, (1, 1))
    assert (row.languages, row.available) == (["fr", "en"], [0, 2])
    session.rollback()
    client.post(f"{mine}/details", data={"languages": ["fr"], "rounds": ["0", "1", "2", "3"]})
    assert session.get(Participant, (1, 1)).available is None
    assert client.post(f"{mine}/details", data={"languages": ["klingon!"]}).status_code == 422
    assert client.post(f"{mine}/details", data={"rounds": ["7"]}).status_code == 422


def test_who_cannot_come_is_taken_out_and_can_come_back(
    client: TestClient, published: str, session: Session, mine: str
) -> None:
    client.post(f"{mine}/details", data={"languages": ["fr"], "rounds": ["0", "2"]})
    client.post(f"{mine}/leave", data={"note": "Ill."})
    assert session.get(Participant, (1, 1)).available == []
    assert [(a.actor_id, a.state) for a in session.exec(select(Attendance))] == [(1, "absent")]
    assert "You take no further part" in client.get(mine).text
    session.rollback()
    client.post(f"{mine}/return")
    assert session.get(Participant, (1, 1)).available == [0, 2]
    assert session.exec(select(Attendance).where(Attendance.state != "expected")).all() == []
    assert "You take no further part" not in client.get(mine).text


def test_who_leaves_during_the_day_is_gone_from_the_next_round_on(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    at(DURING)
    client.post(f"{mine}/leave")
    assert [(a.actor_id, a.state, a.round) for a in session.exec(select(Attendance))] == [(1, "gone", 2)]


def test_changes_since_the_last_look_are_told_until_they_are_seen(
    client: TestClient, published: str, session: Session, mine: str
) -> None:
    assert text_of(client.get(mine), "changes") == ""
    publish(session, [(1, 2, 1, 2, None), (1, 4, 3, 0, None)])
    for _ in range(2):
        words = text_of(client.get(mine), "changes")
        assert "Moved: Vuurlab, now 09:25 , Table 3 (before: 09:00 , Table 1)".replace(" ,", ",") in words.replace(
            " ,", ","
        )
        assert "New: 10:45, Filatures, Table 1" in words
        assert "Cancelled: 10:20, Brandlab" in words
    client.post(f"{mine}/seen")
    assert text_of(client.get(mine), "changes") == ""


# ---- Answers


def test_answers_are_asked_for_once_a_meeting_began(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    def asked() -> list[bool]:
        return ["hidden" not in box for box in re.findall(r"<details class=\"answer-box[^>]*>", client.get(mine).text)]

    assert asked() == [False, False]
    at(DURING)
    assert asked() == [True, False]
    at(AFTER)
    assert asked() == [True, True]


def test_an_answer_is_kept_and_shown_in_its_form(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    at(AFTER)
    said = {"again": "yes", "useful": "very", "next_step": "contact", "follow_up": "2027-04-01", "note": "A <find>."}
    sent = client.post(f"{mine}/answers/2", data=said | {"quote": "true", "age": "600"}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{mine}#with-2")
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert (row.again, row.useful, str(row.follow_up), row.quote) == ("yes", "very", "2027-04-01", True)
    assert row.said_at == AFTER - timedelta(minutes=10)
    form = re.search(r'<form[^>]*id="form-2".*?</form>', client.get(mine).text, re.DOTALL)[0]
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', form) == [
        ("again", "yes"), ("useful", "very"), ("next_step", "contact"), ("quote", "true"),
    ]  # fmt: skip
    assert 'value="2027-04-01"' in form
    assert "A &lt;find&gt;." in form


def test_a_script_is_told_that_the_answer_arrived(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    at(AFTER)
    answer = client.post(f"{mine}/answers/2", data={"again": "no"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"kept": True}, "no-store")


@pytest.mark.parametrize(
    "said", [{}, {"again": "perhaps"}, {"again": "yes", "follow_up": "soon"}, {"again": "yes", "age": "-5"}]
)
def test_answers_that_say_nothing_are_refused(
    client: TestClient,
    published: str,
    session: Session,
    mine: str,
    at: Callable[[datetime], None],
    said: dict[str, str],
) -> None:
    at(AFTER)
    assert client.post(f"{mine}/answers/2", data=said).status_code == 422
    assert session.exec(select(MeetingAnswer)).all() == []


def test_both_learn_that_both_said_yes(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    theirs = address(session, 2)
    at(AFTER)
    client.post(f"{mine}/answers/2", data={"again": "yes"})
    assert "You both said yes" not in client.get(mine).text + client.get(theirs).text
    client.post(f"{theirs}/answers/1", data={"again": "yes"})
    for url in (mine, theirs):
        assert client.get(url).text.count("You both said yes") == 1


def test_a_contact_shows_what_is_shared_of_it() -> None:
    anna = SimpleNamespace(name="Anna", function="Buyer", email="anna@example.org", phone=None)
    assert shown_contact(anna) == {"who": ["Anna", "Buyer"], "reach": ["anna@example.org"]}
    assert shown_contact(SimpleNamespace(email="desk@example.org")) == {"who": [], "reach": ["desk@example.org"]}
