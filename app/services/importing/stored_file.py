"""The file of an import as the database keeps it: deflated, and read in pieces so that it is in memory once."""

import io
import zlib

from sqlalchemy import text
from sqlmodel import Session

_PIECE = 4 << 20


def pack(data: bytes) -> bytes:
    """The file as it is stored."""
    return zlib.compress(data, 1)


def stored_file(session: Session, *, import_id: int) -> bytes:
    """The file of an import as it came; empty when it was erased."""
    size = session.execute(text("SELECT octet_length(data) FROM map_import WHERE id = :id"), {"id": import_id})
    piece = text("SELECT substring(data FROM :start FOR :most) FROM map_import WHERE id = :id")
    unpacked, inflate = io.BytesIO(), zlib.decompressobj()
    for start in range(1, int(size.scalar_one()) + 1, _PIECE):
        values = {"id": import_id, "start": start, "most": _PIECE}
        unpacked.write(inflate.decompress(session.execute(piece, values).scalar_one()))
    unpacked.write(inflate.flush())
    return unpacked.getvalue()
