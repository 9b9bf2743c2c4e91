"""Which language a text is in, offline.

Scores come from py3langid (a naive Bayes over byte n-grams; Lui & Baldwin, 2012), restricted to the languages
of our borders. On a short label its close relatives win far too often (a Spanish label reads as Galician), so
how common a language is among the texts of a border goes in as a prior. Figures and the alternatives:
docs/decisions/0003-language-neutral-projection.md.
"""

import functools
import math
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

UNDETERMINED = "und"

# Logarithms of how often a language is met, relative to the large ones.
_PRIOR = {"en": 0.0, "fr": 0.0, "nl": 0.0, "de": 0.0, "es": 0.0, "da": 0.0}
_PRIOR |= {"eu": -1.5, "pt": -1.5, "it": -1.5, "pl": -1.5, "sv": -1.5}
_PRIOR |= {"ca": -3.5, "gl": -3.5, "lb": -3.5}
LANGUAGES = tuple(sorted(_PRIOR))

_EXPECTED = 2.0
# The scores treat n-grams as independent and so are far too sure; dividing them by this makes the stated
# probability agree with how often it is right on fragments of 10 to 40 characters.
_OVERCONFIDENCE = 2.0
_ENOUGH = 2000


def detect_language(text: str, likely: Collection[str] = ()) -> tuple[str, float]:
    """Return the BCP 47 code of the language of ``text`` and how probable it is, 0 to 1.

    ``likely`` names languages to expect, such as those its author works in: they settle doubtful cases only.
    A text without letters, or in a script none of the languages is written in, is ``("und", 0.0)``.
    """
    if not _is_latin(text):
        return UNDETERMINED, 0.0
    # The start of a long text decides; the rest only costs time.
    scores = dict(_identifier().rank(text[:_ENOUGH]))
    weighed = {
        language: (float(scores[language]) + (_EXPECTED if language in likely else _PRIOR[language])) / _OVERCONFIDENCE
        for language in LANGUAGES
    }
    best = max(LANGUAGES, key=lambda language: weighed[language])
    total = sum(math.exp(value - weighed[best]) for value in weighed.values())
    return best, 1.0 / total


def detect_languages(texts: Sequence[str], likely: Collection[str] = ()) -> list[str]:
    """Return the language code of each text, as ``detect_language`` gives it."""
    return [detect_language(text, likely)[0] for text in texts]


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def _is_latin(text: str) -> bool:
    if text.isascii():
        return any(map(str.isalpha, text[:_ENOUGH]))
    letters = [letter for letter in text[:_ENOUGH] if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return 2 * latin > len(letters)
