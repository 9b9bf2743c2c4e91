"""Which rows look like the same actor: accents, legal forms, word order, acronyms, typing errors, the same website.

Pure: profiles in, pairs out. Blocks of profiles that share a key (folded name, name with one letter left out, two of
its words, acronym, host) are compared pair by pair; words weigh by their rarity, so "Centre technique" alone makes
nobody the same.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from sys import intern

import numpy as np

from app.services.importing.columns import typos
from app.services.importing.remarks import remark
from app.services.importing.words import fold_word, stop_words
from app.services.texts import LEGAL_FORMS, without_legal_form
from models.remark import Remark

SAME = 0.85
"""Score from which two profiles are proposed as one actor."""
_BLOCK = 40
"""Profiles that share a key beyond which the key says nothing."""
_FUZZY_UP_TO = 150_000
"""Profiles beyond which typing errors inside single words are not searched for."""
_SHARED_HOSTS = frozenset(
    ["facebook.com", "linkedin.com", "google.com", "sites.google.com", "twitter.com", "youtube.com", "wordpress.com"]
)
_Reason = tuple[str, dict[str, str]]
"""Code of a remark and its values: most pairs that are compared come to nothing."""
_32_BITS = 0xFFFFFFFF
_PARENTHESES = re.compile(r"\(([^)]{2,40})\)")


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is compared of one actor. `ref` is whatever the caller knows it by."""

    ref: object
    name: str
    country: str = ""
    city: str = ""
    host: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two likenesses (by position) that may be one actor."""

    first: int
    second: int
    score: float
    reasons: list[Remark]


@dataclass(frozen=True, slots=True)
class _Signature:
    """A name without accents, legal forms, punctuation and order; its other forms. Small: every actor has one."""

    tokens: tuple[str, ...]
    squashed: str
    short: tuple[str, ...]
    acronyms: tuple[str, ...]
    city: str


@dataclass
class _Index:
    """Signatures and the weight of each word."""

    likenesses: Sequence[Likeness]
    signatures: list[_Signature]
    frequency: Counter[str] = field(default_factory=Counter)
    weights: dict[str, float] = field(default_factory=dict)

    def weight(self, token: str) -> float:
        """How much a word distinguishes: its inverse document frequency."""
        known = self.weights.get(token)
        if known is None:
            known = self.weights[token] = math.log(1 + len(self.signatures) / max(1, self.frequency[token]))
        return known


def find_twins(likenesses: Sequence[Likeness], *, new: int | None = None) -> list[Pair]:
    """Pairs that look like one actor, surest first.

    With `new` only pairs that hold one of the first `new` likenesses are looked at: rows of a file against what is
    stored, and against each other.
    """
    index = _Index(likenesses, [_signature(like) for like in likenesses])
    for signature in index.signatures:
        index.frequency.update(set(signature.tokens))
    found: dict[tuple[int, int], Pair] = {}
    limit = len(likenesses) if new is None else new
    for i, j in _candidates(index, limit):
        if (i, j) not in found and not _is_hopeless(index, i, j):
            score, reasons = _compare(index, i, j)
            if score >= SAME:
                found[i, j] = Pair(i, j, score, [remark(code, **values) for code, values in reasons])
    return sorted(found.values(), key=lambda p: (-p.score, p.first, p.second))


def _signature(like: Likeness) -> _Signature:
    inside = _PARENTHESES.findall(like.name)
    outside = _PARENTHESES.sub(" ", like.name)
    words = fold_word(outside if fold_word(outside) else like.name).split()
    tokens = without_legal_form(words)
    squashed = "".join(tokens)
    others = [*like.aliases, *inside]
    short = {"".join(without_legal_form(fold_word(o).split())) for o in others}
    if len(tokens) == 1 and 2 <= len(squashed) <= 8:
        short.add(squashed)
    words_of_it = tuple(map(intern, sorted(tokens)))
    return _Signature(words_of_it, squashed, tuple(short - {""}), _acronyms(tokens), _folded(like.city))


@lru_cache(20_000)
def _folded(city: str) -> str:
    """A town's name, folded once for all who stand in it."""
    return fold_word(city)


def _acronyms(tokens: Sequence[str]) -> tuple[str, ...]:
    if len(tokens) < 3:
        return ()
    proper = [t for t in tokens if t not in stop_words()]
    forms = {"".join(t[0] for t in tokens), "".join(t[0] for t in proper)}
    return tuple(f for f in forms if 3 <= len(f) <= 8)


def _candidates(index: _Index, limit: int) -> Iterator[tuple[int, int]]:
    fuzzy = len(index.signatures) <= _FUZZY_UP_TO
    makers: list[Callable[[_Index, int], Iterable[object]]] = [_exact_keys, _host_keys, _short_keys]
    if fuzzy:
        makers += [_typo_keys, _word_keys]
    for maker in makers:
        for block in _blocks(index, maker):
            yield from ((i, j) for i, j in combinations(block, 2) if i < limit)


def _blocks(index: _Index, maker: Callable[[_Index, int], Iterable[object]]) -> Iterator[list[int]]:
    """The positions that share a key, in their order, where they are few enough for the key to say something.

    A name has as many keys as it has letters, so a key is held as 32 bits of its hash beside the position, in one
    number: sorting these brings together who shares a key. Two keys of one hash only cost a comparison.
    """
    keys, holders = array("I"), array("I")
    for position in range(len(index.signatures)):
        hashes = {hash(key) & _32_BITS for key in maker(index, position)}
        keys.extend(hashes)
        holders.extend([position] * len(hashes))
    held = np.frombuffer(keys, np.uint32).astype(np.uint64) if keys else np.empty(0, np.uint64)
    held <<= np.uint64(32)
    held |= np.frombuffer(holders, np.uint32) if holders else held
    del keys, holders
    held.sort()
    hashed = (held >> np.uint64(32)).astype(np.uint32)
    edges = np.flatnonzero(hashed[1:] != hashed[:-1]) + 1
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(held)]])
    wanted = (ends - starts > 1) & (ends - starts <= _BLOCK)
    for start, end in zip(starts[wanted].tolist(), ends[wanted].tolist(), strict=True):
        yield (held[start:end] & np.uint64(_32_BITS)).tolist()


def _exact_keys(index: _Index, position: int) -> Iterable[object]:
    signature = index.signatures[position]
    return (signature.tokens, signature.squashed)


def _host_keys(index: _Index, position: int) -> Iterable[object]:
    host = index.likenesses[position].host
    return (host,) if host and host not in _SHARED_HOSTS else ()


def _short_keys(index: _Index, position: int) -> Iterable[object]:
    signature = index.signatures[position]
    return (*signature.short, *signature.acronyms, signature.squashed)


def _typo_keys(index: _Index, position: int) -> Iterable[object]:
    word = "".join(index.signatures[position].tokens)
    return [word, *(word[:i] + word[i + 1 :] for i in range(len(word)))] if len(word) >= 6 else ()


def _word_keys(index: _Index, position: int) -> Iterable[object]:
    """The rarest words, two by two: a typing error in a third leaves them."""
    rare = sorted(set(index.signatures[position].tokens), key=lambda t: (index.frequency[t], t))
    rarest = rare[:4]
    alone = [(rarest[0],)] if rarest and index.frequency[rarest[0]] <= _BLOCK and len(rarest[0]) > 3 else []
    return [*combinations(sorted(rarest), 2), *alone]


def _is_hopeless(index: _Index, i: int, j: int) -> bool:
    """Whether not even the same name would make them one actor: other places, other websites (see `_compare`)."""
    a, b = index.likenesses[i], index.likenesses[j]
    if a.host and a.host == b.host and a.host not in _SHARED_HOSTS:
        return False
    against = 0.08 if a.host and b.host else 0.0
    if a.city and b.city:
        against += -0.02 if index.signatures[i].city == index.signatures[j].city else 0.12
    if a.country and b.country and a.country != b.country:
        against += 0.3
    return 1.0 - against < SAME - 0.001


def _compare(index: _Index, i: int, j: int) -> tuple[float, list[_Reason]]:
    a, b = index.likenesses[i], index.likenesses[j]
    name, reasons = _name_likeness(index, i, j)
    score = name
    same_host = bool(a.host) and a.host == b.host and a.host not in _SHARED_HOSTS
    same_city = bool(a.city) and index.signatures[i].city == index.signatures[j].city
    acronym = _acronym_match(index.signatures[i], index.signatures[j])
    if acronym and (same_host or same_city):
        score = max(score, 0.9)
        reasons = [*reasons, ("acronym", {})]
    inside = _is_part(index.signatures[i], index.signatures[j])
    if same_host and (name >= 0.5 or inside):
        score = max(score, 0.9 if inside else 0.8 + 0.2 * name)
        reasons = [*reasons, ("same_website", {"host": a.host})]
    if a.host and b.host and not same_host:
        score -= 0.08
    if a.city and b.city:
        score += 0.02 if same_city else 0.0 if same_host else -0.12
        reasons = [*reasons, ("same_town", {"town": a.city})] if same_city else reasons
    if a.country and b.country and a.country != b.country:
        score -= 0.1 if same_host else 0.3
    return round(max(0.0, min(1.0, score)), 3), reasons


def _is_part(a: _Signature, b: _Signature) -> bool:
    """Whether one name is the other with words left out."""
    return set(a.tokens) <= set(b.tokens) or set(b.tokens) <= set(a.tokens)


def _acronym_match(a: _Signature, b: _Signature) -> bool:
    return _is_called(b, a.acronyms) or _is_called(a, b.acronyms)


def _is_called(signature: _Signature, names: Iterable[str]) -> bool:
    """Whether it goes by one of these names."""
    return any(name == signature.squashed or name in signature.short for name in names)


def _name_likeness(index: _Index, i: int, j: int) -> tuple[float, list[_Reason]]:
    a, b = index.signatures[i], index.signatures[j]
    if a.tokens == b.tokens or a.squashed == b.squashed:
        exact = index.likenesses[i].name == index.likenesses[j].name
        return 1.0, [("same_name" if exact else "same_but_form", {})]
    if (_is_called(b, a.short) or a.squashed in b.short) and not any(name in LEGAL_FORMS for name in a.short):
        return 0.88, [("same_other_name", {})]
    return _word_likeness(index, a.tokens, b.tokens)


def _word_likeness(index: _Index, a: Sequence[str], b: Sequence[str]) -> tuple[float, list[_Reason]]:
    """Weight of the words both have (typing errors allowed) over the weight of all words either has."""
    left, misspelt, shared = list(b), [], 0.0
    total = sum(map(index.weight, a)) + sum(map(index.weight, b))
    open_words = []
    for token in a:
        if token in left:
            left.remove(token)
            shared += 2 * index.weight(token)
        else:
            open_words.append(token)
    for token in open_words:
        match = next((t for t in left if _misspelt(token, t)), None)
        if match:
            left.remove(match)
            # A misspelling is rare because it is one: both words weigh what the commoner of them does.
            weights = index.weight(token), index.weight(match)
            total -= sum(weights) - 2 * min(weights)
            shared += 1.9 * min(weights)
            misspelt.append(f"{token} / {match}")
    reason: _Reason = ("misspelt", {"words": ", ".join(misspelt)}) if misspelt else ("nearly_same_words", {})
    return (shared / total if total else 0.0), [reason]


@lru_cache(maxsize=200_000)
def _misspelt(a: str, b: str) -> bool:
    """Whether one word is the other with a typing error: never words with digits, and not short ones."""
    longest = max(len(a), len(b))
    if longest < 5 or any(c.isdigit() for c in a + b):
        return False
    limit = 1 if longest < 10 else 2
    return typos(a, b, limit) <= limit
