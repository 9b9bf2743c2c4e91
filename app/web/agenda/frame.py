"""What every answer of the agenda has in common: its language, and headers that keep its address secret."""

from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from app.deps import SessionDep
from app.services.links import Link, open_link
from app.web.catalogues import COOKIE, asked_language, choose_language, speak
from app.web.render import A_YEAR, HEADERS, templates

SECRET = {
    # The address is the key: it must not travel to other pages, into caches between, or into search engines. (With
    # "no-referrer" a browser hides where its own forms come from, too: over plain http nothing else tells it.)
    "Referrer-Policy": "strict-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = HEADERS["Content-Security-Policy"] + "; worker-src 'self'; manifest-src 'self'"


def opened(request: Request, session: SessionDep, token: str) -> Link:
    """The link in the address, or 404; what goes wrong from here on is told in its language."""
    link = open_link(session, token=token)
    speak(request, link.language)
    return link


LinkDep = Annotated[Link, Depends(opened, scope="function")]
"""Forms of the agenda need no check of their origin: another site cannot know the address that they are sent to."""


def language(request: Request, link: Link | None) -> str:
    """`?lang=`, then what was chosen before, then the link's, then what the browser prefers."""
    speak(request, link.language if link else None)
    return choose_language(request)


def agenda_page(request: Request, template: str, context: dict[str, Any], lang: str, status: int = 200) -> Response:
    """A page of the agenda in the participant's language."""
    headers = HEADERS | SECRET | {"Content-Security-Policy": _POLICY, "Content-Language": lang}
    answer = templates(lang).TemplateResponse(request, template, context, status_code=status, headers=headers)
    if asked_language(request):
        answer.set_cookie(COOKIE, lang, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
