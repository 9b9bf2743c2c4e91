"""The container files, as far as they can be checked without an engine; the entry point runs here as it runs there."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.commands.supply import FOR_OTHER_MODELS, installed_parts
from matching.encoder.bundled import BROUGHT

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
QUIETLY = ["pip", "install", "--quiet"]


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, words) of the Dockerfile, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def final_stage() -> dict[str, str]:
    every = instructions()
    start = max(n for n, (name, _) in enumerate(every) if name == "FROM")
    return dict(every[start:])


def test_the_final_stage_is_slim_unprivileged_and_watched() -> None:
    stage = final_stage()
    assert stage["FROM"] == "python:${PYTHON}-slim AS final"
    assert stage["USER"] == "10001:10001"
    assert "/health" in stage["HEALTHCHECK"]
    assert stage["ENTRYPOINT"] == '["viaduc"]'
    assert stage["CMD"] == '["serve", "--migrate"]'
    assert stage["EXPOSE"] == "8000"


def test_everything_that_is_copied_exists_and_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied = [
        w for name, words in instructions() if name == "COPY" and "--from" not in words for w in words.split()[:-1]
    ]
    assert sorted({path.split("/")[0] for path in copied}) == sorted(let_through)
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_nothing_at_run_time_goes_through_a_shell_or_asks_for_a_program_that_is_not_ours() -> None:
    stage = final_stage()
    health = yaml.safe_load(stage["HEALTHCHECK"].split("CMD", 1)[1])
    assert (health[:2], stage["STOPSIGNAL"], stage["VOLUME"]) == (["python", "-c"], "SIGTERM", '["/data"]')
    assert [name for name, words in instructions() if name in {"ENTRYPOINT", "CMD"} and words[0] != "["] == []


def test_packages_are_checked_by_their_hashes_before_anything_else_is_installed() -> None:
    builder = [words for name, words in instructions() if name == "RUN" and "pip install" in words]
    first = builder[0].split(" && ")
    assert first[0].split() == [*QUIETLY, "--no-deps", "--require-hashes", "-r", "requirements.hashes.lock"]
    assert first[1].split()[:10] == ["if", "[", '"$MODEL"', "=", "none", "];", "then", *QUIETLY]
    assert first[1].split()[10:13] == ["-r", "requirements.lock;", "else"]


def test_the_default_image_is_without_torch_and_all_that_is_there_for_its_sake_alone() -> None:
    """Several GB where the index has builds for GPUs; what other packages need too stays."""
    words = next(words for name, words in instructions() if name == "RUN" and "pip uninstall" in words)
    taken_out = words.partition("pip uninstall --quiet --yes ")[2].partition(";")[0].split()
    parts = {part.key: part for part in installed_parts()}
    kept, waiting = set(), [p for p in asked_for() if p not in FOR_OTHER_MODELS]
    while waiting:
        part = waiting.pop()
        if part not in kept:
            kept.add(part)
            waiting += parts[part].needs
    # setuptools builds; torch is never there to be taken out.
    assert sorted(taken_out) == sorted(set(parts) - kept - {"torch", "setuptools"})


def asked_for() -> list[str]:
    """The packages that the project itself names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [canonicalize_name(Requirement(line).name) for line in project["dependencies"]]


def test_the_model_stands_where_no_volume_hides_it() -> None:
    stage = final_stage()
    made = [words for name, words in instructions() if name == "RUN" and "ensure_bundled_model" in words]
    assert ["ensure_bundled_model(BROUGHT, print, for_torch=False)" in words for words in made] == [True]
    assert stage["COPY"] == "--from=builder --chown=root:root /opt/viaduc /opt/viaduc"
    # The folder is the virtual environment's, which the last stage takes as it is.
    assert Path(sys.prefix) in BROUGHT.parents


def pins(name: str) -> set[str]:
    """name==version of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9._-]+==[^ \\\n]+)", text, re.MULTILINE))


def test_every_pinned_package_but_torch_has_its_hashes() -> None:
    wanted = {p.lower().replace("_", "-") for p in pins("requirements.lock")}
    hashed = {p.lower().replace("_", "-") for p in pins("requirements.hashes.lock")}
    assert wanted - hashed == {p for p in wanted if p.startswith("torch==")}
    assert hashed - wanted == set()
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / "requirements.hashes.lock").read_text(), flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)] == []


def test_every_stage_that_is_named_is_there() -> None:
    stages = [words.split(" AS ") for name, words in instructions() if name == "FROM"]
    names = [name for _, name in stages]
    assert names == ["builder", "final"]
    # A stage named by an argument is built by some builders and not found by others.
    assert [words for name, words in instructions() if name == "FROM" and "${" in words.partition(" ")[2]] == []
    sources = [w.split("=")[1] for _, words in instructions() for w in words.split() if w.startswith("--from=")]
    assert set(sources) <= set(names)


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("no hadolint on this machine")
    done = subprocess.run([hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_the_compose_file_waits_for_a_healthy_database_and_keeps_its_data(compose: dict[str, Any]) -> None:
    database, service = compose["services"]["database"], compose["services"]["viaduc"]
    assert database["image"] == "pgvector/pgvector:pg17"
    assert database["healthcheck"]["test"] == ["CMD-SHELL", "pg_isready -U viaduc -d viaduc"]
    assert database["volumes"] == ["database:/var/lib/postgresql/data"]
    assert compose["volumes"] == {"database": None, "backups": None}
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert service["build"] == "."
    assert service["ports"] == ["127.0.0.1:8000:8000"]


def test_the_service_reaches_the_database_that_the_compose_file_makes(compose: dict[str, Any]) -> None:
    made = compose["services"]["database"]["environment"]
    user, name, password = made["POSTGRES_USER"], made["POSTGRES_DB"], made["POSTGRES_PASSWORD"]
    url = compose["services"]["viaduc"]["environment"]["VIADUC_DATABASE_URL"]
    assert url == f"postgresql://{user}:{password}@database/{name}"


def test_both_containers_run_with_nothing_they_do_not_need(compose: dict[str, Any]) -> None:
    database, service = compose["services"]["database"], compose["services"]["viaduc"]
    for part in (database, service):
        assert (part["read_only"], part["cap_drop"]) == (True, ["ALL"])
        assert part["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in part
    assert "cap_add" not in service
    assert database["cap_add"] == ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
    assert (service["tmpfs"], service["volumes"]) == (["/tmp:size=512m"], ["backups:/data/backups"])
    assert service["stop_grace_period"] == "30s"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_the_entry_point_migrates_serves_answers_its_health_check_and_stops_when_asked(
    scratch_url: str, tmp_path: Path
) -> None:
    from alembic import command

    from app.db import alembic_config

    command.downgrade(alembic_config(scratch_url), "base")
    port = free_port()
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "VIADUC_DATABASE_URL": scratch_url,
        "VIADUC_DATA_DIR": str(tmp_path),
        "VIADUC_EMBEDDING_MODEL": "hashing",
        "VIADUC_HOST": "127.0.0.1",
        "VIADUC_PORT": str(port),
    }
    process = subprocess.Popen(started(), env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Application startup complete" in line:
                break
        try:
            assert schema_is_current(scratch_url)
            assert run_health_check(environment) == 0
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/actors", timeout=10) as answer:
                assert answer.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
    assert process.returncode in {0, -signal.SIGTERM}
    assert run_health_check(environment) != 0


def started() -> list[str]:
    """The words that the image starts with."""
    stage = final_stage()
    return [*yaml.safe_load(stage["ENTRYPOINT"]), *yaml.safe_load(stage["CMD"])]


def schema_is_current(url: str) -> bool:
    from app.db import make_engine, schema_revisions

    engine = make_engine(url)
    found, wanted = schema_revisions(engine)
    engine.dispose()
    return found == wanted


def run_health_check(environment: dict[str, str]) -> int:
    """The Dockerfile's own health check."""
    words = yaml.safe_load(final_stage()["HEALTHCHECK"].split("CMD", 1)[1])
    return subprocess.run(words, env=environment, capture_output=True, timeout=30, check=False).returncode
