"""A folder of files that went wrong in the ways files do; expected.toml says how, and what an import answers."""

import tomllib
from pathlib import Path

import pytest

from app.errors import BadInput
from app.services.importing.source import Rejected, Rules, open_source

FOLDER = Path(__file__).parent / "nasty"
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))


def test_the_manifest_names_every_file():
    assert {p.name for p in FOLDER.iterdir()} - {"expected.toml"} == set(EXPECTED)
    assert len(EXPECTED) >= 25


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if "refused" in e])
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(name):
    with pytest.raises(BadInput) as refusal:
        open_source((FOLDER / name).read_bytes(), name)
    assert EXPECTED[name]["refused"] in refusal.value.detail


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if "refused" not in e])
def test_a_file_gives_its_actors_and_names_the_rows_it_cannot(name):
    expected = EXPECTED[name]
    source = open_source((FOLDER / name).read_bytes(), name)
    items = [item for batch in source.batches() for item in batch]
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert [item.actor.name for item in items if not isinstance(item, Rejected)] == expected["actors"]
    assert sorted(line for item in rejected for line in item.lines) == expected.get("rejected", [])
    said = [*source.notes.sentences(), *(r.reason for item in rejected for r in item.reasons)]
    assert [part for part in expected.get("says", []) if not any(part in sentence for sentence in said)] == []


def facts(name: str) -> list[dict]:
    source = open_source((FOLDER / name).read_bytes(), name)
    return [item.said for batch in source.batches() for item in batch if not isinstance(item, Rejected)]


def test_decimal_commas_are_numbers():
    assert [(f["lat"], f["lon"]) for f in facts("01-cp1252-semicolons.csv")] == [(43.8367, 4.3601), (50.6326, 5.5797)]


def test_headings_over_two_rows_name_the_language():
    first = facts("24-merged-headings.xlsx")[0]
    assert first["description"] == [
        {"lang": "fr", "text": "Pôle des matériaux"},
        {"lang": "nl", "text": "Materialenpool"},
    ]
    assert (first["size"], first["beside"]) == (12.5, {"facts_as_of": "2013-05-06"})


def test_rows_of_one_actor_become_one_actor():
    _, silk = facts("15-row-per-competence.csv")
    assert [t["text"] for t in silk["offers"]] == ["tissage de soie", "teinture naturelle", "impression"]
    assert silk["needs"] == [{"lang": "fr", "text": "débouchés en Belgique"}]


def test_both_ways_of_a_matrix():
    alpha, beta = facts("26-matrix.xlsx")
    assert [t["text"] for t in alpha["offers"]] == ["Tissage", "Teinture"]
    assert beta["beside"]["levels"] == {"Tricotage": "X", "Teinture": "1", "Impression 3D": "oui"}
    glass = facts("27-matrix-turned.csv")
    assert [(g["country"], [t["text"] for t in g["offers"]]) for g in glass] == [
        ("FR", ["Soufflage", "Gravure"]),
        ("BE", ["Taille", "Gravure"]),
        ("FR", ["Soufflage"]),
    ]


def test_persons_are_not_stored_without_a_legal_basis():
    private, public = facts("17-names-of-persons.csv")
    assert "beside" not in private
    assert private["description"] == [{"lang": "en", "text": "Write to […]"}]
    assert public["beside"] == {"email": ["info@open.example"]}
    data = (FOLDER / "17-names-of-persons.csv").read_bytes()
    source = open_source(data, "p.csv", Rules(legal_basis="consent of 2014"))
    first = next(iter(source.batches()))[0]
    assert first.said["beside"]["personal"] == {
        "contact": ["Marie Exemple"],
        "email": ["marie.exemple@private.example"],
        "phone": ["+33320000000"],
    }
    assert first.said["description"][0]["text"] == "Write to jean.dupont@private.example"


def test_cells_of_an_open_document():
    steel, foundry = facts("28-repeated-cells.ods")
    assert (steel["size"], [t["text"] for t in steel["offers"]]) == (250.0, ["Walzen von Blech", "Schmieden"])
    assert (foundry["country"], foundry["city"]) == ("FR", "Frankreich")


def test_the_documents_show_every_file_with_what_is_wrong():
    page = (Path(__file__).parents[3] / "docs" / "admins.md").read_text(encoding="utf-8")
    shown = {name for name, e in EXPECTED.items() if f"| `{name}` | {e['wrong']} |" in page}
    assert shown == set(EXPECTED)


def test_what_stands_in_an_address_says_the_place():
    assert [(f["city"], f["country"]) for f in facts("42-objects-under-keys.json")] == [("Lille", "FR"), ("Gent", "BE")]
    keys = open_source((FOLDER / "42-objects-under-keys.json").read_bytes(), "x.json").counts
    assert sorted(keys) == ["be-1", "fr-1"]


def test_quotes_of_other_kinds_do_not_stay_in_the_words():
    assert facts("40-single-quotes.csv")[0]["city"] == "Lille"
    assert facts("41-backslash-quotes.csv")[0]["description"][0]["text"] == 'dit "oui", puis non'
    assert facts("39-carets-between.csv")[1]["city"] == "Gent, centrum"


def test_an_office_does_not_take_the_persons_beside_it_along():
    rows = (
        "Nom;Pays;E-mail;Téléphone;Description\n"
        "A;FR;info@a.example, marie@a.example;03 20 00 00 00 ou 06 11 22 33 44;"
        "contact-fr@a.example ou info.marie@a.example\n"
        "B;BE;Marie <marie@b.example>;demander Marie;Atelier\n"
    )
    plain, basis = (
        [row.said for batch in open_source(rows.encode(), "p.csv", rules).batches() for row in batch]
        for rules in (Rules(), Rules(legal_basis="contract"))
    )
    assert plain[0]["beside"] == {"email": ["info@a.example"]}
    assert plain[0]["description"][0]["text"] == "contact-fr@a.example ou […]"
    assert "beside" not in plain[1]
    assert basis[0]["beside"] == {
        "email": ["info@a.example"],
        "personal": {"email": ["marie@a.example"], "phone": ["+33320000000", "+33611223344"]},
    }
    assert basis[1]["beside"]["personal"] == {"email": ["marie@b.example"], "phone": ["demander Marie"]}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Contact : Mme Marie Dupont, tél. 03 20 00 00 00.", "Contact : […], […]."),
        ("Ansprechpartner: Herr von der Heide berät Sie", "Ansprechpartner: […] berät Sie"),
        ("Fragen an Frau Anna von der Heide", "Fragen an […]"),
        ("Vragen aan dhr. of mevr.? Bel Dhr. Jan Peeters", "Vragen aan dhr. of mevr.? Bel […]"),
        ("Geleid door Prof. dr. A. De Smet en Dr. Els Maes", "Geleid door […] en […]"),
        ("Wir liefern an Dr. Oetker", "Wir liefern an Dr. Oetker"),
        (
            "Monsieur Meuble, 250000000 pièces, GSM-antennes 900 1800",
            "Monsieur Meuble, 250000000 pièces, GSM-antennes 900 1800",
        ),
        ("Tel: +45 74 12 34 56", "[…]"),
    ],
)
def test_names_with_a_title_and_telephones_need_a_legal_basis_in_a_text_too(text, kept):
    data = f'name;country;description\nMonsieur Meuble;FR;"{text}"\n'.encode()
    [plain], [basis] = (
        next(iter(open_source(data, "p.csv", rules).batches())) for rules in (Rules(), Rules(legal_basis="x"))
    )
    assert (plain.said["description"][0]["text"], basis.said["description"][0]["text"]) == (kept, text)


def test_the_words_of_a_matrix_are_told_apart_together():
    competences = [
        (f["name"], [(t["lang"], t["text"]) for t in f["offers"]]) for f in facts("45-title-over-turned-matrix.xlsx")
    ]
    assert competences == [
        ("Atelier Lin", [("fr", "Tissage"), ("fr", "Broderie")]),
        ("Weverij Gent", [("fr", "Teinture")]),
        ("Spinnerei", [("fr", "Tissage"), ("fr", "Broderie")]),
    ]


def test_sheets_of_an_open_document_are_joined_by_their_code():
    [atelier] = facts("46-several-sheets.ods")
    assert (atelier["size"], [t["text"] for t in atelier["offers"]]) == (10.0, ["tissage", "teinture"])
    assert [(t["lang"], t["text"]) for t in atelier["description"]] == [("fr", "Centre"), ("nl", "Centrum")]
