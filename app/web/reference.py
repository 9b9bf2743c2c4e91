"""The reference of the JSON door, served by ourselves from its own description: no script, nothing from elsewhere."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.web.render import page

router = APIRouter(include_in_schema=False)

Schema = Mapping[str, Any]
Pieces = list[tuple[str, str | None]]
"""A type in words: (text, name of the shape it leads to)."""

_METHODS = ("get", "post", "put", "patch", "delete")
_SAMPLES = {"integer": 1, "number": 1, "boolean": "true"}
_SAMPLE_WORD = "partner"
_PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
_FORMATS = {"date-time": "time with offset", "date": "date", "binary": "file"}
_ERROR = 400
_LINE = 72


@dataclass(frozen=True)
class Row:
    """One field or parameter."""

    name: str
    kind: Pieces
    required: bool
    limits: str
    told: str
    place: str = ""
    nested: list["Row"] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """One status an operation may answer with."""

    status: str
    told: str
    kind: Pieces

    @property
    def failed(self) -> bool:
        """Whether it is an error."""
        return self.status.isdigit() and int(self.status) >= _ERROR


@dataclass(frozen=True)
class Operation:
    """One route as a reader of the reference sees it."""

    method: str
    path: str
    anchor: str
    summary: str
    told: str
    parameters: list[Row]
    body: list[Row]
    body_kind: Pieces
    media: str
    answers: list[Answer]
    samples: list[tuple[str, str]]


@dataclass(frozen=True)
class Reference:
    """An OpenAPI document, read for people; `base` is the address the samples call."""

    document: Schema
    base: str

    @cached_property
    def groups(self) -> dict[str, list[Operation]]:
        """Operations by their tag, in the order of the document."""
        found: dict[str, list[Operation]] = {}
        for path, item in self.document["paths"].items():
            for method in (m for m in _METHODS if m in item):
                operation = self._operation(method, path, item[method])
                found.setdefault(item[method].get("tags", ["other"])[0], []).append(operation)
        return found

    @cached_property
    def shapes(self) -> dict[str, list[Row]]:
        """Every shape that a body, an answer or another shape names, with its fields."""
        schemas = self.document.get("components", {}).get("schemas", {})
        return {name: self._rows(schema, depth=0) for name, schema in sorted(schemas.items()) if "properties" in schema}

    def _operation(self, method: str, path: str, told: Schema) -> Operation:
        contents: dict[str, Schema] = told.get("requestBody", {}).get("content", {})
        media, content = next(iter(contents.items()), ("", {}))
        body = content.get("schema", {})
        parameters = [_parameter(p) for p in told.get("parameters", [])]
        address = self.base + _address(path, told.get("parameters", []))
        return Operation(
            method=method.upper(),
            path=path,
            anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
            summary=told.get("summary", ""),
            told=told.get("description", ""),
            parameters=parameters,
            body=self._rows(self._resolved(body), depth=1),
            body_kind=pieces(body) if body else [],
            media=media,
            answers=[_answer(status, answer) for status, answer in told.get("responses", {}).items()],
            samples=[*self._samples(method, address, media, content)],
        )

    def _resolved(self, schema: Schema) -> Schema:
        """The shape a schema names: directly, as one of several, or as the items of a list."""
        if "$ref" in schema:
            found: Schema = self.document["components"]["schemas"][_name(schema)]
            return found
        for inner in [*schema.get("anyOf", []), *schema.get("allOf", []), schema.get("items")]:
            if inner and (found := self._resolved(inner)):
                return found
        return schema if "properties" in schema else {}

    def _rows(self, schema: Schema, depth: int) -> list[Row]:
        """The fields of a shape; for `depth` levels with the fields of the shapes they hold."""
        required = set(schema.get("required", []))
        return [
            Row(
                name=name,
                kind=pieces(inner),
                required=name in required,
                limits=limits(inner),
                told=inner.get("description", ""),
                nested=self._rows(self._resolved(inner), depth - 1) if depth else [],
            )
            for name, inner in schema.get("properties", {}).items()
        ]

    def _samples(self, method: str, address: str, media: str, content: Schema) -> Iterator[tuple[str, str]]:
        """(title, curl) that can be pasted into a shell."""
        verb = "" if method == "get" or (method == "post" and media) else f" -X {method.upper()}"
        start = f"curl {shlex.quote(address)}{verb}"
        if media == "multipart/form-data":
            yield "", f"{start} {self._form(content.get('schema', {}))}"
        elif media:
            for title, example in content.get("examples", {}).items():
                body = shlex.quote(written(example["value"]))
                yield title, f"{start} -H 'content-type: application/json' -d {body}"
        else:
            yield "", start

    def _form(self, schema: Schema) -> str:
        shape = self._resolved(schema)
        names = [name for name in shape.get("properties", {}) if name in shape.get("required", [])]
        return " ".join(f"-F {name}={'@map.csv' if name == 'file' else 'Example'}" for name in names)


def pieces(schema: Schema) -> Pieces:
    """A type in words, with the shapes it names."""
    if "$ref" in schema:
        return [(_name(schema), _name(schema))]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _joined([pieces(inner) for inner in schema[several]])
    if "enum" in schema or "const" in schema:
        return [(" | ".join(str(value) for value in schema.get("enum", [schema.get("const")])), None)]
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return [("[", None), *_joined([pieces(inner) for inner in schema["prefixItems"]], ", "), ("]", None)]
        return [("list of ", None), *pieces(schema.get("items", {}))]
    plain = _FORMATS.get(schema.get("format", "")) or _PLAIN.get(str(schema.get("type")), "object")
    return [(plain if schema else "anything", None)]


def limits(schema: Schema) -> str:
    """What a value must be, in few words."""
    one: Schema = {**next((s for s in schema.get("anyOf", []) if s.get("type") != "null"), {}), **schema}
    told = [_between(one, "minimum", "maximum", ""), _between(one, "minLength", "maxLength", " characters")]
    told += [_between(one, "minItems", "maxItems", " items")]
    if "exclusiveMinimum" in one:
        told.append(f"more than {one['exclusiveMinimum']}")
    if "pattern" in one:
        told.append(f"like {one['pattern']}")
    if one.get("default") not in (None, [], {}):
        told.append(f"default {json.dumps(one['default'], ensure_ascii=False)}")
    return "; ".join(filter(None, told))


def _between(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = (None if schema.get(end) is None else f"{schema[end]:,}".removesuffix(".0") for end in (low, high))
    if least and most:
        return f"{least} to {most}{unit}"
    if most:
        return f"at most {most}{unit}"
    return f"at least {least}{unit}" if least else ""


def written(value: Any, indent: str = "") -> str:
    """JSON in as few lines as can be read: what fits on a line stays on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _LINE or not isinstance(value, dict | list):
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        inside = [f"{json.dumps(k, ensure_ascii=False)}: {written(v, deeper)}" for k, v in value.items()]
    else:
        inside = [written(item, deeper) for item in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{left}\n{deeper}" + f",\n{deeper}".join(inside) + f"\n{indent}{right}"


def _joined(kinds: list[Pieces], between: str = " or ") -> Pieces:
    joined: Pieces = []
    for kind in kinds:
        joined += [*([(between, None)] if joined else []), *kind]
    return joined


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _parameter(told: Schema) -> Row:
    schema = told.get("schema", {})
    words = told.get("description") or schema.get("description", "")
    return Row(told["name"], pieces(schema), told.get("required", False), limits(schema), words, told["in"])


def _answer(status: str, told: Schema) -> Answer:
    contents: list[Schema] = [*told.get("content", {}).values()]
    schema = contents[0].get("schema", {}) if contents else {}
    return Answer(status, told.get("description", ""), pieces(schema) if schema else [])


def _address(path: str, parameters: list[Schema]) -> str:
    """The path with a sample in each gap, and the parameters that must be there."""
    samples = {p["name"]: _SAMPLES.get(p.get("schema", {}).get("type", ""), _SAMPLE_WORD) for p in parameters}
    needed = {p["name"]: samples[p["name"]] for p in parameters if p["in"] == "query" and p.get("required")}
    filled = path.format(**{p["name"]: samples[p["name"]] for p in parameters if p["in"] == "path"})
    return f"{filled}?{urlencode(needed)}" if needed else filled


@router.get("/docs")
def reference(request: Request) -> Response:
    """Every route with its fields, samples, answers and errors."""
    told = Reference(request.app.openapi(), str(request.base_url).rstrip("/"))
    return page(request, "reference.html", {"told": told, "info": told.document["info"]})
