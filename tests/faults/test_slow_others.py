"""Others that are slow: an identity provider and a mail server that answer a letter at a time hold up nobody else."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.faults.killed import Service

CALLERS = 40
"""More than the service has threads for."""
PROMPT_S = 2.0
IMPATIENT = """
from app import mail
from app.services.access import provider
mail.LONGEST, mail.END_S, provider.LONGEST = 2, 2.0, 2.0
from app.cli import main
main()
"""
"""The service, which waits for others a fraction of the time."""


@contextmanager
def dripping(said: bytes) -> Iterator[int]:
    """A server that says a letter a second; its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:

        def talk(line: socket.socket) -> None:
            with line, suppress(OSError):
                for letter in said:
                    line.send(bytes([letter]))
                    time.sleep(1)

        def meet() -> None:
            with suppress(OSError):
                while True:
                    line, _ = door.accept()
                    threading.Thread(target=talk, args=(line,), daemon=True).start()

        threading.Thread(target=meet, daemon=True).start()
        yield door.getsockname()[1]


@pytest.fixture
def service(tmp_path: Path, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 600) as provider, dripping(b"220-" + b"." * 600) as mail:
        service = Service(
            furnish(tmp_path / "data"), VIADUC_OIDC_ISSUER=f"http://127.0.0.1:{provider}",
            VIADUC_OIDC_CLIENT_ID="viaduc",
            VIADUC_OIDC_CLIENT_SECRET="secret", VIADUC_SMTP_HOST="127.0.0.1", VIADUC_SMTP_PORT=str(mail),
            VIADUC_SMTP_SECURITY="none", VIADUC_SMTP_FROM="viaduc@example.org", VIADUC_RATE_SIGN_IN="100000",
        )  # fmt: skip
        service.code = IMPATIENT
        service.set(VIADUC_PUBLIC_URL=service.url)
        service.start()
        yield service
        service.end()


@pytest.mark.slow
def test_while_others_dawdle_pages_are_prompt_and_what_waits_for_them_is_bounded(service: Service) -> None:
    with httpx.Client(base_url=service.url, timeout=180) as admin:
        for n in range(CALLERS):
            person = {"email": f"anna{n}@example.org", "role": "admin"}
            assert admin.put("/people", json=person).is_success

        def ask_for_letter(n: int) -> httpx.Response:
            form = {"email": f"anna{n}@example.org"}
            return httpx.post(f"{service.url}/console/sign-in/letter", data=form, timeout=180)

        def sign_in(n: int) -> int:
            while (letter := ask_for_letter(n)).status_code == 503:
                time.sleep(float(letter.headers["Retry-After"]))  # forty forms at once: some are asked to come back
            assert letter.status_code == 200
            return httpx.get(f"{service.url}/console/sign-in/provider", timeout=180, follow_redirects=False).status_code

        begun = time.perf_counter()
        with ThreadPoolExecutor(CALLERS) as callers:
            asked = [callers.submit(sign_in, n) for n in range(CALLERS)]
            took, told = [], []
            while not all(future.done() for future in asked):
                since = time.perf_counter()
                told.append(admin.get("/events").status_code)
                took.append(time.perf_counter() - since)
                time.sleep(0.1)
            # Some are told that the provider does not answer, the others at once that too many wait for it.
            assert {future.result() for future in asked} == {503}
        # The first stand behind forty forms that come at once; those after them behind nobody.
        assert sorted(took)[len(took) * 3 // 4] <= PROMPT_S
        assert set(told) <= {200, 503}
        assert told.count(200) >= len(told) * 3 // 4
        assert time.perf_counter() - begun <= 150
        assert admin.get("/ready").status_code == 200
    assert service.stop() <= 20
