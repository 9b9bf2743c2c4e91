"""The words of an import in plain language: fields, layouts, stages, states."""

from functools import cached_property
from typing import ClassVar

from app.services.importing.notes import whole
from app.services.importing.remarks import Teller, at_fault, kept_in_words
from app.web.formats import Formats
from app.web.labels import Labels, Vocabularies, mark
from models.competence_map import KeptActor, Note, Rejection

FIELDS = {
    "id": mark("field", "Key in the source"),
    "name": mark("field", "Name"),
    "aliases": mark("field", "Other names"),
    "kind": mark("field", "Kind of organisation"),
    "country": mark("field", "Country"),
    "region": mark("field", "Region"),
    "nuts": mark("field", "NUTS code"),
    "side": mark("field", "Side of the border"),
    "city": mark("field", "Town"),
    "lat": mark("field", "Latitude"),
    "lon": mark("field", "Longitude"),
    "geolocation": mark("field", "Latitude and longitude"),
    "website": mark("field", "Website"),
    "size": mark("field", "Staff"),
    "anonymous": mark("field", "Anonymous"),
    "languages": mark("field", "Working languages"),
    "sectors": mark("field", "Sectors"),
    "description": mark("field", "Description"),
    "offers": mark("field", "Offers"),
    "needs": mark("field", "Needs"),
    "competence": mark("field", "Competence of the row"),
    "facet": mark("field", "Offered or needed"),
    "lang": mark("field", "Language of the row"),
    "level": mark("field", "Level"),
    "relations": mark("field", "Relations"),
    "border": mark("field", "Border"),
    "facts_as_of": mark("field", "Date of the facts"),
    "basis": mark("field", "Where it was read"),
    "contact": mark("field", "Contact person"),
    "email": mark("field", "E-mail"),
    "phone": mark("field", "Telephone"),
    "place on the map": mark("field", "Place on the map"),
}
"""Fields of an actor as columns of a file name them."""
GROUPS = (
    (mark("group", "Who it is"), ("id", "name", "aliases", "kind", "website", "size", "anonymous")),
    (mark("group", "Where it is"), ("country", "region", "nuts", "side", "city", "lat", "lon", "geolocation")),
    (mark("group", "What it does"), ("description", "offers", "needs", "sectors", "languages", "relations")),
    (mark("group", "One row for each competence"), ("competence", "facet", "lang", "level")),
    (mark("group", "Kept beside the source's words"), ("border", "facts_as_of", "basis", "contact", "email", "phone")),
)
"""The same, as a list to choose from shows them."""
TEXTS = frozenset({"description", "offers", "needs", "competence"})
"""Fields that may name the language of their texts."""
TEXT_LANGUAGES = ("en", "fr", "nl", "de", "da", "es", "eu", "pt", "it", "ca", "cs", "lb", "no", "pl", "sv")
"""Languages to choose from for the texts of a column; every other one is detected, or named by the heading."""
LAYOUTS = {
    "row_per_actor": mark("layout", "One row for each actor"),
    "row_per_competence": mark("layout", "One row for each competence"),
    "matrix": mark("layout", "A matrix: actors down, competences across"),
    "matrix_transposed": mark("layout", "A matrix: competences down, actors across"),
}
STAGES = {
    "waiting": mark("stage of an import", "Waiting for its turn"),
    "counting": mark("stage of an import", "Counting the rows"),
    "reading": mark("stage of an import", "Reading the rows"),
    "comparing": mark("stage of an import", "Looking for twins"),
    "applying": mark("stage of an import", "Storing the rows"),
}
STATES = {
    "reading": mark("state of an import", "Being read"),
    "failed": mark("state of an import", "Cannot be read"),
    "previewed": mark("state of an import", "Waits for your decision"),
    "applying": mark("state of an import", "Begun, not finished"),
    "applied": mark("state of an import", "Applied"),
    "undone": mark("state of an import", "Taken back"),
}
ROLES = {
    "admin": mark("reader", "Administrators"),
    "organiser": mark("reader", "Organisers"),
    "reader": mark("reader", "Sites that show the directory"),
    "participant": mark("reader", "Participants"),
    "public": mark("reader", "Visitors"),
}


class MapWords(Labels):
    """These words in one language."""

    vocabularies: ClassVar[Vocabularies] = {
        "field": FIELDS,
        "layout": LAYOUTS,
        "stage of an import": STAGES,
        "state of an import": STATES,
        "reader": ROLES,
    }

    @cached_property
    def tell(self) -> Teller:
        """Says remarks of imports."""
        say, lang = self.translations.pgettext, str(self.translations.info().get("language", "en"))
        return Teller(lambda sentence: say("import", sentence), Formats(lang).number, self.field)

    def note(self, note: Note) -> str:
        """What to know of a file, with the place it stands at."""
        return self.tell(whole(note))

    def kept(self, actor: KeptActor) -> str:
        """An actor that an undo left alone, and why."""
        return kept_in_words(actor, self.tell)

    def at_fault(self, rejection: Rejection) -> str:
        """The heading that a rejection is about; that it is the whole row, or the field that is missing."""
        return at_fault(rejection, self.tell)

    def field(self, code: str) -> str:
        """A field of an actor: "offers", "description.fr"."""
        name, _, _lang = code.partition(".")
        return self("field", name)

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(group, [(code, field)]) to choose a field from."""
        return [
            (self.translations.pgettext("group", title), [(code, self.field(code)) for code in codes])
            for title, codes in GROUPS
        ]

    def layout(self, code: str) -> str:
        """How a table runs."""
        return self("layout", code)

    def stage(self, code: str) -> str:
        """What is being done with a file."""
        return self("stage of an import", code)

    def state(self, code: str) -> str:
        """How far an import is."""
        return self("state of an import", code)

    def reader(self, role: str) -> str:
        """Who looked at a profile."""
        return self("reader", role)
