"""Sectors by the border's own lists: a code or a name in any language becomes Viaduc's word; else NACE has its say."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from app.services.importing.remarks import Unreadable
from app.services.importing.sectors import divisions, read_sector
from app.services.importing.words import fold_word

_REMEMBERED = 10_000
"""Written sectors of which an import remembers what they were read as: columns hold the same few again and again."""
_CODE_FIRST = re.compile(r"^(\S{1,20}?)\s*(?:[:–—]|\s-)\s+(\S.*)$", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """One entry of a list."""

    of: str
    code: str
    names: Mapping[str, str]
    sector: str | None = None
    nace: str | None = None

    @property
    def word(self) -> str:
        """What is stored for it: Viaduc's word, else the name of its NACE division, else its own name."""
        division = re.search(r"\d\d", self.nace or "")
        known = divisions().get(division[0]) if division else None
        named = self.names.get("en") or next(iter(self.names.values()), self.code)
        return self.sector or (known[1] if known else named)


@dataclass(frozen=True)
class Reading:
    """What became of one written sector."""

    sector: str
    nace: str | None = None
    unmapped: bool = False


@dataclass
class SectorWords:
    """The loaded lists, as an import looks words up in them. Empty: NACE alone."""

    terms: list[Term] = field(default_factory=list)
    _codes: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))
    _read: dict[tuple[str, bool], Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for term in self.terms:
            self._codes[fold_word(term.code)].append(term)
            for name in {fold_word(n) for n in term.names.values()}:
                self._names[name].append(term)

    def read(self, value: str, *, coded: bool) -> Reading:
        """A sector as written → the word that is stored, and its NACE code.

        Unreadable says why a code is not believed: lists that disagree, a division that NACE does not have.
        """
        known = self._read.get((value, coded))
        if known is None:
            known = self._look_up(value, coded=coded)
            if len(self._read) < _REMEMBERED:
                self._read[value, coded] = known
        return known

    def _look_up(self, value: str, *, coded: bool) -> Reading:
        found = self._find(value.strip(), coded=coded) if self.terms else None
        if found:
            return Reading(found.word, found.nace)
        slug = known_slugs().get(fold_word(value))
        if slug:
            return Reading(slug if self.terms else value.strip())
        word, code = read_sector(value, coded=coded)
        return Reading(word, code, unmapped=bool(self.terms) and code is None)

    def _find(self, value: str, *, coded: bool) -> Term | None:
        word = fold_word(value)
        # Digits alone are a code only in a column of codes: elsewhere 2014 may be a year.
        by_code = self._codes.get(word, []) if coded or not word.isdigit() else []
        if by_code or self._names.get(word):
            return _one(value, by_code or self._names[word])
        parts = _CODE_FIRST.match(value)
        if parts and (named := self._names.get(fold_word(parts[2]))):
            return _one(value, named)
        if parts and (coded or not parts[1].isdigit()) and (listed := self._codes.get(fold_word(parts[1]))):
            return _one(value, listed)
        return None


def _one(value: str, terms: Iterable[Term]) -> Term:
    """The term, unless two lists mean different things by the same word."""
    listed = list(terms)
    if len({t.word for t in listed}) > 1:
        meanings = "; ".join(f"{t.of}: {t.word}" for t in listed[:4])
        raise Unreadable("sector_ambiguous", value=value, meanings=meanings)
    return listed[0]


@cache
def known_slugs() -> dict[str, str]:
    """Folded word → Viaduc's own code of a sector ("waste recycling" → waste_recycling)."""
    listed = (files("app.services.importing") / "data" / "sectors.txt").read_text(encoding="utf-8").split()
    return {fold_word(slug.replace("_", " ")): slug for slug in listed} | {fold_word(slug): slug for slug in listed}
