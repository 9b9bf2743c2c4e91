"""Where a browser says a request comes from. Browsers set these headers themselves; pages cannot forge them."""

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
_BROWSERS = "Mozilla/"
"""How all of them begin to say who they are."""


def from_elsewhere(method: str, headers: Mapping[str, str]) -> bool:
    """Whether another site's page caused this request (Sec-Fetch-Site, or Origin from older browsers).

    Programs say neither: they are nobody's page. Every browser says one of them with what changes something: one that
    does not is older than its own protections, or somebody took the word out.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    return method not in SAFE and headers.get("user-agent", "").startswith(_BROWSERS)


def may_use_what_the_browser_sends(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a cookie, or being on this machine, may speak for this request.

    What another site's page asks does not act in the name of the person in front of the browser. A link followed from
    there does, because it only reads and its answer stays out of that page's reach.
    """
    if not from_elsewhere(method, headers):
        return True
    return method in SAFE and headers.get("sec-fetch-mode") == "navigate"
