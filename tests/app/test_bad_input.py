"""Bad input and bad weather through the JSON door: a clear message each time, and nothing half-written."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from app.bodies import OF_STRANGERS
from app.db import make_engine, require_schema
from app.errors import Unavailable
from app.main import create_app, open_database
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings

ACTOR = {"name": "Tissages du Nord", "country": "FR", "offers": {"fr": "étoffes techniques"}}
PROBLEM = "application/problem+json"
TABLES = ("actor", "passage", "relation", "event", "idempotency")


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {t: connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in TABLES}


EMPTY = dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"country": "XX"}, "country",
         "unknown country 'XX': expected an ISO 3166-1 code of two letters, such as FR or BE"),
        ({"country": "fr"}, "country",
         "unknown country 'fr': expected an ISO 3166-1 code of two letters, such as FR or BE (write it in capitals)"),
        ({"languages": ["nl", "vlaams"]}, "languages[1]",
         "unknown language 'vlaams': expected a BCP 47 code, such as fr, nl or pt-PT"),
        ({"needs": [{"lang": "xx", "text": "a partner"}]}, "needs[0].lang",
         "unknown language 'xx': expected a BCP 47 code, such as fr, nl or pt-PT"),
        ({"nuts": "FRE99"}, "nuts", "unknown NUTS code 'FRE99': expected a code of NUTS 2021, such as FRE11 or BE25"),
        ({"nuts": "BE25"}, "body", "NUTS code 'BE25' does not lie in country 'FR'"),
        ({"kind": "user"}, "kind",
         "unknown kind 'user': expected one of company, cluster, lab, university, technical_centre, agency, park, "
         "incubator, chamber, funder, research_network, hospital, public_body, support, other"),
        ({"offers": [{"lang": "fr", "text": " \n"}]}, "offers[0].text", "the text is empty"),
        ({"name": "\x00 "}, "name", "the text is empty"),
        ({"description": {"fr": "é" * 20_001}}, "description[0].text", "String should have at most 20000 characters"),
        ({"lat": 91}, "lat", "Input should be less than or equal to 90"),
        ({"colour": "red"}, "colour", "unknown field"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_named_with_its_cause(
    client: TestClient, engine: Engine, change: dict, field: str, reason: str
) -> None:
    answer = client.post("/actors", json=ACTOR | change)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json()["errors"] == [{"field": field, "reason": reason, "line": None}]
    assert answer.json()["detail"] == f"{field}: {reason}"
    assert counts(engine) == EMPTY


def test_a_field_that_is_missing_is_named(client: TestClient) -> None:
    answer = client.post("/actors", json={"country": "FR"})
    assert answer.json()["errors"] == [{"field": "name", "reason": "this field is required", "line": None}]


def test_a_changed_country_still_has_to_hold_the_nuts_code(client: TestClient) -> None:
    client.post("/actors", json=ACTOR | {"nuts": "FRE11"})
    answer = client.patch("/actors/1", json={"country": "BE"})
    assert answer.json()["errors"] == [
        {"field": "nuts", "reason": "NUTS code 'FRE11' does not lie in country 'BE'", "line": None}
    ]
    assert client.get("/actors/1").json()["country"] == "FR"


def test_null_clears_the_texts_of_a_facet_and_is_refused_where_something_must_stand(client: TestClient) -> None:
    client.post("/actors", json=ACTOR)
    assert client.patch("/actors/1", json={"offers": None}).json()["offers"] == []
    assert client.patch("/actors/1", json={"name": None}).json()["errors"] == [
        {"field": "name", "reason": "cannot be empty", "line": None}
    ]


def test_a_description_of_two_megabytes_is_refused_by_its_length(client: TestClient, engine: Engine) -> None:
    answer = client.post("/actors", json=ACTOR | {"description": {"fr": "laine " * 350_000}})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "description[0].text: String should have at most 20000 characters"
    assert counts(engine) == EMPTY


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
def test_a_body_above_the_limit_is_refused_however_it_is_sent(client: TestClient, declared: bool) -> None:
    chunk, chunks = b" " * 2**20, 9
    content = chunk * chunks if declared else (chunk for _ in range(chunks))
    answer = client.post("/actors", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["detail"] == (
        "the request is larger than 8 MiB; send it in parts, or raise VIADUC_MAX_BODY_MB"
    )


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/sign-out", "/agenda/1-nobody/answers/1"])
def test_who_says_nothing_of_themselves_sends_little(client: TestClient, path: str) -> None:
    sent = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "follow_redirects": False}
    assert client.post(path, content=b"&" * (OF_STRANGERS + 1), **sent).status_code == 413
    assert client.post(path, content=b"&" * OF_STRANGERS, **sent).status_code in {303, 401, 404}


@pytest.mark.parametrize(
    ("body", "content_type", "detail"),
    [
        (b'{"name": "x", ', "application/json", "body: not JSON: "),
        (b'{"name": "\xe9"}', "application/json", "body: not UTF-8 at byte 10; JSON is sent in UTF-8"),
        (b'{"name": "x", "size": ' + b"7" * 4301 + b"}", "application/json",
         "body: a whole number has more than 4,300 digits"),
        (b'{"name": ' + b"[" * 200_000, "application/json",
         "body: lists or objects stand inside each other too deeply to be read"),
        (b'{"name": "\\ud800", "country": "FR"}', "application/json", "name"),
        (b"[]", "application/json", "body"),
        (b"null", "application/json", "body"),
        (b"", "application/json", "body"),
        (b"name=x&country=FR", "application/x-www-form-urlencoded", "body"),
        (b"\x00\x01\x02", "application/octet-stream", "body"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_the_json_asked_for_is_a_problem_of_the_client(
    client: TestClient, engine: Engine, body: bytes, content_type: str, detail: str
) -> None:
    answer = client.post("/actors", content=body, headers={"Content-Type": content_type})
    assert answer.headers["content-type"] == PROBLEM
    assert answer.status_code in {400, 415, 422}
    assert answer.json()["detail"].startswith(detail)
    assert counts(engine) == EMPTY


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/actors/abc", 422),
        ("GET", f"/actors/{2**63}", 404),
        ("GET", f"/actors/{10**400}", 404),
        ("DELETE", f"/actors/1/relations/{2**70}/partner", 404),
        ("GET", "/actors?q=%00", 200),
        ("GET", "/actors?country=%00", 422),
        ("GET", "/actors?cursor=nonsense", 422),
        ("GET", "/actors?limit=0", 422),
        ("GET", "/nowhere", 404),
        ("PUT", "/match", 405),
    ],
)
def test_an_address_that_cannot_be_is_a_problem_of_the_client(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path, headers={"Accept": "application/json"})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["status"] == status


def test_a_number_that_no_actor_can_have_is_a_problem_of_the_client(client: TestClient) -> None:
    assert client.post("/actors", json={"name": "Tissages du Nord", "country": "FR"}).status_code == 201
    assert client.delete(f"/actors/1/relations/{2**70}/partner").status_code == 422


@pytest.fixture
def full_disk(engine: Engine) -> Iterator[None]:
    """Every insert of a passage meets a full disk, after its actor was inserted."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; "
                "END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER no_room BEFORE INSERT ON passage EXECUTE FUNCTION no_room()"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION no_room() CASCADE"))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_and_nothing_is_stored(client: TestClient, engine: Engine) -> None:
    answer = client.post("/actors", json=ACTOR, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["content-type"]) == (507, PROBLEM)
    assert answer.json()["detail"] == (
        "the disk of the database is full; nothing of this request was stored. Free space and send it again."
    )
    assert counts(engine) == EMPTY


def test_a_full_disk_at_the_commit_is_not_answered_with_success(client: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION no_room()"
            )
        )
    try:
        answer = client.post("/events", json={"name": "Afternoon"})
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION no_room() CASCADE"))
    assert answer.status_code == 507
    assert counts(engine) == EMPTY


def test_a_database_that_goes_away_is_503_and_work_goes_on_when_it_is_back(
    settings: Settings, scratch_url: str, meaning: Meaning, engine: Engine
) -> None:
    name = scratch_url.split("/")[-1].split("?")[0]
    scratch = make_engine(scratch_url)
    with TestClient(create_app(settings, engine=scratch, holder=MeaningHolder.ready(meaning))) as client:
        assert client.post("/actors", json=ACTOR).status_code == 201
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
            admin.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            admin.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )
            for method, path, body in (
                ("GET", "/actors", None),
                ("POST", "/actors", ACTOR),
                ("POST", "/match", {"text": "weaving"}),
                ("POST", "/events/1/plans", {}),
            ):
                answer = client.request(method, path, json=body)
                assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM), answer.text
                assert answer.headers["retry-after"] == "2"
                assert answer.json()["detail"].startswith("the database does not answer; nothing of this request")
            assert client.get("/ready").status_code == 503
            assert client.get("/health").status_code == 200
            admin.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        assert client.get("/actors").json()["total"] == 1
        assert client.get("/ready").status_code == 200
    scratch.dispose()


def test_no_database_at_all_is_told_before_anything_listens(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:9/nothing"})
    with pytest.raises(Unavailable, match=r"^the database does not answer"):
        open_database(nowhere)


def test_another_kind_of_database_is_refused_by_name(settings: Settings) -> None:
    other = settings.model_copy(update={"database_url": "sqlite:///actors.db"})
    with pytest.raises(Unavailable, match=r"^VIADUC_DATABASE_URL must name a PostgreSQL server, not 'sqlite'$"):
        open_database(other)


@pytest.mark.parametrize(
    ("revision", "state"),
    [("base", "has no schema yet"), ("0001", "has the schema of revision 0001, not ")],
)
def test_a_schema_of_another_time_is_refused_with_the_way_out(
    settings: Settings, scratch_url: str, revision: str, state: str
) -> None:
    from alembic import command

    from app.db import alembic_config

    command.downgrade(alembic_config(scratch_url), revision)
    engine = make_engine(scratch_url)
    with pytest.raises(Unavailable) as refusal:
        require_schema(engine)
    assert refusal.value.detail.startswith(f"the database {state}")
    assert refusal.value.detail.endswith(": run `viaduc db upgrade`")
    with pytest.raises(Unavailable):
        open_database(settings.model_copy(update={"database_url": scratch_url}))
    engine.dispose()


def test_a_service_whose_schema_is_taken_away_says_what_to_run(
    settings: Settings, scratch_url: str, meaning: Meaning
) -> None:
    from alembic import command

    from app.db import alembic_config

    engine = make_engine(scratch_url)
    with TestClient(create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))) as client:
        engine.dispose()
        command.downgrade(alembic_config(scratch_url), "base")
        answer = client.get("/actors")
        assert answer.status_code == 503
        assert answer.json()["detail"] == (
            "the database schema is not the one this version needs: run `viaduc db upgrade`"
        )
        assert client.get("/ready").json()["database"] == "the database has no schema yet: run `viaduc db upgrade`"
    engine.dispose()
