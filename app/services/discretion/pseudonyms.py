"""Names and numbers that stand for an actor whose identity is withheld.

A pseudonym is the same whenever it is asked for in one place, the directory or one event, and another in every other
place. It is made of a secret of the actor (`veil`), so that nobody gets from one to another, or to the actor, without
the database. SHA-256 with the secret in front: the numbers are cut off, so nothing can be put behind.
"""

import hashlib
import secrets

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal
from sqlalchemy.dialects.postgresql import BIT
from sqlmodel import col

from models.actor import Actor

DIRECTORY = "directory"
FIRST = 2**52
"""Pseudonyms are numbers from here to 2^53: beyond what actors' own numbers reach, and exact in every program."""
_DIGITS = 13
"""Hexadecimal digits of the hash that make a number: 52 bits."""
_LETTERS = "BCDFGHJKLMNPRSTVWXZ"
"""Consonants, without Q: three of them make no word."""


def new_veil() -> str:
    """A secret for an actor."""
    return secrets.token_hex(16)


def place_of_event(event_id: int) -> str:
    """The place in which participants of an event know each other."""
    return f"event {event_id}"


def number_in(place: str, veil: str) -> int:
    """The number that stands for an actor in a place."""
    return FIRST + int(_hash(place, veil)[:_DIGITS], 16)


def name_in(place: str, veil: str) -> str:
    """The name that stands for it there, such as "Anonym KTR-482": a word in every language, and easy to read out."""
    drawn = int(_hash(place, veil)[_DIGITS : 2 * _DIGITS], 16)
    letters = ""
    for _ in range(3):
        drawn, rest = divmod(drawn, len(_LETTERS))
        letters += _LETTERS[rest]
    return f"Anonym {letters}-{drawn % 900 + 100}"


def pseudonym_at(event_id: int, *, anonymous: bool, veil: str | None) -> str | None:
    """As whom other participants of an event meet an actor, while it is anonymous."""
    return name_in(place_of_event(event_id), veil) if anonymous and veil else None


def is_pseudonym(number: int) -> bool:
    """Whether a number can be nobody's own."""
    return FIRST <= number < 2 * FIRST


def number_column(place: str) -> ColumnElement[int]:
    """The same number, worked out by the database: it finds and orders by it."""
    said = literal(f"{place}:").concat(col(Actor.veil))
    told = func.encode(func.sha256(func.convert_to(said, "UTF8")), "hex")
    return cast(cast(literal("x").concat(func.substr(told, 1, _DIGITS)), BIT(4 * _DIGITS)), BigInteger) + FIRST


def _hash(place: str, veil: str) -> str:
    return hashlib.sha256(f"{place}:{veil}".encode()).hexdigest()
