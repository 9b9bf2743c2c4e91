"""The shape of a connector."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Connector:
    """A known source. Headings are folded; a mapping to "" leaves the column out."""

    name: str
    signature: frozenset[str]
    """Headings that every file of the source has, and no other file has all of."""
    mapping: Mapping[str, str]
    """What its columns mean, as an admin's mapping says it."""
