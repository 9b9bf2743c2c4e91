"""The embedding backlog: shared without doubling, left whole by a worker that dies, refilled by another encoder."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from app import worker as worker_module
from app.db import make_engine, session_scope
from app.services.actors import actor_public, create_actor, get_actor
from app.services.backlog import count_backlog, embed_batch
from app.services.meaning import Meaning, MeaningHolder
from app.services.pool import PoolCache
from app.services.pool_revision import current_revision
from app.worker import Worker, drain
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from matching.encoder.protocol import Kind, Vectors
from models.actor import ActorCreate


class CountingEncoder(HashingEncoder):
    """Remembers what it was asked to encode; `full` is set once it has seen `expected` texts."""

    def __init__(self, expected: int, dim: int = 384) -> None:
        super().__init__(dim)
        self.seen: Counter[str] = Counter()
        self.full = threading.Event()
        self._expected = expected

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        self.seen.update(texts)
        if self.seen.total() >= self._expected:
            self.full.set()
        return super().encode(texts, kind)


def counting(expected: int, dim: int = 384) -> tuple[CountingEncoder, Meaning]:
    encoder = CountingEncoder(expected, dim)
    return encoder, Meaning(encoder, NeutralSpace.identity(dim))


def fill(engine: Engine, actors: int) -> list[str]:
    """Actors with one text each; returns the texts."""
    texts = [f"competence number {n}" for n in range(actors)]
    with session_scope(engine) as session:
        for words in texts:
            fields = ActorCreate.model_validate({"name": words, "country": "FR", "offers": {"en": words}})
            create_actor(session, fields=fields)
    return texts


def left(engine: Engine, meaning: Meaning) -> int:
    with Session(engine) as session:
        return count_backlog(session, encoder=meaning.name)


def test_rows_that_one_worker_holds_are_skipped_by_the_next(engine: Engine) -> None:
    texts = fill(engine, 5)
    mine, my_meaning = counting(5)
    theirs, their_meaning = counting(5)
    with session_scope(engine) as session:
        assert embed_batch(session, meaning=my_meaning, limit=2) == 2
        assert drain(engine, their_meaning, batch=10) == 3
    assert sorted(mine.seen) == texts[:2]
    assert sorted(theirs.seen) == texts[2:]
    assert left(engine, my_meaning) == 0


def test_two_workers_at_once_embed_every_text_once(engine: Engine) -> None:
    texts = fill(engine, 120)
    encoder, meaning = counting(120)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: drain(engine, meaning, batch=7), range(2)))
    assert sum(done) == 120
    assert encoder.seen == Counter(texts)
    assert left(engine, meaning) == 0


def test_a_worker_that_dies_leaves_its_rows_to_the_others(engine: Engine) -> None:
    fill(engine, 4)
    _, meaning = counting(4)
    with Session(engine) as dying:
        assert embed_batch(dying, meaning=meaning, limit=3) == 3
        process = dying.connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:p)"), {"p": process})
        dying.invalidate()
    assert left(engine, meaning) == 4
    assert drain(engine, meaning, batch=10) == 4


def test_another_encoder_embeds_everything_anew_and_an_actor_says_so(engine: Engine, meaning: Meaning) -> None:
    fill(engine, 3)
    drain(engine, meaning, batch=10)
    encoder, other = counting(3, dim=128)
    assert other.name != meaning.name
    with Session(engine) as session:
        state = actor_public(session, actor=get_actor(session, actor_id=1), encoder=other.name).embedding
    assert (state.state, state.passages, state.embedded) == ("pending", 1, 0)
    assert drain(engine, other, batch=10) == 3
    assert encoder.seen.total() == 3
    assert drain(engine, other, batch=10) == 0
    with Session(engine) as session:
        names = session.connection().execute(text("SELECT DISTINCT encoder FROM passage")).scalars().all()
        zeros = session.connection().execute(text("SELECT subvector(vector, 129, 256) FROM passage LIMIT 1")).scalar()
    assert names == [other.name]
    assert not any(zeros.to_list())


def test_progress_is_told_batch_by_batch(engine: Engine, meaning: Meaning) -> None:
    fill(engine, 5)
    told: list[tuple[int, int]] = []
    drain(engine, meaning, batch=2, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5), (5, 5)]


def test_the_thread_drains_what_it_finds_and_ends_when_asked(engine: Engine) -> None:
    fill(engine, 3)
    encoder, meaning = counting(3)
    worker = Worker(engine, MeaningHolder.ready(meaning), batch=2)
    worker.start()
    assert encoder.full.wait(20)
    worker.stop()
    assert left(engine, meaning) == 0


def test_the_worker_of_a_service_has_the_pool_ready_before_anybody_asks(engine: Engine) -> None:
    fill(engine, 3)
    _, meaning = counting(3)
    cache, apart = PoolCache(), PoolCache()
    for worker in (
        Worker(engine, MeaningHolder.ready(meaning), 2, cache),
        Worker(engine, MeaningHolder.ready(meaning), 2),
    ):
        while worker._turn() == 0.0:
            pass
    with Session(engine) as session:
        assert (cache.held, apart.held) == (current_revision(session), None)


class Told(logging.Handler):
    """An event for the first record that is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.event.set()


@pytest.fixture
def trouble() -> Iterator[Callable[[], bool]]:
    handler, logger = Told(), logging.getLogger("app.worker")
    logger.addHandler(handler)
    yield lambda: handler.event.wait(20)
    logger.removeHandler(handler)


@pytest.mark.slow
def test_the_thread_outlives_a_database_that_goes_away(
    engine: Engine, scratch_url: str, trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "TROUBLE_S", 0.3)
    scratch = make_engine(scratch_url)
    fill(scratch, 2)
    scratch.dispose()
    encoder, meaning = counting(2)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(text("ALTER DATABASE scratch ALLOW_CONNECTIONS false"))
        worker = Worker(scratch, MeaningHolder.ready(meaning), batch=10)
        worker.start()
        assert trouble()
        admin.execute(text("ALTER DATABASE scratch ALLOW_CONNECTIONS true"))
    assert encoder.full.wait(30)
    worker.stop()
    assert left(scratch, meaning) == 0
    scratch.dispose()
