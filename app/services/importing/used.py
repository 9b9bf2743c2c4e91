"""What was done with an actor since it came: tandems, feedback, registrations, relations. Undo asks here first."""

from functools import cache

from sqlmodel import SQLModel

_OWN = frozenset({"passage", "map_entry", "import_change", "relation", "actor_view"})
"""Tables that hold the actor itself; every other table that points at an actor is a use of it."""
_CODES = {
    "participant": "registered",
    "wish": "wished",
    "tandem": "tandem",
    "feedback": "feedback",
}
"""Table → code of the remark that tells of its use; "used/" and the table where there is none."""
_RELATION = (
    "EXISTS (SELECT FROM relation r WHERE (r.actor_id = a.id OR r.target_id = a.id) AND NOT EXISTS ("
    "SELECT FROM import_change x WHERE x.import_id = :import AND x.actor_id = r.actor_id "
    "AND x.relations @> jsonb_build_array(jsonb_build_array(r.target_id, r.type))))"
)


@cache
def uses() -> str:
    """SQL: the uses of actor `a`, of an import `:import` that made it, as an array of codes.

    Read from the schema, so that a table added later counts without a word here.
    """
    found: dict[str, list[str]] = {}
    for name, table in sorted(SQLModel.metadata.tables.items()):
        columns = [k.parent.name for k in table.foreign_keys if k.column.table.name == "actor"]
        if columns and name not in _OWN:
            wanted = " OR ".join(f"u.{column} = a.id" for column in sorted(columns))
            code = _CODES.get(name, f"used/{name}")
            found.setdefault(code, []).append(f"EXISTS (SELECT FROM {name} u WHERE {wanted})")
    cases = [f"CASE WHEN {' OR '.join(wanted)} THEN '{code}' END" for code, wanted in found.items()]
    cases.append(f"CASE WHEN {_RELATION} THEN 'related' END")
    return f"array_remove(ARRAY[{', '.join(cases)}], NULL)"
