"""Languages of the interface: gettext catalogues and the choice of one for a request."""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request

LANGUAGES = {
    "en": "English",
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "da": "Dansk",
    "es": "Español",
    "eu": "Euskara",
}
"""Languages of the interface, each by its own name."""

COOKIE = "lang"
_OWN = "own_language"
FOLDER = Path(__file__).parent / "locale"


@cache
def translations(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language; English is the language the pages are written in."""
    if lang == "en":
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def read_catalogue(lang: str) -> Catalog:
    """The messages of a language, from one file for each area of the pages; ValueError when two files hold the same."""
    whole = Catalog(locale=lang)
    for path in sorted((FOLDER / lang).glob("*.po")):
        with path.open("rb") as lines:
            part = read_po(lines, locale=lang)
        for message in part:
            if not message.id:
                continue
            if whole.get(message.id, message.context) is not None:
                raise ValueError(f"{path.name} repeats {message.id!r} ({lang})")
            whole[message.id] = message
    return whole


def asked_language(request: Request) -> str | None:
    """The language that `?lang=` names, if the interface speaks it."""
    lang = request.query_params.get("lang")
    return lang if lang in LANGUAGES else None


def speak(request: Request, language: str | None) -> None:
    """Have this request answered in the language that its agenda was handed over in, errors too; None: no such one."""
    setattr(request.state, _OWN, (language or "").split("-")[0])


def choose_language(request: Request) -> str:
    """`?lang=`, then what was chosen before, then an agenda's own, then what the browser prefers, then English."""
    for chosen in (asked_language(request), request.cookies.get(COOKIE), getattr(request.state, _OWN, None)):
        if chosen in LANGUAGES:
            return chosen
    return preferred_language(request.headers.get("accept-language", ""))


def preferred_language(header: str) -> str:
    """The best language of an Accept-Language header that the interface speaks, else English."""
    wanted = []
    for rank, item in enumerate(header.split(",")):
        tag, _, weight = item.strip().partition(";q=")
        primary = tag.split("-")[0].lower()
        if primary in LANGUAGES:
            wanted.append((-_weight(weight), rank, primary))
    return min(wanted)[2] if wanted else "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
