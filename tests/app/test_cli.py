"""Door 3, the terminal: results on stdout, sentences on stderr, exit codes that scripts can trust."""

import json
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.commands.papers import read_choice
from app.db import session_scope
from app.errors import BadInput
from app.services.actors import create_actor
from models.actor import ActorCreate
from tests.app.test_live import serving as serving_ours
from tests.serving import serving
from tests.terminal import Told, Viaduc

PROBLEM = {
    "rounds": 2,
    "places": 2,
    "participants": [{"id": n, "side": s} for n, s in (("a1", "FR"), ("a2", "FR"), ("b1", "BE"), ("b2", "BE"))],
    "utility": [["a1", "b1", 0.9], ["a2", "b2", 0.8], ["a1", "b2", 0.4], ["a2", "b1", 0.3]],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, object], Path]:
    def written(name: str, content: object) -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return written


def test_pair_prints_a_plan_that_check_accepts(viaduc: Viaduc, write) -> None:
    problem = write("problem.json", PROBLEM)
    paired = viaduc("pair", problem)
    assert paired.code == 0
    plan = json.loads(paired.out)
    assert plan["certificate"]["status"] == "optimal"
    assert plan["certificate"]["utility"] == pytest.approx(2.4)
    assert viaduc("check", problem, write("plan.json", plan)) == Told(0, "", "")


def test_pair_writes_to_a_file_and_says_so_on_stderr(viaduc: Viaduc, write, tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    paired = viaduc("pair", write("problem.json", PROBLEM), "-o", target, "--seconds", "5")
    assert (paired.code, paired.out) == (0, "")
    assert paired.err.splitlines()[-1] == f"written to {target}"
    assert len(json.loads(target.read_text(encoding="utf-8"))["meetings"]) == 4


def test_pair_ends_with_3_when_the_hard_rules_contradict_each_other(viaduc: Viaduc, write) -> None:
    musts = {"rounds": 1, "must": [["a1", "b1"], ["a1", "b2"]]}
    paired = viaduc("pair", write("problem.json", PROBLEM | musts))
    assert paired.code == 3
    assert json.loads(paired.out)["certificate"]["status"] == "infeasible"


def test_check_prints_one_violation_a_line_and_ends_with_1(viaduc: Viaduc, write) -> None:
    twice = {
        "meetings": [{"a": "a1", "b": "b1", "round": 0, "place": 0}, {"a": "a1", "b": "b2", "round": 0, "place": 1}]
    }
    checked = viaduc("check", write("problem.json", PROBLEM), write("plan.json", twice))
    assert checked.code == 1
    assert len(checked.out.splitlines()) == 1
    assert "a1" in checked.out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"rounds": 2,\n "places": }', "line 2, {path}: not JSON: Expecting value, column 12"),
        ("[1, 2]", "{path}: expected a JSON object, found list"),
        (PROBLEM | {"rounds": 0}, "rounds: "),
        (PROBLEM | {"tables": 3}, "tables: "),
        (PROBLEM | {"never": [["a1", "zz"]]}, "never[0]"),
    ],
)
def test_a_wrong_problem_file_is_told_in_one_sentence(viaduc: Viaduc, write, content: object, complaint: str) -> None:
    path = write("problem.json", content)
    paired = viaduc("pair", path)
    assert (paired.code, paired.out) == (1, "")
    assert paired.err.startswith(f"viaduc: {complaint.format(path=path)}")
    assert "Traceback" not in paired.err


def test_a_file_that_is_not_there_is_a_wrong_call(viaduc: Viaduc, tmp_path: Path) -> None:
    called = viaduc("pair", tmp_path / "nowhere.json")
    assert (called.code, called.out) == (2, "")
    # The box around it breaks lines wherever the name of the folder makes it.
    assert "does not exist" in " ".join(called.err.replace("│", " ").split())


def actor(engine: Engine, **said: object) -> None:
    with session_scope(engine) as session:
        create_actor(session, fields=ActorCreate.model_validate(said))


def test_match_prints_suggestions_with_their_reasons(viaduc: Viaduc, engine: Engine, embed) -> None:
    words = {"en": "laboratory testing of textile coatings"}
    actor(engine, name="Weaver", country="FR", needs=words, offers={"en": "glass fabric"}, languages=["en"])
    actor(engine, name="Test centre", country="BE", city="Gent", offers=words, needs={"en": "glass fabric"})
    embed()
    told = viaduc("match", "--actor", 1)
    assert told.code == 0, told.err
    assert "Test centre (Gent, BE)" in told.out.splitlines()[0]
    assert "[en] “laboratory testing of textile coatings”" in told.out
    answer = json.loads(viaduc("match", "--actor", 1, "--json").out)
    assert [s["actor"]["name"] for s in answer["suggestions"]] == ["Test centre"]


def test_match_says_when_nobody_suits(viaduc: Viaduc, engine: Engine) -> None:
    told = viaduc("match", "organ concerts in village churches")
    assert told.code == 0
    assert told.out.startswith("Nobody suitable: no actor across the border reaches 0.")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "body: give exactly one of actor_id, profile and text (got none)"),
        (("weaver", "--actor", 1), "body: give exactly one of actor_id, profile and text (got actor_id and text)"),
        (("--actor", 99), "there is no actor 99"),
        (("weaver", "--lang", "xx"), "lang: unknown language 'xx': expected a BCP 47 code, such as fr, nl or pt-PT"),
    ],
)
def test_a_wrong_question_is_told_in_one_sentence(
    viaduc: Viaduc, engine: Engine, words: tuple[object, ...], complaint: str
) -> None:
    assert viaduc("match", *words) == Told(1, "", f"viaduc: {complaint}\n")


def test_doctor_finds_nothing_wrong_and_ends_with_0(viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIADUC_PORT", "9")
    told = viaduc("doctor")
    assert told.code == 0, told.out
    assert [line.split(":")[0] for line in told.out.splitlines()] == [
        "ok    python", "ok    settings", "ok    data folder", "ok    disk", "ok    memory", "ok    database",
        "ok    model", "ok    port", "ok    letters", "ok    sign-in",
    ]  # fmt: skip


def test_doctor_says_how_to_mend_what_is_wrong(viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIADUC_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    monkeypatch.delenv("VIADUC_EMBEDDING_MODEL")
    told = viaduc("doctor")
    assert told.code == 1
    failed = [line for line in told.out.splitlines() if line.startswith("FAIL")]
    assert [line.split(":")[0] for line in failed] == ["FAIL  database", "FAIL  model"]
    assert failed[0].startswith("FAIL  database: it does not answer (connection failed: ")
    assert failed[0].endswith("start it, or mend VIADUC_DATABASE_URL")


def finding(told: Told, what: str) -> str:
    return next(line for line in told.out.splitlines() if line[6:].startswith(f"{what}: "))


@pytest.mark.parametrize(
    ("what", "settings", "words"),
    [
        (
            "model",
            {"EMBEDDING_MODEL": "/nowhere/at-all"},
            "it does not load (cannot load the embedding model",
        ),
        (
            "memory",
            {"EMBEDDING_MODEL": "", "MEMORY_MB": "600"},
            "VIADUC_MEMORY_MB is 600, and a working process takes",
        ),
        ("memory", {"MEMORY_MB": "9000000"}, " MB here, and 1 × 9000000 + 150 MB are needed: give it more"),
        ("port", {"HOST": "203.0.113.9"}, "203.0.113.9:9 cannot be listened on ("),
        ("settings", {"PROCESES": "2"}, "without effect: VIADUC_PROCESES (is VIADUC_PROCESSES meant?)"),
        ("letters", {"SMTP_HOST": "mail.example"}, "none are sent: set VIADUC_SMTP_FROM and VIADUC_PUBLIC_URL too"),
        ("sign-in", {"OIDC_ISSUER": "https://login.example"}, "the provider is not asked: set VIADUC_OIDC_CLIENT_ID"),
    ],
)
def test_doctor_finds_what_would_fail_at_the_start_or_in_silence(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, what: str, settings: dict[str, str], words: str
) -> None:
    for name, value in {"PORT": "9", **settings}.items():
        monkeypatch.setenv(f"VIADUC_{name}", value)
    told = viaduc("doctor")
    line = finding(told, what)
    assert (told.code, line[:4], words in line) == (1, "FAIL", True), line


def test_a_size_of_badges_that_is_none_is_told_by_its_flag_with_an_example() -> None:
    with pytest.raises(BadInput, match=r"--badge: 'big': expected width x height in mm, such as 90x55"):
        read_choice([], plan=None, second="partner", badge="big")


def test_doctor_tells_viaduc_on_the_port_from_another_program(
    viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) as other:
        monkeypatch.setenv("VIADUC_PORT", str(other.server_port))
        line = finding(viaduc("doctor"), "port")
    where = f"127.0.0.1:{other.server_port}"
    assert line == f"FAIL  port: {where} is taken by another program: stop that, or set VIADUC_PORT"
    with serving_ours(client.app) as ours:
        port = ours.servers[0].sockets[0].getsockname()[1]
        monkeypatch.setenv("VIADUC_PORT", str(port))
        line = finding(viaduc("doctor"), "port")
    assert line == f"ok    port: Viaduc answers at 127.0.0.1:{port}"


def test_doctor_names_an_old_schema(viaduc: Viaduc, scratch_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    from app.db import alembic_config

    command.downgrade(alembic_config(scratch_url), "0001")
    monkeypatch.setenv("VIADUC_DATABASE_URL", scratch_url)
    told = viaduc("doctor")
    assert told.code == 1
    database = next(line for line in told.out.splitlines() if "database" in line)
    assert database.startswith("FAIL  database: the database has the schema of revision 0001, not ")
    assert database.endswith("`viaduc db upgrade`")
    refused = viaduc("match", "weaver")
    assert refused.code == 1
    assert refused.err.startswith("viaduc: the database has the schema of revision 0001, not ")
    assert viaduc("db", "upgrade") == Told(0, "", "the schema is up to date\n")
    assert viaduc("match", "weaver").code == 0


def test_a_wrong_setting_is_named(viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIADUC_PORT", "eight thousand")
    told = viaduc("doctor")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("viaduc: VIADUC_PORT: ")


@pytest.mark.slow
def test_the_installed_command_ends_with_the_same_codes(write, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    problem = write("problem.json", PROBLEM | {"rounds": 0})
    done = subprocess.run([*command, "pair", problem], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("viaduc: rounds: ")
