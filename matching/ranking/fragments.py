"""Cuts long texts into the fragments that are embedded, matched and quoted."""

from __future__ import annotations

import re

# A sentence ends at . ! ? … or at ; : when something follows; newlines and bullets end it as well.
# Blanks are looked at from their first one only: thousands of them take no time of their square.
_SENTENCE_END = re.compile(r"(?<=[.!?…;:。！？؟])\s+|(?<!\s)\s*[\r\n]+\s*|(?<!\s)\s*[•▪◦]\s*|[•▪◦]\s*")
_SHORTEST = 15
_LONGEST = 400
_MOST = 40


def split_text(text: str, longest: int = _LONGEST, most: int = _MOST) -> list[str]:
    """The sentences of a text, in order, each a verbatim piece of it.

    Crumbs shorter than 15 characters join their neighbour (so "z. B." does no harm), pieces longer than `longest`
    characters are cut at a space, and at most `most` are kept. An empty text gives an empty list.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end, following in _sentence_spans(text):
        if end - start >= _SHORTEST:
            spans.append((start, end))
            start = following
    rest = text[start:].strip()
    if rest and spans and len(rest) < _SHORTEST:
        start, _ = spans.pop()
    if rest:
        spans.append((start, len(text)))
    return [part for start, end in spans for part in _cut(text[start:end].strip(), longest)][:most]


def _sentence_spans(text: str) -> list[tuple[int, int]]:
    """(end of a sentence, start of the next) for each boundary."""
    return [(match.start(), match.end()) for match in _SENTENCE_END.finditer(text)]


def _cut(piece: str, longest: int) -> list[str]:
    parts = []
    while len(piece) > longest:
        at = piece.rfind(" ", longest // 2, longest)
        at = at if at > 0 else longest
        parts.append(piece[:at].strip())
        piece = piece[at:].strip()
    return [*parts, piece] if piece else parts
