"""`viaduc privacy` as a person calls it."""

import json
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.db import session_scope
from app.services.actors import create_actor
from app.services.audit import list_records
from app.services.contacts import create_contact, list_contacts
from models.actor import ActorCreate
from models.contact import ContactFields
from tests.terminal import Viaduc


@pytest.fixture
def privacy(viaduc: Viaduc) -> Viaduc:
    """`viaduc privacy …`."""
    return partial(viaduc, "privacy")


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


def test_a_person_is_told_into_a_file(privacy: Viaduc, anne: str, tmp_path: Path) -> None:
    assert privacy("export", anne, "-o", str(tmp_path / "anne.json"))[0] == 0
    told = json.loads((tmp_path / "anne.json").read_text())
    assert [row["basis_note"] for row in told["tables"]["contact"]] == ["Agreement 7"]
    code, out, _ = privacy("export", "1")
    assert (code, {*json.loads(out)["tables"]}) == (0, {"actor", "contact"})


def test_erasing_counts_until_it_is_meant(privacy: Viaduc, anne: str, engine: Engine) -> None:
    tried = json.loads(privacy("erase", anne)[1])
    assert (tried["dry_run"], tried["rows"], contacts(engine)) == (True, {"contact": 1}, 1)
    done = json.loads(privacy("erase", anne, "--for-good")[1])
    assert (done["rows"], contacts(engine)) == ({"contact": 1}, 0)
    with session_scope(engine) as session:
        records = [(r.who, r.route, r.target) for r in list_records(session).items]
    assert records == [("terminal", "POST /privacy/erase", ""), ("terminal", "POST /privacy/erase (dry run)", "")]


def test_a_sweep_counts_until_it_is_meant(
    privacy: Viaduc, anne: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope(engine) as session:
        row = session.connection().exec_driver_sql("UPDATE contact SET confirmed_at = now() - interval '40 months'")
        assert row.rowcount == 1
    assert json.loads(privacy("sweep")[1]) == {"dry_run": True, "rows": {"contact": 1}}
    monkeypatch.setenv("VIADUC_KEEP_CONTACT_MONTHS", "0")
    assert json.loads(privacy("sweep", "--for-good")[1])["rows"] == {}
    monkeypatch.delenv("VIADUC_KEEP_CONTACT_MONTHS")
    assert json.loads(privacy("sweep", "--for-good")[1])["rows"] == {"contact": 1}
    assert contacts(engine) == 0


def test_who_cannot_be_meant_is_said(privacy: Viaduc, engine: Engine) -> None:
    assert privacy("erase", "anne") == (1, "", "viaduc: 'anne' is not an e-mail address\n")
    assert privacy("erase", "7") == (1, "", "viaduc: there is no actor 7\n")
