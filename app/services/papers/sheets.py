"""The sheets: one for each participant, place, round and interpreter, as the data their templates set."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from app.services.agenda import BREAK
from app.services.files.reasons import Why, why_for
from app.services.files.timetable import Encounter, Person, Slot
from app.services.papers.desk import Desk, Tongues, draw_code, quoted, where_from


def participants_data(desk: Desk) -> dict[str, Any]:
    """Every participant's own sheet, by name."""
    return _frame(desk) | {"sheets": [_own_sheet(desk.seen_by(person.id), person) for person in desk.people()]}


def places_data(desk: Desk) -> dict[str, Any]:
    """What lies on every table: who comes when."""
    desk = desk.seen_by(None)
    table = desk.timetable
    return _frame(desk) | {
        "sheets": [
            _list_sheet(desk, f"place-{index}", desk.words(desk.tongues[0]).place(label), ("time", "meet"))
            | {
                "rows": _dated(
                    desk, [(slot, _timed(desk, slot, held)) for slot, held in _slots(desk, table.by_place[index])]
                )
            }
            for index, label in table.places.items()
        ],
    }


def rounds_data(desk: Desk) -> dict[str, Any]:
    """What hangs on the wall: who sits where in each round, and who pauses."""
    desk = desk.seen_by(None)
    return _frame(desk) | {"sheets": [_round_sheet(desk, slot) for slot in desk.timetable.slots.values()]}


def interpreters_data(desk: Desk) -> dict[str, Any]:
    """Every interpreter's day."""
    desk = desk.seen_by(None)
    table, (lang, *_) = desk.timetable, desk.tongues
    sheets = []
    for index, known in table.interpreters.items():
        there = [
            (slot, held)
            for slot, held in _slots(desk, table.by_interpreter[index])
            if held or known.available is None or slot.index in known.available
        ]
        sheet = _list_sheet(desk, f"interpreter-{index}", desk.words(lang).say("interpreter_number", number=index + 1),
                            ("time", "place", "interpret"))  # fmt: skip
        rows = [
            (
                slot,
                _timed(desk, slot, held)
                | ({"place": table.place_name(held.place, desk.words(lang)), "note": []} if held else {}),
            )
            for slot, held in there
        ]
        sheets.append(
            sheet | {"rows": _dated(desk, rows), "facts": ", ".join(map(desk.words(lang).language, known.languages))}
        )
    return _frame(desk) | {"sheets": sheets}


def _frame(desk: Desk) -> dict[str, Any]:
    event = desk.timetable.event
    return {"title": event.name, "event": event.name, "lang": desk.tongues[0], "where": event.place or ""}


def _pages(desk: Desk, tongues: Tongues) -> list[str]:
    """How pages are counted; the template knows the numbers."""
    return desk.both(tongues, "page_of", number="{n}", total="{m}")


def _own_sheet(desk: Desk, person: Person) -> dict[str, Any]:
    tongues = desk.tongues_of(person)
    address = desk.agendas.get(person.id)
    return {
        "key": f"person-{person.id}",
        "name": person.name,
        "facts": " · ".join(part for part in (person.pseudonym, desk.facts(person, tongues[0])) if part),
        "when": desk.when(tongues[0]),
        "heads": [desk.both(tongues, phrase) for phrase in ("time", "place", "you_meet", "notes")],
        "rows": _own_rows(desk, person),
        "nothing": desk.both(tongues, "nothing"),
        "code": draw_code(address) if address else None,
        "code_words": desk.both(tongues, "agenda_code"),
        "pages": _pages(desk, tongues),
        "foot": desk.foot(tongues),
    }


def _own_rows(desk: Desk, person: Person) -> list[dict[str, Any]]:
    """Meetings in their order, and between them the pauses, those that touch each other as one."""
    held: dict[int, list[Encounter]] = {}
    for meeting in desk.timetable.by_person.get(person.id, ()):  # with several delegates there may be several at once
        held.setdefault(meeting.slot, []).append(meeting)
    if not held:
        return []
    rows: list[dict[str, Any]] = []
    for day, slots in _days(desk, desk.tongues_of(person)):
        of_day = _rows_of_day(desk, person, held, slots)
        rows += [*day, *of_day] if of_day else []
    return rows


def _rows_of_day(
    desk: Desk, person: Person, held: Mapping[int, list[Encounter]], slots: Iterable[Slot]
) -> list[dict[str, Any]]:
    lang = desk.first(person)
    rows: list[dict[str, Any]] = []
    quiet: list[datetime] = []
    before: Slot | None = None
    for slot in slots:
        if slot.index not in held and not person.is_there(slot.index):
            before = None
            rows += _pause(desk, person, quiet)
            continue
        if before is not None and slot.start - before.end >= BREAK:
            quiet += [before.end, slot.start]
        if slot.index in held:
            rows += _pause(desk, person, quiet)
            rows += [_own_meeting(desk, person, meeting, desk.clock(slot, lang)) for meeting in held[slot.index]]
        else:
            quiet += [slot.start, slot.end]
        before = slot
    return rows + _pause(desk, person, quiet)


def _pause(desk: Desk, person: Person, quiet: list[datetime]) -> list[dict[str, Any]]:
    """The pause that was gathered, if any; the gathering begins anew."""
    if not quiet:
        return []
    tongues = desk.tongues_of(person)
    words = desk.words(tongues[0])
    row = {
        "kind": "pause",
        "time": f"{words.time(quiet[0], desk.zone)} – {words.time(quiet[-1], desk.zone)}",
        "words": desk.both(tongues, "pause"),
    }
    quiet.clear()
    return [row]


def _own_meeting(desk: Desk, person: Person, meeting: Encounter, clock: tuple[str, str]) -> dict[str, Any]:
    table = desk.timetable
    partner = table.people[meeting.other(person.id)]
    tongues = desk.tongues_of(person, partner)
    delegate = meeting.delegate_of(person.id) if len(person.delegates) > 1 else None
    return {
        "kind": "meeting",
        "start": clock[0],
        "end": clock[1],
        "place": table.place_name(meeting.place, desk.words(tongues[0])),
        "name": partner.name,
        "facts": desk.facts(partner, tongues[0]),
        "delegate": desk.both(tongues, "delegate_there", delegate=delegate) if delegate else [],
        "interpreter": desk.interpreter(meeting, tongues),
        "why": _why(desk, why_for(desk.reasons, person.id, partner.id), tongues),
    }


def _why(desk: Desk, why: Why | None, tongues: Tongues) -> list[dict[str, Any]] | None:
    """The two fragments, each in its own language under a heading in both."""
    if why is None:
        return None
    sides = ((f"you_{why.mine}", why.yours), (f"they_{why.theirs}", why.their))
    return [
        {"label": desk.both(tongues, phrase), "text": quoted(said), "lang": said.lang.split("-")[0]}
        for phrase, said in sides
    ]


def _list_sheet(desk: Desk, key: str, name: str, heads: Iterable[str]) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "facts": desk.timetable.event.place or "",
        "when": desk.when(desk.tongues[0]),
        "heads": [desk.both(desk.tongues, phrase) for phrase in heads],
        "rows": [],
        "nothing": desk.both(desk.tongues, "nothing_here"),
        "also": None,
        "pages": _pages(desk, desk.tongues),
        "foot": desk.foot(desk.tongues),
    }


def _slots(desk: Desk, meetings: Iterable[Encounter]) -> list[tuple[Slot, Encounter | None]]:
    held = {m.slot: m for m in meetings}
    return [(slot, held.get(index)) for index, slot in desk.timetable.slots.items()]


def _days(desk: Desk, tongues: Tongues) -> list[tuple[list[dict[str, Any]], list[Slot]]]:
    """The rounds day by day, each with the row that names it; no such row where all are on one day."""
    days = [list(slots) for _, slots in groupby(desk.timetable.slots.values(), key=desk.date_of)]
    return [([_day_row(desk, tongues, slots[0])] if len(days) > 1 else [], slots) for slots in days]


def _day_row(desk: Desk, tongues: Tongues, slot: Slot) -> dict[str, Any]:
    return {"kind": "day", "words": [desk.words(lang).day(slot.start, desk.zone) for lang in tongues]}


def _dated(desk: Desk, rows: Iterable[tuple[Slot, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of slots, under the name of their day where there are several."""
    told = list(rows)
    found: list[dict[str, Any]] = []
    for day, slots in _days(desk, desk.tongues):
        indices = {slot.index for slot in slots}
        of_day = [row for slot, row in told if slot.index in indices]
        found += [*day, *of_day] if of_day else []
    return found


def _timed(desk: Desk, slot: Slot, meeting: Encounter | None) -> dict[str, Any]:
    """A row that begins with the time."""
    start, end = desk.clock(slot, desk.tongues[0])
    if meeting is None:
        return {"kind": "free", "big": f"{start} – {end}", "words": desk.both(desk.tongues, "free")}
    return {"kind": "meeting", "big": start, "small": f"– {end}"} | _the_two(desk, meeting)


def _the_two(desk: Desk, meeting: Encounter, *, brief: bool = False) -> dict[str, Any]:
    lang = desk.tongues[0]
    both = [desk.timetable.people[actor_id] for actor_id in (meeting.a, meeting.b)]
    return {
        "people": [{"name": p.name, "facts": where_from(p) if brief else desk.facts(p, lang)} for p in both],
        "note": desk.interpreter(meeting, desk.tongues),
    }


def _round_sheet(desk: Desk, slot: Slot) -> dict[str, Any]:
    table, lang = desk.timetable, desk.tongues[0]
    start, end = desk.clock(slot, lang)
    rows = [
        {"kind": "meeting", "big": table.place_name(m.place, desk.words(lang)) or "–", "small": ""}
        | _the_two(desk, m, brief=True)
        for m in table.by_slot.get(slot.index, ())
    ]
    pausing = [p.name for p in table.pausing(slot.index)]
    sheet = _list_sheet(desk, f"round-{slot.index}", f"{start} – {end}", ("place", "meet"))
    return sheet | {
        "rows": rows,
        "facts": " · ".join(desk.both(desk.tongues, "round_number", number=slot.index + 1)),
        "when": desk.words(lang).day(slot.start, desk.zone),
        "also": {"words": desk.both(desk.tongues, "pausing"), "names": pausing} if pausing else None,
    }
