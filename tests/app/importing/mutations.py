"""Files broken at random: bytes flipped, cut out, doubled, swapped; parts of containers mutated and packed again."""

import io
import random
import zipfile
import zlib

_NOISE = (b"\x00", b"\xff\xfe", b'"', b"\n", b"\r", b";", b"<", b"&x;", b"{", b"[" * 50, b"\xc3", b"9" * 40, b"=")


def mutate(rng: random.Random, data: bytes) -> bytes:
    """The bytes of a file, broken; half of the containers are broken inside."""
    if data.startswith(b"PK") and rng.random() < 0.6:
        inside = _mutate_member(rng, data)
        if inside is not None:
            return inside
    return _mutate_bytes(rng, data)


def _mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(broken) + 1)
        span = rng.randint(1, max(1, len(broken) // rng.choice([4, 20, 200])))
        how = rng.randrange(5)
        if how == 0 and broken:
            broken[min(at, len(broken) - 1)] ^= 1 << rng.randrange(8)
        elif how == 1:
            del broken[at : at + span]
        elif how == 2:
            broken[at:at] = broken[at : at + span]
        elif how == 3:
            broken[at:at] = rng.choice(_NOISE)
        else:
            broken = broken[: max(1, at)]
    return bytes(broken)


def _mutate_member(rng: random.Random, data: bytes) -> bytes | None:
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            members = source.infolist()
            if sum(m.file_size for m in members) > 1_000_000:
                return None
            victim = rng.choice(members).filename
            for member in members:
                content = source.read(member)
                target.writestr(member.filename, _mutate_bytes(rng, content) if member.filename == victim else content)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError):
        return None
    return out.getvalue()
