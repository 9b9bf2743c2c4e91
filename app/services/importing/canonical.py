"""Drafts → canonical rows: one per actor, checked as a whole, with the source's words and a hash of them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from app.services.importing.cells import TEXT_TARGETS, Context, Draft, Text
from app.services.importing.drafts import rejection
from app.services.importing.notes import Place
from app.services.importing.persons import complete_phones, take_out_persons
from app.services.importing.remarks import remark
from app.services.importing.values import region_country
from app.services.importing.words import fold_word
from matching.encoder.language import Scores, rate_languages, settle_language
from models.actor import MAX_TEXT, ActorCreate, LocalText
from models.competence_map import Rejection
from models.remark import Remark

_SHAKY = 0.6
"""Confidence from which the detected language of one text is a hint for the actor's others."""
_SHORT, _SURE = 25, 0.8
"""Characters below which, and confidence below which, a language nobody would expect of the actor is not believed."""
_OBJECTIONS = {
    "string_too_long": ("too_long", "most", "max_length"),
    "too_long": ("too_many", "most", "max_length"),
    "less_than_equal": ("too_large", "most", "le"),
    "greater_than_equal": ("too_small", "least", "ge"),
}
"""What pydantic objects to → the remark, its value, and the limit it is taken from."""
_SINGLE = ("kind", "country", "region", "nuts", "side", "city", "lat", "lon", "website", "size", "anonymous")


@dataclass(frozen=True)
class Canonical:
    """What one source says of one actor."""

    key: str
    lines: list[int]
    actor: ActorCreate
    said: dict[str, Any]
    row_hash: str
    relations: list[tuple[str, str]]
    sheet: str | None = None

    @property
    def line(self) -> int:
        """The first of its lines."""
        return self.lines[0]


def complete(draft: Draft, context: Context) -> None:
    """Fill in what follows from the rest: the country from the NUTS code, the region's name or the map's default."""
    scalars = draft.scalars
    if not scalars.get("country"):
        found = _country_of(scalars.get("nuts"), scalars.get("region")) or context.options.country
        if found:
            scalars["country"] = found
    complete_phones(draft, context)


def _country_of(nuts: str | None, region: str | None) -> str | None:
    if nuts:
        return {"EL": "GR", "UK": "GB"}.get(nuts[:2], nuts[:2])
    return region_country(region) if region else None


def join(first: Draft, later: Draft, context: Context) -> list[Rejection]:
    """Add what a later row says of the same actor. A contradiction rejects the later row and changes nothing."""
    wrong = [_contradiction(first, later, name) for name in ("name", *_SINGLE) if _differs(first, later, name)]
    if wrong:
        return wrong
    if _adds_nothing(first, later):
        context.notes.add("repeats", Place(later.line, later.sheet))
    first.lines += later.lines
    if later.sheet != first.sheet:
        first.elsewhere += later.places
    for name, value in later.scalars.items():
        first.scalars.setdefault(name, value)
        first.headings.setdefault(name, later.headings.get(name, (name, str(value))))
    for name, items in later.lists.items():
        kept = first.lists.setdefault(name, [])
        kept += [item for item in items if item not in kept]
    for name, texts in later.texts.items():
        known = {t.text for t in first.texts.get(name, [])}
        first.texts.setdefault(name, []).extend(t for t in texts if t.text not in known)
    first.relations += [r for r in later.relations if r not in first.relations]
    _join_beside(first.extras, later.extras)
    return []


def _join_beside(first: dict[str, Any], later: Mapping[str, Any]) -> None:
    """Add what a later row says beside the fields: to a list what is not in it yet, else what was not said before."""
    for name, value in later.items():
        known = first.setdefault(name, value)
        if isinstance(known, dict) and isinstance(value, dict):
            _join_beside(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            known += [item for item in value if item not in known]


def _adds_nothing(first: Draft, later: Draft) -> bool:
    known = {(name, t.text) for name, texts in first.texts.items() for t in texts}
    return (
        all((name, t.text) in known for name, texts in later.texts.items() for t in texts)
        and later.scalars.keys() <= first.scalars.keys()
        and all(item in first.lists.get(name, []) for name, items in later.lists.items() for item in items)
        and set(later.relations) <= set(first.relations)
    )


def _differs(first: Draft, later: Draft, name: str) -> bool:
    a, b = first.scalars.get(name), later.scalars.get(name)
    if a is None or b is None:
        return False
    return fold_word(a) != fold_word(b) if isinstance(a, str) and isinstance(b, str) else bool(a != b)


def _contradiction(first: Draft, later: Draft, name: str) -> Rejection:
    heading, value = later.headings.get(name, (name, str(later.scalars[name])))
    said = first.scalars[name]
    said = f"{said:g}" if isinstance(said, float) else str(said)
    return rejection(later, heading, value, remark("contradiction", line=first.line, value=said))


def detect_missing_languages(drafts: Iterable[Draft]) -> None:
    """Give every text of some drafts a language; the texts are rated together, each wording once."""
    waiting = [draft for draft in drafts if any(t.lang is None for listed in draft.texts.values() for t in listed)]
    unsaid = {t.text for d in waiting for listed in d.texts.values() for t in listed if t.lang is None}
    rated = dict(zip(unsaid, rate_languages(list(unsaid)), strict=True))
    for draft in waiting:
        _settle(draft, rated)


def _settle(draft: Draft, rated: Mapping[str, Scores]) -> None:
    """Long texts first: with the working languages they settle the short, doubtful ones."""
    texts = [t for listed in draft.texts.values() for t in listed]
    said = [*draft.lists.get("languages", []), *(t.lang for t in texts if t.lang)]
    likely = [*said, *_official(draft.scalars.get("country", "")), *(t.hint for t in texts if t.hint)]
    for text in sorted((t for t in texts if t.lang is None), key=lambda t: -len(t.text)):
        text.lang, confidence = settle_language(rated[text.text], likely)
        # Where a column speaks one language, another official one of the country is no better guess.
        expected = [text.hint, *said] if text.hint else likely
        if len(text.text) < _SHORT and confidence < _SURE and expected and text.lang not in expected:
            text.lang = expected[0]
        if confidence >= _SHAKY:
            said.append(text.lang)
            likely.append(text.lang)


@cache
def _official(country: str) -> tuple[str, ...]:
    """The official languages of a country, regional ones included."""
    from babel.languages import get_official_languages  # noqa: PLC0415 - slow import

    return tuple(get_official_languages(country, regional=True)) if country else ()


def finish(draft: Draft, context: Context) -> Canonical | list[Rejection]:
    """The canonical row of a draft, or why it cannot be taken."""
    problems = [*draft.problems, *_missing(draft), *_elsewhere(draft), *_too_long(draft)]
    if problems:
        return problems
    take_out_persons(draft, context)
    fields = _fields(draft)
    try:
        actor = ActorCreate.model_validate(fields)
    except ValidationError as error:
        return _rejections(draft, error)
    said = _said(actor, draft)
    key = draft.key()
    assert key is not None
    relations = list(dict.fromkeys(draft.relations))
    return Canonical(key, draft.lines, actor, said, _hash(said, relations), relations, draft.sheet)


def _missing(draft: Draft) -> list[Rejection]:
    if draft.problems:
        return []
    return [
        rejection(draft, name, "", remark(f"{name}_missing"))
        for name in ("name", "country")
        if not draft.scalars.get(name)
    ]


def _elsewhere(draft: Draft) -> list[Rejection]:
    """The NUTS code, where it lies in another country than the one that the row names."""
    nuts, country = draft.scalars.get("nuts"), draft.scalars.get("country")
    if not nuts or not country or _country_of(nuts, None) == country:
        return []
    heading, value = draft.headings.get("nuts", ("nuts", nuts))
    return [rejection(draft, heading, value, remark("nuts_elsewhere", nuts=nuts, country=country))]


def _too_long(draft: Draft) -> list[Rejection]:
    return [
        rejection(
            draft,
            text.heading,
            text.text[:80] + "…",
            remark("text_too_long", length=len(text.text), most=MAX_TEXT),
        )
        for texts in draft.texts.values()
        for text in texts
        if len(text.text) > MAX_TEXT
    ]


def _fields(draft: Draft) -> dict[str, Any]:
    scalars = {name: value for name, value in draft.scalars.items() if name != "id" and value not in (None, "")}
    texts = {name: [_local(t) for t in _distinct(draft.texts.get(name, []))] for name in TEXT_TARGETS}
    name = scalars.get("name", "")
    aliases = [a for a in draft.lists.get("aliases", []) if a != name]
    return scalars | draft.lists | {"aliases": aliases} | {k: v for k, v in texts.items() if v}


def _local(text: Text) -> LocalText:
    """A text in the shape of the API. Its language and its length were checked on the way here, so not again."""
    return LocalText.model_construct(lang=text.lang, text=text.text)


def _distinct(texts: Iterable[Text]) -> list[Text]:
    return list({(t.lang, t.text): t for t in texts}.values())


def _rejections(draft: Draft, error: ValidationError) -> list[Rejection]:
    found = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else "nuts"
        heading, value = draft.headings.get(name, (name, str(item.get("input", ""))[:200]))
        found.append(rejection(draft, heading, value, _why(item)))
    return found


def _why(item: Any) -> Remark:
    """What a shape objects to, as a remark."""
    known, limits = _OBJECTIONS.get(item["type"]), item.get("ctx", {})
    if known is None:
        return remark("invalid", problem=str(item["msg"]).removeprefix("Value error, "))
    code, name, limit = known
    return remark(code, **{name: _limit(limits[limit])})


def _limit(limit: float) -> str | int:
    return int(limit) if limit == int(limit) else f"{limit:g}"


def _said(actor: ActorCreate, draft: Draft) -> dict[str, Any]:
    """The source's words: the fields it fills, in our shape, and what it says beside them."""
    said = {}
    # What model_dump(exclude_unset=True) would give, in a quarter of the time: texts are the only shapes inside.
    for name in actor.model_fields_set:
        value = getattr(actor, name)
        if value not in (None, [], ""):
            said[name] = [_told(item) for item in value] if isinstance(value, list) else value
    return said | ({"beside": draft.extras} if draft.extras else {})


def _told(item: LocalText | str) -> dict[str, Any] | str:
    return item if isinstance(item, str) else {"lang": item.lang, "text": item.text}


def _hash(said: dict[str, Any], relations: list[tuple[str, str]]) -> str:
    words = json.dumps([said, sorted(relations)], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
