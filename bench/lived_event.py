"""Fills a running service with an event that has been lived in, through the API; it measures nothing.

Rounds that have begun, a published plan and a draft, wishes, links, who is here and who is not, answers after meetings,
tandems, feedback, an import that waits, a re-plan that waits: so that no page is empty.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from every_page import QUESTION
from sqlalchemy import Engine

from app.db import session_scope
from app.services.access.people import make_sign_in_link, put_person
from models.access import PersonCreate

MAP = "Nom;Pays;Région;Ville;Secteurs;Offres\n" + "".join(
    f"Atelier {n};FR;Hauts-de-France;Roubaix;textile;tissage technique numéro {n}\n" for n in range(40)
)
SECTORS = '[{"code": "DAS1", "names": {"fr": "Textiles du futur", "nl": "Textiel"}, "viaduc": "textile"}]'


@dataclass(frozen=True)
class Size:
    """How large the event is, and at which moment it is looked at."""

    rounds: int
    tables: int
    now: datetime
    begun: int = 4
    """Rounds that have begun."""
    name: str = "Textile meetings across the border"


@dataclass
class Told:
    """What was made, as samples for addresses, and every participant's link."""

    samples: dict[str, object] = field(default_factory=dict)
    links: dict[int, str] = field(default_factory=dict)


def ask(client: Any, method: str, path: str, body: Any = None, **more: Any) -> Any:
    """The body of an answer that must have worked."""
    answer = client.request(method, path, **({"json": body} if body is not None else {}), **more)
    if answer.status_code >= 400:
        raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
    return answer.json() if answer.content and "json" in answer.headers["content-type"] else None


def live_through(client: Any, actors: list[int], size: Size) -> Told:
    """An event of these actors, in the middle of its day."""
    event_id = ask(client, "POST", "/events", {"name": size.name, "place": "Kortrijk Xpo", "min_meetings": 3,
                                               "max_meetings": max(4, size.rounds * 2 // 3)})["id"]  # fmt: skip
    told = Told({"event_id": event_id, "actor_id": actors[0], "index": 0, "question": QUESTION})
    _set_up(client, event_id, actors, size)
    _plan(client, event_id, told)
    _day(client, event_id, actors, told)
    _memory(client, actors, told)
    _answers(client, event_id, told)
    _rest(client, told)
    return told


def set_clock(client: Any, event_id: int, size: Size) -> None:
    """The rounds, so that the right number of them has begun."""
    first = size.now - timedelta(minutes=25 * size.begun - 15)
    starts = [(first + timedelta(minutes=25 * n)).isoformat() for n in range(size.rounds)]
    ask(client, "PUT", f"/events/{event_id}/rounds", [{"starts_at": s, "minutes": 20} for s in starts])


def _set_up(client: Any, event_id: int, actors: list[int], size: Size) -> None:
    at = f"/events/{event_id}"
    set_clock(client, event_id, size)
    ask(client, "PUT", f"{at}/places", [{"label": f"Table {n + 1}"} for n in range(size.tables)])
    ask(client, "PUT", f"{at}/interpreters", [{"languages": ["fr", "nl"]} for _ in range(6)])
    for n, actor_id in enumerate(actors):
        two = [{"id": "Anna Peeters", "languages": ["nl", "en"]}, {"id": "Luc Martin", "languages": ["fr"]}]
        said = {"delegates": two, "parallel": 2} if n % 10 == 0 else {}
        ask(client, "POST", f"{at}/participants", {"actor_id": actor_id, **said})
    for n in range(0, len(actors) - 7, 2):
        word = {"actor_id": actors[n], "target_id": actors[n + 7], "kind": "veto" if n % 10 == 8 else "wish"}
        ask(client, "PUT", f"{at}/wishes", word)


def _plan(client: Any, event_id: int, told: Told) -> None:
    at = f"/events/{event_id}"
    first = ask(client, "POST", f"{at}/plans", {"time_limit_s": 10}, timeout=200)
    second = ask(client, "POST", f"{at}/plans", {"time_limit_s": 5, "seed": 3}, timeout=200)
    ask(client, "POST", f"{at}/plans/{first['number']}/publish")
    one = first["meetings"][0]
    taken = {m["place"] for m in first["meetings"] if m["round"] == 0}
    free = next((n for n in range(len(taken) + 1) if n not in taken), 0)
    told.samples |= {
        "pair": f"{one['a']}-{one['b']}",
        "number": first["number"],
        "other": second["number"],
        "free": free,
    }
    told.links = {link["actor_id"]: link["token"] for link in ask(client, "POST", f"{at}/links", {})}
    told.samples["token"] = told.links[one["a"]]


def _day(client: Any, event_id: int, actors: list[int], told: Told) -> None:
    at = f"/events/{event_id}"
    states = ["here"] * 14 + ["absent", "late", "expected"]
    said = [{"actor_id": a, "state": states[n % len(states)]} for n, a in enumerate(actors)]
    known = [{**one, "round": 5} if one["state"] == "late" else one for one in said if one["state"] != "expected"]
    ask(client, "PUT", f"{at}/attendance", known)
    ask(client, "PUT", f"{at}/day/losses", {"kind": "place", "index": 3})
    plan = ask(client, "POST", f"{at}/day/replan", {}, timeout=200)
    told.samples["/console/events/{event_id}/day/plans/{number} number"] = plan["plan"]["number"]


def _answers(client: Any, event_id: int, told: Told) -> None:
    """Those who met say how it was; every third pair says yes on both sides, with a contact to open."""
    plan = ask(client, "GET", f"/events/{event_id}/plans/{told.samples['number']}")
    met = [m for m in plan["meetings"] if m["round"] < 3]
    for n, meeting in enumerate(met[:200]):
        for one, other in ((meeting["a"], meeting["b"]), (meeting["b"], meeting["a"])):
            said = {"again": "yes" if n % 3 else "no", "useful": "very", "next_step": "contact", "quote": "true",
                    "note": "A find: their laboratory does exactly what we lack."}  # fmt: skip
            form = client.post(f"/agenda/{told.links[one]}/answers/{other}", data=said if n % 4 else {"again": "yes"})
            if form.status_code >= 400:
                raise SystemExit(form.text[:500])
    person = {"name": "Anna Peeters", "role": "Research", "email": "anna@example.org", "phone": "+32 56 00 00 00",
              "basis": "contract", "basis_note": "speaker of the day"}  # fmt: skip
    told.samples["contact_id"] = ask(client, "POST", f"/actors/{told.samples['actor_id']}/contacts", person)["id"]


def _memory(client: Any, actors: list[int], told: Told) -> None:
    statuses = ("suggested", "met", "in_discussion", "agreement", "active")
    pairs = [*zip(actors[1::3], actors[2::3], strict=False)][:40]
    for n, (a, b) in enumerate(pairs):
        ask(client, "POST", "/tandems", {"actor_id": a, "partner_id": b, "status": statuses[n % 5],
                                         "theme": "Recycled fibres"})  # fmt: skip
        ask(client, "POST", "/feedback", {"actor_id": a, "target_id": b, "worth": "yes", "outcome": "follow_up"})
    template = "/console/memory/tandems/{actor_id}/{partner_id}"
    told.samples |= {f"{template} {name}": i for name, i in zip(("actor_id", "partner_id"), pairs[0], strict=True)}


def _rest(client: Any, told: Told) -> None:
    sides = [
        {"code": "FR", "name": "France", "countries": ["FR"]},
        {"code": "BE", "name": "België", "countries": ["BE"]},
    ]
    programme = {"name": "Border of textiles", "border": "Nord, Vlaanderen, Wallonie", "sides": sides}
    told.samples["programme_id"] = ask(client, "POST", "/programmes", programme)["id"]
    file = {"file": ("ateliers.csv", MAP.encode(), "text/csv")}
    waits = ask(client, "POST", "/maps/imports", files=file, data={"name": "Ateliers"})
    told.samples |= {"import_id": waits["id"], "map_id": waits["map_id"]}
    ask(client, "POST", "/sector-lists", files={"file": ("das.json", SECTORS.encode())}, data={"name": "DAS"})
    told.samples["kind"] = "participants"
    ask(client, "POST", "/keys", {"name": "Site of the chamber", "role": "reader"})


def sign_in_link(engine: Engine) -> str:
    """The token of a letter that lets somebody sign in; letters alone tell it, no API does."""
    with session_scope(engine) as session:
        put_person(session, fields=PersonCreate(email="organiser@example.org", role="admin"), by="bench")
        return make_sign_in_link(session, email="organiser@example.org")
