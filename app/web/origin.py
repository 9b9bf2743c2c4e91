"""Forms are taken from our own pages only; browsers say where a request comes from, so no token is needed."""

from fastapi import Request

from app.errors import Forbidden
from app.origin import from_elsewhere


async def same_origin(request: Request) -> None:
    """403 when another site's page sent the form; the guard does the same for whatever a cookie speaks for."""
    if from_elsewhere(request.method, request.headers):
        raise Forbidden.by_code("form_from_elsewhere")
