"""A profile as a form: facts, sectors, and texts of each facet in their languages."""

from typing import Any

from sqlmodel import Session

from app.services.pages import list_sides
from app.web.catalogues import LANGUAGES
from app.web.console.forms import Fields
from app.web.formats import Formats
from app.web.labels import KINDS, SECTORS
from models.actor import MAX_TEXT, ActorCreate, ActorPublic
from models.codes import country_names
from models.visibility import AUDIENCES, HIDEABLE

FACETS = ("description", "offers", "needs")
_PLAIN = ("name", "kind", "country", "region", "nuts", "side", "city", "lat", "lon", "website", "size")


def actor_values(actor: ActorPublic, lang: str) -> dict[str, object]:
    """A stored profile as the fields of its form."""
    show = Formats(lang)
    values: dict[str, object] = {name: getattr(actor, name) for name in _PLAIN}
    if actor.side == actor.country:
        values["side"] = None
    values["size"] = f"{actor.size:g}" if actor.size is not None else None
    values["languages"] = ", ".join(show.language(tag) for tag in actor.languages)
    values["sectors"] = [code for code in actor.sectors if code in SECTORS]
    values["others"] = ", ".join(code for code in actor.sectors if code not in SECTORS)
    values["aliases"] = "\n".join(actor.aliases)
    values["anonymous"] = "on" if actor.anonymous else None
    values |= {f"shown-{name}": audience for name, audience in actor.visibility.items()}
    for facet in FACETS:
        for row, text in enumerate(getattr(actor, facet)):
            values |= {f"{facet}-{row}": text.text, f"{facet}-lang-{row}": text.lang}
    return values


def read_actor(form: Fields, lang: str) -> ActorCreate | None:
    """A profile from its form; None when something does not fit."""
    others = [word.strip() for word in (form.text("others", longest=2000) or "").split(",") if word.strip()]
    said: dict[str, Any] = {
        "name": form.text("name", required=True),
        "country": form.choice("country", country_names()),
        "kind": form.choice("kind", KINDS) or "other",
        "region": form.text("region", longest=200),
        "nuts": (form.text("nuts", longest=10) or "").upper() or None,
        "side": form.text("side", longest=40),
        "city": form.text("city", longest=200),
        "lat": form.decimal("lat", -90, 90),
        "lon": form.decimal("lon", -180, 180),
        "website": form.text("website", longest=500),
        "size": form.decimal("size", 0, 10_000_000),
        "languages": form.languages("languages", lang),
        "sectors": [*(code for code in SECTORS if form.has("sectors", code)), *others],
        "aliases": form.lines("aliases"),
        "anonymous": form.has("anonymous", "on"),
        "visibility": {name: told for name in HIDEABLE if (told := form.choice(f"shown-{name}", AUDIENCES))},
        **{facet: _texts(form, facet) for facet in FACETS},
    }
    if said["country"] is None:
        form.refuse("country", "required")
    names = {name: name for name in (*_PLAIN, "languages", "aliases")}
    return form.fit(ActorCreate, said, "nuts", **names)


def _texts(form: Fields, facet: str) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for row in form.sent(facet):
        text = form.text(f"{facet}-{row}", longest=MAX_TEXT)
        tongue = form.text(f"{facet}-lang-{row}", longest=20)
        if text:
            found.append({"lang": tongue, "text": text})
    return found


def known_countries(session: Session, lang: str) -> list[tuple[str, str]]:
    """Countries by name, those of actors first."""
    show = Formats(lang)
    near = list(dict.fromkeys(side.country for side in list_sides(session)))
    rest = sorted((code for code in country_names() if code not in near), key=show.country)
    return [(code, show.country(code)) for code in (*near, *rest)]


def tongues(form: Fields, facet: str) -> list[str]:
    """Languages to choose from for a text: those of the interface, and those that its texts have already."""
    own = [form.shown(f"{facet}-lang-{row}") for row in form.sent(facet)]
    return list(dict.fromkeys([*LANGUAGES, *(code for code in own if code)]))
