"""The gauges that say whether the event is fine, and the files that show them."""

import json
import math
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.crowding import ROOMS
from app.db import make_engine
from app.watch import Watch
from models.base import utc_now
from models.competence_map import CompetenceMap, MapImport
from models.import_job import ImportJob
from models.plan import Plan

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"


def gauges(client: TestClient) -> dict[str, float]:
    """name or name{state} → value of every gauge of ours."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        s.name + "".join("{" + said + "}" for said in s.labels.values()): s.value
        for family in families
        for s in family.samples
        if family.type == "gauge" and not s.name.endswith("_created")
    }


def test_a_quiet_service_is_all_noughts_and_everything_is_there(client: TestClient) -> None:
    told = gauges(client)
    assert {told.pop(f"viaduc_{what}{{{kind}}}") for what in ("working", "waiting") for kind in ROOMS} == {0}
    assert told.pop("viaduc_database_connections_max") == 20.0
    assert {name for name, value in told.items() if value == 1} == {"viaduc_database_up", "viaduc_model_ready"}
    assert {name for name, value in told.items() if value == 0} == {
        "viaduc_audit_waiting",
        "viaduc_clock_set_seconds",
        "viaduc_database_connections",
        "viaduc_embedding_backlog",
        "viaduc_embedding_oldest_seconds",
        "viaduc_imports{failed}",
        "viaduc_imports{running}",
        "viaduc_imports{waiting}",
        "viaduc_live_listening",
        "viaduc_live_streams",
        "viaduc_plans{failed}",
        "viaduc_plans{running}",
        "viaduc_plans{waiting}",
        "viaduc_restarts",
    }


def test_plans_are_counted_by_what_happens_to_them(client: TestClient, engine: Engine) -> None:
    event_id = client.post("/events", json={"name": "Textile afternoon"}).json()["id"]
    states = [
        ("computing", {"stage": "waiting"}, 0),
        ("computing", {"stage": "waiting"}, 0),
        ("computing", {"stage": "improving"}, 0),
        ("computing", None, 0),
        ("computing", {}, 0),
        ("failed", {"stage": "failed"}, 1),
        ("failed", {"stage": "failed"}, 30),
        ("draft", None, 0),
    ]
    with Session(engine) as session:
        for number, (state, progress, hours) in enumerate(states, 1):
            heard = utc_now() - timedelta(hours=hours)
            session.add(
                Plan(
                    event_id=event_id, number=number, state=state, progress=progress, heard_at=heard, problem={},
                    certificate={},
                )
            )  # fmt: skip
        session.commit()
    told = gauges(client)
    assert [told[f"viaduc_plans{{{state}}}"] for state in ("waiting", "running", "failed")] == [2, 3, 1]


def test_imports_are_counted_by_what_happens_to_them(client: TestClient, engine: Engine) -> None:
    stages = ["waiting", "reading", "applying", "failed", "stopped", "done"]
    with Session(engine) as session:
        for stage in stages:
            session.add(ImportJob(import_id=an_import(session, stage), stage=stage))
        session.commit()
    told = gauges(client)
    assert [told[f"viaduc_imports{{{state}}}"] for state in ("waiting", "running", "failed")] == [1, 2, 1]


def an_import(session: Session, name: str) -> int:
    source = CompetenceMap(name=name)
    session.add(source)
    session.flush()
    made = MapImport(map_id=source.id, filename=f"{name}.csv", data=b"")
    session.add(made)
    session.flush()
    assert made.id is not None
    return made.id


def test_the_age_of_the_backlog_is_that_of_who_waits_longest(client: TestClient, engine: Engine, embed) -> None:
    for name in ("Early", "Late"):
        client.post("/actors", json={"name": name, "country": "FR", "offers": {"en": "cloth"}})
    with engine.begin() as connection:
        connection.execute(text("UPDATE actor SET updated_at = now() - interval '2 hours' WHERE name = 'Early'"))
    told = gauges(client)
    assert told["viaduc_embedding_backlog"] == 2
    assert 7200 <= told["viaduc_embedding_oldest_seconds"] < 7260
    embed()
    assert gauges(client)["viaduc_embedding_oldest_seconds"] == 0


def test_connections_in_use_and_reads_that_wait_are_those_of_this_process(client: TestClient, engine: Engine) -> None:
    actor = client.post("/actors", json={"name": "Weaver", "country": "FR"}).json()["id"]
    client.app.state.clerk.stop()  # type: ignore[attr-defined]
    client.get(f"/actors/{actor}")
    with engine.connect(), engine.connect():
        told = gauges(client)
    assert (told["viaduc_database_connections"], told["viaduc_audit_waiting"]) == (2, 1)


def test_without_the_database_what_the_process_knows_is_still_told(client: TestClient) -> None:
    state = client.app.state  # type: ignore[attr-defined]
    nowhere = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    there, state.watch = state.watch, Watch(nowhere, state.holder)
    told = gauges(client)
    state.watch = there
    assert (told["viaduc_database_up"], told["viaduc_model_ready"]) == (0, 1)
    assert {name for name, value in told.items() if math.isnan(value)} == {
        "viaduc_embedding_backlog",
        "viaduc_embedding_oldest_seconds",
        *(f"viaduc_{work}{{{state}}}" for work in ("plans", "imports") for state in ("waiting", "running", "failed")),
    }
    assert gauges(client)["viaduc_database_up"] == 1


def told_names(client: TestClient) -> set[str]:
    """Every name that a rule may ask for."""
    client.get("/actors")
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {s.name for f in families for s in f.samples if not s.name.endswith("_created")}


def expressions(file: str) -> list[str]:
    content = (DOCS / "grafana" / file).read_text(encoding="utf-8")
    if file.endswith(".yaml"):
        return [rule["expr"] for group in yaml.safe_load(content)["groups"] for rule in group["rules"]]
    return [target["expr"] for panel in json.loads(content)["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("file", ["viaduc.json", "alerts.yaml"])
def test_dashboard_and_rules_ask_only_for_what_there_is(client: TestClient, file: str) -> None:
    asked = {name for line in expressions(file) for name in re.findall(r"viaduc_[a-z_]+", line)}
    assert asked - told_names(client) == set()
    assert {line for line in expressions(file) if line.count("(") != line.count(")")} == set()


def test_every_metric_is_on_the_dashboard_and_explained_to_operators(client: TestClient) -> None:
    names = told_names(client) - {"viaduc_request_seconds_sum", "viaduc_request_seconds_count"}
    shown = {name for line in expressions("viaduc.json") for name in re.findall(r"viaduc_[a-z_]+", line)}
    assert names - shown == set()
    told = re.findall(r"`(viaduc_[a-z_]+)`", (DOCS / "operators.md").read_text(encoding="utf-8"))
    assert {name.removesuffix("_bucket") for name in names} - set(told) == set()
