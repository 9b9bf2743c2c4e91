"""Takes out of a text whatever says who wrote it: names in all their forms, towns, addresses, numbers, brands.

What is left may still be telling in itself ("the only maker of …"): no program knows. The profile as others see it is
shown to who edits it, so that a person looks.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

from app.services.discretion.identity import Identity, is_common
from app.services.discretion.towns import is_a_word_too
from app.services.discretion.traces import Span, traces
from app.services.importing.words import fold_word
from app.services.texts import LEGAL_FORMS, SMALL_WORDS

GONE = "[…]"
"""What stands where something was."""

_HIDDEN = "\u00ad\u200b-\u200f\u2060\ufeff"
"""Letters that nobody sees: soft hyphens, marks of direction, gaps without width."""
_TOKEN = re.compile(rf"(?:[^\W_][\u0300-\u036f{_HIDDEN}]*)+")
_GAP = re.compile(rf"[\W_{_HIDDEN}]{{0,4}}")
_POSTCODE_BEFORE = re.compile(r"(?:\b[A-Z]{1,2}[ -]?)?\b\d{4,5}[ ,-]{1,2}(?:[A-Z]{2}[ ,-]{1,2})?$")
_POSTCODE_AFTER = re.compile(r"^[ ,(-]{1,3}(?:[A-Z]{1,2}[ -]?)?\d{4,5}\b\)?")
_LONG, _SHORT = 6, 3
_MOST_TOKENS = 14
"""Tokens that may make one name together: "C. e. n. t. e. x. b. e. l" has nine."""
_ENDINGS = (
    "s es e n en ens er ers ern em ne nes r ren rne rnes et ets ene enes a ak ek aren ari ei ri rekin arekin ekin ko "
    "eko ekoa koa tik etik ra era rentzat entzat an ean in renak ik z az ez la na ian je jes tje tjes ish ians"
)
_INFLECTED = frozenset(_ENDINGS.split())
"""Endings by which a name is inflected in our languages; longer names take any."""
_DWELLERS = (
    "s se ses er ers e en n ois oise oises ais aise aises ien ienne iens iennes sien sienne siens siennes in ine ins "
    "ines iste ense enses ano ana anos anas es esa esas tar tarra tarrak ar arra arrak ko eko an ean ra ener enser "
    "ensere sche schen scher sches isch ische ischen ischer sk ske enaar enaars aar aars nois noise"
)
_OF_TOWN = frozenset(_DWELLERS.split())
"""Endings by which people and things of a town are named after it."""


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    folded: str
    capital: bool
    """Begins with a capital letter."""
    capitals: bool
    """Has no small letter."""


def redact(text: str, identity: Identity) -> str:
    """The text without what gives the actor away; an ellipsis in brackets stands for each piece that went.

    A text that says nothing else comes back empty.
    """
    tokens = _tokens(text)
    return _cut(text, [*traces(text), *_named(tokens, identity), *_towns(text, tokens, identity)], tokens)


def without_people(text: str, people: Iterable[str]) -> str:
    """The text without the names of these persons, and with everything else; empty when it says nothing else."""
    tokens = _tokens(text)
    return _cut(text, [*_named(tokens, Identity(names=(), people=tuple(people)))], tokens)


def _cut(text: str, spans: Sequence[Span], tokens: Sequence[_Token]) -> str:
    if not spans:
        return text
    told, end = [], 0
    for start, stop in _joined(text, spans, tokens):
        told += [text[end:start], GONE]
        end = stop
    left = "".join([*told, text[end:]])
    return left if any(c.isalnum() for c in left.replace(GONE, "")) else ""


def mentions(text: str, identity: Identity) -> bool:
    """Whether a text holds something that gives the actor away."""
    return redact(text, identity) != text


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        word = re.sub(f"[{_HIDDEN}]", "", match[0])
        folded = fold_word(word).replace(" ", "")
        found.append(_Token(*match.span(), folded, word[:1].isupper() or word[:1].istitle(), _is_capital(word)))
    return found


def _is_capital(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return bool(letters) and all(unicodedata.category(c) != "Ll" for c in letters)


def _named(tokens: Sequence[_Token], identity: Identity) -> Iterable[Span]:
    """Where names, acronyms and people stand."""
    is_form = cache(partial(_is_form_of_any, names=identity.words | identity.wholes))
    for first, token in enumerate(tokens):
        if _is_name(token, identity, is_form):
            yield token.start, token.end
        yield from _put_together(tokens, first, identity.wholes)
        for phrase in identity.phrases:
            end = _phrase_at(tokens, first, phrase)
            if end is not None:
                yield token.start, tokens[end].end


def _is_name(token: _Token, identity: Identity, is_form: Callable[[str], bool]) -> bool:
    word = token.folded
    if word in identity.plain:
        return token.capital
    if word in identity.capitals:
        return token.capitals
    return is_form(word)


def _is_form_of_any(word: str, names: Iterable[str]) -> bool:
    return any(_is_form(word, name) for name in names)


def _is_form(word: str, name: str) -> bool:
    """Whether a folded word of a text is a form of a folded name: inflected, part of a compound, or its stem."""
    if word == name:
        return True
    if len(name) >= _LONG and name in word:
        return True
    if len(name) > _SHORT and word.startswith(name):
        return word[len(name) :] in _INFLECTED
    return len(word) > _SHORT + 1 and name.startswith(word) and name[len(word) :] in _INFLECTED and not is_common(word)


def _put_together(tokens: Sequence[_Token], first: int, wholes: frozenset[str]) -> Iterable[Span]:
    """Several words that make a name when the gaps are left out: "Centex Bel", "C.T.C.", "centex-bel's"."""
    longest = max(map(len, wholes), default=0)
    made = ""
    for last in range(first, min(first + _MOST_TOKENS, len(tokens))):
        made += tokens[last].folded
        if len(made) > longest + 3:
            return
        if last > first and any(made == w or (made.startswith(w) and made[len(w) :] in _INFLECTED) for w in wholes):
            yield tokens[first].start, tokens[last].end


def _phrase_at(tokens: Sequence[_Token], first: int, phrase: Sequence[str]) -> int | None:
    """The last token of a name that begins at `first`, its words inflected and little words left out or put in."""
    wanted = [word for word in phrase if word not in SMALL_WORDS] or [*phrase]
    at = first
    for number, word in enumerate(wanted):
        while number and at < len(tokens) and tokens[at].folded in SMALL_WORDS and tokens[at].folded != word:
            at += 1
        if at >= len(tokens) or not _is_akin(tokens[at].folded, word):
            return None
        at += 1
    return at - 1 if len(wanted) > 1 else None


def _is_akin(word: str, name: str) -> bool:
    """Whether two folded words differ in their ending alone."""
    if word == name:
        return True
    shared = next((n for n, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    return shared >= _SHORT + 1 and max(len(word), len(name)) - shared <= _SHORT


def _towns(text: str, tokens: Sequence[_Token], identity: Identity) -> Iterable[Span]:
    """Where its towns stand, who lives there, and the postcode beside."""
    for token in tokens:
        named = any(_is_of_town(token.folded, town) for town in identity.town_words)
        if named and (token.capital or not is_a_word_too(token.folded)):
            before = _POSTCODE_BEFORE.search(text[max(0, token.start - 14) : token.start])
            after = _POSTCODE_AFTER.match(text[token.end : token.end + 12])
            yield token.start - (len(before[0]) if before else 0), token.end + (after.end() if after else 0)


def _is_of_town(word: str, town: str) -> bool:
    stem = town.rstrip("aeiou") if len(town) > _SHORT + 1 else town
    if len(stem) <= _SHORT:
        return word == town
    return word == town or (len(town) >= _LONG and town in word) or (word.startswith(stem) and _is_ending(word, stem))


def _is_ending(word: str, stem: str) -> bool:
    rest = word[len(stem) :]
    return rest in _OF_TOWN or rest.lstrip("aeiou") in _OF_TOWN


def _joined(text: str, spans: Iterable[Span], tokens: Sequence[_Token]) -> list[Span]:
    """Spans in order, those joined that overlap or have nothing but a gap between them, with the legal form behind."""
    starts = [token.start for token in tokens]
    merged: list[Span] = []
    for start, end in sorted(_whole(text, _with_legal_form(text, s, tokens, starts)) for s in _outermost(spans)):
        if merged and (start <= merged[-1][1] or _GAP.fullmatch(text[merged[-1][1] : start])):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _outermost(spans: Iterable[Span]) -> Iterator[Span]:
    """Those that lie in no other: a name that stands a thousand times in a row is one row."""
    reached = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > reached:
            reached = end
            yield start, end


_RUN = re.compile(r"\S*[^\W_]\.[^\W_]\S*")
_BEHIND = re.compile(r"[ \n\t\u00a0),;]")


def _whole(text: str, span: Span) -> Span:
    """A name in an address takes the address with it, whatever its ending: "shop.weaver.example/en"."""
    start, end = span
    first = max(text.rfind(gap, 0, start) for gap in " \n\t\u00a0(,;") + 1
    behind = _BEHIND.search(text, end)
    last = behind.start() if behind else len(text)
    if " " not in text[start:end] and _RUN.fullmatch(text[first:last].rstrip(".")):
        return first, last
    return span


def _with_legal_form(text: str, span: Span, tokens: Sequence[_Token], starts: Sequence[int]) -> Span:
    """ "Weaver S.A.S." goes whole, as does "Weaver's": the form would tell how the name ends."""
    start, end = span
    first = bisect_left(starts, end)
    behind = tokens[first : first + 6]
    made = ""
    for before, token in pairwise([_Token(start, end, "", False, False), *behind]):
        if not re.fullmatch(r"[\s.,&/'’-]{0,3}", text[before.end : token.start]):
            break
        made = made + token.folded if len(token.folded) == 1 else token.folded
        if token.folded == "s" and text[token.start - 1] in "'’":
            end = token.end
        if made in LEGAL_FORMS and token.capital:
            end = token.end + (text[token.end : token.end + 1] == "." and len(token.folded) == 1)
    return start, end
