"""XML read as a stream of events, without document types: no entity, so no bomb and no outside file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from app.services.importing.remarks import refusal, remark

_CHUNK = 1 << 16
_LONGEST = 1 << 22
"""Bytes of a word of markup, such as a start tag with all its attributes.

The parser looks at one that has not ended from its beginning with every piece: without a bound, a few megabytes packed
well would hold it, and all of Python, for hours."""


@dataclass
class Handlers:
    """What to call at the start and end of an element and for its text. Names carry no namespace prefix."""

    start: Callable[[str, dict[str, str]], None]
    end: Callable[[str], None]
    text: Callable[[str], None] = lambda _text: None


class XmlFeed:
    """Feeds a stream piece by piece to handlers, so that a generator can hand rows on between the pieces."""

    def __init__(self, stream: IO[bytes], handlers: Handlers, part: str) -> None:
        self._stream, self._part = stream, part
        self._given = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = lambda name, attributes: handlers.start(_local(name), attributes)
        self._parser.EndElementHandler = lambda name: handlers.end(_local(name))
        self._parser.CharacterDataHandler = handlers.text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def step(self) -> bool:
        """Read one piece; False at the end. BadInput when the XML is broken or declares entities."""
        piece = self._stream.read(_CHUNK)
        self._given += len(piece)
        try:
            self._parser.Parse(piece, not piece)
            if self._given - max(self._parser.CurrentByteIndex, 0) > _LONGEST:
                raise expat.ExpatError("a tag without an end")
        except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that nobody knows
            raise refusal("file", remark("part_no_xml", part=self._part, problem=str(error))) from error
        return bool(piece)

    def run(self) -> None:
        """Read all of it."""
        while self.step():
            pass

    def _refuse(self, *_: object) -> None:
        raise refusal("file", remark("xml_bomb", part=self._part))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def attribute(attributes: dict[str, str], name: str) -> str | None:
    """An attribute by its local name."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if _local(key) == name), None)
