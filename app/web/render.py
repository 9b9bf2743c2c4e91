"""Templates to answers: one environment a language, one set of headers for every page."""

import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.routing import iter_route_contexts
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from app.policy import allows, rule_for
from app.security import ANYBODY
from app.web.answers import quoted, shown_parts, unquoted
from app.web.catalogues import COOKIE, LANGUAGES, asked_language, choose_language, translations
from app.web.formats import Formats, highlight
from app.web.labels import Labels
from app.web.static_files import static_url

FOLDER = Path(__file__).parent / "templates"
A_YEAR = 365 * 24 * 3600

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "private, no-cache",
    "Vary": "HX-Request, Cookie, Accept-Language",
}


@cache
def templates(lang: str) -> Jinja2Templates:
    """The templates in one language."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = translations(lang)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "lang": lang,
        "interface_languages": LANGUAGES,
        "label": Labels(words),
        "show": Formats(lang),
        "static_url": static_url,
        "with_query": with_query,
        "now_ms": lambda: round(time.time() * 1000),
    }
    environment.tests["page_exists"] = page_exists
    environment.filters |= {
        "highlight": highlight,
        "quoted": quoted,
        "unquoted": unquoted,
        "shown_parts": shown_parts,
    }
    return Jinja2Templates(env=environment)


def page(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    """A page or a fragment in the reader's language."""
    lang = choose_language(request)
    answer = templates(lang).TemplateResponse(request, template, context, status_code=status, headers=HEADERS)
    answer.headers["Content-Language"] = lang
    if asked_language(request):
        answer.set_cookie(COOKIE, lang, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page; a page restored from the browser's history is whole."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


def page_exists(link: tuple[str, str], request: Request) -> bool:
    """Whether the address of a (address, name) is served, and open to who asks: menus name no other page."""
    served: set[str] | None = getattr(request.app.state, "served", None)
    if served is None:
        contexts = iter_route_contexts(request.app.routes)
        served = request.app.state.served = {str(context.path_format) for context in contexts}
    asker = request.scope.get("state", {}).get("principal", ANYBODY)
    return link[0] in served and allows(rule_for("GET", link[0]), asker, {})


def with_query(request: Request, **changes: Any) -> str:
    """The address of this page with some of its query changed; an empty value is left out."""
    query = [(k, v) for k, v in request.query_params.multi_items() if k not in changes]
    query += [(k, str(v)) for k, v in changes.items() if v not in (None, "")]
    path = request.url.path
    return f"{path}?{urlencode(query)}" if query else path
