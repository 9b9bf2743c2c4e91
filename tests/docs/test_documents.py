"""The documents tell what the code does: settings, routes, examples, versions; and nothing of anybody's machine."""

import hashlib
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

import app
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain
from tests.document import DOCUMENT

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"


def read(*names: str) -> str:
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """Every file that git knows (or, in an exported tree, every document and source there is)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        return [p for p in ROOT.rglob("*") if p.suffix in {".py", ".md", ".toml", ".yaml", ".lock"}]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_setting_is_documented_for_operators_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(VIADUC_[A-Z_]+)` \| (.*?) \|", read("docs", "operators.md"), re.MULTILINE))
    told = {name: default.strip("`–") for name, default in rows.items()}
    actual = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        actual[f"VIADUC_{name.upper()}"] = "" if default is None else str(default).lower()
    assert told == actual


def test_every_route_is_documented_for_front_ends() -> None:
    document = read("docs", "developers.md")
    routes = {f"{m.upper()} {path}" for path, item in DOCUMENT["paths"].items() for m in item}
    told = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)`", document))
    assert told == routes


def commands(document: str) -> list[list[str]]:
    """The curl calls of a document, as words."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    joined = "\n".join(block for language, block in blocks if not language).replace("$V", "")
    return [words for words in map(shlex.split, re.split(r"\n(?=curl |printf )", joined)) if words[0] == "curl"]


def call(client: TestClient, words: list[str]) -> int:
    """What curl would get."""
    url = words[1]
    headers, form, method, body = {}, {}, None, None
    for option, value in zip(words[2::2], words[3::2], strict=True):
        match option:
            case "-H":
                headers |= dict([value.split(": ", 1)])
            case "-X":
                method = value
            case "-d":
                body = value.encode()
            case "-F":
                form |= dict([value.split("=", 1)])
            case "-o":
                pass  # where curl would put what is no text
            case _:
                raise AssertionError(f"unexpected option {option}")
    if form:
        file = form.pop("file")
        upload = {"file": (file.removeprefix("@"), "name;offers\nFilature du Nord;fils techniques\n")}
        return client.post(url, data=form, files=upload).status_code
    return client.request(method or ("POST" if body else "GET"), url, content=body, headers=headers).status_code


def test_every_example_for_front_ends_runs_as_it_stands(tmp_path: Path, engine: Engine, meaning: Meaning) -> None:
    settings = Settings(data_dir=tmp_path, embed_in_service=False)
    examples = commands(read("docs", "developers.md"))
    assert len(examples) > 20
    with TestClient(create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))) as client:
        for words in examples:
            status = call(client, words)
            assert status in {200, 201, 204}, f"{status}: {shlex.join(words)}"
            drain(engine, meaning, batch=100)


def test_every_command_that_documents_name_exists() -> None:
    from typer.main import get_command

    from app.cli import app as terminal

    known = set(get_command(terminal).commands)  # type: ignore[attr-defined]
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *DOCS.rglob("*.md")]
    named = {m for path in documents for m in re.findall(r"\bviaduc ([a-z]+)(?=[ `\n])", path.read_text("utf-8"))}
    assert named - known - NOT_COMMANDS == set()


NOT_COMMANDS: set[str] = set()


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (path, target)
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    ]
    assert [f"{path.relative_to(ROOT)} → {to}" for path, to in links if not (path.parent / to).exists()] == []


def test_the_readme_is_short_and_shows_a_picture() -> None:
    text = read("README.md")
    assert len(text.split()) <= 500
    assert re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text) == ["docs/pictures/front-page.png"]


def test_the_changelog_tells_of_this_version() -> None:
    headings = re.findall(r"^## \[(?:Unreleased\] – )?(\d+\.\d+\.\d+)", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == app.__version__
    assert re.search(r'^version = "(.+)"$', read("pyproject.toml"), re.MULTILINE).group(1) == app.__version__


# Written in pieces, so that this file does not find itself.
FOREIGN = {
    "a folder of one machine": re.compile("/" + r"(?:work|root|home/\w+|tmp/\w+)/"),
    "a package index": re.compile(
        r"https?://[^\s\"')>]*(?:/simple\b|pypi\." + "|" + r"pythonhosted|" + r"artifactory|" + r"nexus)", re.IGNORECASE
    ),
    "a model hub": re.compile(r"https?://" + r"hugging" + r"face\.co"),
    "an address of a private network": re.compile(r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}:\d"),
    "a secret": re.compile(r"BEGIN [A-Z ]*PRIVATE" + r" KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30}"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_speaks_of_anything_but_the_project(what: str) -> None:
    found = []
    for path in tracked():
        if path.suffix in {".png", ".woff2", ".npz", ".npy", ".xlsx", ".ods", ".zip", ".bin"}:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {m.group(0)}" for m in FOREIGN[what].finditer(text)]
    assert found == []


FOREIGN_WORDS = {"60965168ce76", "3ea125d0bff3", "c857d09db23e", "c70eca6b0f88", "7d3194f79e64"}
"""Words that have no place here, by the beginning of their SHA-256: the list would else find itself."""


def test_no_file_uses_a_word_that_has_no_place_here() -> None:
    words: set[str] = set()
    for path in tracked():
        words |= set(re.findall(r"[a-z]{5,12}", path.read_bytes().decode("ascii", "replace").lower()))
    assert [w for w in words if hashlib.sha256(w.encode()).hexdigest()[:12] in FOREIGN_WORDS] == []


def test_every_decision_stands_in_the_index_under_its_own_number() -> None:
    folder = DOCS / "decisions"
    files = sorted(p.name for p in folder.glob("0*.md"))
    assert re.findall(r"\]\((0[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")) == files
    assert len({name[:4] for name in files}) == len(files)


def test_every_run_time_dependency_has_its_line_among_the_decisions() -> None:
    import tomllib

    names = [re.split(r"[\[>=<]", d)[0] for d in tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]]
    told = re.findall(r"^\| ([a-z0-9-]+) \| \d", read("docs", "decisions", "0006-dependencies.md"), re.MULTILINE)
    assert sorted(told) == sorted(names)


def test_every_bench_script_is_named_with_its_figures() -> None:
    scripts = {p.name for p in (ROOT / "bench").glob("*.py")}
    assert set(re.findall(r"bench/(\w+\.py)", read("bench", "README.md"))) == scripts
