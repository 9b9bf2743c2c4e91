"""What goes out comes in again unchanged; rejected rows come back with their reasons; nothing runs in a spreadsheet."""

import csv
import io
import json

import pytest
from import_records import CENTEXBEL, UPTEX, lines
from sqlmodel import Session, select

from app.services.importing.export import Choices, Selection, export_actors, export_choices
from app.services.importing.rejects import rejected_rows
from app.services.importing.run import list_imports
from models.competence_map import CompetenceMap

AWKWARD = {
    "id": "w-1",
    "name": "=SUM(A1)",
    "country": "FR",
    "aliases": ["'+ quoted", "A; B"],
    "sectors": ["food, drinks", "a|b"],
    "lon": -1.55,
    "lat": 43.48,
    "description": [
        {"lang": "fr", "text": 'Deux\nlignes; et "des" guillemets'},
        {"lang": "eu", "text": "Bi lerro"},
    ],
    "offers": [
        {"lang": "fr", "text": "-1 degré"},
        {"lang": "eu", "text": "bat"},
        {"lang": "fr", "text": "@deux; trois"},
    ],
    "relations": [{"type": "member_of", "target": "fr-1"}],
}


def map_id(session: Session) -> int:
    return session.exec(select(CompetenceMap.id)).one()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_an_exported_map_imports_unchanged(session, load, kind):
    load(lines(CENTEXBEL, UPTEX, AWKWARD), "actors.jsonl")
    out = export_actors(session, selection=Selection(map_id=map_id(session)), kind=kind, stem="map")
    report = load(out.data, out.name)
    assert (report.rows, report.new, report.changed, report.same, report.rejected) == (3, 0, 0, 3, [])
    assert [w for w in report.warnings if "relation" in w] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_an_exported_map_makes_the_same_actors_elsewhere(session, load, actors, kind):
    load(lines(CENTEXBEL, UPTEX, AWKWARD), "actors.jsonl")
    out = export_actors(session, selection=Selection(map_id=map_id(session)), kind=kind)
    before = {n: a.model_dump(exclude={"id", "created_at", "updated_at"}) for n, a in actors().items()}
    for actor in actors().values():
        session.delete(actor)
    session.commit()
    load(out.data, out.name)
    after = {n: a.model_dump(exclude={"id", "created_at", "updated_at"}) for n, a in actors().items()}
    by_lang = lambda texts: {f: sorted(t, key=lambda x: x["lang"]) for f, t in texts.items()}  # noqa: E731
    for stored in (*before.values(), *after.values()):
        # Columns gather the texts of one language; within a language their order is kept.
        stored["texts"] = by_lang(stored["texts"]) if kind != "jsonl" else stored["texts"]
        stored["search_text"] = sorted(stored["search_text"].split())
    assert after == before


def test_json_lines_have_the_shape_of_an_evaluation_folder(session, load):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    out = export_actors(session, selection=Selection(map_id=map_id(session)), kind="jsonl")
    record = json.loads(out.data.splitlines()[0])
    texts = [{"lang": lang, "text": words} for lang, words in CENTEXBEL["description"].items()]
    assert record == CENTEXBEL | {"description": texts}


def test_no_cell_starts_like_a_formula(session, load):
    load(lines(AWKWARD, UPTEX), "actors.jsonl")
    out = export_actors(session, selection=Selection(map_id=map_id(session)), kind="csv")
    cells = [cell for row in csv.reader(io.StringIO(out.data.decode("utf-8-sig"))) for cell in row]
    assert [c for c in cells if c[:1] in {"=", "+", "@", "\t", "\r"} or (c[:1] == "-" and not c[1:2].isdigit())] == []
    assert "'=SUM(A1)" in cells


def test_a_selection_can_be_exported(session, load, actors):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    wanted = actors()["UP-tex"].id
    out = export_actors(session, selection=Selection(actor_ids=[wanted]), kind="jsonl")
    assert [json.loads(line)["name"] for line in out.data.splitlines()] == ["UP-tex"]


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ({"country": "BE"}, ["Centexbel"]),
        ({"side": "FR", "kind": "cluster"}, ["UP-tex"]),
        ({"sector": "food, drinks"}, ["=SUM(A1)"]),
        ({"sector": "'; DROP TABLE actor --"}, []),
        ({"actor_ids": []}, []),
    ],
)
def test_a_part_of_a_map_is_exported_and_changes_nothing_when_it_comes_back(session, load, part, names):
    load(lines(CENTEXBEL, UPTEX, AWKWARD), "actors.jsonl")
    chosen = Selection(map_id=map_id(session), **part)
    out = export_actors(session, selection=chosen, kind="jsonl")
    assert [json.loads(line)["name"] for line in out.data.splitlines()] == names
    if names:
        again = load(export_actors(session, selection=chosen, kind="csv").data, "part.csv")
        assert (again.rows, again.same, again.rejected) == (len(names), len(names), [])


def test_what_a_part_is_chosen_by_stands_in_the_map(session, load):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    load(lines(UPTEX | {"id": "z", "name": "Other", "country": "DE"}), "other.jsonl", map_name="other")
    assert export_choices(session, map_id=1) == Choices(
        country=["BE", "FR"], side=["FR", "VL"], kind=["cluster", "technical_centre"], sector=["technical textiles"]
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_rejected_rows_come_back_with_their_reason_and_can_be_mended(session, load, actors, kind):
    rows = [("Good", "FR"), ("Bad", "Absurdistan"), ("Worse", "")]
    if kind == "csv":
        data = "nom;pays\n" + "".join(f"{n};{c}\n" for n, c in rows)
    else:
        data = "\n".join(json.dumps({"nom": n, "pays": c}) for n, c in rows)
    assert load(data, f"map.{kind}").rejected_rows == 2
    out = rejected_rows(session, import_id=list_imports(session, map_id=map_id(session))[0].id)
    assert out.name == f"map-rejected.{kind}"
    text = out.data.decode("utf-8-sig")
    assert ("Good" in text, text.count("unknown country 'Absurdistan'"), text.count("the country is missing")) == (
        False,
        1,
        1,
    )
    mended = text.replace('"pays": "Absurdistan"', '"pays": "BE"').replace(",Bad,Absurdistan", ",Bad,BE")
    report = load(mended.encode(), out.name)
    assert (report.new, report.rejected_rows, list(actors())) == (1, 1, ["Good", "Bad"])
