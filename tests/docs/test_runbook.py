"""The day's runbook has an entry for each alarm and for everything that /ready can say."""

import re
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from alembic import command
from sqlalchemy import Engine, text

from app import memory, room
from app.db import UNFINISHED, alembic_config, make_engine, ping, require_schema
from app.errors import AppError
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The first cell of each row under a heading."""
    part = RUNBOOK.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line.split("|")[1].strip() for line in part.splitlines() if line.startswith("| ")][1:]


def test_every_alarm_has_its_line_and_no_line_is_left_of_one_that_has_gone() -> None:
    rules = yaml.safe_load((DOCS / "grafana" / "alerts.yaml").read_text(encoding="utf-8"))
    alarms = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"`(\w+)`", " ".join(rows("Alarms")))) == alarms


def entries() -> list[list[str]]:
    """The words of /ready that each line of the runbook quotes."""
    return [re.findall(r"`([^`]+)`", cell) for cell in rows("What `/ready` says")]


def has_entry(words: str, of: str = "") -> bool:
    """Whether a line quotes these words: all that it quotes stands in them, a field's name apart."""
    plain = words.replace("`", "")
    return any((of in quoted) == bool(of) and all(q in plain for q in quoted if q != of) for quoted in entries())


def told(engine: Engine) -> str:
    """What /ready says of a database."""
    try:
        ping(engine)
        require_schema(engine)
    except AppError as error:
        return error.detail
    return "ok"


def nowhere(url: str) -> str:
    engine = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    said = told(engine)
    engine.dispose()
    return said


def used_up(url: str) -> str:
    engine = make_engine(url)
    engine.pool._timeout = 0.1
    held = [engine.connect() for _ in range(20)]
    said = told(engine)
    for connection in held:
        connection.close()
    engine.dispose()
    return said


def at_revision(revision: str) -> Callable[[str], str]:
    def say(url: str) -> str:
        command.downgrade(alembic_config(url), revision)
        engine = make_engine(url)
        said = told(engine)
        engine.dispose()
        return said

    return say


def from_the_future(url: str) -> str:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = told(engine)
    engine.dispose()
    return said


def cut_off(url: str) -> str:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {UNFINISHED} (since timestamptz, stones jsonb)"))
    said = told(engine)
    engine.dispose()
    return said


def reads_only(url: str) -> str:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER DATABASE scratch SET default_transaction_read_only = on"))
    engine.dispose()
    said = told(engine)
    engine.dispose()
    return said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (nowhere, "does not answer"),
        (used_up, "every connection"),
        (at_revision("base"), "no schema yet"),
        (at_revision("0007"), "revision 0007"),
        (from_the_future, "newer Viaduc"),
        (cut_off, "cut off"),
        (reads_only, "only reads"),
    ],
)
def test_whatever_ready_says_of_the_database_is_in_the_runbook(
    scratch_url: str, state: Callable[[str], str], words: str
) -> None:
    said = state(scratch_url)
    assert words in said
    assert has_entry(said), said


def test_what_ready_says_of_the_model_the_disk_and_memory_is_in_the_runbook(
    meaning: Meaning, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails() -> Meaning:
        raise OSError("no room for the model")

    loading, failed = MeaningHolder(lambda: meaning), MeaningHolder(fails)
    failed.run()
    for holder in (loading, failed):
        assert has_entry(holder.state, "model"), holder.state
    assert MeaningHolder.ready(meaning).state == "ready"
    monkeypatch.setattr(room, "LEAST", 2**63)
    assert has_entry(room.disk_state(Settings(data_dir=tmp_path)), "disk")
    monkeypatch.setattr(memory, "LEAST", 2**63)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (2**50, hard))
    assert has_entry(memory.memory_state(), "memory"), memory.memory_state()
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def test_words_that_nobody_says_have_no_entry() -> None:
    assert not has_entry("the moon is full")
    assert not has_entry("sleeping", "model")
