"""Marks what /match can see as changed, so that every process reloads it after the commit."""

from sqlalchemy import event, update
from sqlmodel import Session, col, select

from models.passage import PoolRevision

_FLAG = "pool_changed"


def mark_pool_changed(session: Session) -> None:
    """Note that actors or passages changed; the counter rises with this session's commit."""
    session.info[_FLAG] = True


def current_revision(session: Session) -> int:
    """The counter, as this transaction sees it."""
    return session.exec(select(PoolRevision.n)).one()


def raise_revision(session: Session) -> int:
    """Raise the counter now, and say to what; the row stays locked until the commit, so do it last."""
    session.info.pop(_FLAG, None)
    raised = update(PoolRevision).where(col(PoolRevision.id) == 1).values(n=PoolRevision.n + 1)
    return int(session.execute(raised.returning(col(PoolRevision.n))).scalar_one())


@event.listens_for(Session, "before_commit")
def _raise_counter(session: Session) -> None:
    # Last statement of the transaction: the row's lock is held for the commit alone, so writers do not queue on it.
    if session.info.pop(_FLAG, False):
        session.flush()
        session.execute(update(PoolRevision).where(col(PoolRevision.id) == 1).values(n=PoolRevision.n + 1))
