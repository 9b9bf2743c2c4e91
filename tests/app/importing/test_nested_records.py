"""Objects inside objects, the language of a column, and rejected rows that lose nothing."""

import json
from pathlib import Path

import pytest

from app.services.importing.nested import flattened, list_inside, recognise_path
from app.services.importing.rejects import rejected_rows
from app.services.importing.source import open_source

FOLDER = Path(__file__).parent / "nasty"


def facts(data: str | bytes, name: str) -> list[dict]:
    source = open_source(data.encode() if isinstance(data, str) else data, name)
    return [row.said for batch in source.batches() for row in batch]


def test_objects_become_headings_and_texts_stay_whole():
    record = {"org": {"name": "A", "geo": {"lat": 1}}, "text": {"fr": "un", "nl": "een"}, "address": {"city": "Mons"}}
    assert flattened(record) == {
        "org.name": "A", "org.geo.lat": 1, "text": {"fr": "un", "nl": "een"}, "city": "Mons",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "field", "sure"),
    [
        ("organisation.legalName", "name", True),
        ("country.code", "country", True),
        ("contact.name", "contact", True),
        ("contact.mail", "email", True),
        ("localisation.ville", "city", True),
        ("web.url", "website", True),
        ("coordinator.country", "country", False),
        ("parent.name", "name", False),
        ("name", "name", True),
    ],
)
def test_what_stands_in_an_object_is_known_by_both_words(heading, field, sure):
    guess = recognise_path(heading)
    assert (guess.field, guess.sure) == (field, sure)


def test_the_list_of_actors_is_found_however_deep():
    actors = [{"nom": "A"}, {"nom": "B"}]
    document = {"meta": {"authors": [{"x": 1}] * 5}, "payload": {"page": {"rows": actors}}}
    assert list_inside(document) == actors


def test_a_nested_document_is_read_whole():
    glass, logistics = facts((FOLDER / "51-objects-inside-objects.json").read_bytes(), "x.json")
    assert glass["offers"] == [
        {"lang": "fr", "text": "Soufflage"},
        {"lang": "nl", "text": "Blazen"},
        {"lang": "fr", "text": "Gravure"},
    ]
    assert (glass["city"], glass["country"], glass["aliases"], glass["website"]) == (
        "Mons", "BE", ["VdH"], "https://verre.example",
    )  # fmt: skip
    assert glass["beside"]["levels"] == {"Soufflage": "3", "Blazen": "3", "Gravure": "1"}
    assert logistics["name"] == "Limburgse Logistiek NV"


def test_names_by_language_are_a_name_and_aliases():
    [said] = facts(
        json.dumps([{"name": {"fr": "Lin", "nl": "Vlas"}, "country": "BE", "sectors": [{"label": "flax"}]}]), "x.json"
    )
    assert (said["name"], said["aliases"], said["sectors"]) == ("Lin", ["Vlas"], ["flax"])


def test_short_texts_follow_their_column_and_not_the_country():
    data = (
        "nom;pays;description\nA;ES;Laboratoire d'essais\nB;DE;Capteurs\n"
        "C;FR;Une entreprise de tissage et de teinture\nD;FR;Fabrication de capteurs pour l'industrie\n"
        "E;ES;Logistique des produits de la mer\nF;ES;Lin\n"
    )
    assert [said["description"][0]["lang"] for said in facts(data, "m.csv")] == ["fr"] * 6


def test_a_mixed_column_gives_no_language_to_anybody():
    data = (
        "nom;pays;description\nA;BE;Une entreprise de tissage et de teinture\n"
        "B;BE;Een bedrijf dat weeft en verft voor de mode\nC;BE;Wij maken machines voor textiel\nD;BE;Weverij\n"
    )
    assert [said["description"][0]["lang"] for said in facts(data, "m.csv")] == ["fr", "nl", "nl", "nl"]


def test_rejected_rows_of_several_sheets_come_back_on_theirs(session, look):
    data = (FOLDER / "50-older-codes-and-dates.ods").read_bytes()
    row = look(data, "carte.ods", country=None, mapping={"Code NUTS": ""})
    source = open_source(rejected_rows(session, import_id=row.id).data, "carte-rejected.xlsx")
    lines = {plan.name: [[c for c in r.cells[1:] if c] for r in plan.table.rows()][1:] for plan in source.plans}
    assert [cells[:2] for cells in lines["Acteurs"]] == [
        ["A1", "Institut du Lin"],
        ["A2", "Pôle Dentelle"],
        ["A3", "Verre & Cie"],
    ]
    assert lines["Compétences"] == [
        ["A1", "Filage", "offre"],
        ["A1", "Clients belges", "besoin"],
        ["A2", "Dentelle mécanique", "offre"],
        ["A9", "Fantôme", "offre"],
    ]


def test_what_could_not_be_cut_comes_back_whole(session, look):
    long = "x" * 400
    row = look(f'Nom;Pays;Description\nA;FR;"{long}\nB;FR;fine\n', "m.csv")
    text = rejected_rows(session, import_id=row.id).data.decode("utf-8-sig")
    assert text.splitlines()[1].endswith(f",A,FR,{long}")
    row = look(f'{{"name": "A", "country": "FR"}}\n{{"name": "{long}", "country\n', "m.jsonl", "other")
    [back] = rejected_rows(session, import_id=row.id).data.decode().splitlines()
    assert json.loads(back)["(whole row)"] == f'{{"name": "{long}", "country'


def test_each_row_of_one_competence_keeps_its_level():
    rows = "id,name,country,competence,facet,level\n1,Lin,BE,weaving,offer,expert\n1,Lin,BE,dyeing,offer,2\n"
    [said] = facts(rows + "1,Lin,BE,a laboratory,need,\n2,Vlas,BE,,,3\n", "x.csv")[:1]
    assert [text["text"] for text in said["offers"]] == ["weaving", "dyeing"]
    assert said["beside"] == {"levels": {"weaving": "expert", "dyeing": "2"}}
