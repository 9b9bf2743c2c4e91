"""JSON and JSON Lines as tables: the keys are the headings, values keep their structure."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.services.importing.columns import recognise
from app.services.importing.encodings import find_decoder
from app.services.importing.nested import flattened, list_inside, names_somebody
from app.services.importing.remarks import oversize, refusal, remark
from app.services.importing.tables import MAX_CELL, MAX_COLUMNS, Reading, Row, Table
from models.remark import Remark

_MAX_DOCUMENT = 50_000_000
_MAX_LINE = 10_000_000
"""Characters of one line, which is one actor."""
_DEEPEST = 100
"""Lists and objects inside each other: far fewer than the calls inside calls that Python allows."""
_UNUSUAL = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[eE]\+?\d{3}|\d{300}")
"""What may be half a letter, no letter at all, or a number beyond all numbers."""
_LIST_KEYS = ("actors", "items", "data", "results", "records", "features", "organisations", "organizations")


@dataclass(frozen=True)
class _Broken:
    """A line that is no JSON, and why."""

    line: str
    why: Remark


def read_json_lines(data: bytes, name: str) -> Reading:
    """One object a line. A line that is no object is in the table, marked broken."""
    decoder = find_decoder(data)
    records = partial(_line_records, data)
    reading = Reading("jsonl", [], decoder.encoding, None, list(decoder.warnings))
    reading.tables = [_table(name, records)]
    return reading


def read_json(data: bytes, name: str) -> Reading:
    """One JSON document: a list of objects, or an object that holds one."""
    if len(data) > _MAX_DOCUMENT:
        raise oversize(remark("json_too_large", name=name, bytes=len(data)))
    decoder = find_decoder(data)
    try:
        document = _parsed(decoder.text(data))
    except RecursionError as error:
        raise refusal("file", remark("json_deep")) from error
    except ValueError as error:
        raise refusal("file", _invalid(error), getattr(error, "lineno", None)) from error
    items = _items(document)
    records = partial(_list_records, items)
    return Reading("json", [_table(name, records)], decoder.encoding, None, list(decoder.warnings))


def _parsed(text: str) -> Any:
    """What JSON says, in letters and numbers that can be stored; NaN, which is no JSON, says nothing.

    RecursionError where it is nested too deeply, ValueError where it is no JSON or has a number of thousands of digits.
    """
    document = json.loads(text, parse_constant=lambda _: None)
    if _UNUSUAL.search(text) or text.count("[") + text.count("{") > _DEEPEST:
        return _storable(document, 0)
    return document


def _storable(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {_letters(key): _storable(inside, depth + 1) for key, inside in value.items()}
    if isinstance(value, list):
        return [_storable(inside, depth + 1) for inside in value]
    if isinstance(value, str):
        return _letters(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _letters(text: str) -> str:
    """The text without NUL; half a letter is shown as one that could not be read, as it is in every other format."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


def _invalid(error: ValueError) -> Remark:
    if isinstance(error, json.JSONDecodeError):
        return remark("json_invalid", problem=error.msg)
    return remark("json_invalid", problem="a number of thousands of digits")


def _items(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        return _inside(document)
    raise refusal("file", remark("json_without_objects"))


def _inside(document: dict[str, Any]) -> list[Any]:
    """The objects that a document holds: in a list of a known name, in its longest list, under keys, or itself."""
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    known = next((lists[key] for key in _LIST_KEYS if key in lists), None)
    if known is not None:
        return [_feature(item) for item in known]
    plain = [key for key, value in document.items() if isinstance(value, str | int)]
    named = any(recognise(key).field in {"name", "id"} for key in plain)
    if not named:
        objects = [value for value in lists.values() if value and all(isinstance(item, dict) for item in value)]
        if objects:
            return max(objects, key=len)
        under_keys = len(document) > 1 and all(isinstance(value, dict) for value in document.values())
        if under_keys and any(names_somebody(value) for value in document.values()):
            return [{"id": key} | value for key, value in document.items()]
        if deeper := list_inside(document):
            return deeper
        if under_keys:
            return [{"id": key} | value for key, value in document.items()]
    return [document]


def _feature(item: Any) -> Any:
    """A GeoJSON feature's properties with its point; anything else as it is."""
    if not isinstance(item, dict) or item.get("type") != "Feature" or not isinstance(item.get("properties"), dict):
        return item
    geometry = item.get("geometry")
    point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    place = {"lon": point[0], "lat": point[1]} if isinstance(point, list) and len(point) >= 2 else {}
    return place | item["properties"]


def _list_records(items: list[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(items, start=1)


def _line_records(data: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(find_decoder(data).lines(data), start=1):
        if not line.strip():
            continue
        if len(line) > _MAX_LINE:
            yield number, _Broken(line[:MAX_CELL], remark("text_too_long", length=len(line), most=_MAX_LINE))
            continue
        try:
            # Lines cut out of a list keep their comma.
            yield number, _parsed(line.rstrip().removesuffix(","))
        except RecursionError:
            yield number, _Broken(line.strip(), remark("json_deep"))
        except ValueError as error:
            yield number, _Broken(line.strip(), _invalid(error))


def _table(name: str, records: Any) -> Table:
    headings: dict[str, None] = {}
    for _, record in records():
        if isinstance(record, dict):
            headings.update(dict.fromkeys(flattened(record)))
        if len(headings) > MAX_COLUMNS:
            raise refusal("file", remark("json_too_many_keys", most=MAX_COLUMNS))
    keys = list(headings)
    return Table(name, lambda: _rows(records(), keys), keys)


def _rows(records: Iterator[tuple[int, Any]], keys: list[str]) -> Iterator[Row]:
    for number, record in records:
        if isinstance(record, dict):
            flat = flattened(record)
            yield Row(number, [flat.get(key) for key in keys])
        elif isinstance(record, _Broken):
            yield Row(number, [record.line[:MAX_CELL]], record.why)
        else:
            written = json.dumps(record, ensure_ascii=False)[:MAX_CELL]
            yield Row(number, [written], remark("object_expected", kind=type(record).__name__))
