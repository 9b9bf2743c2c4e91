"""Objects inside objects: JSON records flattened to headings such as "organisation.legalName", and what these mean."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.services.importing.columns import PERSONAL, Guess, recognise
from app.services.importing.words import fold_word, language_words

_DEPTH = 4
_LABELS = ("text", "label", "name", "title", "value", "libelle", "nom", "naam", "titel", "bezeichnung", "nombre")
"""Keys under which an object holds its words."""
_NO_MORE_THAN_ITS_PARENT = frozenset({*_LABELS, "code", "id", "url", "uri", "href", "iso", "key"})
_CONTAINERS = frozenset(
    {
        "properties", "attributes", "fields", "data", "profile", "details", "info", "infos", "identity", "general",
        "main", "geo", "geometry", "position", "location", "coordinates", "coordonnees", "localisation", "standort",
        "ubicacion", "kokapena", "adresse", "address",
    }
)  # fmt: skip
"""Words of objects that only hold together what belongs to the actor."""
_ASKED = 0.6
_CODE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?\Z")


def flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose objects stand under headings of their own; an address's parts under theirs alone."""
    flat: dict[str, Any] = {}
    hoisted: dict[str, Any] = {}
    for key, value in record.items():
        if not isinstance(value, dict) or is_text(value):
            flat[key] = value
        elif recognise(key).field == "_address":
            hoisted |= _inside("", value, 1)
        else:
            flat |= _inside(f"{key}.", value, 1)
    return {key: value for key, value in hoisted.items() if key not in flat} | flat


def _inside(before: str, record: Mapping[str, Any], depth: int) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth < _DEPTH and not is_text(value):
            flat |= _inside(f"{before}{key}.", value, depth + 1)
        else:
            flat[f"{before}{key}"] = value
    return flat


def is_text(value: Mapping[str, Any]) -> bool:
    """Whether an object is one text: {"text": …}, or its wordings by language."""
    return "text" in value or (bool(value) and all(_is_language(key) for key in value))


@lru_cache(4096)
def _is_language(key: str) -> bool:
    return fold_word(key) in language_words() or (bool(_CODE.match(key)) and key[:2] in language_words().values())


def words_of(entry: Any) -> Any:
    """What an object says in words: {"label": {"fr": …}, "level": 3} says its label. Anything else as it is."""
    if not isinstance(entry, dict) or "text" in entry:
        return entry
    held = next((entry[key] for key in _LABELS if entry.get(key)), None)
    return entry if held is None else held


def in_words(value: Any) -> Any:
    """A value as a person reads it: lists and objects by the words in them."""
    if isinstance(value, list):
        return ", ".join(filter(None, (str(in_words(item)) for item in value)))
    if isinstance(value, dict):
        said = words_of(value)
        return in_words(said) if said is not value else str(value.get("text") or in_words(list(value.values())))
    return "" if value is None else value


def names_somebody(record: Any) -> bool:
    """Whether a record has words under a key that is a name for sure."""
    if not isinstance(record, dict):
        return False
    guesses = (recognise_path(key) for key, value in flattened(record).items() if isinstance(value, str | dict))
    return any(guess.field == "name" and guess.sure for guess in guesses)


def list_inside(document: Any, depth: int = 0) -> list[Any]:
    """The longest list of objects that name somebody, however deep in a document it stands; empty: none."""
    if not isinstance(document, dict) or depth > _DEPTH:
        return []
    found = [value for value in document.values() if isinstance(value, list) and any(map(names_somebody, value[:20]))]
    found += [list_inside(value, depth + 1) for value in document.values() if isinstance(value, dict)]
    return max(found, key=len, default=[])


def recognise_path(heading: str, values: Sequence[str] = ()) -> Guess:
    """What "organisation.legalName" means: by all of its words, by its last ones, by those of the object it stands in.

    Below `SURE` where the object may be somebody else: the country of a "coordinator" is not the actor's.
    """
    above, dot, last = heading.rpartition(".")
    whole = recognise(heading.replace(".", " "), values)
    if not dot or not above or whole.sure:
        return whole
    parent, child = recognise(above.rpartition(".")[2]), recognise(last, values)
    if parent.field == "contact":
        return child if child.field in PERSONAL else Guess("contact", _ASKED)
    if fold_word(last) in _NO_MORE_THAN_ITS_PARENT and parent.sure:
        return Guess(parent.field, parent.confidence)
    belongs = fold_word(above.rpartition(".")[2]) in _CONTAINERS or (parent.sure and parent.field in {"name", "city"})
    if belongs and child.field:
        return child
    best = max(whole, child, key=lambda guess: guess.confidence if guess.field else 0.0)
    return Guess(best.field, min(best.confidence, _ASKED), best.lang) if best.confidence < 1 or best.field else best
