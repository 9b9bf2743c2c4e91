"""What imports say: every sentence has a code that some code says, and every code that is said has a sentence."""

import re
from pathlib import Path

import pytest

import app.services.importing as package
from app.services.importing.columns import recognise
from app.services.importing.notes import Notes, Place
from app.services.importing.remarks import Teller, Unreadable, english, oversize, refusal, remark, remark_of
from app.services.importing.sentences import SENTENCES
from app.services.importing.values import parse_country
from app.web.catalogues import LANGUAGES, translations
from models.remark import Remark

FOLDER = Path(package.__file__).parent
CODE = "\n".join(p.read_text(encoding="utf-8") for p in FOLDER.rglob("*.py") if p.name != "sentences.py")
SAID = re.compile(r'(?:remark|Unreadable|_refused|cell\.note|notes\.add)\(\s*"(\w+)"')


def test_every_code_that_is_said_has_a_sentence():
    assert len(set(SAID.findall(CODE))) > 80
    assert set(SAID.findall(CODE)) - set(SENTENCES) == set()


def test_every_sentence_is_said_somewhere():
    built = {f"{name}_missing" for name in ("name", "country")}
    assert [code for code in SENTENCES if code not in built and not re.search(f"[\"']{code}[\"']", CODE)] == []


def test_a_value_that_cannot_be_read_carries_its_remark():
    with pytest.raises(Unreadable, match="unknown country 'Atlan tis'") as failure:
        parse_country("Atlan\n tis")
    assert failure.value.remark == Remark(code="country_unknown", values={"value": "Atlan tis"})


def test_refusals_keep_the_field_and_the_remark():
    said = remark("zip_bomb", member="a.csv", bytes=1_234_567)
    error = refusal("file", said)
    assert str(error) == "file: zip bomb: 'a.csv' unpacks to 1,234,567 bytes"
    assert (remark_of(error), remark_of(oversize(said)), remark_of(ValueError())) == (said, said, None)


def test_what_many_rows_say_is_told_once_with_the_first_place():
    notes = Notes()
    for line in (3, 5, 9):
        notes.add("kind_unknown", Place(line, "Blad1"), heading="Type", value="x")
    notes.add("column_ignored", Place(sheet="Blad1"), heading="Foo")
    notes.add("repeats", Place(4))
    assert [(n.code, n.rows, n.line, n.sheet) for n in notes.all()] == [
        ("column_ignored", 0, None, "Blad1"),
        ("kind_unknown", 3, 3, "Blad1"),
        ("repeats", 1, 4, None),
    ]
    assert notes.sentences() == [
        "sheet 'Blad1': the column 'Foo' is not imported",
        "Type: 'x' is no kind we know, taken as other (3 rows, first sheet 'Blad1', line 3)",
        "line 4: repeats an earlier row of the same actor",
    ]


def test_another_language_says_it_in_its_own_words_and_numbers():
    french = Teller(lambda s: translations("fr").pgettext("import", s), lambda n: f"{n:_}", str.upper)
    inner = remark("number_expected", value="zwölf")
    assert french(remark("left_out", heading="Size", reason=inner)) == (
        "Size laissé de côté\u00a0: «\u00a0zwölf\u00a0» n’est pas un nombre"
    )
    assert french(remark("text_too_long", length=20_003, most=20_000)).startswith("le texte a 20_003 caractères")
    assert "«\u00a0OFFERS\u00a0»" in french(remark("column_unsure", heading="X", field="offers"))
    assert (french.knows(Remark(code="from_an_older_release")), english.knows(inner)) == (False, True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_column_of_reasons_means_nothing_when_it_comes_back(lang):
    heading = translations(lang).pgettext("import", SENTENCES["reason"])
    assert recognise(heading, ["Land: unbekannt", "Name: fehlt"]).field == "_note"
