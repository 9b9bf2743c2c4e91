"""The export of an event tells of relations no more than its organisers may know."""

from access_outside import MakeKey, Serve, with_key
from anonymity import Encounter
from sqlalchemy import Engine

from app.db import session_scope
from app.services.events import register
from models.event import ParticipantCreate


def test_an_event_that_is_exported_names_no_partner_that_hides(
    serve: Serve, make_key: MakeKey, met: Encounter, engine: Engine
) -> None:
    with session_scope(engine) as session:
        register(session, event_id=met.other_event, fields=ParticipantCreate(actor_id=met.partner))

    def relations(event_id: int) -> list[dict[str, str]]:
        organiser = serve(headers=with_key(make_key("organiser", events=(event_id,))))
        told = organiser.get(f"/events/{event_id}/export", params={"format": "json"})
        assert told.status_code == 200, told.text
        return next(a.get("relations", []) for a in told.json()["actors"] if a["id"] == str(met.partner))

    assert relations(met.event_id) == [{"type": "partner", "target": str(met.hidden)}]
    assert relations(met.other_event) == []
