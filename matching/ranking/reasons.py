"""Why these two: template keys with parameters, quoting what both sides wrote. Nothing here makes up a word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np

from matching.ranking.marks import mark_alike
from matching.ranking.parts import HISTORY_VALUE, Scoring
from matching.ranking.profile import FACETS, Evidence, Facet, Fragment, Passage, Profile, Reason, Suggestion
from matching.ranking.weights import PACKAGE_DATA

LANGUAGES = ("en", "fr", "nl", "de", "da", "es", "eu")

# Below these, a part is true but not worth saying.
_TELLING_SIMILARITY = 0.2
_TELLING_KIND = 0.8
_TELLING_TWIN = 0.15


def explain_pair(
    query: Profile, other: Profile, suggestion: Suggestion, scoring: Scoring, year: int | None = None
) -> tuple[Reason, ...]:
    """The reasons for one suggestion, seen from `query`: meetings of texts first, then the facts."""
    reasons = [
        *_text_reasons(query, other),
        _theme_reason(query, other, scoring),
        _kind_reason(query, other, suggestion),
        _language_reason(query, other, suggestion),
        _distance_reason(suggestion),
        _history_reason(suggestion, year),
        _twin_reason(suggestion),
    ]
    return tuple(reason for reason in reasons if reason is not None)


def render_reason(reason: Reason, lang: str) -> str:
    """The reason in the reader's language; an unknown language reads English."""
    catalogue = _catalogue()
    reader = lang if lang in LANGUAGES else "en"
    words: dict[str, Any] = dict(reason.parameters)
    if reason.evidence:
        words |= {"yours": reason.evidence.yours.text, "theirs": reason.evidence.theirs.text}
    if reason.part == "kind":
        words = {name: _name(catalogue["kinds"], str(code), reader) for name, code in words.items()}
    if reason.part == "language":
        words = {name: _names(catalogue["languages"], str(codes), reader) for name, codes in words.items()}
    if reason.part == "theme":
        words = {name: _theme_name(catalogue["sectors"], str(label), reader) for name, label in words.items()}
    return str(catalogue["templates"][reason.key][reader]).format(**words)


def _name(names: Mapping[str, Mapping[str, str]], code: str, reader: str) -> str:
    return names[code][reader] if code in names else code.replace("_", " ")


def _theme_name(names: Mapping[str, Mapping[str, str]], label: str, reader: str) -> str:
    """A field in the reader's language where it is one of ours, else as the map wrote it, without underscores."""
    code = "_".join(label.casefold().split())
    return names[code][reader] if code in names else label.replace("_", " ").strip()


def _names(names: Mapping[str, Mapping[str, str]], codes: str, reader: str) -> str:
    return ", ".join(_name(names, code, reader) for code in codes.split())


def best_meeting(query: Profile, other: Profile, mine: Facet, theirs: Facet) -> Evidence | None:
    """The two passages of these facets that are closest, or None when a side has none. Ties go to the first written."""
    near = _near(query, other, mine, theirs)
    if not near.size:
        return None
    row, column = divmod(int(near.argmax()), near.shape[1])
    left, right = _embedded(query), _embedded(other)
    yours = left.passages[left.of[mine].start + row]
    ours = right.passages[right.of[theirs].start + column]
    similarity = round(float(near[row, column]), 4)
    return Evidence(Fragment(yours.lang, yours.text), Fragment(ours.lang, ours.text), similarity)


def _near(query: Profile, other: Profile, mine: Facet, theirs: Facet) -> np.ndarray[Any, Any]:
    """Cosines of the passages of these facets, (mine, theirs); empty when a side has none."""
    return _nearness(query, other)[_embedded(query).of[mine], _embedded(other).of[theirs]]


@dataclass(frozen=True, slots=True)
class _Embedded:
    """An actor's passages that have a vector, facet by facet, and where each facet stands."""

    passages: tuple[Passage, ...]
    vectors: np.ndarray[Any, Any]
    of: Mapping[Facet, slice]


@lru_cache(maxsize=256)
def _embedded(actor: Profile) -> _Embedded:
    by_facet = [[p for p in actor.passages if p.facet == facet and p.vector is not None] for facet in FACETS]
    passages = tuple(passage for facet in by_facet for passage in facet)
    ends = np.cumsum([len(facet) for facet in by_facet]).tolist()
    of = {facet: slice(end - len(p), end) for facet, p, end in zip(FACETS, by_facet, ends, strict=True)}
    return _Embedded(passages, np.array([passage.vector for passage in passages], dtype=np.float64), of)


@lru_cache(maxsize=8)
def _nearness(query: Profile, other: Profile) -> np.ndarray[Any, Any]:
    """Cosines of all passages of both, one product for the many meetings that are looked at."""
    left, right = _embedded(query), _embedded(other)
    if not left.passages or not right.passages:
        return np.zeros((len(left.passages), len(right.passages)))
    return np.asarray(np.round(left.vectors @ right.vectors.T, 6))


def _text_reasons(query: Profile, other: Profile) -> list[Reason]:
    """Both directions of exchange where they tell something, and the best other meeting where it tells more."""
    told: list[Reason] = []
    for mine, theirs in _EXCHANGES:
        evidence = best_meeting(query, other, mine, theirs)
        if evidence and evidence.similarity >= _TELLING_SIMILARITY:
            told.append(Reason(f"{mine}_{theirs}", f"{mine}_{theirs}", {}, evidence))
    mine, theirs = max(_TELLINGS, key=lambda facets: _near(query, other, *facets).max(initial=-1.0))
    best = Reason("profile", f"{mine}_{theirs}", {}, best_meeting(query, other, mine, theirs))
    if _similarity(best) >= max([_TELLING_SIMILARITY, *map(_similarity, told)]):
        told.append(best)
    return [_marked(reason) for reason in sorted(told, key=lambda reason: -_similarity(reason))]


def _marked(reason: Reason) -> Reason:
    if reason.evidence is None:
        return reason
    yours, theirs = reason.evidence.yours, reason.evidence.theirs
    marks_yours, marks_theirs = mark_alike(yours.text, theirs.text)
    evidence = Evidence(replace(yours, marks=marks_yours), replace(theirs, marks=marks_theirs), _similarity(reason))
    return replace(reason, evidence=evidence)


_EXCHANGES: tuple[tuple[Facet, Facet], ...] = (("need", "offer"), ("offer", "need"))
_TELLINGS: tuple[tuple[Facet, Facet], ...] = (
    ("need", "profile"),
    ("profile", "need"),
    ("offer", "profile"),
    ("profile", "offer"),
    ("profile", "profile"),
)


def _similarity(reason: Reason) -> float:
    return reason.evidence.similarity if reason.evidence else 0.0


def _theme_reason(query: Profile, other: Profile, scoring: Scoring) -> Reason | None:
    meeting = scoring.affinity.name_theme(query.sectors, other.sectors)
    if meeting is None:
        return None
    yours, theirs = meeting
    key = "theme_shared" if yours == theirs else "theme_bridge"
    return Reason("theme", key, {"yours": yours, "theirs": theirs})


def _kind_reason(query: Profile, other: Profile, suggestion: Suggestion) -> Reason | None:
    if suggestion.parts.get("kind", 0.0) < _TELLING_KIND or query.kind is None or other.kind is None:
        return None
    return Reason("kind", "kind", {"yours": query.kind, "theirs": other.kind})


def _language_reason(query: Profile, other: Profile, suggestion: Suggestion) -> Reason | None:
    if suggestion.common_languages:
        return Reason("language", "language_common", {"languages": " ".join(suggestion.common_languages)})
    if not query.languages or not other.languages:
        return None
    spoken = {"yours": " ".join(query.languages), "theirs": " ".join(other.languages)}
    return Reason("language", "language_interpreter", spoken)


def _distance_reason(suggestion: Suggestion) -> Reason | None:
    if suggestion.distance_km is None:
        return None
    return Reason("distance", "distance", {"km": suggestion.distance_km})


def _history_reason(suggestion: Suggestion, year: int | None) -> Reason | None:
    if suggestion.relation not in HISTORY_VALUE:
        return None
    return Reason("history", f"history_{suggestion.relation}", {} if year is None else {"year": year})


def _twin_reason(suggestion: Suggestion) -> Reason | None:
    return Reason("twin", "twin") if suggestion.parts.get("twin", 0.0) >= _TELLING_TWIN else None


@cache
def _catalogue() -> dict[str, Any]:
    return dict(json.loads((PACKAGE_DATA / "reasons.json").read_text(encoding="utf-8")))
