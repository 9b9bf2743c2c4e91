"""Errors of pages as pages. The JSON door keeps its problem details; the address decides which of the two."""

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.errors import AppError, Crowded
from app.logs import request_id
from app.services.importing.remarks import remark_of
from app.web.access.sign_in import sign_in_first
from app.web.catalogues import choose_language, translations
from app.web.maps.words import MapWords
from app.web.refusals import tell_refusal
from app.web.render import HEADERS, page, templates

PAGES = ("/directory", "/console", "/agenda", "/clock")
"""How the addresses of pages begin, beside the front page."""

Failure = TypeVar("Failure", bound=Exception)


def is_page(request: Request) -> bool:
    """Whether a person looks at this: a page's address, or an unknown address opened in a browser."""
    path = request.url.path
    if path == "/" or any(path == p or path.startswith(f"{p}/") for p in PAGES):
        return True
    return "route" not in request.scope and "text/html" in request.headers.get("accept", "")


def page_or(problem: Callable[[Request, Failure], Response]) -> Callable[[Request, Failure], Response]:
    """An exception handler that answers pages with a page and everything else with `problem`."""

    def handle(request: Request, error: Failure) -> Response:
        return error_page(request, error) if is_page(request) else problem(request, error)

    return handle


def error_page(request: Request, error: Exception) -> Response:
    """What went wrong, in the reader's language, with the sentence that names the cause."""
    if isinstance(error, Crowded):
        return crowded_page(request, error)
    status, detail = _told(error)
    if status == 401:
        return sign_in_first(request, getattr(error, "headers", None) or {})
    cause = tell_refusal(error, translations(choose_language(request)))
    said, agenda = None if cause else remark_of(error), _agenda_of(request)
    context = {
        "status": status,
        "frame": "agenda/frame.html" if agenda else "base.html",
        "agenda": agenda,
        "detail": detail,
        "told": MapWords.of(request).tell(said) if said else None,
        "cause": cause,
        "request_id": request_id(),
        "back": came_from(request) or (agenda if request.url.path != agenda else None),
    }
    answer = page(request, "error.html", context, status=status)
    if status == 503:
        answer.headers["Retry-After"] = "2"
    if isinstance(error, HTTPException | AppError):
        answer.headers.update(error.headers or {})
    return answer


def _agenda_of(request: Request) -> str | None:
    """The agenda that this address belongs to; who reads it has no use for the rooms of others."""
    found = re.match("/agenda/[^/]+", request.url.path)
    return found[0] if found else None


def came_from(request: Request) -> str | None:
    """The page of ours with the form that was sent or the link that was followed; None where there is none."""
    page = urlsplit(request.headers.get("referer", ""))
    here = request.url
    # An address that begins with two slashes leads elsewhere.
    ours = page.netloc == here.netloc and re.match("/(?!/)", page.path)
    if not ours or (request.method == "GET" and (page.path, page.query) == (here.path, here.query)):
        return None
    return f"{page.path}?{page.query}" if page.query else page.path


def crowded_page(request: Request, error: Crowded) -> Response:
    """Come back in a moment, said in a moment: hundreds a second are turned away when a service is overrun."""
    lang = choose_language(request)
    headers = HEADERS | {"Cache-Control": "no-store", "Content-Language": lang, **error.headers}
    return Response(_crowded(lang, request.method == "GET"), 503, headers, "text/html; charset=utf-8")


@cache
def _crowded(lang: str, looks: bool) -> str:
    """Made once a language; somebody who only `looks` is taken there again by itself."""
    return templates(lang).env.get_template("crowded.html").render(looks=looks)


def _told(error: Exception) -> tuple[int, str]:
    """Status and cause; an unexpected error keeps its cause for the log."""
    if isinstance(error, AppError):
        return error.status, error.detail
    if isinstance(error, HTTPException):
        return error.status_code, "" if error.status_code in {404, 405} else str(error.detail)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return 422, f"{first['loc'][-1]}: {first['msg']}"
    return 500, ""
