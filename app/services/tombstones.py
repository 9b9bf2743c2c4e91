"""Tombstones: what was erased, as digests, so that a restored backup cannot bring it back unnoticed.

The digest is slow (scrypt) and salted: it says whether an address that is here was erased, and hardly which ones were.
One salt serves a database, so that many addresses can be looked up against many tombstones.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.services.texts import fold
from models.contact import Tombstone

_COST = 2**10


def person_word(email: str) -> str:
    """What stands for a person."""
    return email.strip().lower()


def organisation_word(name: str, country: str) -> str:
    """What stands for an organisation; ids are given out anew after a restore."""
    return f"{country}:{fold(name)}"


def remember(session: Session, *, kind: str, word: str) -> None:
    """Note that this was erased."""
    first = session.exec(select(Tombstone.salt).order_by(col(Tombstone.id)).limit(1)).first()
    salt = first or secrets.token_hex(16)
    if session.exec(select(Tombstone).where(Tombstone.kind == kind, Tombstone.digest == _digest(salt, word))).first():
        return
    session.add(Tombstone(kind=kind, salt=salt, digest=_digest(salt, word)))
    session.flush()


def add_stones(session: Session, *, stones: Iterable[Tombstone]) -> None:
    """Take over tombstones of the database that was here before."""
    for stone in stones:
        row = stone.model_dump(exclude={"id"})
        session.connection().execute(insert(Tombstone).values(row).on_conflict_do_nothing())


def erased_among(session: Session, *, kind: str, words: Iterable[str]) -> Iterator[str]:
    """Those of the words that were erased once."""
    stones = session.exec(select(Tombstone).where(Tombstone.kind == kind)).all()
    salts, digests = {s.salt for s in stones}, {s.digest for s in stones}
    for word in words if stones else ():
        if any(_digest(salt, word) in digests for salt in salts):
            yield word


def _digest(salt: str, word: str) -> str:
    return hashlib.scrypt(word.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()
