"""Reads an evaluation folder strictly: every fault is named with its file, line and field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from matching.ranking.fragments import split_text
from matching.ranking.geography import locate_territory
from matching.ranking.profile import Facet, Passage, Profile

_FIELDS = {
    "id", "name", "kind", "country", "region", "nuts", "side", "border", "city", "languages", "sectors",
    "description", "offers", "needs", "lat", "lon", "size",
}  # fmt: skip
_TWINS_IN_README = re.compile(r"^\W*\**twins\b.*?:\s*(.+)$", re.IGNORECASE | re.MULTILINE)


class FolderError(ValueError):
    """A fault in an evaluation folder; the message says where."""


@dataclass(frozen=True, slots=True, eq=False)
class FolderActor:
    """One line of `actors.jsonl`: a profile without vectors, the border it belongs to and all its text."""

    profile: Profile
    border: str

    @property
    def text_languages(self) -> frozenset[str]:
        """The languages it is written in."""
        return frozenset(passage.lang for passage in self.profile.passages)


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two actors a matchmaker would bring together: grade 2 both ways, 1 one way."""

    a: str
    b: str
    grade: int


@dataclass(frozen=True, slots=True)
class ParallelLine:
    """One text in several languages; lines of one `doc` belong together."""

    doc: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """An evaluation folder as read."""

    actors: tuple[FolderActor, ...]
    pairs: tuple[GoldPair, ...]
    twins: tuple[tuple[str, str], ...]
    parallel: tuple[ParallelLine, ...]


def read_folder(directory: Path | str) -> Folder:
    """Read `actors.jsonl` and `pairs.jsonl`, and where present `twins.jsonl` (or a README line naming twins) and
    `parallel.jsonl`. FolderError names file, line and field of the first fault."""
    home = Path(directory)
    for name in ("actors.jsonl", "pairs.jsonl"):
        if not (home / name).is_file():
            raise FolderError(f"{home / name}: no such file; an evaluation folder holds actors.jsonl and pairs.jsonl")
    actors = tuple(_actor(where, row) for where, row in _lines(home / "actors.jsonl"))
    if not actors:
        raise FolderError(f"{home / 'actors.jsonl'}: no actors")
    known = _unique_ids(home, actors)
    pairs = tuple(_gold(where, row, known) for where, row in _lines(home / "pairs.jsonl"))
    return Folder(actors, pairs, tuple(_twins(home, known)), tuple(_parallel(home)))


def _unique_ids(home: Path, actors: tuple[FolderActor, ...]) -> set[str]:
    known: set[str] = set()
    for number, actor in enumerate(actors, start=1):
        if actor.profile.id in known:
            raise FolderError(f"{home / 'actors.jsonl'} line {number}: id {actor.profile.id!r} stands twice")
        known.add(str(actor.profile.id))
    return known


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, row) for each non-empty line of a JSONL file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise FolderError(f"{path}: not UTF-8 ({fault.reason} at byte {fault.start})") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path} line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as fault:
            raise FolderError(f"{where}: not JSON: {fault.msg} at column {fault.colno}") from None
        except (ValueError, RecursionError) as fault:  # thousands of digits, brackets in brackets without end
            raise FolderError(f"{where}: not JSON that can be read ({fault})") from None
        if not isinstance(row, dict):
            raise FolderError(f"{where}: an object was expected, not {type(row).__name__}")
        yield where, row


def _actor(where: str, row: dict[str, Any]) -> FolderActor:
    unknown = sorted(set(row) - _FIELDS)
    if unknown:
        raise FolderError(f"{where}: unknown field {unknown[0]!r}")
    nuts, country = _text(where, row, "nuts", ""), _text(where, row, "country", "")
    centre = locate_territory(nuts, country) or (None, None)
    profile = Profile(
        id=_text(where, row, "id"),
        side=_text(where, row, "side"),
        name=_text(where, row, "name", ""),
        kind=_text(where, row, "kind", "") or None,
        country=country or None,
        languages=_texts(where, row, "languages"),
        sectors=_texts(where, row, "sectors"),
        lat=_number(where, row, "lat", centre[0]),
        lon=_number(where, row, "lon", centre[1]),
        size=_number(where, row, "size", None),
        passages=tuple(_passages(where, row)),
    )
    return FolderActor(profile, _text(where, row, "border"))


def _passages(where: str, row: dict[str, Any]) -> Iterator[Passage]:
    description = row.get("description", {})
    if not isinstance(description, dict):
        raise FolderError(f"{where}: field 'description' must map languages to texts")
    for lang, text in description.items():
        if not isinstance(text, str):
            raise FolderError(f"{where}: field 'description.{lang}' must be a text")
        yield from (Passage("profile", lang, piece) for piece in split_text(text))
    for field, facet in (("needs", "need"), ("offers", "offer")):
        entries = row.get(field, [])
        if not isinstance(entries, list):
            raise FolderError(f"{where}: field {field!r} must be a list")
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("lang", "text")):
                raise FolderError(f"{where}: field '{field}[{position}]' must be an object with lang and text")
            yield Passage(cast("Facet", facet), entry["lang"], entry["text"])


def _text(where: str, row: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = row.get(field, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value):
        raise FolderError(f"{where}: field {field!r} must be a text, not {value!r}")
    return value


def _texts(where: str, row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = row.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FolderError(f"{where}: field {field!r} must be a list of texts, not {value!r}")
    return tuple(value)


def _number(where: str, row: Mapping[str, Any], field: str, default: float | None) -> float | None:
    value = row.get(field, default)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise FolderError(f"{where}: field {field!r} must be a number, not {value!r}")


def _gold(where: str, row: Mapping[str, Any], known: set[str]) -> GoldPair:
    a, b = _pair(where, row, known)
    grade = row.get("grade")
    if isinstance(grade, bool) or grade not in (1, 2):
        raise FolderError(f"{where}: field 'grade' must be 1 or 2, not {grade!r}")
    return GoldPair(a, b, int(grade))


def _pair(where: str, row: Mapping[str, Any], known: set[str]) -> tuple[str, str]:
    for field in ("a", "b"):
        if not isinstance(row.get(field), str) or row[field] not in known:
            raise FolderError(f"{where}: field {field!r} names no actor of the folder: {row.get(field)!r}")
    if row["a"] == row["b"]:
        raise FolderError(f"{where}: actor {row['a']!r} is paired with itself")
    return str(row["a"]), str(row["b"])


def _twins(home: Path, known: set[str]) -> Iterator[tuple[str, str]]:
    """Pairs of competitors: from `twins.jsonl`, else from a README line "Twins …: id/id, id/id"."""
    if (home / "twins.jsonl").is_file():
        for where, row in _lines(home / "twins.jsonl"):
            yield _pair(where, row, known)
        return
    readme = home / "README.md"
    found = _TWINS_IN_README.search(readme.read_text(encoding="utf-8", errors="replace")) if readme.is_file() else None
    for a, b in re.findall(r"([\w-]+)/([\w-]+)", found.group(1) if found else ""):
        if a in known and b in known:
            yield a, b


def _parallel(home: Path) -> Iterator[ParallelLine]:
    path = home / "parallel.jsonl"
    if not path.is_file():
        return
    for number, (where, row) in enumerate(_lines(path), start=1):
        texts = {key: value for key, value in row.items() if key not in ("id", "doc")}
        for lang, text in texts.items():
            if not isinstance(text, str):
                raise FolderError(f"{where}: field {lang!r} must be a text")
        yield ParallelLine(str(row.get("doc", number)), texts)
