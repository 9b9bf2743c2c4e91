"""Every promise of the page on security names the test that holds it, and that test is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").split("\n## Roles and routes\n")[0]
_SAME = "the same"
_FILE = re.compile(r"`((?:tests|bench)/[\w/]+\.py)`(?:: ((?:`\w+`(?:, )?)+))?")


def tables(page: str) -> list[list[list[str]]]:
    """The cells of each table's rows, heading first, the line below it left out."""
    blocks = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    return [[_cells(line) for n, line in enumerate(block.splitlines()) if n != 1] for block in blocks]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def promises(page: str) -> list[tuple[str, str]]:
    """(promise, what holds it), `the same` being what holds the one above."""
    found: list[tuple[str, str]] = []
    for heading, *rows in tables(page):
        if heading[-1] != "held by":
            continue
        above = ""
        for row in rows:
            above = row[-1].replace(_SAME, above) if row[-1].startswith(_SAME) else row[-1]
            found.append((row[0], above))
    return found


def faults(page: str) -> list[str]:
    """What is wrong with how promises are held."""
    wrong = []
    for promise, held in promises(page):
        named = _FILE.findall(held)
        if not any(file.startswith("tests/") for file, _ in named):
            wrong.append(f"{promise}: no test is named")
        wrong += [f"{promise}: {cause}" for file, tests in named for cause in _missing(file, tests)]
        left = re.findall(r"`([\w/]+\.py)`", _FILE.sub("", held))
        wrong += [f"{promise}: {name} has no folder" for name in left]
    return wrong


def _missing(file: str, tests: str) -> list[str]:
    if not (ROOT / file).is_file():
        return [f"there is no {file}"]
    there = set(re.findall(r"^def (test_\w+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
    if file.startswith("tests/") and not there:
        return [f"{file} tests nothing"]
    return [f"{file} has no {name}" for name in re.findall(r"\w+", tests) if name not in there]


def test_every_promise_names_the_tests_that_hold_it_and_they_are_there() -> None:
    assert len(promises(PAGE)) > 100
    assert faults(PAGE) == []


@pytest.mark.parametrize(
    ("held", "cause"),
    [
        ("careful people", "no test is named"),
        ("`bench/faults.py`", "no test is named"),
        ("`tests/docs/test_gone.py`", "there is no tests/docs/test_gone.py"),
        ("`tests/conftest.py`", "tests/conftest.py tests nothing"),
        ("`test_promises.py`", "no test is named"),
        ("`tests/docs/test_promises.py`: `test_of_nothing`", "tests/docs/test_promises.py has no test_of_nothing"),
    ],
)
def test_a_promise_that_nothing_holds_is_found(held: str, cause: str) -> None:
    first = "| A thing | `tests/docs/test_promises.py` |"
    page = f"| promise | held by |\n|---|---|\n{first}\n| It holds | {held} |\n"
    assert faults(page)[0] == f"It holds: {cause}"
    same = page.replace(held, "the same")
    assert promises(same)[1] == ("It holds", "`tests/docs/test_promises.py`")
    assert faults(same) == []


def test_nobody_promises_outside_of_a_table() -> None:
    assert [table[0] for table in tables(PAGE) if table[0][0] == "promise" and table[0][-1] != "held by"] == []
