"""Links that open agendas: unguessable, stored as hashes only, expiring, revocable, renewable."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session

from app.errors import BadInput, NotFound
from app.services.links import DAYS_AFTER, Handing, make_link, make_links, open_link, revoke_links

LAST_END = datetime(2027, 3, 9, 10, 20, tzinfo=UTC)


def test_a_link_opens_the_agenda_of_its_participant(session: Session, event: str) -> None:
    token = make_link(session, event_id=1, actor_id=3, language="nl")
    link = open_link(session, token=token)
    assert (link.event_id, link.actor_id, link.language) == (1, 3, "nl")
    assert re.fullmatch(r"1-[a-z2-7]{32}", token)


def test_tokens_never_repeat_and_several_open_the_same_agenda(session: Session, event: str) -> None:
    tokens = {make_link(session, event_id=1, actor_id=3) for _ in range(50)}
    assert len(tokens) == 50
    assert {open_link(session, token=t).actor_id for t in tokens} == {3}


def test_the_database_keeps_nothing_that_opens_an_agenda(session: Session, event: str) -> None:
    secret = make_link(session, event_id=1, actor_id=3).split("-")[1]
    session.flush()
    kept = session.execute(text("SELECT row_to_json(agenda_link)::text FROM agenda_link")).scalars().all()
    assert len(kept) == 1
    assert secret not in kept[0]


def test_nothing_but_the_token_itself_opens(session: Session, event: str) -> None:
    secret = make_link(session, event_id=1, actor_id=3).split("-")[1]
    near = [f"2-{secret}", f"1-{secret.upper()}", f"1-{secret}\n", f"١-{secret}", f"01-{secret}", f"{2**64:x}-{secret}"]
    for token in ("", "1", "1-", "1-" + "a" * 31, "1-" + "a" * 32, *near):
        with pytest.raises(NotFound, match="ask the organiser"):
            open_link(session, token=token)


def test_a_link_lives_ninety_days_longer_than_its_event(session: Session, event: str) -> None:
    token = make_link(session, event_id=1, actor_id=3)
    last = LAST_END + timedelta(days=DAYS_AFTER)
    assert open_link(session, token=token, now=last - timedelta(seconds=1)).expires_at == last
    with pytest.raises(NotFound):
        open_link(session, token=token, now=last)


def test_a_link_follows_an_event_that_is_put_off(client: TestClient, session: Session, event: str) -> None:
    token = make_link(session, event_id=1, actor_id=3)
    session.commit()
    client.put(f"{event}/rounds", json=[{"starts_at": "2028-03-09T09:00:00+01:00", "minutes": 20}])
    expires = open_link(session, token=token, now=LAST_END + timedelta(days=100)).expires_at
    assert expires == datetime(2028, 3, 9, 8, 20, tzinfo=UTC) + timedelta(days=DAYS_AFTER)


def test_after_an_event_long_over_links_still_open(client: TestClient, session: Session, event: str) -> None:
    client.put(f"{event}/rounds", json=[{"starts_at": "2020-03-09T09:00:00+01:00", "minutes": 20}])
    assert open_link(session, token=make_link(session, event_id=1, actor_id=3)).actor_id == 3


def test_an_own_expiry_is_kept_and_one_in_the_past_refused(session: Session, event: str) -> None:
    soon = datetime(2027, 3, 10, tzinfo=UTC)
    token = make_link(session, event_id=1, actor_id=3, expires=soon)
    with pytest.raises(NotFound):
        open_link(session, token=token, now=soon)
    with pytest.raises(BadInput, match="past"):
        make_link(session, event_id=1, actor_id=3, expires=datetime(2020, 1, 1, tzinfo=UTC))


def test_links_are_made_for_participants_only(session: Session, event: str) -> None:
    assert sorted(make_links(session, event_id=1)) == [1, 2, 3, 4]
    with pytest.raises(NotFound, match="actor 99 is not registered"):
        make_link(session, event_id=1, actor_id=99)


def test_who_leaves_the_event_takes_its_links_along(client: TestClient, session: Session, event: str) -> None:
    token = make_link(session, event_id=1, actor_id=3)
    session.commit()
    assert client.delete(f"{event}/participants/3").status_code == 204
    with pytest.raises(NotFound):
        open_link(session, token=token)


def test_revoking_closes_the_links_that_are_meant_and_no_others(session: Session, event: str) -> None:
    first, second, other = (make_link(session, event_id=1, actor_id=i) for i in (3, 3, 4))
    assert revoke_links(session, event_id=1, link_id=open_link(session, token=first).id) == 1
    assert open_link(session, token=second).actor_id == 3
    assert revoke_links(session, event_id=1, actor_ids=[3]) == 1
    for token in (first, second):
        with pytest.raises(NotFound):
            open_link(session, token=token)
    assert open_link(session, token=other).actor_id == 4


def test_links_through_the_api(client: TestClient, event: str) -> None:
    answer = client.post(f"{event}/links", json={"actor_ids": [3], "language": "nl", "purpose": "mail"})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    [made] = answer.json()
    assert made["url"] == f"http://127.0.0.1/agenda/{made['token']}"
    assert (made["actor_id"], made["name"], made["expires_at"]) == (3, "B1", "2027-06-07T10:20:00Z")
    [listed] = client.get(f"{event}/links").json()
    assert "token" not in listed
    assert (listed["purpose"], listed["language"], listed["live"], listed["opened_at"]) == ("mail", "nl", True, None)
    assert client.get(f"/agenda/{made['token']}").status_code == 200
    assert client.get(f"{event}/links").json()[0]["opened_at"] is not None


def test_renewing_replaces_revoking_ends(client: TestClient, event: str) -> None:
    old = client.post(f"{event}/links", json={}).json()
    new = client.post(f"{event}/links/renew", json={"actor_ids": [3]}).json()
    states = {m["actor_id"]: client.get(f"/agenda/{m['token']}").status_code for m in old}
    assert states == {1: 200, 2: 200, 3: 404, 4: 200}
    assert client.get(f"/agenda/{new[0]['token']}").status_code == 200
    assert client.post(f"{event}/links/revoke", json={}).json() == {"revoked": 4}
    assert client.get(f"/agenda/{new[0]['token']}").status_code == 404
    assert [link["live"] for link in client.get(f"{event}/links").json()] == [False] * 5


def test_one_link_can_be_closed_by_its_number(client: TestClient, event: str) -> None:
    [made] = client.post(f"{event}/links", json={"actor_ids": [3]}).json()
    number = client.get(f"{event}/links").json()[0]["id"]
    assert client.delete(f"{event}/links/{number}").status_code == 204
    assert client.get(f"/agenda/{made['token']}").status_code == 404


def test_tokens_stand_neither_in_metrics_nor_in_logs(
    client: TestClient, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    [made] = client.post(f"{event}/links", json={"actor_ids": [3]}).json()
    secret = made["token"].split("-")[1]
    for path in ("", "/manifest.webmanifest", "/nothing"):
        client.get(f"/agenda/{made['token']}{path}")
    client.post(f"/agenda/{made['token']}/answers/1", data={"again": "perhaps"})
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert [line for line in ours if secret in line] == []
    assert secret not in client.get("/metrics").text


def test_links_that_are_made_are_told_without_reading_those_that_were_made_before(
    client: TestClient, event: str, queries: list[str]
) -> None:
    """Others may have made some meanwhile: the newest ones are not always those that this request made."""
    for path in ("links", "links/renew"):
        queries.clear()
        made = client.post(f"{event}/{path}", json={}, headers={"Idempotency-Key": path})
        assert [link["name"] for link in made.json()] == ["F1", "F2", "B1", "B2"]
        assert [q for q in queries if q.startswith("SELECT") and "agenda_link.opened_at" in q] == []


def test_making_links_for_everybody_is_one_pass(session: Session, event: str) -> None:
    handing = Handing(purpose="paper", language="fr")
    made = make_links(session, event_id=1, handing=handing)
    links = {i: open_link(session, token=link.token) for i, link in made.items()}
    assert {i: (link.actor_id, link.language) for i, link in links.items()} == {i: (i, "fr") for i in (1, 2, 3, 4)}
