"""The terminal when a file, an address or a model is not what it should be: a sentence and exit status 1."""

from pathlib import Path

import pytest

from tests.terminal import Told, Viaduc


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("sbom", "-o", "{tmp}/none/bill.json"), "{tmp}/none/bill.json: No such file or directory"),
        (("template", "en", "-o", "{tmp}/none/map.csv"), "{tmp}/none/map.csv: No such file or directory"),
        (("sectors", "{tmp}"), "{tmp}: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_or_written_is_named(
    viaduc: Viaduc, engine: object, tmp_path: Path, words: tuple[str, ...], named: str
) -> None:
    told = viaduc(*(word.format(tmp=tmp_path) for word in words))
    assert told == Told(1, "", f"viaduc: {named.format(tmp=tmp_path)}\n")


@pytest.mark.parametrize("address", ["localhost/viaduc", "postgresql://u:geheim@host:x/name"])
def test_an_address_that_does_not_read_is_told_without_its_password(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("VIADUC_DATABASE_URL", address)
    told = viaduc("db", "upgrade")
    assert told.code == 1
    assert told.err.startswith("viaduc: VIADUC_DATABASE_URL does not read as an address: write postgresql://")
    assert "heim" not in told.err


@pytest.mark.parametrize("words", [("db", "upgrade"), ("keys", "list"), ("db", "backup")])
def test_a_database_that_cannot_be_reached_is_told_with_what_it_said(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VIADUC_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    told = viaduc(*words)
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith("viaduc: the database does not answer")
    assert "127.0.0.1" in told.err


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_too_little_memory_for_the_model_is_told_before_anything_starts(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Loading the model would end the process, again and again."""
    monkeypatch.delenv("VIADUC_EMBEDDING_MODEL")
    monkeypatch.setenv("VIADUC_MEMORY_MB", "600")
    told = viaduc(command)
    assert (told.code, told.err[:29]) == (1, "viaduc: VIADUC_MEMORY_MB is 6")
    assert told.err.endswith("before it does anything: raise it\n")


@pytest.mark.parametrize("words", [("model",), ("match", "weaver")])
def test_a_model_that_cannot_be_put_together_is_told_in_a_sentence(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, engine: object, tmp_path: Path, words: tuple[str, ...]
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("VIADUC_DATA_DIR", str(occupied))
    monkeypatch.delenv("VIADUC_EMBEDDING_MODEL")
    told = viaduc(*words)
    assert (told.code, told.err.splitlines()[-1][:32]) == (1, "viaduc: cannot write the model u")
