"""Letters: which our fonts have, and what stands for those they lack."""

import struct
from pathlib import Path

import pytest

from app.errors import Unavailable
from app.services.files.reasons import Said
from app.services.papers import press
from app.services.papers.desk import quoted

FONTS = press.FOLDER / "fonts"


def letters_of(path: Path) -> set[int]:
    """The letters a TrueType file has, read from its cmap (formats 4 and 12)."""
    data = path.read_bytes()
    tables = {}
    for n in range(struct.unpack(">H", data[4:6])[0]):
        tag, _, offset, _ = struct.unpack(">4sIII", data[12 + 16 * n : 28 + 16 * n])
        tables[tag] = offset
    start, found = tables[b"cmap"], set()
    for n in range(struct.unpack(">H", data[start + 2 : start + 4])[0]):
        at = start + struct.unpack(">HHI", data[start + 4 + 8 * n : start + 12 + 8 * n])[2]
        (kind,) = struct.unpack(">H", data[at : at + 2])
        if kind == 12:
            (groups,) = struct.unpack(">I", data[at + 12 : at + 16])
            for g in range(groups):
                first, last, _ = struct.unpack(">III", data[at + 16 + 12 * g : at + 28 + 12 * g])
                found |= set(range(first, last + 1))
        elif kind == 4:
            (double,) = struct.unpack(">H", data[at + 6 : at + 8])
            count = double // 2
            ends = struct.unpack(f">{count}H", data[at + 14 : at + 14 + double])
            starts = struct.unpack(f">{count}H", data[at + 16 + double : at + 16 + 2 * double])
            found |= {c for a, b in zip(starts, ends, strict=True) for c in range(a, b + 1) if c != 0xFFFF}
    return found


def test_the_list_of_letters_is_what_the_fonts_hold() -> None:
    starts, ends = press._coverage()
    listed = {c for a, b in zip(starts, ends, strict=True) for c in range(a, b + 1)}
    ours = [letters_of(path) for path in sorted(FONTS.glob("*.ttf"))]
    assert len(ours) == 5
    plain = letters_of(FONTS / "SchibstedGrotesk-Regular.ttf") | letters_of(FONTS / "Inter-Regular.ttf")
    assert listed == plain
    bold = letters_of(FONTS / "SchibstedGrotesk-ExtraBold.ttf") | letters_of(FONTS / "Inter-Bold.ttf")
    assert listed == bold


@pytest.mark.parametrize(
    "text",
    [
        "øæåØÆÅ Ørsted",  # Danish
        "ñáéíóúü ¿¡ Ŀŀ l·l çÇ",  # Spanish, Catalan
        "äöüßẞ „“",  # German
        "œŒéèêëàâîïôûùüÿç « »",  # French
        "ëïéè ĳ IJ",  # Dutch
        "ñ ü tx ts tz",  # Basque
        "ąćęłńóśźż ŁÓDŹ",  # Polish
        "čďěňřšťůž őű șț ģķļņ ħ ı İ ğ ş đ",  # Czech, Hungarian, Romanian, Latvian, Maltese, Turkish, Croatian
        "Ελληνική Δημοκρατία ΆΈΉΊΌΎΏ ϊϋΐΰ",  # Greek
        "Українська Ґ ґ Є є Ї ї Ђ ђ Ћ Џ Ѝ ѓ",  # Cyrillic
        "Đặng Nguyễn Phương",  # Vietnamese
        "€ £ – — … • · † ° ² ½ × ™ © ®",
    ],
)
def test_letters_of_europe_are_printed_as_they_are(text: str) -> None:
    assert press.printable_text(text) == text
    assert press.missing_letters([text]) == ""


@pytest.mark.parametrize(
    ("text", "printed", "missing"),
    [
        ("Cafe\u0301", "Café", ""),
        ("ﬁn ①", "fin 1", ""),
        ("株式会社 AB", "···· AB", "会式株社"),
        ("a\x00b\u202ec\ufeff", "abc", ""),
        ("bœuf 🚀", "bœuf ·", "🚀"),
    ],
)
def test_other_letters_are_replaced_and_told(text: str, printed: str, missing: str) -> None:
    assert press.printable_text(text) == printed
    assert press.missing_letters([text]) == missing


def test_all_strings_of_the_data_are_made_printable_but_codes() -> None:
    data = {"name": "株", "rows": [{"text": ["株"], "code": "<svg>株</svg>", "n": 1, "none": None}]}
    assert press.printable(data) == {
        "name": "·", "rows": [{"text": ["·"], "code": "<svg>株</svg>", "n": 1, "none": None}],
    }  # fmt: skip


def test_addresses_in_quotations_may_end_a_line_and_words_stay_whole() -> None:
    address = "https://example.org/a/very/long/address/without/any/space"
    told = quoted(Said("fr", f"voir {address} ou Wirtschaftsförderung"))
    assert told.replace("\u200b", "") == f"« voir {address} ou Wirtschaftsförderung »"
    assert max(map(len, told.replace("\u200b", " ").split())) == len("Wirtschaftsförderung")
    assert press.printable_text(told) == told


def test_where_many_wait_nobody_else_joins_the_line() -> None:
    taken = 0
    try:
        while press._line.acquire(blocking=False):
            taken += 1
        with pytest.raises(Unavailable, match="many papers are being printed"):
            press.print_pdf("signs", {"signs": []})
    finally:
        for _ in range(taken):
            press._line.release()
    assert taken == press.IN_LINE


def test_what_cannot_be_set_is_told_and_the_line_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="the pages could not be set"):
        press.print_pdf("signs", {"signs": []})
    data = {"title": "t", "lang": "en", "signs": [], "nothing": ["Nothing"]}
    assert press.print_pdf("signs", data).startswith(b"%PDF")
    monkeypatch.setattr(press, "LONGEST_S", 0.001)
    with pytest.raises(Unavailable, match="printing took longer"):
        press.print_pdf("signs", data)
    assert press._press.acquire(blocking=False)
    press._press.release()
