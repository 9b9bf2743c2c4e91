"""What people write in cells → codes and numbers."""

import pytest

from app.services.importing.sectors import holds_codes, read_sector
from app.services.importing.values import (
    parse_coordinate,
    parse_country,
    parse_kind,
    parse_language,
    parse_languages,
    parse_level,
    parse_number,
    parse_nuts,
    parse_phone,
    parse_website,
)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("FR", "FR"), ("fr", "FR"), ("Frankrijk", "FR"), ("Frantzia", "FR"), ("FRANKREICH", "FR"), ("Francia", "FR"),
        ("Belgique", "BE"), ("België", "BE"), ("Bélgica", "BE"), ("Alemania", "DE"), ("Danmark", "DK"),
        ("Royaume-Uni", "GB"), ("UK", "GB"), ("EL", "GR"), ("Grèce", "GR"), ("Espainia", "ES"), ("Tchéquie", "CZ"),
        ("Pays-Bas", "NL"), ("Países Baixos", "NL"), ("Lussemburgo", "LU"), ("Schweiz", "CH"),
    ],
)  # fmt: skip
def test_countries_in_nine_languages(word, code):
    assert parse_country(word) == code


@pytest.mark.parametrize(
    ("word", "tag"),
    [("français", "fr"), ("Nederlands", "nl"), ("euskara", "eu"), ("Deutsch", "de"), ("pt-pt", "pt-PT"), ("NL", "nl")],
)
def test_languages_by_name_or_tag(word, tag):
    assert parse_language(word) == tag


def test_a_list_of_languages_in_one_cell():
    assert parse_languages("français, néerlandais et anglais") == ["fr", "nl", "en"]
    assert parse_languages("FR NL EN") == ["fr", "nl", "en"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Pôle de compétitivité", "cluster"), ("Hochschule", "university"), ("PME", "company"), ("KMO", "company"),
        ("Centro tecnológico", "technical_centre"), ("Ikerketa zentroa", "lab"), ("Forskerpark", "park"),
        ("Kamer van koophandel", "chamber"), ("Câmara municipal", "public_body"), ("SAS", "company"),
        ("technical_centre", "technical_centre"), ("Entreprise (PME)", "company"), ("Dingsbums", None),
    ],
)  # fmt: skip
def test_kinds(word, kind):
    assert parse_kind(word) == kind


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0), ("12,5", 12.5), ("1.250,5", 1250.5), ("1 250", 1250.0), ("1\u202f250", 1250.0), ("10-49", 29.5),
        ("± 30 ETP", 30.0), ("1,250.5", 1250.5), ("environ 8", 8.0), ("beaucoup", None), ("> 250", 250.0),
        ("8 VTE", 8.0),
    ],
)  # fmt: skip
def test_numbers(text, number):
    if number is None:
        with pytest.raises(ValueError, match="is no number"):
            parse_number(text)
    else:
        assert parse_number(text) == number


def test_coordinates():
    assert parse_coordinate("50,6333", -90, 90) == 50.6333
    assert round(parse_coordinate("3°42'30\"W", -180, 180), 4) == -3.7083
    with pytest.raises(ValueError, match="outside of -90 to 90"):
        parse_coordinate("506333", -90, 90)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("www.Up-Tex.fr/", "https://www.up-tex.fr"),
        ("HTTP://Example.org/A?b=1", "http://example.org/A?b=1"),
        ("https://howest.be:8443/x", "https://howest.be:8443/x"),
    ],
)
def test_websites(text, address):
    assert parse_website(text) == address


@pytest.mark.parametrize(
    "text", ["voir Facebook", "a@b.c", "http://", "javascript:alert(1)", "http://[::1", "http://x:99999999"]
)
def test_what_is_no_website(text):
    with pytest.raises(ValueError, match="is no address on the web"):
        parse_website(text)


def test_territories_by_code_or_name():
    names = ("FRE11", " be25 ", "Saarland", "Hauts-de-France")
    assert [parse_nuts(t) for t in names] == [
        "FRE11",
        "BE25",
        "DEC",
        "FRE",
    ]
    with pytest.raises(ValueError, match="unknown NUTS code"):
        parse_nuts("Mordor")


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("C13", ("Manufacture of textiles", "C13")),
        ("13.20", ("Manufacture of textiles", "C13.20")),
        ("NACE 62.01", ("Computer programming, consultancy and related activities", "J62.01")),
        ("7219Z", ("Scientific research and development", "M7219")),
        ("textiles techniques", ("textiles techniques", None)),
        ("2014", ("2014", None)),
        ("food, drinks", ("food, drinks", None)),
    ],
)
def test_sectors(text, sector):
    assert read_sector(text) == sector


def test_a_sector_of_blanks_comes_to_an_end():
    """With a step for each way to share the blanks out it would take days."""
    blanks = "NACE" + " " * 100_000 + "x"
    assert read_sector(blanks) == (blanks, None)


def test_digits_are_a_sector_in_a_column_of_codes():
    assert read_sector("2014", coded=holds_codes("Code NAF")) == (
        "Manufacture of chemicals and chemical products", "C2014",
    )  # fmt: skip
    assert not holds_codes("Secteurs")


def test_a_code_that_nace_does_not_know():
    with pytest.raises(ValueError, match="no such division"):
        read_sector("04.10")


@pytest.mark.parametrize(
    ("cell", "level"),
    [("x", (True, "x")), ("", (False, None)), ("0", (False, None)), ("3", (True, "3")), ("+++", (True, "+++")),
     ("non", (False, None)), ("2/5", (True, "2/5")), ("peut-être", None)],
)  # fmt: skip
def test_levels(cell, level):
    assert parse_level(cell) == level


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("03 20 00 00 00", "FR", "+33320000000"),
        ("+33 (0)3.20.00.00.00", "BE", "+33320000000"),
        ("0032 9 123 45 67", "", "+3291234567"),
        ("09/123.45.67", "BE", "+3291234567"),
        ("030/1234567", "DE", "+49301234567"),
        ("33 12 34 56", "DK", "+4533123456"),
        ("45 12 34 56", "DK", "+4545123456"),
        ("320000000", "FR", "+33320000000"),
        ("06 123 4567", "IT", "+39061234567"),
        ("943 12 34 56", "ES", "+34943123456"),
    ],
)
def test_telephones_are_written_as_dialled_from_abroad(text, country, number):
    assert parse_phone(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [("voir le site", "FR"), ("03 20", "FR"), ("03 20 00 00 00", ""), ("33320000000", "FR"), ("4512345678", "DK")],
)
def test_what_cannot_be_dialled_from_abroad(text, country):
    with pytest.raises(ValueError, match="is no telephone number that could be dialled from abroad"):
        parse_phone(text, country)
