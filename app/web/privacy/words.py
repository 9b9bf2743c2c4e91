"""The words of privacy in plain language: where something is stored, who may see it, on what ground."""

from typing import ClassVar

from app.web.labels import Labels, Vocabularies, mark

VISIBILITIES = {
    "organiser": mark("visibility", "Organisers only"),
    "mutual": mark("visibility", "Whom they met, after a yes on both sides"),
    "event": mark("visibility", "Also who comes to the same event"),
    "public": mark("visibility", "Also further, where a page offers it"),
}
BASES = {
    "consent": mark("legal basis", "Consent"),
    "contract": mark("legal basis", "Contract"),
    "public_source": mark("legal basis", "Public source"),
}
DEEDS = {"read": mark("deed", "Read"), "change": mark("deed", "Changed")}
PLACES = {
    "access_person": mark("place of data", "People who may sign in"),
    "access_session": mark("place of data", "Browsers signed in"),
    "actor": mark("place of data", "Profile"),
    "actor_view": mark("place of data", "Counts of looks"),
    "agenda_link": mark("place of data", "Links to agendas"),
    "agenda_state": mark("place of data", "What an agenda has shown"),
    "attendance": mark("place of data", "Presence on the day"),
    "competence_map": mark("place of data", "Competence maps"),
    "contact": mark("place of data", "Contacts"),
    "day_step": mark("place of data", "Steps of the day"),
    "event": mark("place of data", "Events"),
    "feedback": mark("place of data", "Feedback"),
    "idempotency": mark("place of data", "Answers remembered for repeated requests"),
    "import_change": mark("place of data", "What imports changed"),
    "map_entry": mark("place of data", "What maps say"),
    "map_import": mark("place of data", "Imports"),
    "meeting": mark("place of data", "Meetings"),
    "meeting_answer": mark("place of data", "Answers after meetings"),
    "participant": mark("place of data", "Registrations"),
    "passage": mark("place of data", "Pieces of profiles"),
    "plan": mark("place of data", "Plans"),
    "relation": mark("place of data", "Relations"),
    "tandem": mark("place of data", "Tandems"),
    "tandem_step": mark("place of data", "History of tandems"),
    "wish": mark("place of data", "Wishes"),
    "sign_in_link": mark("place of data", "Letters with sign-in links"),
    "audit": mark("place of data", "Audit trail"),
}


class PrivacyWords(Labels):
    """These words in one language."""

    vocabularies: ClassVar[Vocabularies] = {
        "visibility": VISIBILITIES,
        "legal basis": BASES,
        "deed": DEEDS,
        "place of data": PLACES,
    }

    def visibility(self, code: str) -> str:
        """How far a contact goes."""
        return self("visibility", code)

    def basis(self, code: str) -> str:
        """Why something may be stored."""
        return self("legal basis", code)

    def deed(self, code: str) -> str:
        """What a record of the audit trail tells."""
        return self("deed", code)

    def place(self, name: str) -> str:
        """A table, or a column of one, by what people call it; what has no name yet by its own."""
        table, _, column = name.partition(".")
        told = self("place of data", table)
        return f"{told}: {column.replace('_', ' ')}" if column else told
