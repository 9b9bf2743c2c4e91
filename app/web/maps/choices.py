"""Forms of an import: what the admin chose, as the options that services take."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.datastructures import FormData

from app.errors import BadInput
from app.web.maps.words import TEXTS
from models.competence_map import ColumnProposal, ImportOptions, Twin

COLUMNS_SHOWN = 400
TWINS_SHOWN = 100
_MOST_FIELDS = 3 * COLUMNS_SHOWN + 2 * TWINS_SHOWN + 100


async def _form(request: Request) -> AsyncIterator[FormData]:
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        yield form


FormDep = Annotated[FormData, Depends(_form)]
"""The fields of a form whose number depends on the file."""


def words_of(form: FormData, name: str, longest: int = 500) -> str | None:
    """A field's words, or None when it is empty. BadInput when they are too many."""
    value = form.get(name)
    words = value.replace("\x00", "").strip() if isinstance(value, str) else ""
    if len(words) > longest:
        raise BadInput.of(name, f"at most {longest} characters are expected")
    return words or None


def seen_by(form: FormData) -> frozenset[int] | None:
    """The edition that a form was filled from; None for a form that carries none."""
    words = words_of(form, "edition", 18) or ""
    return frozenset({int(words)}) if words.isascii() and words.isdecimal() else None


def chosen_columns(form: FormData, now: ImportOptions) -> ImportOptions:
    """The options with the columns, the layout and the defaults as the form says them.

    A column is mentioned in the mapping when it was chosen otherwise than it was recognised, or had been before.
    """
    mapping = dict(now.mapping)
    for number in range(COLUMNS_SHOWN):
        heading = form.get(f"heading-{number}")
        if not isinstance(heading, str) or not heading:
            continue
        target = _target(form, number)
        if heading in mapping or target != (words_of(form, f"was-{number}") or ""):
            mapping[heading] = target
    named = words_of(form, "name_column")
    if named:
        mapping[named] = "name"
    said = {
        "mapping": mapping,
        "layout": words_of(form, "layout"),
        "sheet": words_of(form, "sheet"),
        "country": words_of(form, "country"),
        "language": words_of(form, "language"),
        "sector_list": words_of(form, "sector_list"),
        "prefer": words_of(form, "prefer") or "viaduc",
    }
    return _options(now.model_dump() | said)


def _target(form: FormData, number: int) -> str:
    field = words_of(form, f"field-{number}") or ""
    lang = words_of(form, f"lang-{number}")
    return f"{field}.{lang}" if field in TEXTS and lang else field


def chosen_twins(form: FormData, now: ImportOptions, twins: list[Twin]) -> ImportOptions:
    """The options with the pairs that the form says are one actor; the others stay two."""
    merge: dict[str, int | str] = {k: v for k, v in now.merge.items() if form.get(f"part-{k}") is None}
    above = words_of(form, "join_above")
    for number, twin in enumerate(twins[:TWINS_SHOWN]):
        joined = form.get(f"twin-{number}") == "same" or (above is not None and twin.score >= _share(above))
        other = other_of(twin)
        # Two rows may each look like the other; the second one to be joined stays where it is.
        if joined and other not in merge and twin.key not in merge.values():
            merge.setdefault(twin.key, other)
    return _options(now.model_dump() | {"merge": merge})


def other_of(twin: Twin) -> int | str:
    """What a row is merged into: the stored actor, or the other row."""
    return twin.actor_id if twin.actor_id is not None else twin.other_key or ""


def _share(words: str) -> float:
    try:
        return float(words)
    except ValueError as error:
        raise BadInput.of("join_above", "a share between 0 and 1 is expected") from error


def _options(said: Mapping[str, object]) -> ImportOptions:
    try:
        return ImportOptions.model_validate(said)
    except ValidationError as error:
        raise BadInput.of_shape(error) from error


def field_of(proposal: ColumnProposal) -> tuple[str, str]:
    """(field, language) that a column was taken for."""
    field, _, lang = (proposal.field or "").partition(".")
    return field, lang
