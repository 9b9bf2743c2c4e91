"""Every form of the pages: those that edit what stands there tell who is second; the others have a reason not to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sent_forms import fields_of
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.policy import POLICY
from app.services.links import make_link
from models.base import utc_now
from tests.shelf import Shelf

MAP = "id;name;country;offers\n1;Filature;FR;fil de lin\n"
NO_EDITS = {
    "creates something new; what is there already is told": {
        "/console/access/keys", "/console/access/keys/{key_id}/rotate", "/console/access/people/{person_id}/link",
        "/console/memory/tandems/new", "/console/memory/weights/proposals", "/console/maps", "/console/programmes/new",
        "/console/actors/new", "/console/events/new", "/console/events/{event_id}/participants",
        "/console/events/{event_id}/participants/list", "/console/events/{event_id}/plans",
        "/console/events/{event_id}/day/walk-in", "/console/events/{event_id}/day/walk-in/new",
        "/console/events/{event_id}/agendas", "/console/actors/{actor_id}/contacts", "/console/privacy/texts",
    },
    "ends, removes or takes back as a whole": {
        "/console/access/keys/{key_id}/revoke", "/console/access/people/{person_id}/remove",
        "/console/access/sessions/{session_id}/end", "/console/sign-out",
        "/console/memory/tandems/{actor_id}/{partner_id}/remove", "/console/programmes/{programme_id}/remove",
        "/console/actors/{actor_id}/remove", "/console/events/{event_id}/participants/{actor_id}/remove",
        "/console/events/{event_id}/participants/take-back",
        "/console/events/{event_id}/wishes/remove", "/console/maps/sectors/{list_id}/delete",
        "/console/maps/imports/{import_id}/stop", "/console/maps/imports/{import_id}/undo",
        "/console/maps/imports/{import_id}/discard", "/console/actors/{actor_id}/contacts/{contact_id}/remove",
        "/console/privacy/texts/remove", "/console/privacy/person/erase", "/console/privacy/periods/sweep",
        "/console/privacy/organisations/{actor_id}/erase", "/console/memory/bridges/reset",
    },
    "shows nothing of what is stored: what is sent is meant as a whole": {
        "/console/access/people", "/console/maps/sectors",
    },
    "an adviser speaks for one side once; of two who speak for the same side the first stands": {
        "/console/events/{event_id}/introductions/{actor_id}/{other_id}",
    },
    "another word is replaced only when that was asked (below)": {"/console/events/{event_id}/wishes"},
    "the participant's own word; what the organiser fixed stands": {
        f"/agenda/{{token}}/{what}" for what in ("answers/{target_id}", "wishes", "seen", "leave", "return")
    },
    "a step of the day, kept with how it was before and undone by one press": {
        f"/console/events/{{event_id}}/day/{what}"
        for what in ("mark", "missing", "undo", "people/{actor_id}", "timetable", "losses", "replan",
                     "plans/{number}/apply")
    },
    "a plan has revisions (tests/web/board/test_board_edits.py), is named by its number, and the one before is kept": {
        f"/console/events/{{event_id}}/plans/{{number}}/{what}"
        for what in ("edits", "undo", "redo", "stop", "publish", "remove")
    },
    "a proposal has a state: accepted or rejected once": {
        "/console/memory/weights/proposals/{number}/accept", "/console/memory/weights/proposals/{number}/reject",
    },
    "stores nothing, or hands in what was noted on paper with its time": {
        "/console/sign-in", "/console/sign-in/letter", "/console/sign-in/link/{token}", "/console/events/new/preview",
        "/console/events/{event_id}/papers/{kind}", "/console/events/{event_id}/papers/noted",
        "/console/events/{event_id}/agendas/file", "/console/privacy/find", "/console/privacy/person",
        "/console/privacy/person/file", "/console/privacy/person/count", "/console/privacy/periods/count",
        "/console/privacy/organisations/{actor_id}/file", "/console/privacy/organisations/{actor_id}/count",
    },
}  # fmt: skip
"""Reason → the forms it holds for."""

SECTIONS = {
    "facts": "UPDATE event SET place = 'Gent'",
    "rules": "UPDATE event SET max_meetings = 1",
    "rounds": "UPDATE round SET minutes = 25",
    "timetable": "UPDATE round SET minutes = 25",
    "places": "UPDATE event_place SET label = 'Moved'",
    "interpreters": "INSERT INTO event_interpreter VALUES (1, 9, '{fr,nl}')",
    "tracks": "UPDATE event SET place = 'Gent'",
    "weights": "UPDATE event SET weights = '{\"hub\": 0.5}'",
}


@dataclass(frozen=True)
class Edit:
    """A form, the page it stands on, and a change that somebody else makes meanwhile."""

    route: str
    page: str
    action: str
    meanwhile: str
    table: str
    told: int = 412


TANDEM = "/console/memory/tandems/1/2"
EDITS = [
    *(Edit("/console/events/{event_id}/setup/{section}", "/console/events/1/setup", f"/console/events/1/setup/{s}",
           change, re.findall(r"(?:UPDATE|INTO) (\w+)", change)[0]) for s, change in SECTIONS.items()),
    Edit("/console/events/{event_id}/participants/{actor_id}", "/console/events/1/participants/1",
         "/console/events/1/participants/1", "UPDATE participant SET max = 1", "participant"),
    Edit("/console/events/{event_id}/plans/{number}/note", "/console/events/1/schedule",
         "/console/events/1/plans/1/note", "UPDATE plan SET note = 'Theirs'", "plan"),
    Edit("/console/actors/{actor_id}", "/console/actors/1", "/console/actors/1", "UPDATE actor SET city = 'Lille'",
         "actor"),
    Edit("/console/actors/{actor_id}/contacts/{contact_id}", "/console/actors/1/contacts/1",
         "/console/actors/1/contacts/1", "UPDATE contact SET role = 'Buyer'", "contact"),
    Edit("/console/programmes/{programme_id}", "/console/programmes/1", "/console/programmes/1",
         "UPDATE programme SET border = 'Lille'", "programme"),
    Edit("/console/memory/tandems/{actor_id}/{partner_id}", TANDEM, TANDEM, "UPDATE tandem SET theme = 'Fire'",
         "tandem"),
    Edit("/console/memory/tandems/{actor_id}/{partner_id}/newest", TANDEM, f"{TANDEM}/newest",
         "UPDATE tandem_step SET note = 'Theirs'", "tandem_step"),
    Edit("/console/memory/tandems/{actor_id}/{partner_id}/steps", TANDEM, f"{TANDEM}/steps",
         "UPDATE tandem SET status = 'in_discussion'", "tandem_step"),
    Edit("/console/memory/bridges", "/console/memory/bridges", "/console/memory/bridges",
         "INSERT INTO sector_bridge VALUES ('design', 'textile', 0.3)", "sector_bridge"),
    Edit("/console/maps/imports/{import_id}/options", "/console/maps/imports/1", "/console/maps/imports/1/options",
         "UPDATE map_import SET options = options || '{\"country\": \"BE\"}'", "map_import"),
    Edit("/console/maps/imports/{import_id}/apply", "/console/maps/imports/1", "/console/maps/imports/1/apply",
         "UPDATE map_import SET options = options || '{\"country\": \"BE\"}'", "map_import"),
    Edit("/console/maps/actors/{actor_id}/take", "/console/maps/actors/1", "/console/maps/actors/1/take",
         "UPDATE actor SET city = 'Lille'", "actor"),
    Edit("/console/events/{event_id}/agendas/rules", "/console/events/1/agendas", "/console/events/1/agendas/rules",
         "INSERT INTO agenda_rules (event_id, wishes, details) VALUES (1, false, true)", "agenda_rules"),
    Edit("/agenda/{token}/details", "/agenda/{token}", "/agenda/{token}/details",
         "UPDATE participant SET available = '{0}'", "participant", told=303),
]  # fmt: skip


@pytest.fixture
def token(shelf: Shelf, client: TestClient, engine: Engine, border) -> str:
    """One of everything that is edited; the link to the agenda of the first participant."""
    return shelf.fill("edited", lambda: make_token(client, engine, border))


def make_token(client: TestClient, engine: Engine, border: Sequence[int]) -> str:
    day = (utc_now() + timedelta(days=30)).replace(microsecond=0)
    client.post("/programmes", json={"name": "Tandem", "sides": [{"code": "FR", "name": "France", "nuts": ["FRE"]}]})
    client.post("/events", json={"name": "Textile afternoon", "programme_id": 1, "min_meetings": 0})
    rounds = [{"starts_at": (day + timedelta(hours=n)).isoformat(), "minutes": 20} for n in range(2)]
    client.put("/events/1/rounds", json=rounds)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor in border[:2]:
        client.post("/events/1/participants", json={"actor_id": actor})
    assert client.post("/events/1/plans", json={"time_limit_s": 1}).status_code == 201
    contact = {"name": "Anne", "email": "a@x.example", "basis": "contract", "basis_note": "7"}
    client.post("/actors/1/contacts", json=contact)
    client.post("/tandems", json={"actor_id": 1, "partner_id": 2, "status": "met"})
    files = {"file": ("chamber.csv", MAP.encode(), "text/csv")}
    assert client.post("/maps/imports", data={"name": "Chamber"}, files=files).status_code == 201
    with engine.begin() as connection:
        said = '{"city": "Gent", "beside": {}}'
        entry = "INSERT INTO map_entry VALUES (1, 1, 'x', '', :said, now())"
        connection.execute(text(entry), {"said": said})
    with Session(engine) as session:
        made = make_link(session, event_id=1, actor_id=1)
        session.commit()
    return made


def stored(engine: Engine, table: str) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars())


def test_every_form_is_an_edit_or_has_its_reason_not_to_be_one() -> None:
    forms = {r.removeprefix("POST ") for r in POLICY if re.match(r"POST /(console|agenda)", r)}
    reasons = [form for held in NO_EDITS.values() for form in held]
    assert sorted({e.route for e in EDITS} | {*reasons}) == sorted(forms)
    assert len(reasons) == len(set(reasons))
    assert {e.route for e in EDITS} & {*reasons} == set()


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.action.strip("/").replace("/", "-"))
def test_who_saves_over_a_change_they_have_not_seen_is_told(
    client: TestClient, engine: Engine, token: str, edit: Edit
) -> None:
    page, action = (address.replace("{token}", token) for address in (edit.page, edit.action))
    shown = client.get(page)
    assert shown.status_code == 200
    fields = fields_of(shown.text, action)
    with engine.begin() as connection:
        connection.execute(text(edit.meanwhile))
    theirs = stored(engine, edit.table)
    answer = client.post(action, data=fields, follow_redirects=False)
    assert answer.status_code == edit.told
    if edit.told == 303:
        assert 'role="alert"' in client.get(answer.headers["location"]).text
    assert stored(engine, edit.table) == theirs


def test_another_word_about_a_pair_is_replaced_only_when_that_was_asked(client: TestClient, token: str) -> None:
    client.put("/events/1/wishes", json={"actor_id": 1, "target_id": 2, "kind": "veto"})
    said = {"actor_id": "1", "target_id": "2", "kind": "wish"}
    asked = client.post("/console/events/1/wishes", data=said, follow_redirects=False)
    assert (asked.status_code, "“Veto” stands there already" in asked.text) == (409, True)
    assert client.get("/events/1/wishes").json()[0]["kind"] == "veto"
    again = fields_of(asked.text, "/console/events/1/wishes")
    assert again | {"instead_of": ["veto"]} == again
    assert client.post("/console/events/1/wishes", data=again, follow_redirects=False).status_code == 303
    assert client.get("/events/1/wishes").json()[0]["kind"] == "wish"
