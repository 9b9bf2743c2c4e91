"""An agenda that says what it said before is not sent again; whatever it shows makes another version of it."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.services import answers
from app.services.agenda_version import TABLES
from app.services.answers import Meant
from app.services.links import make_link
from models.agenda import AnswerFields
from models.plan import Meeting, Plan

BEFORE = datetime(2027, 3, 8, 12, tzinfo=UTC)
DURING = datetime(2027, 3, 9, 8, 30, tzinfo=UTC)
ROUNDS = [{"starts_at": f"2027-03-09T{h}:00+01:00", "minutes": 20} for h in ("09:00", "09:25", "10:20")]
FOLLOW = {"edition", "passage"}
"""Tables that change together with one that is told: the registration's row, the counter of the pool."""


@pytest.fixture
def mine(client: TestClient, session: Session, add_actor: Callable[..., int], embed: Callable[[], object]) -> str:
    """The address of 1's agenda, which meets 2 in the first round, while 3 and 4 meet in the second."""
    need = [{"lang": "fr", "text": "tester la résistance au feu des tissus enduits"}]
    for name, country in (("Tissages", "FR"), ("Vuurlab", "BE"), ("Filatures", "FR"), ("Weverij", "BE")):
        add_actor(name, country, needs=need, offers=need)
    embed()
    client.post("/events", json={"name": "Afternoon"})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for i in range(1, 5):
        client.post("/events/1/participants", json={"actor_id": i})
    session.add(Plan(event_id=1, number=1, state="published", problem={}, certificate={}))
    session.flush()
    session.add_all(Meeting(event_id=1, number=1, a=a, b=b, round=r, place=0) for a, b, r in ((1, 2, 0), (3, 4, 1)))
    token = make_link(session, event_id=1, actor_id=1)
    session.commit()
    client.app.state.clock = lambda: BEFORE
    # The first look remembers what was seen, and when the link was opened.
    client.get(f"/agenda/{token}")
    return f"/agenda/{token}"


def version(client: TestClient, address: str) -> str:
    return client.get(address).headers["etag"]


def test_what_was_read_already_is_not_sent_again(client: TestClient, mine: str, queries: list[str]) -> None:
    whole = client.get(mine)
    assert f'data-live-version="{whole.headers["etag"].replace(chr(34), "&#34;")}"' in whole.text
    queries.clear()
    again = client.get(mine, headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert again.headers["cache-control"] == "no-store"
    assert len(queries) <= 3


def test_every_table_that_an_agenda_reads_is_told_by_its_version(
    client: TestClient, mine: str, queries: list[str]
) -> None:
    for moment in (BEFORE, DURING):
        client.app.state.clock = lambda moment=moment: moment
        client.get(mine)
    read = {name for statement in queries for name in re.findall(r'(?:FROM|JOIN) "?([a-z_]+)"?', statement)}
    assert {"meeting", "meeting_answer", "agenda_rules", "wish"} <= read
    assert read - FOLLOW <= TABLES


CHANGES: dict[str, Callable[[TestClient], object]] = {
    "place": lambda c: c.put("/events/1/places", json=[{"label": "Table 7"}, {"label": "Table 2"}]),
    "rounds": lambda c: c.put("/events/1/rounds", json=ROUNDS[:2]),
    "event": lambda c: c.put("/events/1", json={"name": "Evening"}),
    "partner": lambda c: c.patch("/actors/2", json={"name": "Brandlab"}),
    "registration": lambda c: c.put("/events/1/participants", json={"actor_id": 2, "languages": ["nl"]}),
    "rules": lambda c: c.put("/events/1/agenda", json={"wishes": False}),
    "wish": lambda c: c.put("/events/1/wishes", json={"actor_id": 1, "target_id": 4, "kind": "wish"}),
    "contact": lambda c: c.post(
        "/actors/2/contacts", json={"name": "An", "email": "an@example.org", "basis": "contract", "basis_note": "x"}
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_it_shows_makes_another_version(client: TestClient, mine: str, what: str) -> None:
    before = version(client, mine)
    assert version(client, mine) == before
    answer = CHANGES[what](client)
    assert answer.status_code < 300, answer.text
    assert version(client, mine) != before
    assert client.get(mine, headers={"if-none-match": before}).status_code == 200


def test_answers_of_the_two_plans_the_clock_and_the_language_make_other_versions(
    client: TestClient, session: Session, mine: str
) -> None:
    seen = [version(client, mine)]
    client.app.state.clock = lambda: DURING
    seen.append(version(client, mine))
    for who, whom in ((2, 1), (1, 2)):
        answers.save_answer(session, meant=Meant(1, who, whom), fields=AnswerFields(again="yes"), now=DURING)
        session.commit()
        if who == 1:  # of the other's yes alone nothing is told
            seen.append(version(client, mine))
    answers.save_answer(session, meant=Meant(1, 2, 1), fields=AnswerFields(again="no"), now=DURING)
    session.commit()
    seen.append(version(client, mine))
    seen.append(version(client, mine + "?lang=fr"))
    client.cookies.clear()
    session.get_one(Plan, (1, 1)).state = "superseded"
    session.add(Plan(event_id=1, number=2, state="published", problem={}, certificate={}))
    session.commit()
    seen.append(version(client, mine))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("others", [[(3, 4)], [(4, 3), (3, 4)]])
def test_what_others_answer_each_other_makes_none(
    client: TestClient, session: Session, mine: str, others: Sequence[tuple[int, int]]
) -> None:
    client.app.state.clock = lambda: DURING
    before = version(client, mine)
    for who, whom in others:
        answers.save_answer(session, meant=Meant(1, who, whom), fields=AnswerFields(again="no"), now=DURING)
    session.commit()
    assert version(client, mine) == before


def test_a_publication_that_leaves_my_meetings_as_they_were_makes_none(
    client: TestClient, session: Session, mine: str
) -> None:
    session.add(Meeting(event_id=1, number=1, a=1, b=3, round=1, place=1))
    session.commit()
    before = version(client, mine)
    for number, mine_first, place in ((2, False, 1), (3, True, 1), (4, True, 0)):
        session.get_one(Plan, (1, number - 1)).state = "superseded"
        session.flush()
        session.add(Plan(event_id=1, number=number, state="published", problem={}, certificate={}))
        session.flush()
        # In another order, and beside another meeting: what others do is nothing to me.
        met = [(1, 2, 0, 0), (1, 3, 1, place)]
        session.add_all(
            Meeting(event_id=1, number=number, a=a, b=b, round=r, place=p)
            for a, b, r, p in [*(met if mine_first else met[::-1]), (3, 4, 2, number % 2)]
        )
        session.commit()
        assert (version(client, mine) == before) is (place == 1)
