"""What an import stores, and that doing it twice, or partly, does no harm."""

import json
from pathlib import Path

import pytest
from import_records import CENTEXBEL, UPTEX, lines
from sqlalchemy import text
from sqlmodel import func, select

from app.db import translated_errors
from app.errors import NoRoom
from app.services.actors import actor_public, create_actor
from app.services.importing.run import apply
from app.services.pool_revision import current_revision
from models.actor import Actor, ActorCreate
from models.competence_map import ImportChange, MapEntry, MapImport
from models.passage import Passage


def test_an_imported_actor_is_stored_like_a_created_one(session, load, relations):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    beside = {"id", "border", "relations", "facts_as_of", "basis"}
    created = create_actor(
        session, fields=ActorCreate.model_validate({k: v for k, v in CENTEXBEL.items() if k not in beside})
    )
    session.commit()
    imported = session.exec(select(Actor).where(Actor.name == "Centexbel").order_by(Actor.id)).first()
    differs = {"id", "created_at", "updated_at"}
    assert imported.model_dump(exclude=differs) == created.model_dump(exclude=differs)
    stored = {
        i: [
            p.model_dump(exclude={"actor_id"})
            for p in session.exec(select(Passage).where(Passage.actor_id == i).order_by(Passage.ordinal))
        ]
        for i in (imported.id, created.id)
    }
    assert stored[imported.id] == stored[created.id]
    assert len(stored[imported.id]) == 6
    assert relations(imported.id) == [("partner", "UP-tex")]
    entry = session.exec(select(MapEntry).where(MapEntry.actor_id == imported.id)).one()
    assert entry.said["beside"] == {"border": "FR-BE", "facts_as_of": "2013", "basis": "seed"}


def test_the_report_counts_and_a_second_run_changes_nothing(session, load):
    before = current_revision(session)
    first = load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    assert (first.new, first.changed, first.same, first.rows, first.relations, first.warnings) == (2, 0, 0, 2, 1, [])
    assert current_revision(session) == before + 1
    stamps = session.exec(select(Actor.updated_at)).all()
    second = load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    assert (second.new, second.changed, second.same) == (0, 0, 2)
    assert session.exec(select(Actor.updated_at)).all() == stamps
    assert current_revision(session) == before + 1
    assert session.exec(select(func.count()).select_from(Actor)).one() == 2


def test_applying_an_applied_import_answers_the_same(session, look):
    row = look(lines(UPTEX), "actors.jsonl")
    assert apply(session, import_id=row.id) == apply(session, import_id=row.id)
    assert session.exec(select(func.count()).select_from(Actor)).one() == 1


def test_a_changed_row_changes_what_it_says_and_keeps_vectors(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    session.execute(text("UPDATE passage SET encoder = 'e/1', vector = array_fill(0.05, ARRAY[384])::halfvec"))
    session.commit()
    changed = CENTEXBEL | {
        "city": "Zwijnaarde",
        "offers": [*CENTEXBEL["offers"], {"lang": "en", "text": "flame tests"}],
    }
    report = load(lines(changed), "actors.jsonl")
    assert (report.new, report.changed, report.same) == (0, 1, 0)
    [change] = report.changes
    assert change.changes[0].model_dump() == {"field": "city", "before": "Gent", "after": "Zwijnaarde"}
    assert [c.field for c in change.changes] == ["city", "offers"]
    actor = actors()["Centexbel"]
    assert actor.city == "Zwijnaarde"
    shown = actor_public(session, actor=actor, encoder="e/1")
    assert (shown.embedding.passages, shown.embedding.embedded) == (7, 6)
    assert shown.offers[-1].text == "flame tests"


def test_an_edit_in_viaduc_wins_over_the_file_and_is_named(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    actor = actors()["Centexbel"]
    actor.city, actor.region = "Kortrijk", "West-Vlaanderen"
    session.commit()
    report = load(lines(CENTEXBEL | {"city": "Zwijnaarde"}), "actors.jsonl")
    assert [(c.field, c.before, c.after) for c in report.changes[0].conflicts] == [("city", "Kortrijk", "Zwijnaarde")]
    assert (report.conflicts, report.changes[0].changes) == (1, [])
    assert (actors()["Centexbel"].city, actors()["Centexbel"].region) == ("Kortrijk", "West-Vlaanderen")


def test_the_admin_can_let_the_file_win(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    actors()["Centexbel"].city = "Kortrijk"
    session.commit()
    load(lines(CENTEXBEL | {"city": "Zwijnaarde"}), "actors.jsonl", prefer="file")
    assert actors()["Centexbel"].city == "Zwijnaarde"


def test_a_relation_without_its_other_end_is_named(session, load):
    report = load(lines(CENTEXBEL), "actors.jsonl")
    assert report.relations == 0
    assert report.warnings == ["line 1: relation partner to 'fr-1' is left out: there is no such actor"]


def test_two_maps_may_name_one_actor(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    actor_id = actors()["Centexbel"].id
    other = {
        "id": "x9",
        "name": "Centexbel-VKC",
        "country": "BE",
        "city": "Gent",
        "needs": [{"lang": "nl", "text": "weverij"}],
    }
    report = load(lines(other), "other.jsonl", map_name="other map", merge={"x9": actor_id})
    assert (report.new, report.linked) == (0, 1)
    actor = actors()["Centexbel"]
    assert list(actors()) == ["Centexbel"]
    assert [t["text"] for t in actor.texts["needs"]] == ["industriële partners aan de Franse kant", "weverij"]
    assert [(c.field, c.after) for c in report.changes[0].conflicts] == [("name", "Centexbel-VKC")]
    assert actor.aliases[-1] == "Centexbel-VKC"


def test_two_rows_of_one_file_may_be_one_actor(session, load, actors):
    a, b = UPTEX, {"id": "fr-2", "name": "Uptex", "country": "FR", "city": "Roubaix"}
    report = load(lines(b, a), "actors.jsonl", merge={"fr-1": "fr-2"})
    assert (report.new, report.linked) == (1, 1)
    [actor] = actors().values()
    assert (actor.name, actor.city, actor.texts["offers"][0]["text"]) == ("Uptex", "Roubaix", "réseau textile")


def test_a_full_disk_leaves_nothing_half_written(session, engine, look):
    row = look("\n".join(lines(UPTEX | {"id": f"k{i}", "name": f"Actor {i}"}) for i in range(1200)), "actors.jsonl")
    session.commit()
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF NEW.name = 'Actor 700' THEN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; "
                "END IF; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON actor FOR EACH ROW EXECUTE FUNCTION full_disk()")
        )
    try:
        with (
            pytest.raises(NoRoom, match="disk of the database is full; nothing of this request was stored"),
            translated_errors(),
        ):
            apply(session, import_id=row.id)
        session.rollback()
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER full_disk ON actor"))
            connection.execute(text("DROP FUNCTION full_disk()"))
    for table in (Actor, Passage, MapEntry, ImportChange):
        assert session.exec(select(func.count()).select_from(table)).one() == 0
    assert session.get_one(MapImport, row.id).state == "previewed"
    assert apply(session, import_id=row.id).new == 1200


def test_the_real_partner_folder_loads_as_it_is(session, shared_data: Path, load, actors):
    data = (shared_data / "partners" / "actors.jsonl").read_bytes()
    report = load(data, "actors.jsonl")
    assert (report.new, report.rejected, report.warnings) == (81, [], [])
    first = json.loads(data.splitlines()[0])
    stored = actors()[first["name"]]
    assert (stored.kind, stored.side, stored.texts["offers"]) == (first["kind"], first["side"], first["offers"])


@pytest.mark.parametrize("merge", [{"1": "2"}, {"2": "1"}])
def test_two_rows_of_a_file_are_joined_whichever_comes_first(load, actors, merge):
    rows = ({"id": i, "name": f"Actor {i}", "country": "FR", "offers": [{"lang": "fr", "text": i}]} for i in "123")
    report = load(lines(*rows), "actors.jsonl", merge=merge)
    assert (report.new, report.linked) == (2, 1)
    assert {name: [t["text"] for t in a.texts["offers"]] for name, a in actors().items()} == {
        "Actor 1": ["1", "2"],
        "Actor 3": ["3"],
    }


def test_a_row_joins_another_that_an_earlier_file_brought(load, actors):
    load(lines({"id": "1", "name": "A", "country": "FR"}), "actors.jsonl")
    rows = ({"id": i, "name": f"A{i}", "country": "FR", "city": "Lille"} for i in "21")
    report = load(lines(*rows), "actors.jsonl", merge={"2": "1"})
    assert (report.new, report.linked, report.changed) == (0, 1, 1)
    assert len(actors()) == 1
