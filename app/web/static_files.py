"""Style, script and font: addressed by their content, so that a browser may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


class CachedStaticFiles(StaticFiles):
    """Static files; those asked for with their hash are immutable."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        addressed_by_content = b"v=" in scope["query_string"]
        keep = "public, max-age=31536000, immutable" if addressed_by_content else "public, max-age=3600"
        response.headers["Cache-Control"] = keep
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def static_url(name: str) -> str:
    """Address of a static file with the hash of its content."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
