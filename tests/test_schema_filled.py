"""Migrations on a database that holds something: down to 0003 and up again, the old tables keep every row."""

from alembic import command
from sqlalchemy import text
from sqlmodel import Session

from app.db import alembic_config, make_engine, require_schema
from app.errors import Unavailable
from app.services.actors import create_actor
from app.services.events import create_event, register, set_places, set_rounds
from app.services.feedback import give_feedback
from models.actor import ActorCreate
from models.event import EventCreate, ParticipantCreate, PlaceCreate, RoundCreate
from models.feedback import FeedbackCreate

_KEPT = {
    "actor": "id, name, country, side, texts",
    "passage": "actor_id, facet, lang, text",
    "event": "id, name, zone, min_meetings",
    "round": "event_id, ordinal, starts_at, minutes",
    "event_place": "event_id, ordinal, label",
    "participant": "event_id, actor_id, min, max",
    "feedback": "actor_id, target_id, worth",
}


def rows(connection: object) -> dict[str, list[object]]:
    return {
        table: sorted(map(str, connection.execute(text(f'SELECT {columns} FROM "{table}"')).all()))
        for table, columns in _KEPT.items()
    }


def test_what_the_old_tables_hold_survives_the_way_down_and_up(scratch_url: str) -> None:
    engine = make_engine(scratch_url)
    with Session(engine) as session:
        texts = [{"lang": "fr", "text": "tissage de verre"}]
        ids = [
            create_actor(session, fields=ActorCreate.model_validate({"name": n, "country": "FR", "offers": texts})).id
            for n in ("A", "B")
        ]
        event = create_event(session, fields=EventCreate(name="Afternoon")).id
        set_rounds(
            session, event_id=event, rounds=[RoundCreate.model_validate({"starts_at": "2027-03-09T09:00:00+01:00"})]
        )
        set_places(session, event_id=event, places=[PlaceCreate(label="T1")])
        for i in ids:
            register(session, event_id=event, fields=ParticipantCreate(actor_id=i))
        give_feedback(session, fields=FeedbackCreate(actor_id=ids[0], target_id=ids[1], worth="yes"))
        session.commit()
    with engine.connect() as connection:
        before = rows(connection)
    assert all(before.values())
    config = alembic_config(scratch_url)
    command.downgrade(config, "0003")
    refused = ""
    try:
        require_schema(engine)
    except Unavailable as error:
        refused = error.detail
    assert refused.startswith("the database has the schema of revision 0003, not ")
    assert refused.endswith(": run `viaduc db upgrade`")
    command.upgrade(config, "head")
    require_schema(engine)
    with engine.connect() as connection:
        assert rows(connection) == before
    engine.dispose()
