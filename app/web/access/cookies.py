"""The cookie of a session, and the short-lived one of a journey to the identity provider."""

from fastapi import Request
from starlette.responses import Response

from app.guard import cookie_name
from app.settings import Settings

JOURNEY = "viaduc-journey"
JOURNEY_LASTS = 600
JOURNEY_PATH = "/console/sign-in"


def keep_session(request: Request, answer: Response, settings: Settings, token: str) -> None:
    """Give the browser its session: unreadable for scripts, not sent with what other sites ask for."""
    answer.set_cookie(
        cookie_name(request),
        token,
        max_age=int(settings.session_days * 24 * 3600),
        httponly=True,
        samesite="lax",
        secure=_secure(request),
    )


def forget_session(request: Request, answer: Response) -> None:
    """Take the session away."""
    answer.delete_cookie(cookie_name(request), httponly=True, samesite="lax", secure=_secure(request))


def keep_journey(request: Request, answer: Response, journey: str) -> None:
    """Remember what was asked of the identity provider, and where to go afterwards."""
    answer.set_cookie(
        JOURNEY, journey, max_age=JOURNEY_LASTS, path=JOURNEY_PATH, httponly=True, samesite="lax",
        secure=_secure(request),
    )  # fmt: skip


def forget_journey(answer: Response) -> None:
    """The journey is over."""
    answer.delete_cookie(JOURNEY, path=JOURNEY_PATH)


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
