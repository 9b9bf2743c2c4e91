"""Errors of pages as pages. The JSON door keeps its problem details; the address decides which of the two."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.errors import AppError
from app.services.importing.remarks import remark_of
from app.web.access.sign_in import sign_in_first
from app.web.maps.words import MapWords
from app.web.render import page

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
    status, detail = _told(error)
    if status == 401:
        return sign_in_first(request, getattr(error, "headers", None) or {})
    said = remark_of(error)
    told = MapWords.of(request).tell(said) if said else None
    answer = page(request, "error.html", {"status": status, "detail": detail, "told": told}, status=status)
    if status == 503:
        answer.headers["Retry-After"] = "2"
    if isinstance(error, HTTPException | AppError):
        answer.headers.update(error.headers or {})
    return answer


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
