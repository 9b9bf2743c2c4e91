"""What the rows of one actor say while it is being read: the draft, and the cell on its way into it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.services.importing.layout import Column
from app.services.importing.notes import Notes, Place
from app.services.importing.remarks import Unreadable, Value
from app.services.importing.sector_words import SectorWords
from app.services.importing.sheets import take_off
from app.services.importing.words import fold_word
from models.competence_map import ImportOptions, Rejection

TEXT_TARGETS = ("description", "offers", "needs")
_INVISIBLE = str.maketrans("", "", "\x00\u200b\u200c\u200d\u2060\ufeff\u00ad")


def clean(text: str) -> str:
    """A text without characters nobody sees, with one kind of line end."""
    if text.isprintable():
        return text.strip()
    return text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").strip()


@dataclass
class Context:
    """What all rows of one file share."""

    options: ImportOptions
    notes: Notes
    legal_basis: str | None = None
    sectors: SectorWords = field(default_factory=SectorWords)
    structured: bool = False
    sheet: str | None = None
    matrix: bool = False


@dataclass
class Text:
    """One text of a draft; its language may still be unknown."""

    text: str
    lang: str | None
    heading: str
    hint: str | None = None
    """The language of the other texts of its column."""


@dataclass
class Draft:
    """What the rows of one actor say, before it is checked as a whole."""

    lines: list[int]
    sheet: str | None = None
    scalars: dict[str, Any] = field(default_factory=dict)
    headings: dict[str, tuple[str, str]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[Text]] = field(default_factory=dict)
    relations: list[tuple[str, str]] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    problems: list[Rejection] = field(default_factory=list)
    elsewhere: list[tuple[str | None, int]] = field(default_factory=list)
    """(sheet, line) of the rows that joined it from another sheet; their lines are among `lines` too."""

    @property
    def places(self) -> list[tuple[str | None, int]]:
        """(sheet, line) of all its rows."""
        joined = Counter(line for _, line in self.elsewhere)
        return [*((self.sheet, line) for line in (Counter(self.lines) - joined).elements()), *self.elsewhere]

    @property
    def line(self) -> int:
        """The first of its lines."""
        return self.lines[0]

    def key(self) -> str | None:
        """The source's id, else folded name and country; None when the draft names nobody."""
        if self.scalars.get("id"):
            return str(self.scalars["id"])
        name = fold_word(self.scalars.get("name", ""))
        return f"{name}|{self.scalars.get('country', '')}" if name else None


@dataclass(frozen=True)
class RowOf:
    """What all cells of one row share."""

    draft: Draft
    context: Context
    facet: str
    lang: str | None


class Cell:
    """One cell on its way into a draft. Plain slots: there are millions of them."""

    __slots__ = ("_text", "column", "context", "draft", "facet", "lang", "value")

    def __init__(self, row: RowOf, column: Column, value: Any) -> None:
        self.draft, self.context, self.facet, self.lang = row.draft, row.context, row.facet, row.lang
        self.column, self.value = column, value
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The value as one plain text; Unreadable when it is a structure."""
        if self._text is None:
            value = self.value
            if type(value) is str and not self.context.structured:
                self._text = clean(take_off(value))
                return self._text
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise Unreadable("structure_unexpected")
            plain = value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
            self._text = clean(plain if self.context.structured else take_off(plain))
        return self._text

    def note(self, code: str, /, **values: Value) -> None:
        """Note a remark about the cell."""
        place = Place(self.draft.line, self.context.sheet)
        self.context.notes.add(code, place, heading=self.column.heading, **values)

    def put(self, name: str, value: Any) -> None:
        """Set a field that has one value."""
        self.draft.scalars[name] = value
        self.draft.headings[name] = (self.column.heading, str(self.value)[:200])
