"""Examples of every body, shown by the API's own pages and tried by the tests."""

from typing import Any

Examples = dict[str, Any]

ACTOR: Examples = {
    "a Flemish technical centre": {
        "value": {
            "name": "Centrum voor Technisch Textiel",
            "kind": "technical_centre",
            "country": "BE",
            "nuts": "BE234",
            "side": "VLG",
            "city": "Gent",
            "lat": 51.054,
            "lon": 3.717,
            "languages": ["nl", "en"],
            "sectors": ["textiles"],
            "description": [
                {"lang": "nl", "text": "Onderzoekscentrum dat textielbedrijven helpt met proeven en ontwikkeling."},
                {"lang": "en", "text": "Research centre that helps textile companies with testing and development."},
            ],
            "offers": [{"lang": "nl", "text": "proeflijn voor het coaten van technische weefsels"}],
            "needs": [{"lang": "nl", "text": "weverijen die nieuwe garens op industriële schaal willen testen"}],
        }
    },
    "one that is anonymous": {
        "value": {
            "name": "Moulin Gris SA",
            "country": "FR",
            "anonymous": True,
            "languages": ["fr"],
            "offers": [{"lang": "fr", "text": "Moulin Gris file du lin de qualité textile"}],
            "needs": [{"lang": "fr", "text": "un tisserand pour des tissus techniques en lin"}],
        }
    },
}
ACTOR_CHANGE: Examples = {
    "new needs": {"value": {"needs": [{"lang": "en", "text": "a weaver with a wide loom"}]}},
    "who sees what": {"value": {"visibility": {"website": "organiser", "needs": "event"}}},
}
SUBJECT: Examples = {"a person": {"value": {"email": "anne@weaver.example"}}}
ERASURE: Examples = {"a count first": {"value": {"email": "anne@weaver.example", "dry_run": True}}}
CONTACT: Examples = {
    "with consent": {
        "value": {
            "name": "Anne Dupont",
            "role": "Innovation",
            "email": "anne@weaver.example",
            "languages": ["fr"],
            "basis": "consent",
            "consent_on": "2027-01-15",
            "consent_text": "2027-1",
        }
    }
}
CONSENT_TEXT: Examples = {
    "in two languages": {
        "value": {
            "version": "2027-1",
            "texts": {
                "fr": "J'accepte que mon adresse soit montrée aux organisations que j'ai rencontrées.",
                "nl": "Ik ga ermee akkoord dat mijn adres wordt getoond aan organisaties die ik heb ontmoet.",
            },
        }
    }
}
RELATION: Examples = {"a tandem": {"value": {"target_id": 1, "type": "tandem", "status": "signed"}}}
MATCH: Examples = {
    "an inline profile": {
        "value": {
            "profile": {
                "country": "FR",
                "languages": ["fr"],
                "needs": [{"lang": "fr", "text": "un centre technique pour tester des revêtements textiles"}],
            },
            "k": 5,
            "lang": "fr",
        }
    },
    "a stored actor": {"value": {"actor_id": 1, "k": 10, "lang": "nl"}},
    "free words": {"value": {"text": "iemand die lichte composieten voor windmolens maakt", "k": 3}},
}
EVENT: Examples = {
    "an afternoon": {
        "value": {"name": "Textile afternoon", "zone": "Europe/Brussels", "min_meetings": 2, "max_meetings": 6}
    }
}
ROUNDS: Examples = {
    "two rounds": {
        "value": [
            {"starts_at": "2027-03-09T13:30:00+01:00", "minutes": 20},
            {"starts_at": "2027-03-09T13:55:00+01:00", "minutes": 20},
        ]
    }
}
PLACES: Examples = {"two tables": {"value": [{"label": "Table 1"}, {"label": "Table 2", "available": [0]}]}}
INTERPRETERS: Examples = {"one": {"value": [{"languages": ["fr", "nl"], "available": [0, 1]}]}}
IMPORT_OPTIONS: Examples = {
    "a corrected heading": {"value": {"mapping": {"Compétences": "offers.fr"}, "language": "fr", "country": "FR"}}
}
IMPORT_ADDRESS: Examples = {
    "a published file": {"value": {"url": "https://data.example.org/clusters.csv", "map": {"name": "Clusters"}}}
}
LOCKS: Examples = {"one meeting": {"value": [{"a": 1, "b": 2, "round": 0}]}}
PARTICIPANT: Examples = {"leaves early": {"value": {"actor_id": 1, "available": [0, 1], "max": 2}}}
WISH: Examples = {"a wish": {"value": {"actor_id": 1, "target_id": 2, "kind": "wish"}}}
PLAN: Examples = {"the default": {"value": {"time_limit_s": 20, "seed": 0}}}
PLAN_NOTE: Examples = {"what it is about": {"value": {"note": "With the second interpreter"}}}
SEEN: Examples = {"the version that was seen": {"value": {"revision": 1}}}
SEEN_UNDONE: Examples = {"the version that was seen": {"value": {"revision": 2}}}
EDIT: Examples = {
    "move": {"value": {"op": "move", "revision": 0, "a": 1, "b": 2, "round": 0, "place": 0}},
    "swap": {"value": {"op": "swap", "revision": 0, "a": 1, "b": 2, "other": [3, 4]}},
    "what would it do": {"value": {"op": "remove", "revision": 0, "a": 1, "b": 2, "dry_run": True}},
    "lock": {"value": {"op": "lock", "revision": 0, "a": 1, "b": 2}},
}
PROBLEM: Examples = {
    "four participants": {
        "value": {
            "rounds": 3,
            "places": 2,
            "participants": [
                {"id": "a1", "side": "FR", "min": 1, "max": 2},
                {"id": "a2", "side": "FR", "available": [0, 1]},
                {"id": "b1", "side": "BE"},
                {"id": "b2", "side": "BE", "min": 1},
            ],
            "utility": [["a1", "b1", 0.9], ["a1", "b2", 0.4], ["a2", "b1", 0.3], ["a2", "b2", 0.8]],
            "never": [["a2", "b1"]],
            "time_limit_s": 5,
            "seed": 0,
        }
    }
}
CHANGES: Examples = {
    "one absent, one late": {"value": {"now": 1, "absent": [1], "late": [{"participant": 2, "round": 2}], "keep": True}}
}
REPLAN: Examples = {
    "b2 does not turn up": {
        "value": {
            "problem": PROBLEM["four participants"]["value"],
            "plan": {
                "meetings": [
                    {"a": "a1", "b": "b1", "round": 0, "place": 0},
                    {"a": "a2", "b": "b2", "round": 1, "place": 0},
                ]
            },
            "changes": {"now": 1, "absent": ["b2"]},
        }
    }
}
FLOOR: Examples = {"three meetings each": {"value": {"floor": 3, "guests": 2, "time_limit_s": 10}}}
WHAT_IF: Examples = {
    "two meetings each": {
        "value": {"problem": PROBLEM["four participants"]["value"], "question": {"floor": 2, "time_limit_s": 5}}
    }
}
TANDEM: Examples = {
    "two who met": {
        "value": {"actor_id": 1, "partner_id": 2, "theme": "coatings", "status": "met", "since": "2027-03-09"}
    }
}
TANDEM_CHANGE: Examples = {
    "they agree": {"value": {"status": "agreement", "since": "2027-06-01", "step_note": "A letter of intent."}}
}
FEEDBACK: Examples = {
    "worth it": {"value": {"actor_id": 1, "target_id": 2, "event_id": 1, "worth": "yes", "outcome": "follow_up"}}
}
EVENT_WEIGHTS: Examples = {"near, and without interpreter": {"value": {"distance": 3, "language": 1}}}
LINKS: Examples = {
    "for everybody": {"value": {"purpose": "mail"}},
    "for one": {"value": {"actor_ids": [1], "language": "nl"}},
}
LINK_CHOICE: Examples = {"of one": {"value": {"actor_ids": [1]}}}
BRIDGES: Examples = {
    "two bridges": {
        "value": [
            {"between": ["textile", "medical_devices"], "value": 0.9},
            {"between": ["agri-food", "health"]},
        ]
    }
}
AGENDA_RULES: Examples = {
    "wishes are closed": {"value": {"wishes": False, "details": True}},
    "until a day, and what is read": {
        "value": {"until": "2027-03-05T18:00:00+01:00", "consent": {"en": "The chamber keeps your answers for a year."}}
    },
}
KEY: Examples = {
    "a front end": {"value": {"name": "Site of the chamber", "role": "reader"}},
    "an organiser's program": {
        "value": {"name": "Registration", "role": "organiser", "events": [1], "expires_at": "2099-01-01T00:00:00+01:00"}
    },
}
ROTATION: Examples = {"a day to change it": {"value": {"grace_hours": 24}}}
PERSON: Examples = {"an organiser": {"value": {"email": "anna@example.org", "role": "organiser", "events": [1]}}}
ATTENDANCE: Examples = {
    "one is here, one comes later": {
        "value": [{"actor_id": 1, "state": "here"}, {"actor_id": 2, "state": "late", "round": 1}]
    }
}
LOSS: Examples = {"the second table is lost": {"value": {"kind": "place", "index": 1}}}
TIMETABLE: Examples = {"everything from round 2 on begins five minutes later": {"value": {"round": 1, "shift": 5}}}
REPLAN_TODAY: Examples = {"surviving meetings stay": {"value": {"keep": True}}}
APPLY: Examples = {"plan 2": {"value": {"plan": 2}}}
