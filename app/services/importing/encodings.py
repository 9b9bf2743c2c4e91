"""Which encoding a text file was written in: byte order marks, UTF-8, UTF-16 without a mark, or a Western code page."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.services.importing.remarks import remark
from models.remark import Remark

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODE_PAGES = ("cp1252", "cp1250", "mac_roman", "cp850")
_WEIGHTS = (
    (1.0, "éèêëàâäáãåçîïíìôöóòõøùûüúñœæßý"),
    (0.8, "ÉÈÊÀÂÄÁÅÇÎÏÍÔÖÓØÙÛÜÚÑŒÆ"),
    (0.6, "ąćęłńśźżčďěňřšťůžŁŚŻČŘŠŽ"),
    (0.5, "’‘“”–—…€«»°²·•"),
)
_LIKELY = {letter: weight for weight, letters in _WEIGHTS for letter in letters}
"""How likely a character beyond ASCII is in what people here write."""
_SAMPLE = 400_000


@dataclass
class Decoder:
    """How to turn the bytes of a file into lines; `mixed` when single lines are in another encoding than the rest."""

    encoding: str
    mixed: bool = False
    warnings: list[Remark] = field(default_factory=list)

    def lines(self, data: bytes) -> Iterator[str]:
        """The lines of the file with their line ends, whatever these are."""
        if self.mixed:
            for raw in _raw_lines(data):
                yield _decode_line(raw, self.encoding)
            return
        stream = io.TextIOWrapper(io.BytesIO(data), encoding=self.encoding, errors="replace", newline="")
        yield from stream

    def text(self, data: bytes) -> str:
        """The whole file as one text."""
        return "".join(self.lines(data))


def find_decoder(data: bytes) -> Decoder:
    """The encoding of a text file. Anything can be decoded; what is doubtful is said in `warnings`."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoder(name)
    wide = _utf16_without_mark(data)
    if wide:
        return Decoder(wide)
    if _is_utf8(data):
        return Decoder("utf-8")
    return _code_page(data)


def _is_utf8(data: bytes) -> bool:
    """Whether all of it is UTF-8, checked in pieces so that no second copy of the file is made."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(view[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(data: bytes) -> str | None:
    sample = data[:4000]
    if len(sample) < 4 or b"\x00" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _code_page(data: bytes) -> Decoder:
    foreign = broken = 0
    sample = bytearray()
    for raw in _raw_lines(data):
        if raw.isascii():
            continue
        foreign += 1
        if not _is_utf8(raw):
            broken += 1
            sample += raw[: max(0, _SAMPLE - len(sample))]
    old_mac = b"\r" in data and b"\n" not in data
    page = _likeliest(bytes(sample), prefer="mac_roman" if old_mac else "cp1252")
    if broken * 4 < foreign:
        return Decoder(page, mixed=True, warnings=[remark("lines_mixed", lines=broken, encoding=page)])
    return Decoder(page, warnings=[remark("not_utf8", encoding=page)])


def _likeliest(sample: bytes, *, prefer: str) -> str:
    """The code page under which most bytes beyond ASCII are letters people write here."""
    foreign = bytes(b for b in sample if b > 127)
    scores = {page: _score(foreign.decode(page, errors="replace")) for page in _CODE_PAGES}
    scores[prefer] += 0.25 * len(foreign)
    return max(_CODE_PAGES, key=lambda page: (scores[page], -_CODE_PAGES.index(page)))


def _score(text: str) -> float:
    return sum(_LIKELY.get(c, -1.0) for c in text)


def _raw_lines(data: bytes) -> Iterator[bytes]:
    return iter(io.BytesIO(data))


def _decode_line(raw: bytes, page: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(page, errors="replace")
