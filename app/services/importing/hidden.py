"""What stands in a spreadsheet and is not seen there: named, for whoever hid it may not have meant it for others."""

from collections.abc import Sequence

from app.services.importing.remarks import remark
from models.remark import Remark

_LISTED = 20


def hidden_parts(sheet: str, columns: Sequence[int], rows: int) -> list[Remark]:
    """Remarks about the hidden columns (numbers from 1) and rows of a sheet; both are read like the others."""
    found = []
    if columns:
        letters = ", ".join(map(_letters, columns[:_LISTED])) + (", …" if len(columns) > _LISTED else "")
        found.append(remark("columns_hidden", sheet=sheet, columns=letters))
    if rows:
        found.append(remark("rows_hidden", sheet=sheet, rows=rows))
    return found


def _letters(column: int) -> str:
    """The name of a column as spreadsheets show it: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name
