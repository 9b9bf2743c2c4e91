"""Tombstones: what was erased, as digests, so that a restored backup cannot bring it back unnoticed.

A person's digest is slow (scrypt) and salted: it says whether an address that is here was erased, and hardly which ones
were. An organisation's is salted and fast: names of organisations stand in public registers, where a slow one would be
but an hour's work to try. Rows have stones too, fast ones that tell nothing at all: whoever was called otherwise when a
backup was made is known by them. One salt serves a database, so that many words can be looked up against many
tombstones.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.services.texts import fold
from models.contact import Tombstone

_COST = 2**10
_FAST = "sha256$"
"""How the digest of an organisation begins; those without are older, and slow."""


def person_word(email: str) -> str:
    """What stands for a person."""
    return email.strip().lower()


def organisation_word(name: str, country: str) -> str:
    """What stands for an organisation, under whatever id it is entered anew."""
    return f"{country}:{fold(name)}"


def row_word(id: int, created_at: datetime) -> str:
    """What stands for a row, whatever it says: ids may be given out anew after a restore, at another moment."""
    return f"#{id} {created_at.astimezone(UTC).isoformat()}"


def remember(session: Session, *, kind: str, word: str) -> None:
    """Note that this was erased."""
    first = session.exec(select(Tombstone.salt).order_by(col(Tombstone.id)).limit(1)).first()
    salt = first or secrets.token_hex(16)
    digest = _digest(salt, word) if kind == "person" else _fast_digest(salt, word)
    if not session.exec(select(Tombstone).where(Tombstone.kind == kind, Tombstone.digest == digest)).first():
        session.add(Tombstone(kind=kind, salt=salt, digest=digest))
        session.flush()


def add_stones(session: Session, *, stones: Iterable[Tombstone]) -> None:
    """Take over tombstones of the database that was here before."""
    for stone in stones:
        row = stone.model_dump(exclude={"id"})
        session.connection().execute(insert(Tombstone).values(row).on_conflict_do_nothing())


def erased_since(session: Session, *, kind: str, moment: datetime | None) -> list[Tombstone]:
    """What was erased after a moment, or ever."""
    query = select(Tombstone).where(Tombstone.kind == kind)
    return [*session.exec(query.where(Tombstone.erased_at > moment) if moment else query)]


def erased_among(stones: Iterable[Tombstone], words: Iterable[str]) -> Iterator[str]:
    """Those of the words that tombstones stand for."""
    fast = {(s.salt, s.digest) for s in stones if s.digest.startswith(_FAST)}
    slow = {(s.salt, s.digest) for s in stones} - fast
    asked = [*words]
    found = {w for salt in {salt for salt, _ in fast} for w in asked if (salt, _fast_digest(salt, w)) in fast}
    # The slow digest lets other threads run meanwhile.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for salt in {salt for salt, _ in slow}:
            digests = threads.map(lambda word, salt=salt: _digest(salt, word), asked, chunksize=64)
            found |= {word for word, digest in zip(asked, digests, strict=True) if (salt, digest) in slow}
    yield from (word for word in asked if word in found)


def _fast_digest(salt: str, word: str) -> str:
    return _FAST + hmac.new(bytes.fromhex(salt), word.encode(), "sha256").hexdigest()


def _digest(salt: str, word: str) -> str:
    return hashlib.scrypt(word.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()
