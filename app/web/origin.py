"""Forms are taken from our own pages only; browsers say where a request comes from, so no token is needed."""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request


def same_origin(request: Request) -> None:
    """403 when another site's page sent the form (Sec-Fetch-Site, or Origin from older browsers)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        origin = request.headers.get("origin")
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise HTTPException(403, "this form was sent from another site")
