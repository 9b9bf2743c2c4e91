"""`viaduc …` as a person calls it, for tests; the fixture of this name stands in tests/conftest.py."""

from collections.abc import Callable
from typing import NamedTuple


class Told(NamedTuple):
    """What a command said, and its exit status."""

    code: int
    out: str
    err: str


Viaduc = Callable[..., Told]
