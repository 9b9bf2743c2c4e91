"""Every string of the pages is in every catalogue, and every catalogue holds nothing else."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from app.services.importing.sentences import SENTENCES
from app.services.registration import HEADINGS
from app.services.texts import fold
from app.web.catalogues import FOLDER, LANGUAGES, read_catalogue, translations
from app.web.formats import Formats, highlight
from app.web.labels import KINDS, PARTS, SECTORS, Labels
from matching.ranking.profile import Reason
from matching.ranking.reasons import render_reason
from models.codes import KINDS as KNOWN_KINDS
from models.match import Fragment

WEB = FOLDER.parent
KEYWORDS = {"_": None, "ngettext": (1, 2), "mark": ((1, "c"), 2)}
OTHERS = [lang for lang in LANGUAGES if lang != "en"]


@cache
def used() -> frozenset[tuple[str | None, str | tuple[str, ...]]]:
    """(context, message) of every string in templates and code, and of every sentence that imports say."""
    found = extract_from_dir(WEB, method_map=[("templates/**.html", "jinja2"), ("**.py", "python")], keywords=KEYWORDS)
    told = {("import", sentence) for sentence in SENTENCES.values()}
    return frozenset((context, message) for _, _, message, _, context in found) | told


@cache
def catalogue(lang: str) -> Catalog:
    return read_catalogue(lang)


def test_every_language_but_english_has_a_file_for_each_area() -> None:
    areas = {path.name: sorted(file.stem for file in path.iterdir()) for path in Path(FOLDER).iterdir()}
    assert areas == dict.fromkeys(OTHERS, areas["fr"])


@pytest.mark.parametrize("lang", OTHERS)
def test_a_catalogue_holds_every_string_that_is_used_and_no_other(lang: str) -> None:
    held = {(m.context, m.id) for m in catalogue(lang) if m.id}
    assert len(used()) > 200
    assert sorted(map(str, used() - held)) == []
    assert sorted(map(str, held - used())) == []


@pytest.mark.parametrize("lang", OTHERS)
def test_translations_are_whole_and_keep_their_placeholders(lang: str) -> None:
    for message in catalogue(lang):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(strings) == len(ids), message.id
        assert not message.fuzzy
        for string in strings:
            assert string.strip(), message.id
            assert placeholders(string) == placeholders(ids[0]), message.id
            assert "<" not in string, message.id


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_columns_that_a_list_of_participants_may_have_are_named_as_they_are_read(lang: str) -> None:
    (hint,) = (m for _, m in used() if isinstance(m, str) and m.startswith("One participant a line: the name"))
    named = re.search(r"\(([^)]+)\)", translations(lang).gettext(hint))
    assert named
    fields = [next(f for f, words in HEADINGS.items() if fold(word) in words.split()) for word in named[1].split(",")]
    assert fields == ["languages", "available", "min", "max", "side", "tracks"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_on_a_sheet_nobody_takes_what_the_partner_says_for_what_the_reader_says(lang: str) -> None:
    words = translations(lang)
    for deed in ("look for", "offer", "write"):
        theirs, yours = words.pgettext("paper", f"They {deed}"), words.pgettext("paper", f"You {deed}")
        assert theirs.casefold() != yours.casefold()


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


def test_codes_we_know_have_names_and_others_show_as_they_are() -> None:
    dutch = Labels(translations("nl"))
    assert set(KINDS) == set(KNOWN_KINDS)
    assert dutch("kind", "technical_centre") == "Technisch centrum"
    assert dutch("sector", "very_new_thing") == "Very new thing"


def test_every_part_of_a_score_has_a_name() -> None:
    from matching.ranking.parts import PARTS as KNOWN_PARTS

    assert set(PARTS) == set(KNOWN_PARTS)


def test_fields_are_called_in_reasons_as_on_pages() -> None:
    def told(lang: str, yours: str, theirs: str) -> str:
        key = "theme_shared" if yours == theirs else "theme_bridge"
        return render_reason(Reason("theme", key, {"yours": yours, "theirs": theirs}), lang)

    assert told("en", "waste_recycling", "waste_recycling") == "The same field: waste and recycling."
    assert told("fr", "waste recycling", "wood") == "Une passerelle entre domaines : déchets et recyclage et bois."
    assert told("de", "wood", "wood") == "Dasselbe Fachgebiet: Holz."
    assert told("en", "very_new_thing", "very_new_thing") == "The same field: very new thing."
    for lang in LANGUAGES:
        label = Labels(translations(lang))
        for code in SECTORS:
            assert label("sector", code).lower() in told(lang, code, code).lower()


@pytest.mark.parametrize(
    ("lang", "country", "tongue", "share"),
    [
        ("en", "Belgium", "Dutch", "83%"),
        ("fr", "Belgique", "néerlandais", "83\u00a0%"),
        ("nl", "België", "Nederlands", "83\u00a0%"),
        ("de", "Belgien", "Niederländisch", "83\u00a0%"),
        ("da", "Belgien", "nederlandsk", "83\u00a0%"),
        ("es", "Bélgica", "neerlandés", "83\u00a0%"),
        ("eu", "Belgika", "nederlandera", "83\u00a0%"),
    ],
)
def test_names_and_numbers_follow_the_language(lang: str, country: str, tongue: str, share: str) -> None:
    show = Formats(lang)
    assert (show.country("BE"), show.language("nl"), show.percent(0.834)) == (country, tongue, share)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2027-03-09", "2027ko martxoaren 9a, asteartea"),
        ("2025-12-31", "2025eko abenduaren 31, asteazkena"),
        ("2021-01-11", "2021eko urtarrilaren 11, astelehena"),
        ("2031-06-01", "2031ko ekainaren 1a, igandea"),
        ("2100-02-01", "2100eko otsailaren 1a, astelehena"),
    ],
)
def test_basque_days_are_written_as_they_are_said(day: str, told: str) -> None:
    assert Formats("eu").day(datetime.fromisoformat(f"{day}T12:00:00+01:00"), "Europe/Madrid") == told


@pytest.mark.parametrize(
    ("marks", "html"),
    [
        ([], "a &lt;b&gt; c"),
        ([(2, 5)], "a <mark>&lt;b&gt;</mark> c"),
        ([(4, 99), (0, 1)], "<mark>a</mark> &lt;b<mark>&gt; c</mark>"),
        ([(0, 3), (2, 5)], "<mark>a &lt;</mark><mark>b&gt;</mark> c"),
        ([(50, 60)], "a &lt;b&gt; c"),
    ],
)
def test_marks_are_shown_and_everything_else_is_escaped(marks: list[tuple[int, int]], html: str) -> None:
    assert str(highlight(Fragment(lang="en", text="a <b> c", marks=marks))) == html
