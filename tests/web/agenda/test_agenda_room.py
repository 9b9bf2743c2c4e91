"""The plan of places that an agenda draws."""

from app.web.agenda.room import draw_room
from models.event import PlacePublic


def place(index: int, label: str) -> PlacePublic:
    return PlacePublic(index=index, label=label)


def test_places_with_letters_stand_in_rows() -> None:
    room = draw_room([place(i, f"Stand {label}") for i, label in enumerate(("B2", "A1", "A2", "B1", "A3"))])
    assert (room.rows, room.columns) == (2, 3)
    assert {s.short: (s.row, s.column) for s in room.spots.values()} == {
        "A1": (1, 1), "A2": (1, 2), "A3": (1, 3), "B1": (2, 1), "B2": (2, 2),
    }  # fmt: skip


def test_numbered_tables_are_their_numbers_and_others_their_initials() -> None:
    tables = draw_room([place(i, f"Table {i + 1}") for i in range(20)])
    assert ([s.short for s in tables.spots.values()][:3], tables.columns) == (["1", "2", "3"], 6)
    mixed = draw_room([place(0, "Table 1"), place(1, "Salle verte 1"), place(2, "Zoom")])
    assert [s.short for s in mixed.spots.values()] == ["T1", "SV1", "Zoom"]


def test_one_place_or_hundreds_are_no_plan() -> None:
    assert draw_room([place(0, "Table 1")]) is None
    assert draw_room([place(i, f"Table {i}") for i in range(161)]) is None
