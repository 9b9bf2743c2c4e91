"""Two people press the button at the same moment."""

import json
from threading import Thread

import pytest
from sqlmodel import Session, func, select

from app.services.importing.run import apply, preview
from models.actor import Actor
from models.competence_map import ImportOptions, MapFields, MapImport


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
