"""Cards to hand out, each with a participant's name and the code that opens its agenda."""

from collections.abc import Mapping
from typing import Any

from app.services.files.tables import stem_of
from app.services.files.timetable import Timetable
from app.services.files.wording import Words
from app.services.importing.sheets import FileOut
from app.services.papers.desk import Desk, draw_code, where_from
from app.services.papers.press import print_pdf


def print_handouts(timetable: Timetable, words: Words, agendas: Mapping[int, str]) -> FileOut:
    """The cards of those who have an address in `agendas`, by name, eight on a sheet to cut along."""
    desk = Desk(timetable, words, agendas=agendas)
    return FileOut(f"{stem_of(timetable)}-links.pdf", "application/pdf", print_pdf("handouts", handouts_data(desk)))


def handouts_data(desk: Desk) -> dict[str, Any]:
    """A card a participant, in its own language and beside it another of the event."""
    event = desk.timetable.event
    return {
        "title": event.name,
        "lang": desk.tongues[0],
        "cards": [
            {
                "event": event.name,
                "name": person.name,
                "facts": where_from(person),
                "words": desk.both(desk.tongues_of(person), "agenda_code"),
                "warning": desk.both(desk.tongues_of(person), "agenda_yours"),
                "code": draw_code(desk.agendas[person.id]),
            }
            for person in desk.people()
            if person.id in desk.agendas
        ],
    }
