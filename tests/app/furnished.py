"""A service that has a little of everything, and the way back to it: for requests that nobody thought up."""

from collections import Counter
from typing import Any

import requests
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, assume, given, seed
from hypothesis import settings as examples
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Connection, Engine, text

from models import TABLES

HTTP = ("get", "put", "post", "patch", "delete")
PROMISES = [status_code_conformance, content_type_conformance, response_schema_conformance]
NAMES = [t.__tablename__ for t in TABLES if t.__tablename__ != "pool_revision"]


def furnish(client: TestClient, embed: Any) -> None:
    """Two actors and an event that has all it needs, so that the ids 1 and 2 exist."""
    for name, country in (("Weaver", "FR"), ("Centre", "BE")):
        text = {"en": "testing of coatings"}
        client.post("/actors", json={"name": name, "country": country, "offers": text, "needs": text})
    client.post("/events", json={"name": "Afternoon"})
    client.put("/events/1/rounds", json=[{"starts_at": f"2027-03-09T{h}:00:00+01:00"} for h in ("09", "10")])
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor_id in (1, 2):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    embed()
    assert client.post("/events/1/plans", json={"time_limit_s": 1}).status_code == 201
    assert client.post("/tandems", json={"actor_id": 1, "partner_id": 2}).status_code == 201
    assert client.post("/keys", json={"name": "Site"}).status_code == 201
    contact = {"name": "Anne", "phone": "112", "basis": "contract", "basis_note": "7"}
    assert client.post("/actors/2/contacts", json=contact).status_code == 201
    file = ("border.csv", "name;country;offers\nWeaver;FR;cloth\n", "text/csv")
    assert client.post("/maps/imports", data={"name": "Border"}, files={"file": file}).status_code == 201


class Kept:
    """The rows of every table as they are now, to go back to: a tenth of the time that making them again takes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS kept CASCADE"))
            connection.execute(text("CREATE SCHEMA kept"))
            self._columns = {name: _stored_columns(connection, name) for name in _filled(connection)}
            for name in self._columns:
                connection.execute(text(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"'))
            sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
            self._sequences = [(name, last) for name, last in connection.execute(text(sequences)) if last is not None]

    def back(self) -> None:
        """Everything as it was; only the revision of the pool goes on, so that nothing old is taken for true."""
        with self._engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in _filled(connection):
                connection.execute(text(f'DELETE FROM "{name}"'))
            for name, columns in self._columns.items():
                connection.execute(
                    text(
                        f'INSERT INTO "{name}" ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept."{name}"'
                    )
                )
            for name, last in self._sequences:
                connection.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last})
            connection.execute(text("UPDATE pool_revision SET n = n + 1"))

    def drop(self) -> None:
        """Forget it."""
        with self._engine.begin() as connection:
            connection.execute(text("DROP SCHEMA kept CASCADE"))


def _filled(connection: Connection) -> list[str]:
    """Tables with rows."""
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in NAMES)
    return [name for (name,) in connection.execute(text(asked))]


def _stored_columns(connection: Connection, table: str) -> str:
    """The columns that are written, not worked out by the database."""
    asked = (
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'"
    )
    return str(connection.execute(text(asked), {"table": table}).scalar_one())


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    """(method, path) of everything that the document describes."""
    return [(m.upper(), path) for path, item in document["paths"].items() for m in HTTP if m in item]


def with_ids_that_exist(document: dict[str, Any]) -> dict[str, Any]:
    """The document with ids in paths that are there (1, 2) or cannot be, and no keys: who asks sends its own."""
    document["components"].pop("securitySchemes")
    for method, path in operations(document):
        document["paths"][path][method.lower()].pop("security")
        for parameter in document["paths"][path][method.lower()].get("parameters", []):
            if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                parameter["schema"] = {"type": "integer", "enum": [1, 2, 0, 2**63]}
    return document


def can_be_wrong(operation: Any) -> bool:
    """Whether a request of this operation has anything that could be invalid."""
    return bool(operation.body or operation.query or operation.path_parameters)


_LONGEST_URL = 65_536
"""The client sends no longer one."""


def send(client: TestClient, case: Case) -> Any:
    """Ask as the case says, bytes for bytes."""
    asked = requests.Request(**case.as_transport_kwargs(base_url=str(client.base_url))).prepare()
    assume(len(asked.url or "") <= _LONGEST_URL)
    return client.request(asked.method, asked.url, content=asked.body, headers=dict(asked.headers))


def broken_promise(case: Case, answer: Any) -> str | None:
    """What of the document an answer does not keep to; None when it keeps to all of it."""
    turned_away = answer.status_code == 503 and "retry-after" in answer.headers
    if answer.status_code >= 500 and not turned_away:
        return f"status {answer.status_code}: {answer.text[:500]}"
    try:
        case.validate_response(answer, checks=PROMISES)
    except FailureGroup as failures:
        return "; ".join(f"{failure.title}: {failure.message}" for failure in failures.exceptions)[:2000]
    return None


def try_out(client: TestClient, operation: Any, mode: GenerationMode, most: int, number: int) -> Counter[str]:
    """Make requests of one operation, as many as `most`: how many were answered with which status, and the failures.

    Keys are statuses, and for failures the words that say what is wrong and how to ask it again.
    """
    told: Counter[str] = Counter()

    @seed(number)
    @given(case=operation.as_strategy(generation_mode=mode))
    @examples(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        answer = send(client, case)
        told[str(answer.status_code)] += 1
        wrong = broken_promise(case, answer)
        if wrong is not None:
            told[f"{operation.method.upper()} {operation.path}: {wrong}\n  {case.as_curl_command()[:1500]}"] += 1

    ask()
    return told
