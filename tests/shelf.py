"""Set-ups that several tests begin with: made once, and put back into the database for each of the others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text

from models import TABLES

_TABLES = [str(t.__tablename__) for t in TABLES if t.__tablename__ != "pool_revision"]
_LATE = "audit"
"""Written by a thread of its own, a moment after the rest: what a test reads may stand there in the next one."""
_FILLED = " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (TABLE public.\"{t}\")" for t in _TABLES)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept:
    """A set-up."""

    before: list[str]
    """Tables that held something before it was made: another set-up, that it was made from."""
    put_back: str
    made: Any


class Shelf:
    """What a set-up left in the database, put back for the next test that begins with the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: dict[str, Kept] = {}

    def fill(self, name: str, make: Callable[[], Made]) -> Made:
        """Make it, or put back what was made before under this name; what making it returned."""
        with self._engine.begin() as connection:
            before = [table for table in _filled(connection) if table != _LATE]
            if name in self._kept:
                kept = self._kept[name]
                assert kept.before == before, f"{name} was made in another place: {kept.before}"
                connection.execution_options(no_parameters=True).exec_driver_sql(kept.put_back)
                return kept.made
        made = make()
        with self._engine.begin() as connection:
            self._kept[name] = Kept(before, _keep(connection, name), made)
        return made


def _filled(connection: Connection) -> list[str]:
    """Tables that hold something."""
    return sorted(connection.execute(text(_FILLED)).scalars())


def _keep(connection: Connection, name: str) -> str:
    """Keep all rows aside; the statements that put them back."""
    connection.execute(text(f"CREATE SCHEMA {name}_kept"))
    # What triggers did is among what was kept.
    put_back = ["SET LOCAL session_replication_role = replica"]
    for table in _filled(connection):
        connection.execute(text(f'CREATE TABLE {name}_kept."{table}" AS TABLE public."{table}"'))
        put_back.append(f'DELETE FROM public."{table}"')
        put_back.append(f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE TABLE {name}_kept."{table}"')
    counted = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
    put_back += [f"SELECT setval('{sequence}', {last})" for sequence, last in connection.execute(text(counted)).all()]
    return "; ".join([*put_back, "UPDATE pool_revision SET n = n + 1"])
