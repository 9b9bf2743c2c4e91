"""A file from an address: only from hosts that the operator allows, of a size, within a time, and never from inside.

The name is resolved once and that very address is connected to, so a name that changes its mind between the check and
the connection gains nothing. Redirects stay on the host they began on.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from app.errors import BadInput
from app.services.importing.remarks import Value, oversize, refusal, remark

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = 5
_CHUNK = 64 * 1024
_SILENCE_S = 10.0
_TRANSLATED = tuple(
    ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
"""IPv6 addresses that lead to an IPv4 one: they could lead inside."""
_INSIDE = tuple(ipaddress.ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10"))
"""Addresses that Python takes for public and that lead to a cloud's own service, a relay or a site."""

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Allowed:
    """One host that files may be fetched from."""

    host: str
    port: int | None = None
    private: bool = False
    """Whether it may stand on a private network or on this machine."""


@dataclass(frozen=True)
class FetchRules:
    """What may be fetched. No host: nothing."""

    hosts: tuple[Allowed, ...] = ()
    most_bytes: int = 20 * 2**20
    seconds: float = 60.0


@dataclass(frozen=True)
class Fetched:
    """A file as it came."""

    filename: str
    data: bytes


def read_rules(hosts: str, *, most_bytes: int, seconds: float) -> FetchRules:
    """Rules of a setting such as "data.europa.eu, *.example.org, files.example.org:8443, private:intranet.example"."""
    allowed = []
    for written in re.split(r"[,\s]+", hosts.strip().lower()):
        if not written:
            continue
        private = written.startswith("private:")
        host, _, port = written.removeprefix("private:").partition(":")
        if not host or (port and not port.isdigit()):
            raise BadInput.of("VIADUC_IMPORT_URLS", f"{written!r} is no host, such as data.europa.eu or *.example.org")
        allowed.append(Allowed(host, int(port) if port else None, private))
    return FetchRules(tuple(allowed), most_bytes, seconds)


def fetch(url: str, rules: FetchRules, resolve: Resolve | None = None) -> Fetched:
    """The file at an address. BadInput says why an address is refused or did not answer; TooLarge when it is."""
    resolve = resolve or _resolve
    deadline = time.monotonic() + rules.seconds
    host = _checked(url, rules)[0].hostname
    for _ in range(_REDIRECTS + 1):
        parts, allowed = _checked(url, rules)
        if parts.hostname != host:
            raise _refused("fetch_other_host", host=str(parts.hostname))
        answer = _get(parts, _address(parts, allowed, resolve), rules, deadline)
        if isinstance(answer, Fetched):
            return answer
        onwards = urljoin(url, answer)
        if parts.scheme == "https" and urlsplit(onwards).scheme == "http":
            raise _refused("fetch_downgrade")
        url = onwards
    raise _refused("fetch_round", most=_REDIRECTS)


def _checked(url: str, rules: FetchRules) -> tuple[SplitResult, Allowed]:
    """The address in its parts and the rule that allows its host; BadInput when none does."""
    if not rules.hosts:
        raise _refused("fetch_off")
    if len(url) > 2000 or re.search(r"[\x00-\x20\x7f\\]", url):
        raise _refused("fetch_unreadable")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("fetch_no_address", problem=str(error)) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _refused("fetch_scheme")
    if parts.username is not None or parts.password is not None:
        raise _refused("fetch_password")
    for allowed in rules.hosts:
        if _fits(parts.hostname, allowed.host) and port in {None, allowed.port, _PORTS[parts.scheme]}:
            return parts, allowed
    listed = ", ".join(a.host for a in rules.hosts)
    raise _refused("fetch_host", host=parts.hostname, hosts=listed)


def _fits(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _address(parts: SplitResult, allowed: Allowed, resolve: Resolve) -> str:
    """The one address that is connected to; BadInput when the name leads inside."""
    assert parts.hostname is not None
    try:
        found = resolve(parts.hostname, _port(parts))
    except (OSError, UnicodeError) as error:
        raise _refused("fetch_host_unknown", host=parts.hostname) from error
    if not found:
        raise _refused("fetch_host_unknown", host=parts.hostname)
    if not allowed.private and not all(is_public(a) for a in found):
        raise _refused("fetch_private", host=parts.hostname)
    return found[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, by whatever way it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in _TRANSLATED):
        return False
    if any(ip in network for network in _INSIDE):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _get(parts: SplitResult, address: str, rules: FetchRules, deadline: float) -> Fetched | str:
    """The file, or the address it leads on to."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _refused("fetch_slow", seconds=round(rules.seconds))
    connection: http.client.HTTPConnection | None = None
    watch: threading.Timer | None = None
    try:
        connection = _connect(parts, address, min(left, _SILENCE_S))
        # A server that sends a byte now and then never runs into the socket's own time limit.
        watch = threading.Timer(max(deadline - time.monotonic(), 0.01), _cut, (connection.sock,))
        watch.daemon = True
        watch.start()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "viaduc", "Accept-Encoding": "identity", "Connection": "close"}
        connection.request("GET", target, headers=headers)
        return _read(connection.getresponse(), parts, rules)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= deadline or isinstance(error, TimeoutError):
            raise _refused("fetch_slow", seconds=round(rules.seconds)) from error
        raise _refused("fetch_problem", problem=str(error) or type(error).__name__) from error
    finally:
        if watch is not None:
            watch.cancel()
        if connection is not None:
            connection.close()


def _connect(parts: SplitResult, address: str, timeout: float) -> http.client.HTTPConnection:
    """A connection to the address that was checked, under the name that was asked for."""
    assert parts.hostname is not None
    sock = socket.create_connection((address, _port(parts)), timeout=timeout)
    if parts.scheme == "https":
        try:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)
        except BaseException:
            sock.close()
            raise
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    connection.default_port = _PORTS[parts.scheme]
    connection.sock = sock
    return connection


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _read(answer: http.client.HTTPResponse, parts: SplitResult, rules: FetchRules) -> Fetched | str:
    if answer.status in {301, 302, 303, 307, 308}:
        onwards = answer.headers.get("Location")
        if not onwards:
            raise _refused("fetch_nowhere")
        return onwards
    if answer.status != 200:
        raise _refused("fetch_status", status=str(answer.status), problem=answer.reason)
    most = rules.most_bytes
    if answer.length is not None and answer.length > most:
        raise oversize(remark("fetch_large", most=most))
    data = bytearray()
    while chunk := answer.read1(_CHUNK):
        data += chunk
        if len(data) > most:
            raise oversize(remark("fetch_large", most=most))
    if answer.length:
        raise _refused("fetch_broken")
    return Fetched(_filename(answer.headers, parts), bytes(data))


def _filename(headers: Message, parts: SplitResult) -> str:
    named = headers.get_filename()
    name = (named or unquote(parts.path)).replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = re.sub(r"[\x00-\x1f\x7f]", "", name)[-200:]
    return name or parts.hostname or "file"


def _refused(code: str, /, **values: Value) -> BadInput:
    return refusal("url", remark(code, **values))
