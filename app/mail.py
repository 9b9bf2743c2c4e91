"""Letters by e-mail, through whatever server the settings name."""

import logging
import smtplib
import ssl
from email.message import EmailMessage

from app.errors import Unavailable
from app.settings import Settings

LONGEST = 10
"""Seconds to wait for the mail server: a slow one must not hold up anybody for long."""

log = logging.getLogger(__name__)


def can_send(settings: Settings) -> bool:
    """Whether letters can be sent: there is a server, a sender, and an address that links in letters lead to.

    The address of the request would not do: whoever asks chooses it, and could have links of others lead to himself.
    """
    return bool(settings.smtp_host and settings.smtp_from and settings.public_url)


def send_letter(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Hand a letter to the mail server; Unavailable when it does not take it."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = settings.smtp_from, to, subject
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    try:
        with _server(settings) as server:
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        # Neither the address nor the answer of the server: it often repeats the address.
        log.error("a letter was not taken by the mail server: %s", type(error).__name__)
        raise Unavailable("the mail server does not take letters at the moment") from error


def _server(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=LONGEST, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=LONGEST)
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server
