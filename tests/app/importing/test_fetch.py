"""Files from addresses: what is refused, and why, against a server on this machine."""

import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.errors import BadInput, TooLarge
from app.services.importing.fetch import Allowed, Fetched, FetchRules, fetch, is_public, read_rules
from tests.serving import serving

CSV = b"Name,Country\nA,BE\n"


class Handler(BaseHTTPRequestHandler):
    """A host of files, some of them hostile."""

    def do_GET(self) -> None:
        name, _, rest = self.path.lstrip("/").partition("?")
        getattr(self, f"_{name.partition('.')[0]}", self._missing)(rest)

    def log_message(self, *_: object) -> None:
        return

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for header in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def _missing(self, _rest: str) -> None:
        self._send(404, {})

    def _map(self, _rest: str) -> None:
        self._send(200, {"X-Host": self.headers["Host"]}, CSV)

    def _named(self, _rest: str) -> None:
        self._send(200, {"Content-Disposition": 'attachment; filename="../../carte.csv"'}, CSV)

    def _moved(self, rest: str) -> None:
        self._send(302, {"Location": rest})

    def _claims(self, _rest: str) -> None:
        self._send(200, {"Content-Length": "9999999"}, CSV)

    def _endless(self, _rest: str) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            return

    def _drip(self, _rest: str) -> None:
        try:
            for _ in range(200):
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    def _short(self, _rest: str) -> None:
        self._send(200, {"Content-Length": "500"}, CSV)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with serving(server):
        yield server.server_address[1]


@pytest.fixture
def rules(port: int) -> FetchRules:
    return FetchRules((Allowed("files.example", port, private=True),), most_bytes=100_000, seconds=5)


def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_file_is_fetched_under_the_name_that_was_asked_for(port, rules):
    assert fetch(f"http://files.example:{port}/map.csv?v=1", rules, here) == Fetched("map.csv", CSV)
    assert fetch(f"http://files.example:{port}/named", rules, here) == Fetched("carte.csv", CSV)
    assert fetch(f"http://files.example:{port}/moved?/map.csv", rules, here) == Fetched("map.csv", CSV)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://files.example/x", "begins with https:// or http://"),
        ("file:///etc/passwd", "begins with https:// or http://"),
        ("http://files.example/a b", "is no address"),
        ("http://files.example\\@evil.example/", "is no address"),
        ("http://user:pw@files.example/x", "a name or a password"),
        ("http://files.example:99999/x", "is no address"),
        ("http://files.example:22/x", "are not fetched from files.example"),
        ("http://evil.example/x", "are not fetched from evil.example; the operator allows files.example"),
        ("http://files.example.evil.example/x", "are not fetched from"),
    ],
)
def test_an_address_that_is_not_allowed_is_refused_before_anybody_is_asked(rules, url, reason):
    def nobody(_host: str, _port: int) -> list[str]:
        raise AssertionError("a name was looked up")

    with pytest.raises(BadInput, match=reason):
        fetch(url, rules, nobody)


def test_nothing_is_fetched_unless_a_host_is_allowed():
    with pytest.raises(BadInput, match="is off; the operator allows hosts with VIADUC_IMPORT_URLS"):
        fetch("https://data.europa.eu/x.csv", FetchRules())


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
     "::127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.192", "192.88.99.1", "fec0::1"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(address):
    assert not is_public(address)
    rules = FetchRules((Allowed("files.example"),))
    with pytest.raises(BadInput, match="stands on a private network"):
        fetch("http://files.example/x", rules, lambda _h, _p: ["93.184.216.34", address])


def test_addresses_of_the_open_internet_are_public():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")


def test_a_name_is_resolved_once_and_that_address_is_connected_to(port, rules):
    asked = []

    def once(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["203.0.113.1"]

    assert fetch(f"http://files.example:{port}/map.csv", rules, once).data == CSV
    assert asked == ["files.example"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("moved?http://evil.example/x", "are not fetched from evil.example"),
        ("moved?//127.0.0.1/x", "are not fetched from 127.0.0.1"),
        ("moved?file:///etc/passwd", "begins with https:// or http://"),
        ("moved?/moved?/moved", "leads on, but does not say where to"),
        ("nothing", "answers 404"),
        ("short", r"broke off|IncompleteRead"),
    ],
)
def test_what_comes_instead_of_a_file_is_named(port, rules, path, reason):
    with pytest.raises(BadInput, match=reason):
        fetch(f"http://files.example:{port}/{path}", rules, here)


def test_another_allowed_host_is_not_led_on_to(port):
    rules = FetchRules((Allowed("files.example", port, private=True), Allowed("other.example")), 1000, 5)
    with pytest.raises(BadInput, match=r"leads on to another host \(other.example\)"):
        fetch(f"http://files.example:{port}/moved?http://other.example/x", rules, here)


def test_going_round_in_circles_ends(port, rules):
    path = "/moved?" * 8 + "/map.csv"
    with pytest.raises(BadInput, match="leads on more than 5 times"):
        fetch(f"http://files.example:{port}{path}", rules, here)


@pytest.mark.parametrize("path", ["claims", "endless"])
def test_a_file_larger_than_allowed_is_cut_off(port, rules, path):
    with pytest.raises(TooLarge, match="more than 100,000"):
        fetch(f"http://files.example:{port}/{path}", rules, here)


def test_a_server_that_drips_is_cut_off_in_time(port):
    rules = FetchRules((Allowed("files.example", port, private=True),), 1000, seconds=0.3)
    started = time.monotonic()
    with pytest.raises(BadInput, match=r"did not answer within 0 s|cannot be read"):
        fetch(f"http://files.example:{port}/drip", rules, here)
    assert time.monotonic() - started < 2


def test_a_host_nobody_listens_at_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        rules = FetchRules((Allowed("files.example", free.getsockname()[1], private=True),), 1000, 5)
        with pytest.raises(BadInput, match="cannot be read"):
            fetch(f"http://files.example:{free.getsockname()[1]}/x", rules, here)


def test_the_setting_is_read_and_refused_by_name():
    rules = read_rules("data.europa.eu, *.example.org files.example:8443,private:intranet", most_bytes=5, seconds=1)
    assert rules.hosts == (
        Allowed("data.europa.eu"),
        Allowed("*.example.org"),
        Allowed("files.example", 8443),
        Allowed("intranet", None, private=True),
    )
    assert read_rules("", most_bytes=5, seconds=1).hosts == ()
    with pytest.raises(BadInput, match="VIADUC_IMPORT_URLS"):
        read_rules("host:port", most_bytes=5, seconds=1)
    fits = FetchRules((Allowed("*.example.org"),))
    for url in ("http://example.org/x", "http://badexample.org/x"):
        with pytest.raises(BadInput, match="are not fetched from"):
            fetch(url, fits)
