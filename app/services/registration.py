"""Many registrations at once, from a pasted list: read the same way for the preview and for the deed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from pydantic import ValidationError
from sqlmodel import Session

from app.errors import Forbidden, NotFound, complaint
from app.services.discretion.sight import Sight
from app.services.events import get_event, list_participants, list_rounds, register
from app.services.language_names import language_code
from app.services.search import Words, actors_by_name
from app.services.texts import acronyms, fold
from models.actor import ActorBrief, ActorHit
from models.event import ParticipantCreate

MOST_LINES = 2000
MOST_CHARACTERS = 500_000
_CANDIDATES = 5
_SURE_LETTERS = 4
_ALIKE = 50
_PARTING = str.maketrans('\t;,"', "    ")
_NUMBERED = re.compile(r"(?=#|[0-9]+$)#?(?P<number>[0-9]{1,18})(?:\s+(?P<name>.*))?")
_NEARLY = 0.75
"""How alike two spellings are, by difflib, for one to be proposed for the other."""

HEADINGS: Mapping[str, str] = {
    "name": "name nom naam navn nombre izena actor acteur akteur id organisation organisatie",
    "languages": "languages langues talen sprachen sprog lenguas idiomas hizkuntzak",
    "available": "rounds tours rondes runden runder rondas txandak",
    "min": "min floor minimum",
    "max": "max cap maximum",
    "side": "side cote kant seite lado aldea",
    "tracks": "tracks track themes themas themen temas gaiak sporen spor",
}
"""Headings of a list, folded, in the languages of the interface."""

State = Literal["new", "registered", "unknown", "several", "refused"]


@dataclass(frozen=True)
class Row:
    """One line of the list: what it says, who that is, and what stands in the way."""

    line: int
    words: str
    state: State
    actor: ActorBrief | None = None
    fields: ParticipantCreate | None = None
    candidates: list[ActorBrief] = field(default_factory=list)
    named: str = ""
    """The words that the candidates are proposed for: the cell of the name, or the whole line."""
    code: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether its actor is registered once the list is."""
        return self.state in {"new", "registered"}


@dataclass(frozen=True)
class _Refused(Exception):
    cause: str
    figures: dict[str, Any]


def read_list(session: Session, *, event_id: int, text: str, lang: str, sight: Sight) -> list[Row]:
    """Every line that says something. The first may name the columns; without, it is name, languages, rounds.

    `sight`: of who registers; nobody is found whom they must not know.
    """
    get_event(session, event_id=event_id)
    rounds = len(list_rounds(session, event_id=event_id))
    taken = {p.actor_id for p in list_participants(session, event_id=event_id)}
    rows: list[Row] = []
    for line, words, said in _lines(text):
        row = _row(session, line, words, said, _Reader(rounds, lang, sight), taken)
        if row.state == "new" and row.actor:
            taken.add(row.actor.id)
        rows.append(row)
    return rows


def register_list(session: Session, *, event_id: int, text: str, lang: str, sight: Sight) -> list[Row]:
    """Register every line that is new; the others are left and told."""
    rows = read_list(session, event_id=event_id, text=text, lang=lang, sight=sight)
    for row in rows:
        if row.state == "new" and row.fields is not None:
            register(session, event_id=event_id, fields=row.fields)
    return rows


def take_candidate(text: str, row: Row, actor: ActorBrief) -> str:
    """The list with this actor in place of the words that its line called somebody by; the rest of the line stays."""
    lines = _written(text)
    sign = _Layout.of(lines).sign(lines[row.line - 1])
    # The number tells who is meant; in a name beside it, a sign between cells would part it.
    new = " ".join(f"#{actor.id} {actor.name}".translate(_PARTING).split())
    cells = _cells(lines[row.line - 1], sign)
    if row.named in cells:
        cells[cells.index(row.named)] = new
        line = io.StringIO()
        csv.writer(line, delimiter=sign, lineterminator="").writerow(cells)
        new = line.getvalue()
    lines[row.line - 1] = new
    return "\n".join(lines)


def left_over(text: str, rows: Iterable[Row]) -> str:
    """The list without the lines that ask for nothing more; its headings stay."""
    done = {row.line for row in rows if row.is_done}
    return "\n".join(line for number, line in enumerate(_written(text), 1) if number not in done)


def _written(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\x00", "").lstrip("\ufeff").splitlines()]


@dataclass(frozen=True)
class _Layout:
    """The columns of a list, and the line that names them, if one does."""

    names: Sequence[str]
    heading: str | None = None

    @classmethod
    def of(cls, lines: Sequence[str]) -> "_Layout":
        first = next((line for line in lines if line), "")
        columns = [_column(cell) for cell in _cells(first, _delimiter(first))]
        return cls(columns, first) if "name" in columns else cls(("name", "languages", "available", "min", "max"))

    def sign(self, line: str) -> str:
        return _delimiter(line if self.heading is None else self.heading)


def _lines(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """(line, its words, its cells by column)."""
    lines = _written(text)[:MOST_LINES]
    layout = _Layout.of(lines)
    for number, line in enumerate(lines, 1):
        if not line or line == layout.heading:
            continue
        cells = _cells(line, layout.sign(line))
        yield number, line, {name: cell for name, cell in zip(layout.names, cells, strict=False) if name and cell}


def _delimiter(line: str) -> str:
    """The sign between the cells of a line; a comma may as well stand inside a cell, so it is the last choice."""
    return next((sign for sign in "\t;," if sign in line), "\t")


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _column(heading: str) -> str:
    return next((name for name, words in HEADINGS.items() if fold(heading) in words.split()), "")


@dataclass(frozen=True)
class _Reader:
    """Cells as fields of a registration."""

    rounds: int
    lang: str
    sight: Sight

    def understands(self, said: Mapping[str, str]) -> bool:
        """Whether what stands beside the name can be meant so."""
        try:
            self.fields(said)
        except _Refused:
            return False
        return True

    def fields(self, said: Mapping[str, str]) -> dict[str, Any]:
        """Whatever the line says beside the name."""
        found: dict[str, Any] = {name: said[name] for name in ("side",) if name in said}
        if "languages" in said:
            found["languages"] = [self._language(word) for word in re.split(r"[,;/+]+", said["languages"])]
        if "available" in said:
            found["available"] = self._rounds(said["available"])
        if "tracks" in said:
            found["tracks"] = [word.strip() for word in re.split(r"[,;/]+", said["tracks"]) if word.strip()]
        for name in ("min", "max"):
            if name in said:
                found[name] = self._whole(said[name])
        return found

    def _language(self, word: str) -> str:
        code = language_code(word.strip(), self.lang)
        if code is None:
            raise _Refused("language", {"word": word.strip()})
        return code

    def _rounds(self, words: str) -> list[int]:
        found: set[int] = set()
        for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–—]\s*", "-", words)):
            match = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not 1 <= first <= last <= self.rounds:
                raise _Refused("numbers", {"high": self.rounds})
            found |= set(range(first - 1, last))
        return sorted(found)

    def _whole(self, words: str) -> int:
        if not re.fullmatch(r"[0-9]{1,3}", words):
            raise _Refused("number", {})
        return int(words)


def _row(session: Session, line: int, words: str, said: Mapping[str, str], reader: _Reader, taken: set[int]) -> Row:
    sight = reader.sight
    named = said.get("name", "")
    exact, close = _who(session, named, sight)
    if not exact and words != named:
        # A name may hold the sign between the cells: "Tissages, Filatures et Cie".
        exact, close_whole = _who(session, words, sight)
        if exact or (close_whole and not (close and reader.understands(said))):
            said, named, close = ({"name": words} if exact else said), words, close_whole
    if len(exact) != 1:
        return Row(line, words, "several" if exact else "unknown", candidates=exact or close, named=named)
    actor = exact[0]
    if actor.id in taken:
        return Row(line, words, "registered", actor)
    try:
        fields = ParticipantCreate.model_validate({"actor_id": actor.id, **reader.fields(said)})
    except _Refused as refused:
        return Row(line, words, "refused", actor, code=refused.cause, figures=refused.figures)
    except ValidationError as error:
        return Row(line, words, "refused", actor, code="said", figures={"reason": complaint(error)[1]})
    return Row(line, words, "new", actor, fields)


def _who(session: Session, name: str, sight: Sight) -> tuple[list[ActorBrief], list[ActorBrief]]:
    """Who is called exactly so (or has this number, perhaps with its name), and who is called about so."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        try:
            meant = [sight.brief(sight.known_actor(int(numbered["number"])))]
        except (NotFound, Forbidden):
            meant = []
        # "#7 Seven Seas" is the seventh actor where that is its name; else somebody may be called so.
        if not numbered["name"] or any(fold(numbered["name"]) == fold(actor.name) for actor in meant):
            return meant, []
    hits = actors_by_name(session, words=Words.of(name), limit=_CANDIDATES, sight=sight) if fold(name) else []
    exact = [hit.actor for hit in hits if fold(name) in _names(hit)]
    close = [hit.actor for hit in hits if hit.actor not in exact]
    return exact, close or (_misspelt(session, name, sight) if fold(name) and not exact else [])


def _misspelt(session: Session, name: str, sight: Sight) -> list[ActorBrief]:
    """Who begins alike and is written nearly so."""
    start = Words.of(fold(name)[:_SURE_LETTERS])
    hits = actors_by_name(session, words=start, limit=_ALIKE, sight=sight)
    likeness = {
        hit.actor.id: max(SequenceMatcher(None, fold(name), said).ratio() for said in _names(hit)) for hit in hits
    }
    found = [hit.actor for hit in hits if likeness[hit.actor.id] >= _NEARLY]
    return sorted(found, key=lambda actor: -likeness[actor.id])[:_CANDIDATES]


def _names(hit: ActorHit) -> set[str]:
    """What the actor is called in full: its name, the alias that was found, and their acronyms."""
    return {fold(said) for said in (hit.text or "", hit.actor.name)} | {*acronyms(hit.text or "")}
