"""The one shape every format is read into: tables of cells with the line each row stands on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from models.remark import Remark

MAX_COLUMNS = 2_000
"""Columns of one table. More is a file that is no table."""
MAX_ROWS = 1_000_000
"""Rows of one table."""
MAX_SHEETS = 200
"""Sheets of one workbook. Each is gone over by itself, however little stands in it."""
MAX_CELL = 1_000_000
"""Characters of one cell that are kept; longer cells are refused as text anyway and need not fill the memory."""


class Words:
    """The text of a cell while it comes in pieces; what is beyond the longest is passed over."""

    __slots__ = ("_length", "_pieces")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin the next cell."""
        self._pieces: list[str] = []
        self._length = 0

    def add(self, piece: str) -> None:
        """One more piece."""
        if self._length < MAX_CELL:
            self._pieces.append(piece)
            self._length += len(piece)

    @property
    def said(self) -> bool:
        """Whether there was any."""
        return bool(self._pieces)

    @property
    def text(self) -> str:
        """As it stands."""
        return "".join(self._pieces)[:MAX_CELL]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file (from 1), its cells, and why it cannot be read if it cannot."""

    line: int
    cells: list[Any]
    broken: Remark | None = None


@dataclass(frozen=True)
class Table:
    """One sheet or file. `rows` can be opened again and again, so nothing is held in memory.

    `headings` is set when the format names its columns itself (JSON); otherwise they are a row among the others.
    """

    name: str
    rows: Callable[[], Iterator[Row]]
    headings: list[str] | None = None


@dataclass
class Reading:
    """A file as tables, with what was found out on the way."""

    format: str
    tables: list[Table]
    encoding: str | None = None
    delimiter: str | None = None
    warnings: list[Remark] = field(default_factory=list)


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return cell is None or cell == [] or cell == {}


def is_empty(row: Row) -> bool:
    """Whether a row says nothing."""
    return row.broken is None and all(is_blank(cell) for cell in row.cells)
