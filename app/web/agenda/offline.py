"""What makes an agenda work without a connection: the service worker and the manifest of the app."""

from hashlib import sha256

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.deps import SessionDep
from app.services.events import get_event
from app.web.agenda.frame import SECRET, LinkDep, language
from app.web.catalogues import translations
from app.web.render import HEADERS, templates
from app.web.static_files import static_url

router = APIRouter(prefix="/agenda", include_in_schema=False)

FONT = "/static/fonts/schibsted-grotesk.woff2"
FILES = ("icon.svg", "viaduc.css", "agenda.css", "viaduc.js", "live.js", "agenda.js")
ICONS = ("agenda/icon-192.png", "agenda/icon-512.png")
_PETROL = "#0b5c66"


@router.get("/sw.js")
def service_worker(request: Request) -> Response:
    """The worker; its text changes with every file it keeps, so that browsers notice a new version."""
    shell = [*(static_url(name) for name in FILES), FONT]
    version = sha256("\n".join(shell).encode()).hexdigest()[:12]
    answer = templates("en").TemplateResponse(
        request, "agenda/sw.js", {"shell": shell, "version": version}, media_type="text/javascript"
    )
    answer.headers.update({"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})
    answer.headers["Content-Security-Policy"] = HEADERS["Content-Security-Policy"]
    return answer


@router.get("/{token}/manifest.webmanifest")
def manifest(request: Request, session: SessionDep, link: LinkDep, token: str) -> Response:
    """The agenda as an app of its own on the home screen; it opens with this link."""
    event = get_event(session, event_id=link.event_id)
    lang = language(request, link)
    words = translations(lang)
    _ = words.gettext
    told = {
        "name": f"{_('My agenda')} · {event.name}",
        "short_name": _("My agenda"),
        "lang": lang,
        "id": f"/agenda/{token}",
        "start_url": f"/agenda/{token}",
        "scope": "/agenda/",
        "display": "standalone",
        "background_color": "#f5f7f6",
        "theme_color": _PETROL,
        "icons": [
            {"src": static_url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size in zip(ICONS, (192, 512), strict=True)
            for purpose in ("any", "maskable")
        ],
    }
    return JSONResponse(told, headers=SECRET, media_type="application/manifest+json")
