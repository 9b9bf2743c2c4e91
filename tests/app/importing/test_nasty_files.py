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
    assert public["beside"] == {"email": ["info@open.example"]}
    data = (FOLDER / "17-names-of-persons.csv").read_bytes()
    source = open_source(data, "p.csv", Rules(legal_basis="consent of 2014"))
    first = next(iter(source.batches()))[0]
    assert first.said["beside"]["personal"] == {
        "contact": ["Marie Exemple"],
        "email": ["marie.exemple@private.example"],
        "phone": ["+33 3 20 00 00 00"],
    }


def test_cells_of_an_open_document():
    steel, foundry = facts("28-repeated-cells.ods")
    assert (steel["size"], [t["text"] for t in steel["offers"]]) == (250.0, ["Walzen von Blech", "Schmieden"])
    assert (foundry["country"], foundry["city"]) == ("FR", "Frankreich")


def test_the_documents_show_every_file_with_what_is_wrong():
    page = (Path(__file__).parents[3] / "docs" / "admins.md").read_text(encoding="utf-8")
    shown = {name for name, e in EXPECTED.items() if f"| `{name}` | {e['wrong']} |" in page}
    assert shown == set(EXPECTED)
