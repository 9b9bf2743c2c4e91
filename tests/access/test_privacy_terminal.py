"""`viaduc privacy` as a person calls it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app import cli
from app.db import session_scope
from app.services.actors import create_actor
from app.services.audit import list_records
from app.services.contacts import create_contact, list_contacts
from models.actor import ActorCreate
from models.contact import ContactFields

Viaduc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def viaduc(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> Viaduc:
    monkeypatch.setenv("VIADUC_DATABASE_URL", database_url)
    monkeypatch.setenv("VIADUC_DATA_DIR", str(tmp_path))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["viaduc", "privacy", *words])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def anne(engine: Engine) -> str:
    """A person at actor 1."""
    with session_scope(engine) as session:
        create_actor(session, fields=ActorCreate(name="Weaver", country="FR"))
        fields = ContactFields(name="Anne", email="anne@x.example", basis="contract", basis_note="Agreement 7")
        create_contact(session, actor_id=1, fields=fields)
    return "anne@x.example"


def contacts(engine: Engine) -> int:
    with session_scope(engine) as session:
        return len(list_contacts(session, actor_id=1))


def test_a_person_is_told_into_a_file(viaduc: Viaduc, anne: str, tmp_path: Path) -> None:
    assert viaduc("export", anne, "-o", str(tmp_path / "anne.json"))[0] == 0
    told = json.loads((tmp_path / "anne.json").read_text())
    assert [row["basis_note"] for row in told["tables"]["contact"]] == ["Agreement 7"]
    code, out, _ = viaduc("export", "1")
    assert (code, {*json.loads(out)["tables"]}) == (0, {"actor", "contact"})


def test_erasing_counts_until_it_is_meant(viaduc: Viaduc, anne: str, engine: Engine) -> None:
    tried = json.loads(viaduc("erase", anne)[1])
    assert (tried["dry_run"], tried["rows"], contacts(engine)) == (True, {"contact": 1}, 1)
    done = json.loads(viaduc("erase", anne, "--for-good")[1])
    assert (done["rows"], contacts(engine)) == ({"contact": 1}, 0)
    with session_scope(engine) as session:
        records = [(r.who, r.route, r.target) for r in list_records(session).items]
    assert records == [("terminal", "POST /privacy/erase", ""), ("terminal", "POST /privacy/erase (dry run)", "")]


def test_a_sweep_counts_until_it_is_meant(
    viaduc: Viaduc, anne: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope(engine) as session:
        row = session.connection().exec_driver_sql("UPDATE contact SET confirmed_at = now() - interval '40 months'")
        assert row.rowcount == 1
    assert json.loads(viaduc("sweep")[1]) == {"dry_run": True, "rows": {"contact": 1}}
    monkeypatch.setenv("VIADUC_KEEP_CONTACT_MONTHS", "0")
    assert json.loads(viaduc("sweep", "--for-good")[1])["rows"] == {}
    monkeypatch.delenv("VIADUC_KEEP_CONTACT_MONTHS")
    assert json.loads(viaduc("sweep", "--for-good")[1])["rows"] == {"contact": 1}
    assert contacts(engine) == 0


def test_who_cannot_be_meant_is_said(viaduc: Viaduc, engine: Engine) -> None:
    assert viaduc("erase", "anne") == (1, "", "viaduc: 'anne' is not an e-mail address\n")
    assert viaduc("erase", "7") == (1, "", "viaduc: there is no actor 7\n")
