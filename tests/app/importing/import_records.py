"""Two real actors as records of an evaluation folder."""

import json

CENTEXBEL = {
    "id": "be-1",
    "name": "Centexbel",
    "kind": "technical_centre",
    "country": "BE",
    "region": "Vlaanderen",
    "nuts": "BE234",
    "side": "VL",
    "border": "FR-BE",
    "city": "Gent",
    "languages": ["nl", "fr", "en"],
    "sectors": ["technical textiles"],
    "description": {"nl": "Onderzoekscentrum voor textiel. Het test brandveiligheid.", "fr": "Centre textile."},
    "offers": [{"lang": "nl", "text": "brandproeven op textiel"}, {"lang": "fr", "text": "essais au feu"}],
    "needs": [{"lang": "nl", "text": "industriële partners aan de Franse kant"}],
    "aliases": ["CTB"],
    "lat": 51.05,
    "lon": 3.72,
    "website": "https://www.centexbel.be",
    "size": 140.0,
    "relations": [{"type": "partner", "target": "fr-1"}],
    "facts_as_of": "2013",
    "basis": "seed",
}
UPTEX = {
    "id": "fr-1",
    "name": "UP-tex",
    "country": "FR",
    "kind": "cluster",
    "offers": [{"lang": "fr", "text": "réseau textile"}],
}


def lines(*records: dict) -> str:
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in records)
