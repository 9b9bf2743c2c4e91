"""Secrets that the service hands out: 256 random bits, of which only a hash is kept.

A password needs a slow, salted hash, because people choose guessable ones. These are not chosen: nobody tries 2²⁵⁶
values, so one SHA-256 is enough, and a request is recognised by one look into a unique index.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

Kind = Literal["key", "link", "session"]
PREFIXES: dict[Kind, str] = {"key": "viaduc_", "link": "", "session": ""}
"""A key begins with a word that scanners of code and logs can look for."""

_BYTES = 32
_SHOWN = 6


@dataclass(frozen=True)
class Secret:
    """A secret and what is kept of it."""

    text: str
    begins: str
    hash: str


def new_secret(kind: Kind) -> Secret:
    """A secret nobody has seen."""
    prefix = PREFIXES[kind]
    text = prefix + secrets.token_urlsafe(_BYTES)
    return Secret(text, text[: len(prefix) + _SHOWN], hash_of(text))


def hash_of(text: str) -> str:
    """What is stored of a secret, and looked up."""
    return hashlib.sha256(text.encode()).hexdigest()
