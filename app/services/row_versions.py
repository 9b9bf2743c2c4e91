"""Which state rows are in, told without reading what they say: equal states are equal rows.

Every row carries the number of the transaction that wrote it last (`xmin`) and where it lies (`ctid`, which a second
change within one transaction moves too).
"""

from collections.abc import Iterable

from sqlalchemy import TextClause, text

WRITTEN = "concat(xmin, ctid)"
"""What is told of a row whose every change counts."""


def rows_told(table: str, where: str, told: str = WRITTEN) -> str:
    """The part of a version that tells of some rows of a table; NULL where there are none."""
    # In the order of what is told: where a row lies changes with more of it than that.
    rows = f'SELECT ({told})::text AS told FROM "{table}" WHERE {where}'  # noqa: S608
    return f"(SELECT string_agg(told, ' ' ORDER BY told) FROM ({rows}) AS rows)"  # noqa: S608


def version_of(parts: Iterable[str]) -> TextClause:
    """A statement that answers with one short word of all parts; its parameters are those that the parts name."""
    told = ", ".join(f"coalesce({part}::text, '-')" for part in parts)
    return text(f"SELECT left(encode(sha256(convert_to(concat_ws('|', {told}), 'UTF8')), 'hex'), 24)")
