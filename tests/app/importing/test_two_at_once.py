"""Two people press the button at the same moment."""

import json
import re
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import Session, func, select

from app.services.importing.run import apply, preview
from models.actor import Actor
from models.competence_map import ImportOptions, MapFields, MapImport
from tests.waiting import is_waited_for, wait_until


@pytest.mark.parametrize("resumable", [False, True])
def test_one_import_applied_twice_at_once_is_applied_once(engine, session, resumable):
    data = "\n".join(json.dumps({"id": f"k{i}", "name": f"Actor {i}", "country": "FR"}) for i in range(2_000))
    row = preview(
        session,
        fields=MapFields(name="map"),
        filename="actors.jsonl",
        data=data.encode(),
        options=ImportOptions(resumable=resumable),
    )
    import_id = row.id
    session.commit()
    errors: list[Exception] = []

    def press() -> None:
        try:
            with Session(engine) as own:
                apply(own, import_id=import_id, checkpoint=own.commit)
                own.commit()
        except Exception as error:
            errors.append(error)

    threads = [Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.rollback()
    assert errors == []
    assert session.exec(select(func.count()).select_from(Actor)).one() == 2_000
    done = session.get_one(MapImport, import_id)
    assert (done.state, done.report["new"], done.report["same"]) == ("applied", 2_000, 0)


def test_who_becomes_anonymous_while_an_import_writes_stays_anonymous(
    engine: Engine, session: Session, client: TestClient
) -> None:
    def load(description: str) -> int:
        said = {"id": "k1", "name": "Weverij", "country": "BE", "description": {"en": description}}
        row = preview(session, fields=MapFields(name="map"), filename="a.jsonl", data=json.dumps(said).encode())
        session.commit()
        return row.id

    apply(session, import_id=load("We weave."))
    session.commit()
    again = load("We weave and we knit.")
    hiding = Thread(target=lambda: client.patch("/actors/1", json={"anonymous": True}))

    def hide(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if re.match(r'(UPDATE|INSERT INTO) "?(actor|map_entry)\b', statement) and not hiding.ident:
            hiding.start()
            wait_until(lambda: not hiding.is_alive() or is_waited_for(engine))

    event.listen(engine, "before_cursor_execute", hide)
    try:
        apply(session, import_id=again)
        session.commit()
    finally:
        event.remove(engine, "before_cursor_execute", hide)
    hiding.join(20)
    session.expire_all()
    actor = session.get_one(Actor, 1)
    assert (actor.anonymous, actor.texts["description"]) == (True, [{"lang": "en", "text": "We weave and we knit."}])
