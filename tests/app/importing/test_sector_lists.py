"""The border's own sector lists: loaded, replaced, and what imports make of them."""

import json

import pytest

from app.errors import BadInput
from app.services.importing.run import apply
from app.services.importing.sector_lists import (
    delete_sector_list,
    list_sector_lists,
    load_sector_list,
    sector_words,
)
from app.services.importing.sector_words import Reading, SectorWords, Term, known_slugs
from app.web.labels import SECTORS
from models.competence_map import ImportReport

LIST = (
    "Code;Nom (FR);Naam (NL);Viaduc;NACE\n"
    "DAS1;Textiles du futur;Textiel van de toekomst;textile;C13\n"
    "DAS2;Mobilité ferroviaire;Spoormobiliteit;;\n"
    "DAS3;Eau;Water;Waste recycling;\n"
    "DAS4;Nucléaire;Kernenergie;;Z99\n"
    "DAS1;Encore;Nog eens;;\n"
    ";Sans code;;;\n"
)


@pytest.fixture
def words() -> SectorWords:
    return SectorWords(
        [
            Term("DAS", "DAS1", {"fr": "Textiles du futur", "nl": "Textiel van de toekomst"}, "textile", "C13"),
            Term("DAS", "7", {"fr": "Santé"}, None, None),
            Term("S3", "B2", {"en": "Rail"}, "rail", None),
            Term("other", "x", {"en": "Rail"}, "logistics", None),
            Term("other", "y", {"fr": "Bois"}, None, "C16"),
        ]
    )


@pytest.mark.parametrize(
    ("written", "coded", "read"),
    [
        ("das1", False, Reading("textile", "C13")),
        ("TEXTIEL VAN DE TOEKOMST", False, Reading("textile", "C13")),
        ("DAS1 – Textiles du futur", False, Reading("textile", "C13")),
        ("DAS1: whatever they call it today", False, Reading("textile", "C13")),
        ("7", True, Reading("Santé")),
        ("7", False, Reading("7", None, unmapped=True)),
        ("Bois", False, Reading("Manufacture of wood and of products of wood and cork, except furniture", "C16")),
        ("waste recycling", False, Reading("waste_recycling")),
        ("C13.20", False, Reading("Manufacture of textiles", "C13.20")),
        ("Poésie", False, Reading("Poésie", None, unmapped=True)),
    ],
)  # fmt: skip
def test_a_written_sector_becomes_the_lists_word(words, written, coded, read):
    assert words.read(written, coded=coded) == read


def test_lists_that_disagree_are_not_believed(words):
    with pytest.raises(ValueError, match="'Rail' means different things"):
        words.read("Rail", coded=False)


def test_without_lists_every_sector_stays_as_it_was():
    assert SectorWords().read("Waste recycling", coded=False) == Reading("Waste recycling")
    assert SectorWords().read("Poésie", coded=False) == Reading("Poésie")


def test_the_codes_of_sectors_are_those_of_the_pages():
    assert set(known_slugs().values()) == set(SECTORS)


def test_a_list_is_loaded_with_its_mistakes_named(session):
    report = load_sector_list(session, name="DAS", filename="das.csv", data=LIST.encode("cp1252"))
    assert (report.terms, report.mapped) == (3, 2)
    assert report.rejected == [
        "line 5: 'Z99' is no NACE code, such as C, C13 or 13.20",
        "line 6: the code 'DAS1' stands on an earlier line too",
        "line 7: the code is missing",
    ]
    [stored] = list_sector_lists(session)
    assert [(t.code, t.names, t.sector, t.nace) for t in stored.terms] == [
        ("DAS1", {"fr": "Textiles du futur", "nl": "Textiel van de toekomst"}, "textile", "C13"),
        ("DAS2", {"fr": "Mobilité ferroviaire", "nl": "Spoormobiliteit"}, None, None),
        ("DAS3", {"fr": "Eau", "nl": "Water"}, "waste_recycling", None),
    ]


def test_a_list_is_replaced_as_a_whole_and_can_be_forgotten(session):
    first = load_sector_list(session, name="DAS", filename="das.csv", data=LIST.encode())
    newer = json.dumps([{"code": "X", "names": {"fr": "Bois", "nl": "Hout"}, "nace": "16"}]).encode()
    report = load_sector_list(session, name="DAS", filename="das.json", data=newer)
    assert (report.id, report.terms, report.mapped) == (first.id, 1, 1)
    assert sector_words(session, only="DAS").terms == [Term("DAS", "X", {"fr": "Bois", "nl": "Hout"}, None, "C16")]
    delete_sector_list(session, list_id=first.id)
    assert list_sector_lists(session) == []


@pytest.mark.parametrize("data", [b"a;b\n1;2\n", b"code;name\n;x\n"])
def test_a_file_without_sectors_is_refused(session, data):
    with pytest.raises(BadInput, match="holds no sector"):
        load_sector_list(session, name="DAS", filename="x.csv", data=data)


def test_an_import_maps_onto_the_lists_and_names_what_it_could_not(session, look, actors):
    load_sector_list(session, name="DAS", filename="das.csv", data=LIST.encode())
    row = look("Nom;Pays;Secteurs\nA;FR;DAS1|Spoormobiliteit|Poésie|C13\n", sector_list="DAS")
    report = ImportReport.model_validate(row.report)
    assert [w for w in report.warnings if "sector" in w] == [
        "line 2: Secteurs: 'Poésie' stands in no sector list and is no NACE code, it is kept in its own words"
    ]
    apply(session, import_id=row.id)
    assert actors()["A"].sectors == ["textile", "Mobilité ferroviaire", "Poésie", "Manufacture of textiles"]
    with pytest.raises(BadInput, match="there is no sector list 'S3'; there are: DAS"):
        look("Nom;Pays;Secteurs\nA;FR;DAS1\n", sector_list="S3")
