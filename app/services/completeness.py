"""How much an actor says of itself, and what of it would help most to be found."""

from models.actor import ActorPublic

_ASKED = ("needs", "offers", "description", "languages", "place", "sectors", "kind", "size", "website")
"""What a profile can say, what matters most for being suggested first."""


def missing(actor: ActorPublic) -> list[str]:
    """What the profile does not say, the most helpful first."""
    told = {
        "needs": actor.needs,
        "offers": actor.offers,
        "description": actor.description,
        "languages": actor.languages,
        "place": actor.city or actor.nuts or actor.lat is not None,
        "sectors": actor.sectors,
        "kind": actor.kind != "other",
        "size": actor.size is not None,
        "website": actor.website,
    }
    return [name for name in _ASKED if not told[name]]


def completeness(actor: ActorPublic) -> float:
    """Share of what a profile can say that it says, 0..1."""
    return 1 - len(missing(actor)) / len(_ASKED)
