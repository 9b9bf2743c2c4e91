"""ZIP containers (XLSX, ODS, ZIP of files), opened with limits: no bomb, no path trick, no password."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from app.services.importing.remarks import oversize, refusal, remark

MAX_UNPACKED = 1_500_000_000
"""Bytes all members of a container may unpack to."""
MAX_MEMBERS = 5_000
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What the standard library raises on containers that are broken inside."""
_MAX_RATIO = 300
"""Unpacked ÷ packed. XML of a spreadsheet packs 10 to 50 times; bombs over 1,000."""
_RATIO_FROM = 20_000_000


def open_container(data: bytes) -> zipfile.ZipFile:
    """The container, or BadInput / TooLarge that says what is wrong with it."""
    try:
        container = zipfile.ZipFile(io.BytesIO(data))
        members = container.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, OverflowError) as error:
        raise refusal("file", remark("zip_damaged", problem=str(error))) from error
    if len(members) > MAX_MEMBERS:
        raise oversize(remark("zip_of_too_many", files=len(members), most=MAX_MEMBERS))
    if any(m.flag_bits & 1 for m in members):
        raise refusal("file", remark("has_password"))
    for member in members:
        refuse_path(member.filename)
        if member.file_size > _RATIO_FROM and member.file_size > _MAX_RATIO * max(member.compress_size, 1):
            raise refusal("file", remark("zip_bomb", member=member.filename[:100], bytes=member.file_size))
    total = sum(m.file_size for m in members)
    if total > MAX_UNPACKED:
        raise oversize(remark("zip_too_large", bytes=total, most=MAX_UNPACKED))
    return container


def room_after(room: int, data: bytes) -> int:
    """What is left of the bytes that everything in an archive may unpack to, after one more file of it.

    TooLarge when nothing is: a container in a container has no allowance of its own.
    """
    inner = 0
    if data.startswith(b"PK"):
        with open_container(data) as container:
            inner = sum(member.file_size for member in container.infolist())
    left = room - len(data) - inner
    if left < 0:
        raise oversize(remark("zip_too_large", bytes=MAX_UNPACKED - left, most=MAX_UNPACKED))
    return left


def refuse_path(name: str) -> None:
    """BadInput when a member's name points out of the container."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise refusal("file", remark("path_trick", member=name[:100]))


@contextmanager
def open_member(container: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """One member as a stream that never gives more bytes than it declared; damage becomes BadInput."""
    try:
        declared = container.getinfo(name).file_size
        with container.open(name) as stream:
            yield _Counted(stream, declared, name)  # type: ignore[misc]
    except KeyError as error:
        raise refusal("file", remark("part_missing", part=name)) from error
    except _DAMAGE as error:
        raise refusal("file", remark("part_damaged", part=name, problem=str(error))) from error


class _Counted:
    """A stream that refuses to unpack more than the directory of the container promised."""

    def __init__(self, stream: IO[bytes], declared: int, name: str) -> None:
        self._stream, self._left, self._name = stream, declared, name

    def read(self, n: int = -1) -> bytes:
        piece = self._stream.read(n if n >= 0 else self._left + 1)
        self._left -= len(piece)
        if self._left < 0:
            raise refusal("file", remark("zip_lies", member=self._name))
        return piece
