"""Competence maps at the terminal: the same parts as on the pages."""

import os
import re
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import cli
from app.errors import BadInput, NotFound
from tests.serving import serving

CSV = (
    "Nom;Pays;Ville;Offres;Blabla\n"
    "UP-tex;FR;Tourcoing;veille;x1\n"
    "Uptex;FR;Tourcoing;conseil;x2\n"
    "Sans pays;Atlantide;;;x3\n"
)


@pytest.fixture
def run(database_url, engine, monkeypatch, tmp_path):
    """Run a command on the empty database; returns (exit status, lines)."""
    monkeypatch.setenv("VIADUC_DATABASE_URL", database_url)
    monkeypatch.setenv("VIADUC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def _run(*arguments: str) -> tuple[int, list[str]]:
        result = CliRunner().invoke(cli.app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout.splitlines()

    return _run


@pytest.fixture
def carte(tmp_path):
    (tmp_path / "carte.csv").write_text(CSV, encoding="utf-8")
    return "carte.csv"


def test_a_dry_run_shows_columns_and_twins_and_changes_nothing(run, carte):
    status, lines = run("import", "--dry-run", carte)
    assert status == 1
    assert "carte.csv: 3 rows; would be 2 new, 0 changed, 0 the same, 1 rejected" in lines
    assert "  column 'Ville': city (100%; Tourcoing)" in lines
    assert "  column 'Blabla': not imported (0%; x1, x2, x3)" in lines
    assert "  line 2, UP-tex, as stored: city Tourcoing; country FR; offers veille (fr)" in lines
    assert any(line.startswith("  line 4 (Sans pays), Pays = 'Atlantide': unknown country") for line in lines)
    assert [line for line in lines if "looks like" in line] == [
        "  line 2, 'UP-tex' looks like 'Uptex' (line 3; same name but for accents, legal form, punctuation or order, "
        'same town Tourcoing); if so: --join "up tex|FR=uptex|FR"'
    ]
    with pytest.raises(NotFound, match="there is no competence map called 'carte'"):
        run("export", "carte", "-o", "x.csv")


def test_what_the_page_corrects_the_terminal_corrects_too(run, carte):
    choices = ("--column", "Blabla=needs.fr", "--join", "uptex|FR=up tex|FR", "--licence", "CC0", "--steps")
    status, lines = run("import", carte, "--no-embed", *choices)
    assert status == 1
    assert "carte.csv: 3 rows; 1 new, 0 changed, 1 joined, 0 the same, 1 rejected" in lines
    assert "  this is import 1; `viaduc undo 1` takes it back" in lines
    assert run("export", "carte", "-o", "again.csv")[0] == 0
    assert run("import", "again.csv", "--map", "carte", "--dry-run", "--no-embed")[0] == 0
    assert run("export", "carte", "-o", "part.jsonl", "--country", "BE", "--actor", "1")[0] == 0
    assert Path("part.jsonl").read_bytes() == b""
    assert run("undo", "1")[1] == ["1 actors removed, 0 as before, 0 no longer in the map"]


def test_lists_of_sectors_and_templates(run, tmp_path):
    (tmp_path / "das.csv").write_text("code;nom;viaduc\nDAS1;Textiles;textile\nDAS2;;\n")
    assert run("sectors") == (0, ["no list is loaded"])
    assert run("sectors", "das.csv", "--name", "DAS") == (
        0,
        ["DAS: 1 sectors, 1 of them mapped", "  left out: line 3: 'DAS2' has no name"],
    )
    assert run("sectors") == (0, ["DAS: 1 sectors"])
    assert run("template", "nl", "-o", "leeg.xlsx")[0] == 0
    assert run("import", "leeg.xlsx", "--dry-run", "--sector-list", "DAS")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nowhere.csv",), "nowhere.csv: No such file"),
        (("carte.csv", "--column", "Blabla"), "--column: 'Blabla': expected two words with = between them"),
        (("carte.csv", "--layout", "diagonal"), "--layout: "),
        (("carte.csv", "--prefer", "me"), "--prefer: "),
        (("https://data.example.org/x.csv",), "the operator allows hosts with VIADUC_IMPORT_URLS"),
    ],
)
def test_mistakes_are_named(run, carte, arguments, reason):
    with pytest.raises(BadInput, match=reason):
        run("import", *arguments)


class Files(BaseHTTPRequestHandler):
    """A host that has one map."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", 'attachment; filename="carte.csv"')
        self.end_headers()
        self.wfile.write(CSV.encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def port():
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Files)) as server:
        yield server.server_address[1]


def test_a_file_is_fetched_from_an_allowed_address(run, monkeypatch, port):
    monkeypatch.setenv("VIADUC_IMPORT_URLS", f"private:localhost:{port}")
    lines = run("import", f"http://localhost:{port}/map", "--dry-run")[1]
    assert "carte.csv: 3 rows; would be 2 new, 0 changed, 0 the same, 1 rejected" in lines
    monkeypatch.setenv("VIADUC_IMPORT_URLS", f"localhost:{port}")
    with pytest.raises(BadInput, match="stands on a private network"):
        run("import", f"http://localhost:{port}/map", "--dry-run")


INTERRUPTED = """
import signal, sys
from app.cli import main
# A process that a test starts may have been told to ignore the key.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


@pytest.mark.parametrize(
    ("steps", "said"),
    [((), "big.csv: stopped; nothing of it was stored"), (("--steps",), "the same command goes on from there")],
)
def test_an_import_is_interrupted_at_the_keyboard(run, tmp_path, steps, said):
    rows = "".join(f"A{n};BE\n" for n in range(6000))
    (tmp_path / "big.csv").write_text(f"Name;Country\n{rows}")
    command = [sys.executable, "-c", INTERRUPTED, "import", "big.csv", "--no-embed", *steps]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "storing big.csv" in line:
                process.send_signal(signal.SIGINT)
                break
        told = process.stdout.read()
    assert (process.returncode, said in told) == (130, True), told
    _, lines = run("import", "big.csv", "--no-embed")
    [counts] = [line for line in lines if line.startswith("big.csv: 6000 rows")]
    new, same = (int(re.search(rf"(\d+) {word}", counts)[1]) for word in ("new", "the same"))
    assert new + same == 6000
    assert (same > 0) == bool(steps)
