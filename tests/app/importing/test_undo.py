"""An import can be taken back as a whole, and leaves alone what was touched since."""

import threading

import pytest
from import_records import CENTEXBEL, UPTEX, lines
from sqlalchemy import text
from sqlmodel import Session, func, select

from app.errors import Conflict
from app.services import hubs
from app.services.actors import create_actor, update_actor
from app.services.importing.run import apply, list_imports
from app.services.importing.undo import undo
from app.services.relations import set_relation
from models.actor import Actor, ActorCreate, ActorUpdate, Relation, RelationCreate
from models.competence_map import CompetenceMap, MapEntry
from models.event import Event, Participant
from models.feedback import Feedback
from models.passage import Passage
from models.tandem import Tandem


def last_import(session) -> int:
    return list_imports(session, map_id=session.exec(select(CompetenceMap.id)).first())[0].id


def snapshot(session) -> tuple:
    session.expire_all()
    kept = {"updated_at", "id"}
    actors = [a.model_dump(exclude=kept) for a in session.exec(select(Actor).order_by(Actor.id))]
    entries = [e.model_dump(exclude={"updated_at"}) for e in session.exec(select(MapEntry).order_by(MapEntry.actor_id))]
    pieces = [
        (p.actor_id, p.ordinal, p.text)
        for p in session.exec(select(Passage).order_by(Passage.actor_id, Passage.ordinal))
    ]
    return actors, entries, pieces, session.exec(select(func.count()).select_from(Relation)).one()


def test_undoing_a_first_import_leaves_nothing(session, load):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    report = undo(session, import_id=last_import(session))
    assert (report.removed, report.restored, report.kept) == (2, 0, [])
    assert snapshot(session) == ([], [], [], 0)


def test_undoing_a_change_restores_every_word(session, load):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    before = snapshot(session)
    changed = CENTEXBEL | {"city": "Zwijnaarde", "needs": [], "sectors": ["design"], "size": None}
    other = {"id": "n", "name": "New", "country": "FR", "relations": [{"type": "partner", "target": "be-1"}]}
    load(lines(changed, UPTEX, other), "actors.jsonl")
    assert snapshot(session) != before
    report = undo(session, import_id=last_import(session))
    assert (report.removed, report.restored, report.kept) == (1, 1, [])
    assert snapshot(session) == before


def test_a_later_edit_is_named_and_kept(session, load, actors):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    actor_id = actors()["Centexbel"].id
    update_actor(session, actor_id=actor_id, changes=ActorUpdate(city="Kortrijk"))
    session.commit()
    report = undo(session, import_id=last_import(session))
    assert report.kept == [f"Centexbel (actor {actor_id}): edited since the import"]
    assert {name: a.city for name, a in actors().items()} == {"Centexbel": "Kortrijk"}


def test_a_registered_actor_is_named_and_kept(session, load, actors):
    load(lines(UPTEX), "actors.jsonl")
    actor_id = actors()["UP-tex"].id
    event = Event(name="Speed dating", zone="Europe/Paris")
    session.add(event)
    session.flush()
    session.add(Participant(event_id=event.id, actor_id=actor_id))
    session.commit()
    assert undo(session, import_id=last_import(session)).kept == [f"UP-tex (actor {actor_id}): registered for an event"]


def test_imports_are_undone_from_the_last(session, load, actors):
    load(lines(UPTEX), "actors.jsonl")
    first = last_import(session)
    load(lines(UPTEX | {"city": "Roubaix"}), "actors.jsonl")
    actor_id = actors()["UP-tex"].id
    assert undo(session, import_id=first).kept == [
        f"UP-tex (actor {actor_id}): changed by a later import; undo that one first"
    ]
    session.rollback()
    undo(session, import_id=last_import(session))
    session.commit()
    assert actors()["UP-tex"].city is None
    assert (undo(session, import_id=first).removed, actors()) == (1, {})


def test_two_maps_of_one_actor_are_taken_back_one_after_the_other(session, load, actors):
    load(lines(UPTEX), "actors.jsonl")
    first = last_import(session)
    other = {"id": "9", "name": "UPTEX", "country": "FR", "needs": [{"lang": "fr", "text": "des fibres"}]}
    load(lines(other), "other.jsonl", map_name="other", merge={"9": actors()["UP-tex"].id})
    other_map = session.exec(select(CompetenceMap.id).where(CompetenceMap.name == "other")).one()
    undo(session, import_id=list_imports(session, map_id=other_map)[0].id)
    session.commit()
    assert (undo(session, import_id=first).kept, actors()) == ([], {})


def test_an_edit_between_two_imports_is_still_known_when_the_later_one_is_undone(session, load, actors):
    load(lines(UPTEX), "actors.jsonl")
    first = last_import(session)
    update_actor(session, actor_id=actors()["UP-tex"].id, changes=ActorUpdate(city="Lens"))
    session.commit()
    load(lines(UPTEX | {"website": "https://up-tex.fr"}), "actors.jsonl")
    undo(session, import_id=last_import(session))
    session.commit()
    actor_id = actors()["UP-tex"].id
    assert undo(session, import_id=first).kept == [f"UP-tex (actor {actor_id}): edited since the import"]
    assert actors()["UP-tex"].city == "Lens"


def test_an_undo_does_not_fail_because_of_the_worker(session, engine, load, actors):
    """The worker writes the actors' hubness at the same time: it waits for the undo and neither fails."""
    load(lines(UPTEX), "actors.jsonl")
    actor_id = actors()["UP-tex"].id
    undo(session, import_id=last_import(session))
    failures: list[BaseException] = []

    def settle() -> None:
        try:
            with Session(engine) as other:
                hubs._store(other, {actor_id: 0.5})
                other.commit()
        except BaseException as failure:
            failures.append(failure)

    worker = threading.Thread(target=settle)
    worker.start()
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%actor%'")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as onlooker:
        while worker.is_alive() and not onlooker.execute(waiting).scalar_one():
            pass
    session.commit()
    worker.join()
    assert (failures, actors()) == ([], {})


def test_a_linked_actor_loses_only_what_the_other_map_said(session, load, actors):
    load(lines(UPTEX), "actors.jsonl")
    before = snapshot(session)
    other = {"id": "9", "name": "UPTEX", "country": "FR", "needs": [{"lang": "fr", "text": "des fibres"}]}
    row = load(lines(other), "other.jsonl", map_name="other", merge={"9": actors()["UP-tex"].id})
    assert row.linked == 1
    other_map = session.exec(select(CompetenceMap.id).where(CompetenceMap.name == "other")).one()
    report = undo(session, import_id=list_imports(session, map_id=other_map)[0].id)
    assert (report.removed, report.restored, report.unlinked) == (0, 1, 1)
    assert snapshot(session) == before


def test_what_was_not_applied_or_is_undone_cannot_be_undone(session, look):
    row = look(lines(UPTEX), "actors.jsonl")
    with pytest.raises(Conflict, match="is previewed: only an applied import"):
        undo(session, import_id=row.id)
    apply(session, import_id=row.id)
    undo(session, import_id=row.id)
    with pytest.raises(Conflict, match="is undone"):
        undo(session, import_id=row.id)
    with pytest.raises(Conflict, match="was undone: load the file again"):
        apply(session, import_id=row.id)


def test_what_was_used_since_is_named_and_kept(session, load, actors):
    names = ("In a tandem", "Met", "Meets", "Related", "Unused")
    records = [{"id": str(i), "name": name, "country": "FR"} for i, name in enumerate(names)]
    records[4]["relations"] = [{"type": "partner", "target": "3"}]
    load(lines(*records), "actors.jsonl")
    ids = {name: actor.id for name, actor in actors().items()}
    outsider = create_actor(session, fields=ActorCreate(name="Outsider", country="BE")).id
    set_relation(session, actor_id=outsider, relation=RelationCreate(target_id=ids["Related"], type="partner"))
    session.add(Tandem(actor_id=ids["In a tandem"], partner_id=outsider, status="met"))
    session.add(Feedback(actor_id=ids["Meets"], target_id=ids["Met"], worth="yes"))
    session.commit()
    row = list_imports(session, map_id=1)[0]
    report = undo(session, import_id=row.id)
    assert report.removed == 1
    assert [kept.partition(": ")[::2] for kept in report.kept] == [
        (f"In a tandem (actor {ids['In a tandem']})", "part of a tandem"),
        (f"Met (actor {ids['Met']})", "somebody gave feedback"),
        (f"Meets (actor {ids['Meets']})", "somebody gave feedback"),
        (f"Related (actor {ids['Related']})", "a relation was entered since"),
    ]
    session.commit()
    assert sorted(actors()) == ["In a tandem", "Meets", "Met", "Outsider", "Related"]
    assert row.taken_back == report.model_dump()
