"""Rows for every table of whatever schema a database has: values are made from the columns' types, by reflection."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, DATE, JSONB, TIMESTAMP

ONES = {
    "contact": {"visibility": "mutual", "basis": "contract", "basis_note": "Agreement 7"},
    "access_key": {"role": "reader"},
    "access_person": {"role": "reader"},
    "access_session": {"vouched_role": None, "vouched_for": None, "person_id": None},
    "introduction": {"actor_by": "local", "partner_by": "key:1"},
    "pool_revision": {"one": True},
}
"""Values that checks ask for."""


def fill_empty(connection: Connection) -> list[str]:
    """A row in every table that has none (two in those that pairs refer to); the tables that were filled."""
    connection.execute(text("SET TIME ZONE 'UTC'"))
    meta = MetaData()
    meta.reflect(connection)
    filled = []
    for table in meta.sorted_tables:
        if table.name == "alembic_version" or connection.execute(table.select().limit(1)).first():
            continue
        for number in (1, 2) if table.name in {"actor", "sector_list", "competence_map"} else (1,):
            connection.execute(table.insert().values(_row(connection, table, number)))
        filled.append(table.name)
    return filled


def kept_rows(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Every row of these tables, of these columns, as words in their order."""
    connection.execute(text("SET TIME ZONE 'UTC'"))
    return {
        table: sorted(
            connection.execute(text(f'SELECT row_to_json(t)::text FROM (SELECT {", ".join(names)} FROM "{table}") t'))
            .scalars()
            .all()
        )
        for table, names in columns.items()
    }


def columns_of(connection: Connection) -> dict[str, list[str]]:
    """Table → its columns."""
    found: dict[str, list[str]] = {}
    query = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name <> 'alembic_version' ORDER BY 1, 2"
    )
    for table, column in connection.execute(text(query)):
        found.setdefault(table, []).append(f'"{column}"')
    return found


def _row(connection: Connection, table: Table, number: int) -> dict[str, Any]:
    return dict(_values(connection, table, number)) | ONES.get(table.name, {})


def _values(connection: Connection, table: Table, number: int) -> Iterator[tuple[str, Any]]:
    kinds = dict(
        connection.execute(
            text(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                "WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
            ),
            {"name": f'public."{table.name}"'},
        ).all()
    )
    seen: dict[str, int] = {}
    for column in table.columns:
        if column.identity is not None or column.server_default is not None:
            continue
        target = next(iter(column.foreign_keys), None)
        if target is not None:
            other = target.column.table
            query = text(f'SELECT "{target.column.name}" FROM "{other.name}" ORDER BY 1 OFFSET :skip LIMIT 1')
            # A second reference to the same table is to another of its rows, where there is one.
            skip = seen.get(other.name, 0) if len(column.foreign_keys) == 1 and other.name == "actor" else 0
            value = connection.execute(query, {"skip": skip}).scalar()
            seen[other.name] = seen.get(other.name, 0) + 1
            yield column.name, value
        else:
            yield column.name, _value(column.type, kinds[column.name], number)


def _value(kind: Any, told: str, number: int) -> Any:
    if told.startswith("halfvec"):
        return text(f"array_fill(0.5, ARRAY[{told[8:-1]}])::{told}")
    if isinstance(kind, JSONB):
        return []
    if isinstance(kind, ARRAY):
        return []
    if isinstance(kind, BYTEA):
        return b"x"
    if isinstance(kind, TIMESTAMP | DATE):
        return text("now()")
    python = kind.python_type
    return {bool: False, int: number, float: 0.5}.get(python, f"word {number}"[: getattr(kind, "length", None)])
