"""How long the papers of a large event take: every kind, and every file.

    .venv/bin/python bench/papers.py [--participants 300] [--rounds 12] [--places 100]

Makes an event of its own in a database of its own (no language model: words instead of meaning) with full tables in
every round, and prints seconds (by the clock and of the processor), pages and megabytes of each.
"""

import argparse
import re
import resource
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from app.db import make_engine, session_scope, upgrade
from app.embedded_postgres import start_embedded
from app.services.actors import create_actor
from app.services.events import create_event, register, set_interpreters, set_places, set_rounds
from app.services.files import calendar, tables, whole
from app.services.files.offline.page import Told, offline_page
from app.services.files.reasons import why_pairs
from app.services.files.timetable import read_timetable
from app.services.meaning import Meaning
from app.services.papers import make
from app.web.papers.wording import PHRASEBOOK
from app.worker import drain
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from models.actor import ActorCreate
from models.base import utc_now
from models.event import EventCreate, InterpreterCreate, ParticipantCreate, PlaceCreate, RoundCreate
from models.plan import Meeting, Plan

OFFERS = ("tissage de verre en grande laize", "laboratorium dat textielcoatings test", "lightweight composite moulds",
          "recyclage des fibres de polyester", "onderzoek naar vlasvezels", "simulation of resin infusion")  # fmt: skip
NEEDS = ("un laboratoire pour tester des revêtements", "weverijen met technisch glasweefsel", "moulds for composites",
         "un recycleur de fibres", "leverancier van vlas", "a partner who simulates infusion")  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--participants", type=int, default=300)
    options.add_argument("--rounds", type=int, default=12)
    options.add_argument("--places", type=int, default=100)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = start_embedded(Path(folder))
        upgrade(url)
        engine = make_engine(url)
        event_id = furnish(engine, given.participants, given.rounds, given.places)
        measure(engine, event_id)
        engine.dispose()


def furnish(engine: Engine, participants: int, rounds: int, places: int) -> int:
    """An event with as many meetings as its tables allow."""
    start = datetime(2027, 3, 9, 9, 0, tzinfo=ZoneInfo("Europe/Brussels"))
    with session_scope(engine) as session:
        fields = EventCreate(name="Journée d’affaires transfrontalière", place="Kortrijk Xpo")
        event = create_event(session, fields=fields)
        slots = [RoundCreate(starts_at=start + timedelta(minutes=25 * n), minutes=20) for n in range(rounds)]
        set_rounds(session, event_id=event.id, rounds=slots)
        set_places(session, event_id=event.id, places=[PlaceCreate(label=f"Table {n + 1}") for n in range(places)])
        set_interpreters(session, event_id=event.id, interpreters=[InterpreterCreate(languages=["fr", "nl"])] * 4)
        ids = []
        for n in range(participants):
            lang = "fr" if n % 2 else "nl"
            actor = create_actor(
                session,
                fields=ActorCreate(
                    name=f"Organisation {n:03} de la Frontière", country="FR" if n % 2 else "BE", city="Lille",
                    languages=[lang, "en"], kind="company",
                    offers=[{"lang": lang, "text": OFFERS[n % 6]}], needs=[{"lang": lang, "text": NEEDS[(n + 1) % 6]}],
                ),
            )  # fmt: skip
            ids.append(actor.id)
            register(session, event_id=event.id, fields=ParticipantCreate(actor_id=actor.id))
        session.add(
            Plan(event_id=event.id, number=1, state="published", problem={}, certificate={}, published_at=utc_now())
        )
        session.flush()
        left, right = ids[::2], ids[1::2]
        session.add_all(
            Meeting(event_id=event.id, number=1, a=left[n], b=right[(n + r) % len(right)], round=r,
                    place=(n + 7 * r) % len(left) % places, interpreter="0" if n == r else None)
            for r in range(rounds)
            for n in range(len(left))
            if (n + 7 * r) % len(left) < places
        )  # fmt: skip
    encoder = HashingEncoder()
    drain(engine, Meaning(encoder, NeutralSpace.identity(encoder.dim)), batch=200)
    return event.id


def measure(engine: Engine, event_id: int) -> None:
    """One line a paper or file."""
    whole_time, _told["cpu"] = time.perf_counter(), _cpu()
    began = _cpu()
    order = make.Order(PHRASEBOOK.words, "https://viaduc.example.org")
    with session_scope(engine) as session:
        started = time.perf_counter()
        desk = make.prepare(session, event_id=event_id, order=order)
        people, meetings = len(desk.timetable.people), len(desk.timetable.meetings)
        print(f"{people} participants, {len(desk.timetable.slots)} rounds, {meetings} meetings")
        tell("read, reasons, links", started, b"")
    for kind in make.KINDS:
        started = time.perf_counter()
        tell(kind, started, make.print_paper(desk, kind).data)
    print(f"{'all papers':<24}{time.perf_counter() - whole_time:>8.2f} s{_cpu() - began:>8.2f} s cpu")
    with session_scope(engine) as session:
        table, words = read_timetable(session, event_id=event_id), PHRASEBOOK.words("fr")
        reasons = why_pairs(session, pairs=[m.pair for m in table.meetings])
        for name, made in {
            "workbook": lambda: tables.workbook(session, timetable=table, wording=words).data,
            "csv": lambda: tables.comma_files(session, timetable=table, wording=words).data,
            "json": lambda: whole.event_json(session, timetable=table).data,
            "offline page": lambda: offline_page(table, Told(PHRASEBOOK, "fr", reasons)).data,
            "calendar, all": lambda: calendar.event_calendar(session, event_id=event_id, wording=words),
            "calendar, one": lambda: calendar.person_calendar(
                session, event_id=event_id, reader=calendar.Reader(words, next(iter(table.people)))
            ),
        }.items():
            started = time.perf_counter()
            tell(name, started, made())
    ours, theirs = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak memory {ours:.0f} MB, of the largest typesetter {theirs:.0f} MB")


_told = {"cpu": 0.0}


def _cpu() -> float:
    """Processor time of this process and of the typesetters that have ended."""
    return sum(
        r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def tell(name: str, started: float, data: bytes) -> None:
    """What it took."""
    seconds, cpu = time.perf_counter() - started, _cpu() - _told["cpu"]
    _told["cpu"] = _cpu()
    pages = len(re.findall(rb"/Type\s*/Page\b", data)) if data.startswith(b"%PDF") else 0
    size = f"{len(data) / 1e6:>8.2f} MB" if data else ""
    print(f"{name:<24}{seconds:>8.2f} s{cpu:>8.2f} s cpu{size}" + (f"{pages:>6} pages" if pages else ""))


if __name__ == "__main__":
    main()
