"""What runs beside our own code: named, pinned, and on terms that are allowed."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from app.commands.supply import (
    CARRIED,
    READ_BY_HAND,
    Part,
    bill_of_materials,
    installed_parts,
    is_allowed,
    licence_of,
    refused,
)
from bench import audit, lock
from matching.encoder.bundled import SOURCES

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return installed_parts()


def listed() -> dict[str, str]:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", (ROOT / "docs" / "licences.md").read_text(), re.MULTILINE)
    return {name: licence for name, licence in rows if name != "package"}


def test_every_package_has_an_allowed_licence_that_the_document_names(parts: list[Part]) -> None:
    assert [(part.name, part.licence) for part in refused(parts)] == []
    known = listed()
    assert {part.key: part.licence for part in parts} == {part.key: known.get(part.key) for part in parts}


def test_the_document_names_no_package_that_is_not_pinned() -> None:
    pinned = {canonicalize_name(n) for n in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M)}
    assert set(listed()) - pinned == set()


def test_licences_are_read_by_hand_only_where_a_package_names_none(parts: list[Part]) -> None:
    assert {part.key for part in parts} >= set(READ_BY_HAND)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("LicenseRef-NVIDIA-Proprietary", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_when_one_way_through_it_is(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) == allowed


class Told(Distribution):
    """A package that says this of itself."""

    def __init__(self, **fields: str) -> None:
        self.told = Message()
        self.told["Name"] = "some-package"
        for name, value in fields.items():
            self.told[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        return self.told

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: object) -> Path:  # type: ignore[override]
        return ROOT


def test_a_licence_is_what_the_package_says_in_the_newest_way_it_knows() -> None:
    classifier = "License :: OSI Approved :: MIT License"
    assert licence_of(Told(License_Expression="GPL-3.0-only", Classifier=classifier)) == "GPL-3.0-only"
    assert licence_of(Told(License="GNU something", Classifier=classifier)) == "MIT"
    assert licence_of(Told(License="Do what you like\nwith it")) == "Do what you like"
    assert licence_of(Told()) == "unknown"


def test_the_bill_names_every_package_once_with_its_address_and_what_it_stands_on(parts: list[Part]) -> None:
    bill = bill_of_materials(parts, NOW)
    assert (bill["bomFormat"], bill["specVersion"], bill["metadata"]["timestamp"]) == (
        "CycloneDX",
        "1.6",
        "2026-11-22T10:00:00+00:00",
    )
    addresses = [c["bom-ref"] for c in bill["components"]]
    assert addresses == [p.purl for p in parts] + [s.target for s in SOURCES] + [purl for purl, _ in CARRIED]
    edges = {d["ref"]: d["dependsOn"] for d in bill["dependencies"]}
    assert set(edges) == {"viaduc", *(p.purl for p in parts)}
    assert {name.split("@")[0] for name in edges[purl_of(parts, "alembic")]} == {
        "pkg:pypi/mako",
        "pkg:pypi/sqlalchemy",
        "pkg:pypi/typing-extensions",
    }
    assert bill["serialNumber"] == bill_of_materials(parts, datetime.now(UTC))["serialNumber"]
    assert bill["serialNumber"] != bill_of_materials(parts[1:], NOW)["serialNumber"]


def purl_of(parts: list[Part], key: str) -> str:
    return next(part.purl for part in parts if part.key == key)


def test_the_bill_names_what_is_installed_here(parts: list[Part]) -> None:
    installed = {canonicalize_name(d.name): d.version.split("+")[0] for d in distributions()}
    assert {part.key: part.version for part in parts} == {part.key: installed[part.key] for part in parts}


def test_an_audit_that_learned_nothing_does_not_pass_for_a_clean_one(capsys: pytest.CaptureFixture[str]) -> None:
    clean = {"name": "six", "version": "1.17.0", "vulns": []}
    sick = {"name": "idna", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
    assert audit.tell("osv", [clean]) == 0
    assert audit.tell("osv", [clean, sick]) == 1
    assert audit.tell("osv", [clean, {"name": "ours", "skip_reason": "not there"}]) == 2
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "osv: 1 packages asked about, 0 advisories",
        "idna 1: PYSEC-1 (mended in 2)",
        "osv: 2 packages asked about, 1 advisories",
        "osv: 1 packages asked about, 0 advisories",
        "nothing was learned about: ours",
    ]


def test_what_the_index_alone_says_is_never_a_clean_bill(capsys: pytest.CaptureFixture[str]) -> None:
    kept = {"metadata": {"name": "six", "version": "1.17.0"}, "is_yanked": False}
    gone = {"metadata": {"name": "idna", "version": "1"}, "is_yanked": True}
    assert [audit.tell_withdrawn(p) for p in (None, [kept], [kept, gone])] == [2, 2, 1]
    assert capsys.readouterr().out.splitlines() == [
        "index: 1 versions looked up, 0 withdrawn",
        "idna 1: withdrawn by its makers; the index says why",
        "index: 2 versions looked up, 1 withdrawn",
    ]


@pytest.mark.slow
def test_where_nothing_can_be_reached_the_audit_says_that_it_did_not_check(tmp_path: Path) -> None:
    cut_off = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "audit.py")], env=kept | cut_off, cwd=tmp_path, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.rstrip().splitlines()[-1] == audit.NO_TOOL


def test_a_lock_holds_what_was_asked_about_and_not_what_that_needs() -> None:
    blocks = (f"{pin} \\\n    --hash=sha256:00\n" for pin in ("regex==1", "sentence_transformers==5", "torch==2"))
    told = "".join(blocks)
    assert lock.only(["regex==1", "sentence-transformers==5"], told) == told[: told.index("torch")]
    assert lock.only(["psycopg==3"], "psycopg[binary,pool]==3 \\\n    --hash=sha256:a\n").startswith("psycopg[")
