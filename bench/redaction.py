"""How much of real texts goes when their writers are anonymous, what of a name is left, and how long it takes.

bench/redaction.py                       the demo border
bench/redaction.py FOLDER [FOLDER …]     folders with an actors.jsonl
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.services.discretion.identity import Identity
from app.services.discretion.redaction import GONE, redact
from app.services.importing.words import fold_word


def main() -> None:
    """Print one line for all folders."""
    folders = [Path(name) for name in sys.argv[1:]] or [Path(__file__).parent.parent / "demo"]
    before = after = texts = left = actors = 0
    started = time.perf_counter()
    for actor in (json.loads(line) for folder in folders for line in (folder / "actors.jsonl").open(encoding="utf-8")):
        actors += 1
        identity = identity_of(actor)
        for text in texts_of(actor):
            told = redact(text, identity)
            texts, before = texts + 1, before + len(text)
            after += len(told.replace(GONE, ""))
            left += bool(identity.words & set(fold_word(told).split()))
    took = time.perf_counter() - started
    print(
        f"{actors} actors, {texts} texts, {before:,} characters: {1 - after / before:.1%} go, "
        f"{left} texts with a word of the name left, {took / texts * 1000:.2f} ms a text"
    )


def identity_of(actor: dict[str, Any]) -> Identity:
    """Who an actor of an evaluation folder is."""
    told = {name: (actor[name],) if actor.get(name) else () for name in ("city", "website", "region")}
    names = (actor["name"], *(actor.get("aliases") or ()))
    return Identity(names, told["city"], told["website"], (), told["region"])


def texts_of(actor: dict[str, Any]) -> Iterator[str]:
    """Its texts, in whichever shape they are written."""
    for facet in ("description", "offers", "needs"):
        said = actor.get(facet) or []
        for item in said.values() if isinstance(said, dict) else [said] if isinstance(said, str) else said:
            yield item["text"] if isinstance(item, dict) else item


if __name__ == "__main__":
    main()
