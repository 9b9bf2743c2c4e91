"""Broken inputs for the fuzzers: trees of JSON with something wrong in them, text with letters that surprise.

What is made stays small: no tree of more than `MOST_PLACES` places, no text of more than `MOST_LETTERS` letters.
"""

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

NUMBERS = (0, -1, 1, 2, 7, 200, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e308, 1e-320, 1.0000001,
           float("nan"), float("inf"))  # fmt: skip
TEXTS = ("", " ", "\x00", "a" * 5_000, "é", "e\u0301", "\u202e", "🙂", "\ud800", "1", "null", "true", "fr", "xx", "FR",
         "<b>", "' OR 1=1 --", "../../etc/passwd", "{{7*7}}", "%s%n", "\r\n", "١٢", "ﬀ")  # fmt: skip
MOST_PLACES = 20_000
MOST_LETTERS = 200_000
ODDITIES: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": None}, *NUMBERS, *TEXTS)


def broken_tree(rng: random.Random, tree: Any, others: Sequence[Any] = ()) -> Any:
    """A copy of the tree with one to five things changed somewhere in it; `others` lend their parts."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        tree = _break(rng, tree, others)
    return tree


def _break(rng: random.Random, tree: Any, others: Sequence[Any]) -> Any:
    places = list(_places(tree))
    if not places or len(places) > MOST_PLACES:
        return copy.deepcopy(rng.choice(ODDITIES))
    holder, key = rng.choice(places)
    how = rng.randrange(8)
    if how == 0:
        del holder[key]
    elif how == 1:
        # A copy: the oddity itself would be changed by what comes next, and could even come to hold itself.
        holder[key] = copy.deepcopy(rng.choice(ODDITIES))
    elif how == 2 and isinstance(holder, list):
        holder[key:key] = [copy.deepcopy(holder[key]) for _ in range(rng.choice((1, 2, 40)))]
    elif how == 3 and isinstance(holder, dict):
        holder[rng.choice((*TEXTS, *map(str, holder)))] = holder.pop(key)
    elif how == 4 and isinstance(holder[key], int | float):
        holder[key] = holder[key] + rng.choice((-1, 1, -2, 10, 0.5)) if not isinstance(holder[key], bool) else 1
    elif how == 5:
        other, there = rng.choice(places)
        other[there], holder[key] = copy.deepcopy(holder[key]), copy.deepcopy(other[there])
    elif how == 6 and others:
        lent = list(_places(rng.choice(others)))
        holder[key] = copy.deepcopy((lambda place: place[0][place[1]])(rng.choice(lent))) if lent else None
    elif how == 7 and isinstance(holder[key], str):
        holder[key] = broken_text(rng, holder[key])
    return tree


def _places(tree: Any) -> Any:
    """(holder, key) of everything in the tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            yield node, key
            if isinstance(node[key], dict | list):
                waiting.append(node[key])


def broken_text(rng: random.Random, text: str) -> str:
    """The text with something cut out, doubled, put in or turned round."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        span = rng.randint(1, max(1, len(text) // 3))
        how = rng.randrange(5)
        if how == 0:
            text = text[:at] + text[at + span :]
        elif how == 1:
            text = text[:at] + rng.choice(TEXTS) + text[at:]
        elif how == 2:
            text = text[:at] + text[at : at + span] * rng.choice((2, 3, 30)) + text[at:]
        elif how == 3 and text:
            text = (
                text[:at]
                + chr(rng.choice((rng.randrange(0x80), rng.randrange(0x3000), rng.randrange(0x10FFFF))))
                + text[at:]
            )
        else:
            text = text[at:] + text[:at]
        text = text[:MOST_LETTERS]
    return text


def as_bytes(tree: Any) -> bytes:
    """The tree as JSON, with what JSON cannot say the way Python says it."""
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
