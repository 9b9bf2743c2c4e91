"""Errors the doors know how to tell.

AppError                 status  what it means
├── NotSignedIn          401     it is not known who asks, or their key is over
├── Forbidden            403     it is known who asks, and this is not theirs to do
├── NotFound             404     there is no such thing
├── Conflict             409     it exists already, or changed meanwhile
├── Stale                412     somebody else changed it since it was read
├── BadInput             422     the request says something that cannot be (field, line, cause)
├── TooSlow              408     what was sent did not arrive in time
├── TooLarge             413     more than the service takes in one go
├── TooManyRequests      429     more than one caller may ask in a minute
├── NoRoom               507     the disk of the database is full
└── Unavailable          503     the database, its schema or the model is not there (yet), or memory is short
    └── Crowded          503     too many ask for the same kind of thing at this moment
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from app.refusals import SENTENCES

if TYPE_CHECKING:
    from pydantic import ValidationError

    from models.remark import Remark


@dataclass
class FieldError:
    """One thing that is wrong: where, and why."""

    field: str
    reason: str
    line: int | None = None
    remark: "Remark | None" = None
    """The reason as a code with its values, where it has one: pages say it in the language of their reader."""


@dataclass
class AppError(Exception):
    """An expected failure with a sentence for the person who caused or meets it."""

    detail: str
    errors: list[FieldError] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    """Which refusal of app/refusals.py this is, if it is one: pages say it in the language of their reader."""
    values: dict[str, str | int] = field(default_factory=dict)
    """What stands in its sentence."""

    status = 500
    title = "Something went wrong"

    @classmethod
    def by_code(cls, code: str, /, *, headers: dict[str, str] | None = None, **values: str | int) -> Self:
        """A refusal of app/refusals.py, with what stands in its sentence."""
        return cls(SENTENCES[code] % values, headers=headers or {}, code=code, values=values)

    def __str__(self) -> str:
        return self.detail


class NotSignedIn(AppError):
    """It is not known who asks, or their key is over."""

    status, title = 401, "Not signed in"


class Forbidden(AppError):
    """It is known who asks, and this is not theirs to do."""

    status, title = 403, "Not allowed"


class NotFound(AppError):
    """There is no such thing."""

    status, title = 404, "Not found"


class Conflict(AppError):
    """It exists already, or changed meanwhile."""

    status, title = 409, "Conflict"


class Stale(AppError):
    """Somebody else changed it since it was read; nothing was stored."""

    status, title = 412, "Changed meanwhile"


class BadInput(AppError):
    """The request says something that cannot be."""

    status, title = 422, "Invalid request"

    @classmethod
    def of(cls, field: str, reason: str, line: int | None = None) -> "BadInput":
        """A single wrong field."""
        place = f"line {line}, {field}" if line else field
        return cls(f"{place}: {reason}", [FieldError(field, reason, line)])

    @classmethod
    def of_code(cls, field: str, code: str, /, **values: str | int) -> "BadInput":
        """A single wrong field, with a refusal of app/refusals.py."""
        error = cls.of(field, SENTENCES[code] % values)
        error.code, error.values = code, values
        return error

    @classmethod
    def of_shape(cls, error: "ValidationError", otherwise: str = "body") -> "BadInput":
        """What a shape refused first; `otherwise` names the whole, where it is no single field."""
        field, reason = complaint(error)
        return cls.of(field or otherwise, reason)


def complaint(error: "ValidationError") -> tuple[str, str]:
    """(field, reason) of what a shape refused first; the field is "" where it is the whole."""
    first = error.errors()[0]
    return str(first["loc"][0]) if first["loc"] else "", str(first["msg"]).removeprefix("Value error, ")


class TooLarge(AppError):
    """More than the service takes in one go."""

    status, title = 413, "Too large"


class TooSlow(AppError):
    """What was sent did not arrive in time."""

    status, title = 408, "Request timeout"


class TooManyRequests(AppError):
    """More than one caller may ask in a minute."""

    status, title = 429, "Too many requests"


class NoRoom(AppError):
    """The disk of the database is full."""

    status, title = 507, "Insufficient storage"


class Unavailable(AppError):
    """The database, its schema or the model is not there (yet), or memory is short."""

    status, title = 503, "Service unavailable"


class Crowded(Unavailable):
    """Too many ask for the same kind of thing at this moment."""


def database_words(error: AppError) -> str:
    """What the database itself said, in a line: for whoever holds the terminal, not for callers. Else nothing."""
    said = str(getattr(error.__cause__, "orig", None) or "").strip().splitlines()
    return said[0] if said else ""


_NO_THREAD = "can't start new thread"
"""What Python says when there is no room for another stack."""


def is_want_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that the system gave no more memory."""
    return any(
        isinstance(cause, MemoryError)
        or (isinstance(cause, OSError) and cause.errno == errno.ENOMEM)
        or (isinstance(cause, RuntimeError) and str(cause) == _NO_THREAD)
        for cause in _causes(error)
    )


def is_want_of_room(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that a disk of this machine is full."""
    full = {errno.ENOSPC, errno.EDQUOT}
    return any(isinstance(cause, OSError) and cause.errno in full for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, as far as ten go back: there are circles of them."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__


def for_want_of_room() -> NoRoom:
    """What a full disk means to who sent a file."""
    return NoRoom(
        "there is no room for what was sent in the folder for temporary files (TMPDIR); nothing of it was stored. Free "
        "space and send it again."
    )


def for_want_of_memory() -> Unavailable:
    """What that means to who asked; everything else goes on."""
    return Unavailable.by_code("memory_short", headers={"Retry-After": "10"})
