"""A board of hundreds of participants is a long page of few words: packed, it is a tenth of its size."""

import gzip

from fastapi import Request
from starlette.responses import Response

_WORTH_IT = 4_000
"""Shorter pages go as they are."""


def packed(request: Request, answer: Response) -> Response:
    """The page compressed, for browsers that take it so. Nothing secret stands beside what a reader types."""
    answer.headers["Vary"] = f"{answer.headers.get('Vary', '')}, Accept-Encoding".lstrip(", ")
    body = bytes(answer.body)
    if len(body) < _WORTH_IT or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    answer.body = gzip.compress(body, compresslevel=4)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
