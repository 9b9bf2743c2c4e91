"""What a source says is kept whole: of every row of an actor, also when it only says anew what is stored."""

import json

import pytest
from import_records import CENTEXBEL, UPTEX, lines
from sqlmodel import select

from app.services.actors import update_actor
from app.services.importing.run import list_imports
from app.services.importing.source import Rules, open_source
from app.services.importing.undo import undo
from models.actor import ActorUpdate
from models.competence_map import CompetenceMap, MapEntry


def edit(session, actors, **changes: object) -> None:
    update_actor(session, actor_id=actors()["Centexbel"].id, changes=ActorUpdate.model_validate(changes))
    session.commit()


def test_a_source_that_agrees_and_then_changes_its_mind_is_heard(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    edit(session, actors, city="Kortrijk")
    assert load(lines(CENTEXBEL | {"city": "Kortrijk"}), "actors.jsonl").same == 1
    assert session.exec(select(MapEntry)).one().said["city"] == "Kortrijk"
    assert load(lines(CENTEXBEL), "actors.jsonl").changed == 1
    assert actors()["Centexbel"].city == "Gent"


def test_undoing_an_import_that_only_agreed_takes_its_words_back(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    edit(session, actors, city="Kortrijk")
    load(lines(CENTEXBEL | {"city": "Kortrijk"}), "actors.jsonl")
    map_id = session.exec(select(CompetenceMap.id)).one()
    report = undo(session, import_id=list_imports(session, map_id=map_id)[0].id)
    assert (report.removed, report.restored, report.kept) == (0, 0, [])
    assert (session.exec(select(MapEntry)).one().said["city"], actors()["Centexbel"].city) == ("Gent", "Kortrijk")


def test_what_stands_beside_the_fields_is_kept_of_every_row():
    data = (
        "id;nom;pays;compétence;e-mail;code NACE\n"
        "1;UP-tex;FR;tissage;info@up.example;13.20\n"
        "1;UP-tex;FR;teinture;contact@up.example, info@up.example;13.30\n"
    )
    source = open_source(data.encode(), "map.csv", Rules())
    [row] = [row for batch in source.batches() for row in batch]
    assert row.said["beside"]["email"] == ["info@up.example", "contact@up.example"]
    assert row.said["beside"]["nace"] == ["C13.20", "C13.30"]


def test_persons_are_kept_of_every_row():
    data = (
        "id;nom;pays;compétence;e-mail;téléphone\n"
        "1;UP-tex;FR;tissage;marie@up.example;03 20 00 00 00\n"
        "1;UP-tex;FR;teinture;jean@up.example;03 20 00 00 00\n"
    )
    source = open_source(data.encode(), "map.csv", Rules(legal_basis="contract"))
    [row] = [row for batch in source.batches() for row in batch]
    assert row.said["beside"]["personal"] == {
        "email": ["marie@up.example", "jean@up.example"],
        "phone": ["+33320000000"],
    }


@pytest.mark.parametrize(("written", "anonymous"), [(True, True), (False, False), ("yes", True), ("non", False)])
def test_json_says_who_is_anonymous_with_words_or_without(load, actors, written, anonymous):
    report = load(json.dumps([UPTEX | {"anonymous": written}]), "actors.json")
    assert (report.new, report.rejected) == (1, [])
    assert actors()["UP-tex"].anonymous is anonymous


def test_another_map_does_not_open_who_was_made_anonymous(session, load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    edit(session, actors, anonymous=True)
    actor_id = actors()["Centexbel"].id
    open_row = {"id": "x", "name": "Centexbel", "country": "BE", "anonymous": "no"}
    report = load(lines(open_row), "other.jsonl", map_name="other", merge={"x": actor_id})
    assert [(c.field, c.before, c.after) for c in report.changes[0].conflicts] == [("anonymous", True, False)]
    assert actors()["Centexbel"].anonymous is True


def test_another_map_may_make_anonymous(load, actors):
    load(lines(CENTEXBEL), "actors.jsonl")
    hidden = {"id": "x", "name": "Centexbel", "country": "BE", "anonymous": "yes"}
    load(lines(hidden), "other.jsonl", map_name="other", merge={"x": actors()["Centexbel"].id})
    assert actors()["Centexbel"].anonymous is True
