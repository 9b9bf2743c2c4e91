"""The words of the memory in plain language: the life of a tandem, what came of a meeting, the weights of the score."""

from typing import ClassVar

from app.web.labels import SECTORS, Labels, Vocabularies, mark

STATUSES = {
    "suggested": mark("status of a tandem", "Suggested"),
    "met": mark("status of a tandem", "Met"),
    "in_discussion": mark("status of a tandem", "In discussion"),
    "agreement": mark("status of a tandem", "Agreement"),
    "active": mark("status of a tandem", "Active"),
    "dormant": mark("status of a tandem", "Dormant"),
    "ended": mark("status of a tandem", "Ended"),
    "did_not_work": mark("status of a tandem", "Tried, did not work"),
}
OUTCOMES = {
    "none": mark("outcome of a meeting", "Nothing yet"),
    "soft": mark("outcome of a meeting", "A contact was made"),
    "follow_up": mark("outcome of a meeting", "They meet again"),
    "project": mark("outcome of a meeting", "A project"),
}
WEIGHTS = {
    "exchange": mark("weight", "Needs met by offers"),
    "profile": mark("weight", "Likeness of profiles"),
    "theme": mark("weight", "Same theme"),
    "kind": mark("weight", "Kinds that fit"),
    "language": mark("weight", "Common language"),
    "distance": mark("weight", "Nearness"),
    "size": mark("weight", "Size"),
    "history": mark("weight", "What happened before"),
    "twin": mark("weight", "Too alike (takes away)"),
    "hub": mark("weight", "Close to everybody (takes away)"),
}
FAMILIES = {
    "agri-food": mark("family of sectors", "Agriculture and food"),
    "health": mark("family of sectors", "Health"),
    "ict": mark("family of sectors", "Digital technology"),
    "tourism": mark("family of sectors", "Tourism"),
}
STATES = {
    "proposed": mark("state of a proposal", "Waits for your decision"),
    "accepted": mark("state of a proposal", "In force"),
    "superseded": mark("state of a proposal", "Was in force"),
    "rejected": mark("state of a proposal", "Rejected"),
}


class MemoryWords(Labels):
    """These words in one language."""

    vocabularies: ClassVar[Vocabularies] = {
        "status of a tandem": STATUSES,
        "outcome of a meeting": OUTCOMES,
        "weight": WEIGHTS,
        "family of sectors": FAMILIES,
        "sector": SECTORS,
        "state of a proposal": STATES,
    }

    def status(self, code: str) -> str:
        """Where a tandem stands."""
        return self("status of a tandem", code)

    def sector(self, code: str) -> str:
        """A sector, or a family of them, by its name."""
        return self("family of sectors" if code in FAMILIES else "sector", code)

    def outcome(self, code: str) -> str:
        """What came of a meeting."""
        return self("outcome of a meeting", code)

    def weight(self, code: str) -> str:
        """What a weight weighs."""
        return self("weight", code)

    def state(self, code: str) -> str:
        """What became of a proposal."""
        return self("state of a proposal", code)
