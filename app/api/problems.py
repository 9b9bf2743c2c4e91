"""Errors as problem details (RFC 9457): one shape on every route."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from app.errors import AppError, BadInput, FieldError
from app.logs import request_id
from app.services.importing.remarks import remark_of
from models.remark import Remark

MEDIA_TYPE = "application/problem+json"


class ProblemField(BaseModel):
    """One thing that is wrong."""

    field: str = Field(examples=["needs[0].lang"])
    reason: str = Field(examples=["unknown language 'xx': expected a BCP 47 code, such as fr, nl or pt-PT"])
    line: int | None = None
    remark: Remark | None = Field(
        default=None,
        exclude_if=lambda remark: remark is None,
        description="The reason as a code with its values, where it has one",
    )


class Problem(BaseModel):
    """What went wrong, in plain words."""

    type: str = "about:blank"
    title: str = Field(examples=["Invalid request"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["needs[0].lang: unknown language 'xx'"])
    errors: list[ProblemField] = Field(default_factory=list)
    remark: Remark | None = Field(
        default=None,
        exclude_if=lambda remark: remark is None,
        description="Why, as a code with its values, where it has one: for front ends that speak other languages",
        examples=[{"code": "plan_computing", "values": {"number": 3}}],
    )
    request_id: str | None = Field(default=None, description="What the log calls this request (X-Request-ID)")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI entry (400, 401, 403, 422, 429 and 503 stand on every route)."""
    return {
        status: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": _TITLES[status]}
        for status in sorted({400, 401, 403, 422, 429, 503, *statuses})
    }


_TITLES = {
    400: "The request cannot be read",
    401: "A key is needed, or the one that was sent is not valid",
    403: "The key does not allow this",
    404: "There is no such thing",
    409: "It exists already, or changed meanwhile",
    412: "Somebody else changed it since it was read; the detail says who and when",
    413: "Larger than the service takes",
    422: "The request says something that cannot be",
    429: "More than one caller may ask; Retry-After says when to come back",
    503: "The database or the model is not there (yet), or too many ask at this moment; Retry-After says when",
    507: "The disk of the database is full",
}


def problem(
    status: int, title: str, detail: str, errors: Sequence[FieldError] = (), remark: Remark | None = None
) -> JSONResponse:
    """A problem-details answer."""
    body = Problem(
        title=title,
        status=status,
        detail=_sayable(detail),
        errors=[
            ProblemField(field=_sayable(e.field), reason=_sayable(e.reason), line=e.line, remark=e.remark)
            for e in errors
        ],
        remark=remark,
        request_id=request_id(),
    )
    headers = {"Retry-After": "2"} if status == 503 else None
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _sayable(words: str) -> str:
    """The words with halves of letters, which JSON lets in and nothing lets out, written as `\\ud800`."""
    return words.encode("utf-8", "backslashreplace").decode()


def app_error_answer(_request: Request, error: AppError) -> JSONResponse:
    """An expected failure."""
    answer = problem(error.status, error.title, error.detail, error.errors, remark_of(error))
    answer.headers.update(error.headers)
    return answer


def http_error_answer(_request: Request, error: HTTPException) -> JSONResponse:
    """A route that does not exist, a method that is not allowed."""
    answer = problem(error.status_code, str(error.detail), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def validation_answer(_request: Request, error: RequestValidationError) -> JSONResponse:
    """A body, path or query that does not fit: every wrong field by its path."""
    errors = validation_errors(error.errors())
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return problem(422, "Invalid request", f"{first.field}: {first.reason}{more}", errors)


def bad_input(error: ValidationError) -> BadInput:
    """What does not fit a shape, as an error that every door tells: the first in a sentence, the others beside it."""
    errors = validation_errors(error.errors())
    return BadInput(f"{errors[0].field}: {errors[0].reason}", errors)


def validation_errors(raw: Sequence[Any]) -> list[FieldError]:
    """pydantic's errors as fields and plain reasons."""
    return [FieldError(_place(e), _reason(e)) for e in raw]


def _place(error: Any) -> str:
    # Where JSON does not read, the framework gives the character in the place of a field.
    return "body" if error["type"] == "json_invalid" else field_path(error["loc"])


def field_path(location: Sequence[int | str]) -> str:
    """('body', 'needs', 0, 'lang') → needs[0].lang"""
    path = ""
    for part in location[1:] if location and location[0] in {"body", "query", "path", "header"} else location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "body"


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown field"
    if error["type"] == "missing":
        return "this field is required"
    if error["type"] == "json_invalid":
        where = f", at character {error['loc'][-1]}" if error["loc"] else ""
        return f"not JSON: {error['ctx']['error']}{where}"
    message = str(error["msg"])
    return message.removeprefix("Value error, ")
