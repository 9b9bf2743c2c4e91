"""Inputs that the fuzzers found (bench/fuzz_parsers.py, fuzz_pairings.py): each was a crash, each is a refusal now."""

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.backup import read_manifest
from app.errors import AppError, BadInput
from app.services.importing.source import open_source
from app.services.importing.values import parse_website
from matching.ranking.folder import FolderError, read_folder

NASTY = Path(__file__).parent / "importing" / "nasty"
MANIFEST: dict[str, Any] = {"made_at": "x", "version": "0.1.0", "revision": "0012", "rows": {"actor": 3}, "sha256": "x"}


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in files.items():
            target.writestr(name.replace("_", "."), content)
    return out.getvalue()


def broken_container(source: Path, member: str, old: bytes, new: bytes) -> bytes:
    """A container with a few bytes of one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(out, "w") as after:
        for item in before.infolist():
            content = before.read(item)
            after.writestr(item, content.replace(old, new) if item.filename == member else content)
    return out.getvalue()


@pytest.mark.parametrize(
    "manifest",
    [
        json.dumps(MANIFEST | {"surprise": 1}).encode(),
        json.dumps(MANIFEST | {"rows": "many"}).encode(),
        json.dumps(MANIFEST | {"rows": {"actor": None}}).encode(),
        json.dumps(MANIFEST | {"sha256": 7}).encode(),
        json.dumps([MANIFEST]).encode(),
        b'{"made_at": "\xf2"}',
        b"[" * 100_000,
    ],
    ids=["another field", "rows", "a row", "digest", "list", "bytes", "deep"],
)
def test_a_backup_with_a_broken_description_is_refused(tmp_path: Path, manifest: bytes) -> None:
    path = tmp_path / "backup.zip"
    path.write_bytes(archive(viaduc_dump=b"PGDMP", manifest_json=manifest))
    with pytest.raises(BadInput, match="is no backup of Viaduc, or it is damaged"):
        read_manifest(path)


def test_a_backup_whose_directory_is_damaged_is_refused(tmp_path: Path) -> None:
    data = archive(viaduc_dump=b"PGDMP", manifest_json=json.dumps(MANIFEST).encode())
    path = tmp_path / "backup.zip"
    for at in range(len(data) - 22, len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        with suppress(BadInput):
            read_manifest(path)


def test_a_spreadsheet_in_an_encoding_nobody_knows_is_refused() -> None:
    data = broken_container(NASTY / "28-repeated-cells.ods", "content.xml", b'encoding="UTF-8"', b'encoding="UTFF-8"')
    with pytest.raises(AppError) as refused:
        open_source(data, "a.ods")
    assert refused.value.status == 422


@pytest.mark.parametrize("word", ["<>", "< >", "<", "\u2028", "http://", "https://[", "a\u0000b"])
def test_what_is_no_address_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is no address on the web"):
        parse_website(word)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("twins.jsonl", b'{"a": {"x": 1}, "b": "x1"}'),
        ("pairs.jsonl", b'{"a": ["x0"], "b": "x1", "grade": 2}'),
        ("pairs.jsonl", b"[" * 100_000),
        ("actors.jsonl", b'{"id": ' + b"9" * 10_000 + b"}"),
    ],
    ids=["an object", "a list", "deep", "long"],
)
def test_an_evaluation_folder_with_a_broken_line_is_refused(tmp_path: Path, name: str, line: bytes) -> None:
    actor = {"side": "FR", "border": "b", "needs": [{"lang": "fr", "text": "un"}]}
    files = {
        "actors.jsonl": "\n".join(json.dumps(actor | {"id": f"x{n}"}) for n in range(2)).encode(),
        "pairs.jsonl": b'{"a": "x0", "b": "x1", "grade": 2}',
    }
    for other, content in (files | {name: line}).items():
        (tmp_path / other).write_bytes(content)
    with pytest.raises(FolderError, match=name):
        read_folder(tmp_path)


def test_a_readme_in_another_encoding_is_read_over(tmp_path: Path) -> None:
    actor = {"side": "FR", "border": "b", "needs": [{"lang": "fr", "text": "un"}]}
    lines = "\n".join(json.dumps(actor | {"id": f"x{n}"}) for n in range(2))
    (tmp_path / "actors.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "pairs.jsonl").write_text('{"a": "x0", "b": "x1", "grade": 2}', encoding="utf-8")
    (tmp_path / "README.md").write_bytes("Zwillinge für x\n".encode("latin-1"))
    assert read_folder(tmp_path).twins == ()


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/pairings", b'{"rounds": 1, "places": 1, "participants": [{"id": "a", "side": "S", "\\ud800": 1}]}'),
        ("/pairings", b'{"\\udfff": 1}'),
        ("/actors", b'{"name": "A", "country": "FR", "\\ud800": 1}'),
        ("/actors", b'{"name": "\\ud800", "country": "FR"}'),
        ("/match", b'{"text": "\\ud83d", "k": 1}'),
        ("/events", b'{"name": "\\ud800"}'),
        ("/match", b'{"text": "cloth", "filters": {"sectors": ["\\ud83d"]}, "weights": {"\\ud83d": 1}}'),
        ("/programmes", b'{"name": "A", "border": "\\ud800"}'),
        ("/keys", b'{"name": "\\ud800"}'),
    ],
)
def test_half_a_letter_is_a_problem_of_the_client(client: TestClient, address: str, body: bytes) -> None:
    answer = client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
