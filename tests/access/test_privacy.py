"""Export and erase: everything that is stored of somebody is told, and afterwards it is nowhere."""

import hashlib
import io
import re
import subprocess
import sys
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from access_outside import MakeKey, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel, col, select

from app.backup import back_up, restore
from app.db import UNFINISHED, make_engine, require_schema, session_scope
from app.errors import Unavailable
from app.restored import bring_up
from app.services.access.people import put_person
from app.services.actors import create_actor
from app.services.contacts import create_contact
from app.services.events import create_event, register
from app.services.mentions import address_rows, word_columns
from app.services.plan_traces import pruned
from app.services.privacy import erase_again, erase_organisation, erase_person, export_person
from app.services.tandems import create_tandem
from app.services.tombstones import organisation_word, remember
from models.access import AccessSession, PersonCreate
from models.actor import Actor, ActorCreate, IdempotencyRecord
from models.agenda import AgendaState, MeetingAnswer
from models.base import utc_now
from models.competence_map import CompetenceMap, MapEntry, MapImport
from models.contact import Contact, ContactFields, Tombstone
from models.day import Attendance, DayStep
from models.event import EventCreate, Participant, ParticipantCreate
from models.plan import Meeting, Plan
from models.tandem import TandemCreate

ANNE = "anne@weaver.example"
ORGANISATION = "Zwirnerei Quast"
PERSON = {"name": "Anne Dupont", "email": ANNE, "basis": "contract", "basis_note": "Agreement 7"}


def workbook(words: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{words}</t>")
    return packed.getvalue()


def fill(session: Session) -> None:
    """Two organisations with everything between them, and a person at the first: ids 1 and 2, event 1."""
    said = {"description": {"de": f"Fragen an {ANNE.upper()}, wir zwirnen."}, "country": "DE", "name": ORGANISATION}
    create_actor(session, fields=ActorCreate.model_validate(said))
    create_actor(session, fields=ActorCreate.model_validate({"country": "FR", "name": "Filature"}))
    create_event(session, fields=EventCreate(name="Afternoon"))
    for actor_id, person in ((1, "Anne Dupont"), (2, "Luc")):
        fields = {"actor_id": actor_id, "delegates": [{"id": person}]}
        register(session, event_id=1, fields=ParticipantCreate.model_validate(fields))
    create_contact(session, actor_id=1, fields=ContactFields.model_validate(PERSON))
    person = put_person(session, fields=PersonCreate(email=ANNE, role="admin"), by="test")
    session.add(AccessSession(hash="1", person_id=person.id, ends_at=utc_now()))
    session.add(AccessSession(hash="2", vouched_role="reader", vouched_for=ANNE, ends_at=utc_now()))
    problem = {"participants": [{"id": "1", "delegates": [{"id": "Anne Dupont"}]}, {"id": "2"}],
               "utilities": [["1", "2", 0.5]], "places": [{"id": "1"}]}  # fmt: skip
    certificate = {"unmet": [{"participant": "1", "cause": "veto"}], "distribution": [0, 2]}
    session.add(Plan(event_id=1, number=1, state="published", problem=problem, certificate=certificate))
    session.flush()
    session.add(Meeting(event_id=1, number=1, a=1, b=2, round=0, delegate_a="Anne Dupont", delegate_b="Luc"))
    session.add(Attendance(event_id=1, actor_id=1, delegate="Anne Dupont", state="here"))
    session.add(DayStep(event_id=1, number=1, kind="attendance", after={"1/Anne Dupont": {"state": "here"}}))
    session.add(AgendaState(event_id=1, actor_id=2, seen=[{"with": 1, "name": ORGANISATION}]))
    session.add(MeetingAnswer(event_id=1, actor_id=2, target_id=1, again="yes", note=f"Write to {ANNE}!"))
    create_tandem(session, fields=TandemCreate(actor_id=1, partner_id=2, note=f"{ORGANISATION} leads"))
    session.add(CompetenceMap(name="Threads"))
    session.flush()
    session.add(MapEntry(actor_id=1, map_id=1, source_key=ANNE, said={"contact": ANNE, "name": ORGANISATION}))
    for words, state in ((f"{ORGANISATION} {ANNE}", "applied"), ("nobody", "applied"), (ANNE, "previewed")):
        data = zlib.compress(workbook(words))
        session.add(MapImport(map_id=1, filename="t.xlsx", state=state, data=data, report={"warnings": [ORGANISATION]}))
    session.add(IdempotencyRecord(key="k", route="POST /x", body_hash="", status=201, answer={"email": ANNE}))
    came = {"delegates": [{"id": "Anne Dupont"}, {"id": "Luc"}]}
    session.add(IdempotencyRecord(key="k", route="POST /y", body_hash="1", status=201, answer=came))
    session.commit()


@pytest.fixture
def filled(session: Session) -> Session:
    fill(session)
    return session


def places_of(engine: Engine, word: str) -> list[str]:
    """Every place of the whole database where a word stands, looked for in another way than the service does."""
    with engine.connect() as connection:
        found = {
            table.name
            for table in SQLModel.metadata.sorted_tables
            for (row,) in connection.execute(text(f'SELECT t::text FROM "{table.name}" t')).all()
            if word.lower() in row.lower()
        }
        uploads = connection.execute(text("SELECT data FROM map_import")).scalars().all()
    for data in map(zlib.decompress, uploads):
        blobs = [data]
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                blobs += [archive.read(name) for name in archive.namelist()]
        if any(word.lower().encode() in blob.lower() for blob in blobs):
            found.add("upload")
    return sorted(found)


def uploads_of(session: Session) -> list[int]:
    """Their numbers: the first and the third tell of Anne."""
    return list(session.exec(select(MapImport.id).order_by(col(MapImport.id))).all())


def test_an_export_of_a_person_tells_every_place(filled: Session) -> None:
    told = export_person(filled, email=ANNE.upper())
    assert {table: len(rows) for table, rows in told.tables.items()} == {
        "contact": 1,
        "access_person": 1,
        "access_session": 2,
    }
    assert told.tables["contact"][0]["basis_note"] == "Agreement 7"
    assert not {"hash", "digest"} & {*told.tables["access_session"][0]}
    assert told.uploads == uploads_of(filled)[::2]
    assert told.mentions["meeting_answer.note"] == [f"Write to {ANNE}!"]
    assert {place.split(".")[0] for place in told.mentions} | {"upload"} == {
        *places_of(filled.get_bind(), ANNE)} - {"passage"}  # fmt: skip


def test_an_erased_person_is_nowhere(filled: Session, engine: Engine) -> None:
    assert "upload" in places_of(engine, ANNE)
    loaded = uploads_of(filled)
    done = erase_person(filled, email=ANNE)
    filled.commit()
    assert places_of(engine, ANNE) == []
    assert places_of(engine, "Anne Dupont") == []
    assert (done.rows["contact"], done.rows["access_person"], done.rows["access_session"]) == (1, 1, 2)
    assert (done.uploads, done.left) == (loaded[::2], {})
    assert uploads_of(filled) == loaded[:2]
    assert filled.exec(select(Actor.name).order_by(col(Actor.id))).all() == [ORGANISATION, "Filature"]


def test_a_plan_still_names_the_same_delegate_everywhere(filled: Session) -> None:
    erase_person(filled, email=ANNE)
    filled.commit()
    person = filled.get_one(Participant, (1, 1))
    mark = person.delegates[0]["id"]
    assert mark.startswith("erased-")
    plan = filled.get_one(Plan, (1, 1))
    assert plan.problem["participants"][0]["delegates"] == [{"id": mark}]
    meeting = filled.exec(select(Meeting)).one()
    assert (meeting.delegate_a, meeting.delegate_b) == (mark, "Luc")


def test_a_delegate_without_a_contact_is_erased_by_name(filled: Session, engine: Engine) -> None:
    done = erase_person(filled, email="luc@filature.example", names=["Luc"])
    filled.commit()
    assert done.rows == {"idempotency": 1, "meeting": 1, "participant.delegates": 1}
    assert places_of(engine, "Luc") == []
    assert places_of(engine, "Anne Dupont") != []


def test_an_erased_organisation_is_nowhere_but_in_what_others_wrote(filled: Session, engine: Engine) -> None:
    filled.get_one(Actor, 2).website = f"https://x.example/{ORGANISATION}"
    filled.commit()
    done = erase_organisation(filled, actor_id=1)
    filled.commit()
    assert done.left == {"actor.website": 1}
    assert places_of(engine, ORGANISATION) == ["actor"]
    assert {t: done.rows[t] for t in ("actor", "meeting", "tandem", "meeting_answer", "contact", "plan")} == {
        "actor": 1, "meeting": 1, "tandem": 1, "meeting_answer": 1, "contact": 1, "plan": 1}  # fmt: skip
    plan = filled.get_one(Plan, (1, 1))
    assert plan.problem == {"participants": [{"id": "2"}], "utilities": [], "places": [{"id": "1"}]}
    assert plan.certificate == {"unmet": [], "distribution": [0, 2]}
    assert filled.get_one(AgendaState, (1, 2)).seen == []


@pytest.mark.parametrize("who", [{"email": ANNE}, {"actor_id": 1}])
def test_a_dry_run_counts_what_an_erasure_removes_and_changes_nothing(
    client: TestClient, make_key: MakeKey, filled: Session, who: dict[str, Any]
) -> None:
    client.headers.update(with_key(make_key("admin")))
    before = content(filled)
    tried = client.post("/privacy/erase", json=who).json()
    assert content(filled) == before
    done = client.post("/privacy/erase", json=who | {"dry_run": False}).json()
    assert tried.pop("dry_run") is True
    assert done.pop("dry_run") is False
    assert tried == done
    assert content(filled) != before


def content(session: Session) -> list[str]:
    """Every word of every table."""
    session.rollback()
    columns = [(t.name, c.name) for t, c in word_columns()]
    found = session.connection()
    return [str(found.execute(text(f'SELECT "{c}"::text FROM "{t}" ORDER BY 1')).all()) for t, c in columns
            if t not in {"access_key", "pool_revision"}]  # fmt: skip


def test_somebody_is_named_in_one_way(client: TestClient, make_key: MakeKey) -> None:
    client.headers.update(with_key(make_key("admin")))
    for route in ("/privacy/export", "/privacy/erase"):
        assert client.post(route, json={}).status_code == 422
        assert client.post(route, json={"email": ANNE, "actor_id": 1}).status_code == 422
        assert client.post(route, json={"actor_id": 7}).status_code == 404
    assert client.post("/privacy/export", json={"email": ANNE}).json() == {"tables": {}, "mentions": {}, "uploads": []}


def test_numbers_that_mean_something_else_stay() -> None:
    problem = {"rounds": ["1"], "participants": [{"id": "3", "available": [1]}], "locks": [{"a": 1, "b": 3}],
               "vetoes": [["3", "1"], ["3", "4"]], "1/Anne": {}, "interpreters": [{"id": "1"}]}  # fmt: skip
    assert pruned(problem, 1) == {"rounds": ["1"], "participants": [{"id": "3", "available": [1]}], "locks": [],
                                  "vetoes": [["3", "4"]], "interpreters": [{"id": "1"}]}  # fmt: skip


def test_tombstones_name_nobody_and_are_written_once(filled: Session) -> None:
    erase_person(filled, email=ANNE)
    erase_person(filled, email=ANNE)
    erase_organisation(filled, actor_id=1)
    stones = filled.exec(select(Tombstone).order_by(col(Tombstone.id))).all()
    assert [(s.kind, len(s.digest)) for s in stones] == [
        ("contact", 71), ("person", 64), ("organisation", 71), ("organisation", 71)]  # fmt: skip
    assert len({s.salt for s in stones}) == 1
    assert erase_again(filled) == 0


@pytest.mark.slow
def test_a_restored_backup_brings_nobody_back(scratch_url: str, tmp_path: Path) -> None:
    engine = make_engine(scratch_url)
    with session_scope(engine) as session:
        fill(session)
    back_up(scratch_url, tmp_path / "old.zip")
    with session_scope(engine) as session:
        erase_person(session, email=ANNE)
        erase_organisation(session, actor_id=1)
    engine.dispose()
    restore(scratch_url, tmp_path / "old.zip", replace=True)
    assert places_of(engine, ANNE) == []
    assert places_of(engine, ORGANISATION) == []
    with session_scope(engine) as session:
        assert session.exec(select(Actor.name)).all() == ["Filature"]
        assert session.exec(select(Contact)).all() == []
        assert len(session.exec(select(Tombstone)).all()) == 4
    engine.dispose()


def test_many_who_came_back_are_erased_at_once_each_under_a_mark_of_its_own(filled: Session, engine: Engine) -> None:
    luc = PERSON | {"name": "Luc", "email": "luc@filature.example"}
    erase_person(filled, email=ANNE, dry_run=True)
    for email in (ANNE, "luc@filature.example"):
        remember(filled, kind="person", word=email)
    remember(filled, kind="organisation", word=organisation_word(ORGANISATION, "DE"))
    create_contact(filled, actor_id=2, fields=ContactFields.model_validate(luc))
    assert erase_again(filled) == 3
    filled.commit()
    for word in (ANNE, "Anne Dupont", "luc@filature.example", "Luc", ORGANISATION):
        assert places_of(engine, word) == []
    (person,) = filled.exec(select(Participant)).all()
    assert re.fullmatch(r"erased-[0-9a-f]{8}-\d", person.delegates[0]["id"])


def test_who_stands_in_rows_that_were_there_before_is_not_looked_at_again(filled: Session) -> None:
    remember(filled, kind="person", word=ANNE)
    assert erase_again(filled, stayed=address_rows(filled)) == 0
    before = address_rows(filled)
    filled.exec(select(Contact)).one().phone = "+33 3"
    filled.flush()
    assert erase_again(filled, stayed=before) == 1


def test_what_was_erased_before_the_backup_was_made_is_no_reason_to_erase_it_again(filled: Session) -> None:
    remember(filled, kind="person", word=ANNE)
    remember(filled, kind="organisation", word=organisation_word(ORGANISATION, "DE"))
    assert erase_again(filled, since=utc_now()) == 0
    assert erase_again(filled, since=utc_now() - timedelta(days=1)) == 2


def test_a_tombstone_of_an_organisation_from_an_older_version_still_counts(filled: Session) -> None:
    salt, word = "00" * 16, organisation_word(ORGANISATION, "DE")
    digest = hashlib.scrypt(word.encode(), salt=bytes.fromhex(salt), n=2**10, r=8, p=1, dklen=32).hex()
    filled.add(Tombstone(kind="organisation", salt=salt, digest=digest))
    assert erase_again(filled) == 1


@pytest.mark.slow
def test_who_was_entered_anew_stays_when_a_newer_backup_comes_back(scratch_url: str, tmp_path: Path) -> None:
    engine = make_engine(scratch_url)
    with session_scope(engine) as session:
        fill(session)
        erase_person(session, email=ANNE)
        session.connection().execute(text("UPDATE tombstone SET erased_at = now() - interval '3 days'"))
        create_contact(session, actor_id=2, fields=ContactFields.model_validate(PERSON))
    back_up(scratch_url, tmp_path / "new.zip")
    with session_scope(engine) as session:
        session.connection().execute(text("UPDATE contact SET phone = '+33 3'"))
    engine.dispose()
    restore(scratch_url, tmp_path / "new.zip", replace=True)
    with session_scope(engine) as session:
        assert [(c.email, c.phone) for c in session.exec(select(Contact))] == [(ANNE, None)]
    engine.dispose()


def restore_and_kill(url: str, engine: Engine, path: Path) -> None:
    """Restore as the terminal does, killed as soon as the rows are back."""
    lines = "import sys; from pathlib import Path; from app.backup import restore; "
    code = lines + "restore(sys.argv[1], Path(sys.argv[2]), replace=True)"
    held = "SELECT xmin::text FROM pg_class WHERE oid = to_regclass(:name)"
    with engine.connect() as connection:
        before = connection.execute(text(held), {"name": UNFINISHED}).scalar()
    with subprocess.Popen([sys.executable, "-c", code, url, str(path)]) as process:
        now = before
        while now in {None, before} and process.poll() is None:
            with engine.connect() as connection:
                now = connection.execute(text(held), {"name": UNFINISHED}).scalar()
        process.kill()
    assert now not in {None, before}


@pytest.mark.slow
def test_a_restore_that_is_cut_off_before_it_erased_again_is_ended_before_anything_starts(
    scratch_url: str, tmp_path: Path
) -> None:
    engine = make_engine(scratch_url)
    with session_scope(engine) as session:
        fill(session)
    back_up(scratch_url, tmp_path / "old.zip")
    with session_scope(engine) as session:
        erase_person(session, email=ANNE)
        erase_organisation(session, actor_id=1)
    engine.dispose()

    restore_and_kill(scratch_url, engine, tmp_path / "old.zip")
    assert places_of(engine, ANNE) != []
    for refused in (lambda: require_schema(engine), lambda: back_up(scratch_url, tmp_path / "half.zip")):
        with pytest.raises(Unavailable, match="a restore was cut off"):
            refused()
    # Cut off a second time, and then brought to its end.
    restore_and_kill(scratch_url, engine, tmp_path / "old.zip")
    bring_up(scratch_url)
    require_schema(engine)
    assert (places_of(engine, ANNE), places_of(engine, ORGANISATION)) == ([], [])
    bring_up(scratch_url)
    engine.dispose()
