"""The language of a column of texts, where it has one: short texts of the column are then not left to guessing."""

from collections import Counter
from collections.abc import Iterable

from matching.encoder.language import rate_languages, settle_language

_TELLING = 15
"""Characters from which a text says something about the language of its column."""
_SURE = 0.6
_FEW, _MOST = 3, 60
_NEARLY_ALL = 0.9


def column_language(texts: Iterable[str]) -> str | None:
    """The language that nearly all longer texts of a column are in; None when they are few or mixed."""
    telling = [text for text in dict.fromkeys(texts) if len(text) >= _TELLING][:_MOST]
    found = [settle_language(scores) for scores in rate_languages(telling)]
    counted = Counter(lang for lang, confidence in found if confidence >= _SURE)
    if counted.total() < _FEW:
        return None
    lang, texts_in_it = counted.most_common(1)[0]
    return lang if texts_in_it >= _NEARLY_ALL * counted.total() else None
