"""The letter with a link to sign in."""

from contextlib import suppress

from app.db import session_scope
from app.deps import EngineDep
from app.errors import AppError, NotFound
from app.mail import send_letter
from app.services.access.people import LINK_LASTS, find_person, make_sign_in_link
from app.settings import Settings
from app.web.catalogues import translations


def send_sign_in_letter(engine: EngineDep, settings: Settings, email: str, lang: str) -> None:
    """Send a link to who may sign in; to anybody else nothing, and nobody is told which of the two it was."""
    try:
        with session_scope(engine) as session:
            token = make_sign_in_link(session, email=email)
            person = find_person(session, email=email)
            # To the address that was let in: K and the Kelvin sign fold alike, and may be two mailboxes.
            to = person.email if person else email.strip()
    except NotFound:
        return
    _ = translations(lang).gettext
    minutes = int(LINK_LASTS.total_seconds() // 60)
    address = sign_in_address(settings.public_url or "", token)
    text = _(
        "Somebody, hopefully you, asked to sign in to Viaduc with this address. Open this link within %(minutes)s "
        "minutes; it works once:"
    ) % {"minutes": minutes}
    unless = _("If it was not you, you need do nothing: without this link nobody comes in.")
    # What the mail server answers is in the log; whoever asked is told nothing that tells addresses apart.
    with suppress(AppError):
        send_letter(settings, to=to, subject=_("Sign in to Viaduc"), text=f"{text}\n\n{address}\n\n{unless}\n")


def sign_in_address(base: str, token: str) -> str:
    """Where a link leads."""
    return f"{base.rstrip('/')}/console/sign-in/link/{token}"
