"""Under which address people reach this service, as links and codes carry it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request

from app.settings import Settings


def public_base(request: Request, settings: Settings) -> str:
    """The address that was set, else the one this page was asked under; without a slash at its end."""
    return (settings.public_url or str(request.base_url)).rstrip("/")


def only_here(base: str) -> bool:
    """Whether an address leads every device to itself, so that no phone gets anywhere by it."""
    host = urlsplit(base).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
