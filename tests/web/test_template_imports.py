"""What a template takes from another is there, and is used."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "app/web/templates"
IMPORT = re.compile(r'\{%-? from "([^"]+)" import ([^%]+?)(?: with context)? -?%\}')
TAKEN = [
    (page, source, name.strip())
    for page in sorted(TEMPLATES.rglob("*.html"))
    for source, names in IMPORT.findall(page.read_text(encoding="utf-8"))
    for name in names.split(",")
]


@pytest.mark.parametrize(
    ("page", "source", "name"), TAKEN, ids=lambda part: part.stem if isinstance(part, Path) else part
)
def test_a_macro_that_is_taken_is_there_and_used(page: Path, source: str, name: str) -> None:
    assert re.search(rf"macro {name}\(", (TEMPLATES / source).read_text(encoding="utf-8"))
    assert re.search(rf"(?<![\w.]){name}\(", page.read_text(encoding="utf-8"))
