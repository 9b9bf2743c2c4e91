"""New links to agendas as a file: for a mail merge, with whom to write to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from app.services.audit import name_actors
from app.services.files.tables import Table, comma_separated, stem_of
from app.services.files.timetable import Timetable
from app.services.files.wording import Wording
from app.services.importing.sheets import FileOut
from models.contact import Contact

CSV = "text/csv; charset=utf-8"
_HEADINGS = ("name", "side", "languages", "agenda", "contact", "email")


def link_file(session: Session, *, timetable: Timetable, wording: Wording, addresses: Mapping[int, str]) -> FileOut:
    """A line a participant: name, side, languages, the address of its agenda, its contacts and their e-mails."""
    written = _contacts(session, addresses)
    name_actors(session, actor_ids=written.keys())
    rows = [
        [
            person.name,
            person.side,
            ", ".join(map(wording.language, person.languages)),
            addresses[person.id],
            ", ".join(contact.name for contact in written[person.id]),
            ", ".join(contact.email for contact in written[person.id] if contact.email),
        ]
        for person in timetable.people.values()
        if person.id in addresses
    ]
    table = Table(wording.say("table_links"), [wording.say(f"column_{h}") for h in _HEADINGS], rows)
    return FileOut(f"{stem_of(timetable)}-links.csv", CSV, comma_separated(table))


def _contacts(session: Session, actor_ids: Iterable[int]) -> defaultdict[int, list[Contact]]:
    found: defaultdict[int, list[Contact]] = defaultdict(list)
    rows = select(Contact).where(col(Contact.actor_id).in_(actor_ids)).order_by(Contact.name, col(Contact.id))
    for contact in session.exec(rows):
        found[contact.actor_id].append(contact)
    return found
