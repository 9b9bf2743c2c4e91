"""The embedding backlog: passages whose vector is missing or was made by another encoder. The table is the queue."""

from sqlalchemy import ColumnElement, bindparam, func, or_, update
from sqlmodel import Session, col, select

from app.services.meaning import Meaning
from app.services.pool_revision import mark_pool_changed
from models.passage import Passage


def waiting(encoder: str) -> ColumnElement[bool]:
    """Passages without a vector of that encoder (written so that the index on `encoder` answers it)."""
    name = col(Passage.encoder)
    return or_(name.is_(None), name < encoder, name > encoder)


def count_backlog(session: Session, *, encoder: str) -> int:
    """How many passages wait."""
    return session.exec(select(func.count()).select_from(Passage).where(waiting(encoder))).one()


def embed_batch(session: Session, *, meaning: Meaning, limit: int) -> int:
    """Give up to `limit` waiting passages their vectors; returns how many. The caller commits.

    Rows taken by another worker are skipped, so any number of workers may drain the backlog; a worker that dies
    leaves its rows waiting.
    """
    rows = session.exec(
        select(Passage.actor_id, Passage.ordinal, Passage.text, Passage.lang)
        .where(waiting(meaning.name))
        .order_by(col(Passage.actor_id), col(Passage.ordinal))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    vectors = meaning.vectors([text for *_, text, _ in rows], [lang for *_, lang in rows])
    values = [
        {"a": actor_id, "o": ordinal, "v": vector, "e": meaning.name}
        for (actor_id, ordinal, _, _), vector in zip(rows, vectors, strict=True)
    ]
    table = Passage.__table__  # type: ignore[attr-defined]
    statement = (
        update(table)
        .where(table.c.actor_id == bindparam("a"), table.c.ordinal == bindparam("o"))
        .values(vector=bindparam("v"), encoder=bindparam("e"))
    )
    session.connection().execute(statement, values)
    mark_pool_changed(session)
    return len(rows)
