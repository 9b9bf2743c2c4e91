"""An anonymous actor and those around it, for tests of what each of them is told."""

from dataclasses import dataclass

from access_outside import BROWSER, Serve
from fastapi.testclient import TestClient

HIDDEN = {
    "name": "Tissages Zabelin SA", "country": "FR", "anonymous": True, "aliases": ["Ultraflex", "QZN"],
    "region": "Hauts-de-France", "nuts": "FRE11", "city": "Wambrechies", "lat": 50.68, "lon": 3.05, "size": 37,
    "website": "https://www.zabelin-tissages.example", "languages": ["fr"], "sectors": ["textile", "Zabelin weaving"],
    "description": {
        "fr": "Zabelin tisse à Wambrechies depuis 1902. Écrire à contact@zabelin.example ou 03 20 11 22 33.",
    },
    "offers": {"en": "Zabelin's coating of glass fabric, sold as Ultraflex®"},
    "needs": {"en": "a laboratory that tests coatings on glass fabric"},
}  # fmt: skip
OPEN = {
    "name": "Centexlab", "country": "BE", "city": "Gent", "languages": ["fr", "nl"], "sectors": ["textile"],
    "offers": {"en": "a laboratory that tests coatings on glass fabric"},
    "needs": {"en": "coating of glass fabric"},
}  # fmt: skip
BETRAYS = ("zabelin", "wambrechies", "ultraflex", "qzn", "hauts-de-france", "fre11", "50.68", "11 22 33", "contact@")


def betrayed(text: str) -> list[str]:
    """What of the hidden one a text tells."""
    return [word for word in BETRAYS if word in text.casefold()]


@dataclass(frozen=True)
class Encounter:
    """Who meets at the event."""

    event_id: int
    other_event: int
    hidden: int
    partner: int
    token: str
    """Opens the partner's agenda."""
    own_token: str


def suggested(reader: TestClient, met: Encounter) -> dict[str, object]:
    """The anonymous one as a suggestion for its partner."""
    answer = reader.post("/match", json={"actor_id": met.partner, "min_score": 0}).json()["suggestions"]
    return next(s for s in answer if s["actor"]["disclosure"] == "withheld")


def agenda(serve: Serve, token: str) -> str:
    answer = serve(headers=BROWSER).get(f"/agenda/{token}")
    assert answer.status_code == 200
    return answer.text
