"""What must hold of a database when a killed service is back: nothing lost, nothing half-written, nothing twice."""

from typing import Any

import psycopg

from tests.faults.load import ROUNDS, ROWS, Acknowledged

_HALF = {
    "actors without their texts": """
        SELECT count(*) FROM actor a WHERE (SELECT count(*) FROM passage p WHERE p.actor_id = a.id)
        <> (CASE WHEN name LIKE 'Row %' THEN 1 ELSE 2 END)""",
    "actors created twice": "SELECT count(*) - count(DISTINCT name) FROM actor",
    "imports that stored a part": f"""
        SELECT count(*) FROM (SELECT map_id, count(*) AS n FROM map_entry GROUP BY map_id) AS m WHERE n <> {ROWS}""",
    "imports applied without their rows": """
        SELECT count(*) FROM map_import i WHERE state = 'applied'
        AND NOT EXISTS (SELECT FROM map_entry e WHERE e.map_id = i.map_id)""",
    "imports not applied with rows": """
        SELECT count(*) FROM map_import i WHERE state <> 'applied'
        AND EXISTS (SELECT FROM map_entry e WHERE e.map_id = i.map_id)""",
    "finished plans without meetings": """
        SELECT count(*) FROM plan p WHERE state IN ('draft', 'published', 'superseded')
        AND NOT EXISTS (SELECT FROM meeting m WHERE m.event_id = p.event_id AND m.number = p.number)""",
    "plans published together": """
        SELECT count(*) FROM (SELECT FROM plan WHERE state = 'published' GROUP BY event_id HAVING count(*) > 1) AS p""",
    "meetings of unfinished plans": """
        SELECT count(*) FROM plan p JOIN meeting m USING (event_id, number) WHERE state IN ('computing', 'failed')""",
    "timetables of two lengths": """
        SELECT count(*) FROM (SELECT event_id FROM round GROUP BY event_id HAVING count(DISTINCT minutes) > 1) AS r""",
    "timetables that miss rounds": f"""
        SELECT count(*) FROM (SELECT count(*) AS n FROM round JOIN event ON event.id = event_id
                              WHERE name = 'Timetable' GROUP BY event_id) AS r WHERE n <> {ROUNDS}""",
    "steps of the day that are missing": """
        SELECT count(*) FROM (SELECT max(number) - count(*) AS n FROM day_step GROUP BY event_id) AS d WHERE n <> 0""",
}
_RECORDED = {
    "POST /feedback": "SELECT count(*) FROM feedback WHERE event_id IS NULL",
    "POST /actors": "SELECT count(*) FROM idempotency WHERE route LIKE '%POST /actors'",
    # An organisation has two: its name, and its row under whatever name.
    "POST /privacy/erase": """
        SELECT count(*) FILTER (WHERE kind = 'person') + count(*) FILTER (WHERE kind = 'organisation') / 2
        FROM tombstone""",
    "POST /maps/imports": "SELECT count(*) FROM map_import",
    "POST /events/{event_id}/plans": "SELECT count(*) FROM plan",
    "PUT /events/{event_id}/attendance": "SELECT count(*) FROM day_step WHERE kind = 'attendance'",
}
"""Changes, each of which has its record in the audit trail: route → how many there were at least."""
_STANDS = {
    "city": "SELECT id::text, city FROM actor",
    "wish": "SELECT actor_id || ' ' || target_id, kind FROM wish",
    "answer": "SELECT actor_id || ' ' || target_id, again FROM meeting_answer",
    "desk": "SELECT actor_id::text, state FROM attendance",
    "loss": "SELECT ordinal::text, kind FROM day_loss",
    "phone": "SELECT id::text, phone FROM contact",
    "timetable": "SELECT DISTINCT event_id::text, minutes FROM round",
}
Connection = psycopg.Connection[Any]


def look(connection: Connection, known: Acknowledged) -> list[str]:
    """What is lost or half-written; empty when all is well."""
    return [
        *(f"{n} {told}" for told, query in _HALF.items() if (n := _one(connection, query))),
        *_lost(connection, known),
        *_other_values(connection, known),
        *_not_recorded(connection),
    ]


def _lost(connection: Connection, known: Acknowledged) -> list[str]:
    troubles = []
    stored = dict(connection.execute("SELECT id, name FROM actor").fetchall())
    troubles += [f"actor {i} lost" for i, name in known.actors.items() if stored.get(i) != name]
    troubles += [f"actor {i} was erased and is there" for i in known.erased & {*stored}]
    emails = {row[0] for row in connection.execute("SELECT email FROM contact").fetchall()}
    troubles += [f"{email} was erased and is there" for email in known.forgotten & emails]
    for told, query, wanted in (
        ("feedback", "SELECT id FROM feedback", known.feedback),
        ("import", "SELECT id FROM map_import WHERE state = 'applied'", known.imports),
        ("plan", "SELECT number FROM plan WHERE state IN ('draft', 'published', 'superseded')", known.plans),
    ):
        found = {row[0] for row in connection.execute(query).fetchall()}
        troubles += [f"{told} {i} lost" for i in sorted(wanted - found)]
    if known.published and _one(connection, "SELECT max(number) FROM plan WHERE state = 'published'") < known.published:
        troubles.append(f"publication of {known.published} lost")
    if _one(connection, "SELECT count(*) FROM tombstone") < len(known.erased) + len(known.forgotten):
        troubles.append("tombstones lost")
    return troubles


def _other_values(connection: Connection, known: Acknowledged) -> list[str]:
    """Values that are neither the last acknowledged nor one that was asked for since."""
    found = {kind: dict(connection.execute(query).fetchall()) for kind, query in _STANDS.items()}
    return [
        f"{kind} of {of} is {found[kind].get(of)!r}, not one of {may}"
        for (kind, of), may in known.stands.items()
        if found[kind].get(of) not in may and not (kind == "city" and int(of) in known.erased)
    ]


def _not_recorded(connection: Connection) -> list[str]:
    recorded = dict(
        connection.execute("SELECT route, count(*) FROM audit WHERE action = 'change' GROUP BY route").fetchall()
    )
    return [
        f"{n - recorded.get(route, 0)} of {route} without a record"
        for route, query in _RECORDED.items()
        if (n := _one(connection, query)) > recorded.get(route, 0)
    ]


def _one(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
