"""Headings → fields of an actor, with a confidence: by their words in nine languages, and by the look of their values.

Below `SURE` nothing is mapped: the proposal names its best guess and the admin decides. A heading that is right for
two fields, or whose values cannot be what it says, is below it.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from app.services.importing.looks import fits, look_of
from app.services.importing.words import asking_words, fold_word, heading_words, language_words, stop_words

SURE = 0.7
"""Confidence from which a column is mapped without asking."""
TEXT_FIELDS = frozenset({"description", "offers", "needs", "competence"})
_TAGGED = TEXT_FIELDS | {"name"}
_LIST_FIELDS = frozenset({"aliases", "sectors", "languages", "relations", "contact", "email", "phone"})
REPEATABLE = _TAGGED | _LIST_FIELDS
"""Fields that several columns may fill."""
PERSONAL = ("contact", "email", "phone")
"""Fields that speak of persons."""
_LONGEST = 1_000
"""Characters beyond which no heading is looked at: the longest questions of surveys are half of that."""
_NEEDED = {"size": 0.7}
"""Share of values that must be able to be what the heading says; 0.3 where nothing is said."""
_ENDINGS = ("ak", "en", "er", "es", "et", "s", "x", "e", "n", "i", "a", "o")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERED = re.compile(r"\s*(?:[Qq]?\d{1,2}[a-z]?\s*[.):-]|[a-zA-Z]\))\s*(?=\D)")
_REQUIRED = re.compile(r"\*|\b(required|mandatory|obligatoire|verplicht|pflichtfeld|obligatorio|obbligatorio)\b", re.I)


@dataclass(frozen=True)
class Guess:
    """What a column is taken for: a field (None: unknown), the language of its texts, and how sure that is."""

    field: str | None
    confidence: float
    lang: str | None = None

    @property
    def sure(self) -> bool:
        """Whether the column may be mapped without asking."""
        return self.field is not None and self.confidence >= SURE

    @property
    def left_out(self) -> bool:
        """Whether somebody said that the column is to be left out."""
        return self.field is None and self.confidence == 1.0

    @property
    def question(self) -> str | None:
        """What to ask the admin about; headings that mean nothing of ours ("_address") are no question."""
        return None if self.sure or (self.field or "_").startswith("_") else self.target

    @property
    def target(self) -> str | None:
        """The field as mappings write it: "description.fr"."""
        return f"{self.field}.{self.lang}" if self.field and self.lang else self.field


def recognise(heading: str, values: Sequence[str] = ()) -> Guess:
    """What a heading means, given some of its column's values (none: by its words alone)."""
    by_words = _by_words(heading) if len(heading) <= _LONGEST else Guess(None, 0.0)
    if by_words.field is None:
        seen = look_of(values)
        return Guess(seen, 0.5) if seen else by_words
    likely = fits(by_words.field, values)
    if likely is None:
        return _unless_values_object(by_words, values)
    if likely < _NEEDED.get(by_words.field, 0.3):
        seen = look_of(values)
        if seen and seen != by_words.field:
            return Guess(seen, 0.75 if _related(by_words.field, seen) else 0.5)
        if not likely and by_words.confidence < SURE:
            return Guess(None, 0.0)
        return Guess(by_words.field, min(by_words.confidence, 0.5), by_words.lang)
    sure = likely > 0.8 and by_words.confidence >= 0.55
    return Guess(by_words.field, max(by_words.confidence, 0.8) if sure else by_words.confidence, by_words.lang)


def _unless_values_object(said: Guess, values: Sequence[str]) -> Guess:
    """The heading's word, unless all values are addresses or NUTS codes, which these fields never hold."""
    seen = look_of(values)
    if seen not in {"website", "email", "nuts"} or said.field in {"contact", "phone", "basis"}:
        return said
    assert said.field is not None
    return Guess(seen, 0.75 if _related(said.field, seen) else 0.5)


def parse_target(target: str) -> tuple[str, str | None]:
    """("description", "fr") from "description.fr"."""
    field, _, lang = target.partition(".")
    return field, lang or None


def _related(said: str, seen: str) -> bool:
    """Whether a heading is loosely right about values that look like another field: a region given as a NUTS code."""
    return (said, seen) in {("region", "nuts"), ("lang", "languages"), ("languages", "lang")}


@lru_cache(20_000)
def _by_words(heading: str) -> Guess:
    plain = _REQUIRED.sub(" ", _CAMEL.sub(" ", heading))
    whole = fold_word(plain)
    if not whole:
        return Guess(None, 0.0)
    if whole in heading_words():
        return _settled(whole, 1.0, None)
    rest, lang = split_language(plain)
    candidates = [rest, re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", rest), re.split(r"[(/:\[]", rest)[0]]
    best = Guess(None, 0.0)
    for penalty, candidate in zip((0.0, 0.03, 0.12), candidates, strict=True):
        words = re.sub(r"\s*\d+$", "", fold_word(candidate)).strip()
        guess = _look_up(words)
        if guess.field and guess.confidence - penalty > best.confidence:
            best = Guess(guess.field, guess.confidence - penalty)
    asked = _look_up(_asked(plain)) if best.confidence < SURE else Guess(None, 0.0)
    if asked.field and asked.confidence - 0.05 > best.confidence:
        best = Guess(asked.field, asked.confidence - 0.05)
    if lang and best.field not in _TAGGED:
        # A language beside a field that has none is a sign that the heading was not understood.
        return Guess(best.field, min(best.confidence, 0.6))
    return Guess(best.field, best.confidence, lang)


def _asked(heading: str) -> str:
    """What a question of a survey asks for: "1. Quel est le nom de votre structure ?" for "nom structure"."""
    numbered = _NUMBERED.match(heading)
    asked = re.sub(r"\([^)]*\)", " ", heading[numbered.end() :] if numbered else heading)
    words = fold_word(asked).split()
    if not numbered and not heading.rstrip().endswith("?"):
        return ""
    return " ".join(word for word in words if word not in asking_words() and word not in stop_words())


def _settled(word: str, confidence: float, lang: str | None) -> Guess:
    fields = heading_words()[word]
    if len(fields) > 1:
        return Guess(sorted(fields)[0], 0.5, lang)
    return Guess(next(iter(fields)), confidence, lang)


def _look_up(words: str) -> Guess:
    """By the very words, by their stems, by the set of their stems, by likeness, by a part of them."""
    if not words:
        return Guess(None, 0.0)
    if words in heading_words():
        return _settled(words, 1.0, None)
    stems = _stem_sets()
    mine = _stems(words)
    if len(stems.get(mine, ())) == 1:
        return Guess(next(iter(stems[mine])), 0.92)
    return _by_typo(words) or _by_part(mine) or Guess(None, 0.0)


def split_language(heading: str) -> tuple[str, str | None]:
    """(heading without its language, language): "description_fr", "Omschrijving (NL)", "Beschreibung auf Deutsch"."""
    tokens = [t for t in re.split(r"[\W_]+", heading) if t]
    if len(tokens) < 2:
        return heading, None
    numbered = tokens[-1].isdigit() and len(tokens) > 2
    last = -2 if numbered else -1
    for position in (last, 0):
        lang = _language(tokens[position], at_end=position != 0)
        if lang:
            kept = [t for i, t in enumerate(tokens) if i != position % len(tokens)]
            while kept and kept[-1].lower() in stop_words():
                kept.pop()
            return " ".join(kept), lang
    return heading, None


def _language(token: str, *, at_end: bool) -> str | None:
    if len(token) == 2:
        known = token.lower() in {"en", "fr", "nl", "de", "da", "es", "eu", "pt", "it", "sv", "no", "pl", "cs", "lb"}
        return token.lower() if known and (at_end or token.isupper() or token.islower()) else None
    return language_words().get(fold_word(token)) if len(token) > 2 else None


def _stems(words: str) -> frozenset[str]:
    tokens = [t for t in words.split() if t not in stop_words() and not t.isdigit()]
    return frozenset(_stem(t) for t in tokens)


def _stem(token: str) -> str:
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 4:
            return token[: -len(ending)]
    return token


@cache
def _stem_sets() -> dict[frozenset[str], frozenset[str]]:
    found: dict[frozenset[str], set[str]] = defaultdict(set)
    for word, fields in heading_words().items():
        found[_stems(word)].update(fields)
    found.pop(frozenset(), None)
    return {stems: frozenset(fields) for stems, fields in found.items()}


def _by_typo(words: str) -> Guess | None:
    """The one field that has a heading within one typo (two in long ones)."""
    limit = 0 if len(words) < 5 else 1 if len(words) < 10 else 2
    found: dict[int, set[str]] = defaultdict(set)
    letters = set(words)
    for length in range(max(5, len(words) - limit), len(words) + limit + 1):
        for known, its_letters, names in _words_of_length().get(length, ()):
            if len(letters ^ its_letters) <= 2 * limit:
                distance = typos(words, known, limit)
                if distance <= limit:
                    found[distance].update(names)
    if not found:
        return None
    closest = min(found)
    fields = found[closest]
    return Guess(sorted(fields)[0], (0.85 - 0.05 * closest) if len(fields) == 1 else 0.5)


@cache
def _words_of_length() -> dict[int, list[tuple[str, frozenset[str], frozenset[str]]]]:
    """Length → (heading, its letters, the fields it may mean): typing errors hardly change the first two."""
    found: dict[int, list[tuple[str, frozenset[str], frozenset[str]]]] = defaultdict(list)
    for known, names in heading_words().items():
        found[len(known)].append((known, frozenset(known), names))
    return dict(found)


def _by_part(mine: frozenset[str]) -> Guess | None:
    """A heading that holds a known one whole, with words around it: a guess, never sure by itself."""
    inside = [(len(s), len("".join(s)), s) for s in _stem_sets() if s < mine]
    if not inside:
        return None
    best = max(inside, key=lambda item: item[:2])
    fields = {f for n, _, s in inside if n == best[0] for f in _stem_sets()[s]}
    return Guess(sorted(_stem_sets()[best[2]])[0], 0.6 if len(fields) == 1 else 0.4)


def typos(a: str, b: str, limit: int) -> int:
    """Letters to add, drop, change or swap to make `b` of `a` (Damerau 1964, adjacent swaps); above `limit`: more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i, *([0] * len(b))]
        for j, y in enumerate(b, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return row[-1]
