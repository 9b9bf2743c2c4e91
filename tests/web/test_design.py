"""The colours of docs/design.md are those of the style sheet, and text on them can be read."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "app/web/static/viaduc.css").read_text(encoding="utf-8")
PAIRS = [
    *[(ink, ground) for ink in ("ink", "soft", "accent", "accent-deep") for ground in ("paper", "surface", "sunken")],
    ("ink", "sky"), ("soft", "sky"), ("accent", "sky"), ("accent-deep", "tint"), ("ink", "mark"),
    ("on-accent", "accent"), ("on-accent", "accent-deep"), ("warn", "paper"), ("warn", "surface"),
]  # fmt: skip


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT, DARK = (tokens(block) for block in re.findall(r":root \{(.+?)\}", CSS, re.DOTALL)[:2])


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_has_contrast(scheme: dict[str, str], ink: str, ground: str) -> None:
    """WCAG 2.2, success criterion 1.4.3 (AA)."""
    lighter, darker = sorted((luminance(scheme[ink]), luminance(scheme[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_dark_differs_in_nothing_but_the_tokens() -> None:
    """So what holds of structure in light holds in dark, and the browser tests ask only after colours there."""
    sheets = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "app/web/static").glob("*.css")}
    told = {
        name: re.findall(r"@media [^{]*color-scheme[^{]*\{(.+?)\n\}", css, re.DOTALL) for name, css in sheets.items()
    }
    assert {name for name, blocks in told.items() if blocks} == {"viaduc.css"}
    (block,) = told["viaduc.css"]
    assert re.sub(r"--[a-z-]+: [^;]+;|\s", "", block) == ":root{}"


def test_the_design_page_tells_the_colours_of_the_style_sheet() -> None:
    told = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in told.splitlines() if line.startswith("| `--")]
    light, dark = {}, {}
    for names, in_light, in_dark in rows:
        tellings = (re.findall(r"`--([a-z-]+)`", names), re.findall(r"#\w+", in_light), re.findall(r"#\w+", in_dark))
        for name, a, b in zip(*tellings, strict=True):
            light[name], dark[name] = a, b
    assert light == {name: value for name, value in LIGHT.items() if name != "on-accent"}
    assert dark == {name: value for name, value in DARK.items() if name != "on-accent"}


def test_every_class_of_the_templates_is_styled_and_every_style_is_used() -> None:
    templates = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "app/web/templates").rglob("*.html"))
    sheets = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "app/web/static").glob("*.css"))
    plain = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", templates)
    whole = (name for names in re.findall(r'class="([^"]*)"', plain) for name in names.split())
    used = {name for name in whole if not name.endswith("-")}
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", re.sub(r"url\([^)]*\)|/\*.*?\*/", "", sheets, flags=re.DOTALL)))
    # Classes that depend on a value stand inside an expression, and scripts set some too.
    scripts = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "app/web/static").glob("*.js"))
    written = set(re.findall(r"[a-z][a-z0-9-]*", templates + scripts))
    begun = tuple(word for word in written if word.endswith("-"))
    assert sorted(name for name in styled - used - written if not name.startswith(begun)) == []
    assert sorted(used - styled) == []
