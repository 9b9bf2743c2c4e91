"""Letters by e-mail, through whatever server the settings name."""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from email.message import EmailMessage

from app.errors import Unavailable
from app.services.patience import cut_after
from app.settings import Settings

LONGEST = 10
"""Seconds to wait for the mail server: a slow one must not hold up anybody for long."""
_AT_ONCE, _IN_LINE = 2, 200
END_S = 10.0
_READY = 220

log = logging.getLogger(__name__)


class Post:
    """Threads of its own for letters: a slow mail server holds up letters, and no request."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="post")
        self._room = threading.BoundedSemaphore(_AT_ONCE + _IN_LINE)
        self._under_way: set[Future[None]] = set()

    def hand_over(self, write: Callable[[], None]) -> None:
        """Have a letter written and sent when its turn comes; too many that wait are not sent, and the log says so."""
        if not self._room.acquire(blocking=False):
            log.error("a letter was not sent: %d wait for the mail server", _IN_LINE)
            return
        future = self._pool.submit(write)
        self._under_way.add(future)
        future.add_done_callback(self._over)

    def stop(self) -> None:
        """Send what is under way, for a moment; what waits is not sent."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait([*self._under_way], timeout=END_S)

    def _over(self, future: Future[None]) -> None:
        self._under_way.discard(future)
        self._room.release()
        if not future.cancelled() and (error := future.exception()) is not None:
            log.error("a letter was not sent", exc_info=error)


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
    server = _server(settings)
    try:
        with cut_after(3 * LONGEST, lambda: server.sock), _greeted(server, settings):
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        # Neither the address nor the answer of the server: it often repeats the address.
        log.error("a letter was not taken by the mail server: %s", type(error).__name__)
        raise Unavailable("the mail server does not take letters at the moment") from error
    finally:
        server.close()


def _server(settings: Settings) -> smtplib.SMTP:
    """Whom to talk to; nothing is said yet."""
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(timeout=LONGEST, context=ssl.create_default_context())
    return smtplib.SMTP(timeout=LONGEST)


def _greeted(server: smtplib.SMTP, settings: Settings) -> smtplib.SMTP:
    """The same, connected and, where that is wanted, out of reach of listeners."""
    host = settings.smtp_host or ""
    # The name that the certificate must have: the library takes it from its constructor alone, which connects.
    vars(server)["_host"] = host
    code, said = server.connect(host, settings.smtp_port)
    if code != _READY:
        raise smtplib.SMTPConnectError(code, said)
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server
