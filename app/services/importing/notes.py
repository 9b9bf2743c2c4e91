"""What an admin should know of a file beside its rejected rows, said once however often it occurs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.services.importing.remarks import Value, english, remark
from models.competence_map import Note
from models.remark import Remark

_MOST = 200


@dataclass(frozen=True)
class Place:
    """Where something stands: a line, of a sheet where there are several."""

    line: int | None = None
    sheet: str | None = None


@dataclass
class Notes:
    """Collected remarks; the same remark about many lines becomes one with a count."""

    plain: list[Note] = field(default_factory=list)
    _counted: dict[tuple[str, ...], Note] = field(default_factory=dict)

    def add(self, code: str, at: Place | None = None, /, **values: Value) -> None:
        """Note a remark, at a place where it has one."""
        key = (code, *(english(v) if isinstance(v, Remark) else str(v) for v in values.values()))
        if at is None or at.line is None:
            note = _note(remark(code, **values), at)
            if note not in self.plain and len(self.plain) < _MOST:
                self.plain.append(note)
        elif key in self._counted:
            self._counted[key].rows += 1
        elif len(self._counted) < _MOST:
            self._counted[key] = _note(remark(code, **values), at, rows=1)

    def all(self) -> list[Note]:
        """The whole file's first, then those of rows, in the order in which they came up."""
        return [*self.plain, *self._counted.values()]

    def sentences(self) -> list[str]:
        """All of them in English."""
        return [english(whole(note)) for note in self.all()]

    @classmethod
    def of(cls, said: Iterable[Remark]) -> "Notes":
        """Remarks about the whole file."""
        return cls([_note(item, None) for item in said])


def _note(said: Remark, at: Place | None, rows: int = 0) -> Note:
    place = at or Place()
    return Note(code=said.code, values=said.values, rows=rows, line=place.line, sheet=place.sheet)


def whole(note: Note) -> Remark:
    """A note with its place and how often it occurs, as one remark."""
    said = Remark(code=note.code, values=note.values)
    place = _place(note)
    if place is None:
        return said
    if note.rows > 1:
        return Remark(code="repeated", values={"said": said, "rows": note.rows, "place": place})
    return Remark(code="at", values={"place": place, "said": said})


def _place(note: Note) -> Remark | None:
    if note.line is None:
        return remark("sheet", sheet=note.sheet) if note.sheet else None
    return remark("sheet_line", sheet=note.sheet, line=note.line) if note.sheet else remark("line", line=note.line)
