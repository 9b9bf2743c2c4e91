"""Erased under whatever name: files that call an organisation otherwise, and rows of an older backup that did."""

import re
import time
import zlib

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from test_privacy import ORGANISATION, fill, places_of, workbook

from app.services.contacts import delete_contact
from app.services.mentions import EMAIL
from app.services.privacy import erase_again, erase_organisation, export_organisation
from models.actor import Actor
from models.competence_map import CompetenceMap, ImportChange, MapEntry, MapImport
from models.contact import Contact


@pytest.fixture
def filled(session: Session) -> Session:
    fill(session)
    return session


def upload(session: Session, map_id: int, words: str, state: str = "applied") -> int:
    row = MapImport(map_id=map_id, filename="t.xlsx", state=state, data=zlib.compress(workbook(words)))
    session.add(row)
    session.flush()
    return row.id


def test_no_stored_file_has_an_erased_organisation_under_another_spelling(filled: Session, engine: Engine) -> None:
    other = CompetenceMap(name="Another border")
    filled.add(other)
    filled.flush()
    filled.get_one(Actor, 1).aliases = ["Quastwerke"]
    filled.add(MapEntry(actor_id=1, map_id=other.id, source_key="7", said={"name": "Q. Zwirnerei GmbH"}))
    upload(filled, other.id, "Quastwerke of the border")
    upload(filled, other.id, "Q. Zwirnerei GmbH")
    brought = upload(filled, other.id, "Zwirnwerk, as it was called then")
    filled.add(ImportChange(actor_id=1, import_id=brought, source_key="7", action="new"))
    # A file that was only looked at, for a map that it is not in.
    looked_at = CompetenceMap(name="Looked at")
    filled.add(looked_at)
    filled.flush()
    upload(filled, looked_at.id, ORGANISATION, "previewed")
    upload(filled, looked_at.id, "Filature")
    filled.commit()
    spellings = (ORGANISATION, "Quastwerke", "Q. Zwirnerei GmbH", "Zwirnwerk")
    assert all("upload" in places_of(engine, spelling) for spelling in spellings)
    told = export_organisation(filled, actor_id=1)
    done = erase_organisation(filled, actor_id=1)
    filled.commit()
    assert told.uploads == done.uploads
    assert [place for spelling in spellings for place in places_of(engine, spelling)] == []
    assert "upload" in places_of(engine, "Filature")


def test_who_was_called_otherwise_in_an_older_backup_does_not_come_back(filled: Session) -> None:
    before = filled.get_one(Actor, 1).model_dump()
    filled.get_one(Actor, 1).name = "Quast & Töchter"
    filled.commit()
    erase_organisation(filled, actor_id=1)
    filled.commit()
    filled.add(Actor(**before))
    filled.commit()
    assert erase_again(filled) == 1
    assert filled.exec(select(Actor.name)).all() == ["Filature"]


def test_a_text_without_spaces_does_not_hold_up_a_restore() -> None:
    began = time.process_time()
    assert re.findall(EMAIL, f"{'a' * 100_000} {'b.' * 50_000}; anne@weaver.example") == ["anne@weaver.example"]
    assert time.process_time() - began < 5


def test_a_contact_that_was_removed_does_not_come_back(filled: Session) -> None:
    before = filled.exec(select(Contact)).one().model_dump()
    delete_contact(filled, actor_id=1, contact_id=before["id"])
    filled.commit()
    filled.add(Contact(**before))
    another = Contact(**{name: value for name, value in before.items() if name not in {"id", "created_at"}})
    filled.add(another)
    filled.commit()
    assert erase_again(filled) == 1
    filled.commit()
    assert filled.exec(select(Contact.id)).all() == [another.id]
