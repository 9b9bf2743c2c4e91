"""Which language a text is in, offline.

Scores come from py3langid (a naive Bayes over byte n-grams; Lui & Baldwin, 2012), restricted to the languages
of our borders. On a short label its close relatives win far too often (a Spanish label reads as Galician), so
how common a language is among the texts of a border goes in as a prior. Figures and the alternatives:
docs/decisions/0003-language-neutral-projection.md.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Sequence

from matching.encoder.language_list import LANGUAGES, PRIOR
from matching.encoder.language_scores import language_scores

__all__ = ["LANGUAGES", "UNDETERMINED", "detect_language", "detect_languages", "rate_languages", "settle_language"]

UNDETERMINED = "und"
Scores = tuple[float, ...] | None
"""How well a text fits each of LANGUAGES; None for one that has no letters of theirs."""

_EXPECTED = 2.0
# The scores treat n-grams as independent and so are far too sure; dividing them by this makes the stated
# probability agree with how often it is right on fragments of 10 to 40 characters.
_OVERCONFIDENCE = 2.0
_ENOUGH = 2000
_FOREIGN = re.compile(r"(?![\W\d_])[\u0250-\U0010ffff]")
"""A letter beyond those of Latin scripts in Europe: only then the letters need a look each."""


def detect_language(text: str, likely: Collection[str] = ()) -> tuple[str, float]:
    """Return the BCP 47 code of the language of ``text`` and how probable it is, 0 to 1.

    ``likely`` names languages to expect, such as those its author works in: they settle doubtful cases only.
    A text without letters, or in a script none of the languages is written in, is ``("und", 0.0)``.
    """
    return settle_language(rate_languages([text])[0], likely)


def detect_languages(texts: Sequence[str], likely: Collection[str] = ()) -> list[str]:
    """Return the language code of each text, as ``detect_language`` gives it."""
    return [settle_language(scores, likely)[0] for scores in rate_languages(texts)]


def rate_languages(texts: Sequence[str]) -> list[Scores]:
    """What ``settle_language`` decides upon, for many texts at once: that is much faster than one by one."""
    latin = [text for text in texts if _is_latin(text)]
    rated = dict(zip(latin, map(tuple, language_scores(latin).tolist()), strict=True))
    return [rated.get(text) for text in texts]


def settle_language(scores: Scores, likely: Collection[str] = ()) -> tuple[str, float]:
    """The language that ``detect_language`` gives a text of these scores."""
    if scores is None:
        return UNDETERMINED, 0.0
    weighed = [
        (score + (_EXPECTED if language in likely else prior)) / _OVERCONFIDENCE
        for score, language, prior in zip(scores, LANGUAGES, PRIOR, strict=True)
    ]
    best = max(weighed)
    return LANGUAGES[weighed.index(best)], 1.0 / sum(math.exp(value - best) for value in weighed)


def _is_latin(text: str) -> bool:
    start = text[:_ENOUGH]
    if not _FOREIGN.search(start):
        return any(map(str.isalpha, start))
    letters = [letter for letter in start if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return 2 * latin > len(letters)
