"""An empty competence map to fill in: headings, an example and explanations in the language of those who fill it in."""

import tomllib
from functools import cache
from importlib.resources import files

from app.errors import BadInput
from app.services.importing.sheets import FileOut, Format, SheetOut, make_file
from app.services.importing.words import LANGUAGES

_PLAIN = ("id", "name", "kind", "country", "nuts", "city", "website", "languages", "sectors")


def make_template(lang: str, kind: Format) -> FileOut:
    """A template with one example row; XLSX has a second sheet that explains each column.

    Its headings are recognised when the file comes back. BadInput for a language that has none.
    """
    if lang not in LANGUAGES:
        raise BadInput.of("lang", f"there is no template in {lang!r}: expected one of {', '.join(LANGUAGES)}")
    words = _words()[lang]
    example = _words()["examples"]
    sectors, *texts = words["example"].split("|")
    headings = [_heading(words, name) for name in _PLAIN] + _text_headings(words, lang)
    row = [example.get(name, sectors) for name in _PLAIN] + texts
    sheets = [SheetOut(words["title"], headings, lambda: [row])]
    if kind == "xlsx":
        explained = [words[name].split("|") for name in (*_PLAIN, "description", "offers", "needs")]
        sheets.append(SheetOut(words["notes"], words["columns"].split("|"), lambda: explained))
    return make_file(sheets, words["title"], kind)


def _heading(words: dict[str, str], name: str) -> str:
    return words[name].partition("|")[0]


def _text_headings(words: dict[str, str], lang: str) -> list[str]:
    """Texts are headed with their language, so that a second one can stand beside."""
    tag = lang.upper()
    description, offer, need = (_heading(words, name) for name in ("description", "offers", "needs"))
    return [f"{description} ({tag})", f"{offer} ({tag}) 1", f"{offer} ({tag}) 2", f"{need} ({tag}) 1"]


@cache
def _words() -> dict[str, dict[str, str]]:
    source = files("app.services.importing") / "data" / "template.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))
