"""What is written down while the service runs: one line an event, with the id of the request it belongs to.

No line holds an address, a token, a text or a name: requests are named by their route, and an error by its kind and
where it arose. What an error says can quote what somebody sent, so it is told at the level debug only.
"""

import json
import logging
import re
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from app.layers import Layer, route_of

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]{6,62}[0-9a-fA-F]")
"""Digits of base 16 and hyphens, as proxies make them: neither a name nor a key of ours can be said so."""
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
_TALKATIVE = ("httpcore", "httpcore2", "httpx", "httpx2", "asyncio", "alembic")
"""Packages that would write down addresses (of imports, of identity providers), or more than anybody reads."""

request_log = logging.getLogger("viaduc.request")


def request_id() -> str | None:
    """The id of the request at hand; None outside of one."""
    return _REQUEST.get()


class RequestId(Layer):
    """Gives every request an id: the caller's if it is well-formed, else a new one; the answer says it."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on under its id."""
        asked = Headers(scope=scope).get(HEADER, "")
        given = asked if _WELL_FORMED.fullmatch(asked) else uuid.uuid4().hex
        # Never taken back: every request is a task of its own, and its failure is told after this returns.
        _REQUEST.set(given)
        trace.get_current_span().set_attribute("viaduc.request", given)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = given
            await send(message)

        await self._app(scope, receive, named)


def note_request(scope: Scope, status: int, seconds: float) -> None:
    """Write down an answered request by its route; failures of the service loudly, probes and files not at all."""
    route = route_of(scope)
    if status < 500 and (route in {"/health", "/ready", "/metrics"} or scope["path"].startswith("/static/")):
        return
    told = {"method": scope["method"], "route": route or "unmatched", "status": status, "ms": round(1000 * seconds, 1)}
    # Who was turned away is counted, and told in one line now and then: the log does not grow with the crowd.
    loud = status >= 500 and not scope.get("state", {}).get("turned_away")
    level = logging.WARNING if loud else logging.INFO
    request_log.log(level, "%(method)s %(route)s %(status)d in %(ms).0f ms", told, extra={"fields": told})


def set_up_logging(level: str, form: str = "text") -> None:
    """Send every logger's lines to stderr in one form, the server's own too."""
    handler = logging.StreamHandler()
    handler.setFormatter((JsonLines if form == "json" else TextLines)(quote=level == "debug"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # A person at a terminal wants to read what goes wrong; a log that is collected wants every request.
    request_log.setLevel(logging.INFO if form == "json" else logging.WARNING)


class TextLines(logging.Formatter):
    """time level logger [request] words"""

    def __init__(self, *, quote: bool = False) -> None:
        super().__init__()
        self._quote = quote

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the frames of an error under it."""
        of = f" [{request_id()}]" if request_id() else ""
        line = f"{_time(record)} {record.levelname} {record.name}{of} {_one_line(record.getMessage())}"
        return "\n".join([line, *(f"  {frame}" for frame in told_error(record.exc_info, quote=self._quote))])


class JsonLines(logging.Formatter):
    """An object a line: time, level, logger, message; request, and what else is known, where it is."""

    def __init__(self, *, quote: bool = False) -> None:
        super().__init__()
        self._quote = quote

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        told: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id():
            told["request"] = request_id()
        told |= getattr(record, "fields", {})
        error = told_error(record.exc_info, quote=self._quote)
        if error:
            told["error"] = error
        line = json.dumps(told, ensure_ascii=False, default=str)
        return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def told_error(exc_info: Any, *, quote: bool = False) -> list[str]:
    """An error and what led to it: kinds and places, innermost last; its words only when they may be quoted."""
    if not exc_info or exc_info is True or exc_info[1] is None:
        return []
    lines: list[str] = []
    seen: set[int] = set()
    error: BaseException | None = exc_info[1]
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = [f"{f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        words = f": {_one_line(str(error))}" if quote and str(error) else ""
        lines = [*frames, f"{type(error).__module__}.{type(error).__qualname__}{words}", *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(words: str) -> str:
    """What was sent cannot pretend to be a line of its own, nor steer the terminal that shows it."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), words)
