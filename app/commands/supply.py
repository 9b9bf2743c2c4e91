"""`viaduc sbom` and `viaduc licences`: what runs here beside our own code, and on which terms."""

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app import __version__
from app.db import ROOT
from matching.encoder.bundled import SOURCES

ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
        "CNRI-Python", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Zlib",
    }
)  # fmt: skip
"""Licences that ask for no more than a notice; LGPL (psycopg) and MPL (tqdm) bind those who change these packages."""

READ_BY_HAND = {
    "jinja2": "BSD-3-Clause",
    "mpmath": "BSD-3-Clause",
    "openvino-telemetry": "Apache-2.0",
    "scipy": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "sympy": "BSD-3-Clause",
    "transformers": "Apache-2.0",
    "uvloop": "Apache-2.0 OR MIT",
}
"""Packages whose metadata name no SPDX licence; what their licence file says."""

CARRIED = (
    ("pkg:npm/htmx.org@2.0.11", "0BSD"),
    ("pkg:npm/%40fontsource-variable/schibsted-grotesk@5.3.0", "OFL-1.1"),
    ("pkg:npm/%40fontsource-variable/inter@5.3.0", "OFL-1.1"),
)
"""Files of others that stand in this repository (app/web/static/ORIGIN.md, app/services/papers/fonts/ORIGIN.md)."""

FOR_OTHER_MODELS = frozenset({"sentence-transformers", "torch"})
"""What only a model other than the default one needs: the container image is made without (Dockerfile)."""

_CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}


@dataclass(frozen=True)
class Part:
    """One installed package: its name as on the index, its version, its licence (SPDX), what it stands on."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name as indexes compare it."""
        return canonicalize_name(self.name)

    @property
    def purl(self) -> str:
        """Its address in any index: no host in it."""
        return f"pkg:pypi/{self.key}@{self.version}"


def licence_of(package: Distribution) -> str:
    """The package's licence as an SPDX expression, or "unknown"."""
    told = cast(Message, package.metadata)  # the protocol in the standard library's stubs lacks get
    by_hand = READ_BY_HAND.get(canonicalize_name(package.name))
    if by_hand is not None:
        return by_hand
    spdx = told.get("License-Expression", "")
    expression = spdx or told.get("License", "")
    if expression and all(word in ALLOWED for word in _words(expression)):
        return expression
    named = {_CLASSIFIERS[c] for c in told.get_all("Classifier") or [] if c in _CLASSIFIERS}
    if not spdx and len(named) == 1:
        return named.pop()
    # A whole licence text in the field is no name.
    return expression.splitlines()[0][:80] if expression else "unknown"


def is_allowed(licence: str) -> bool:
    """Whether one alternative of an SPDX expression asks for allowed licences only."""
    return any(all(p.strip() in ALLOWED for p in way.split(" AND ")) for way in licence.split(" OR "))


def _words(expression: str) -> list[str]:
    return [part.strip() for way in expression.split(" OR ") for part in way.split(" AND ")]


def installed_parts() -> list[Part]:
    """Every package the service needs, as installed in this environment, by name; one that is missing is "absent"."""
    found: dict[str, Part] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(line) for line in _asked_for()]
    while waiting:
        wanted = waiting.pop()
        key, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        try:
            package = distribution(key)
        except PackageNotFoundError:
            if key in FOR_OTHER_MODELS:
                continue
            found[key] = Part(wanted.name, "absent", "unknown", ())
            continue
        needs = list(_needs(package, extras))
        known = found[key].needs if key in found else ()
        names = tuple(sorted({*known, *(canonicalize_name(n.name) for n in needs)}))
        found[key] = Part(package.name, package.version.split("+")[0], licence_of(package), names)
        waiting += needs
    return [found[key] for key in sorted(found)]


def _asked_for() -> list[str]:
    """What the project asks for: its own file where there is one, else what was installed with it."""
    file = ROOT / "pyproject.toml"
    if file.is_file():
        lines: list[str] = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
        return lines
    return [r for r in distribution("viaduc").requires or [] if "extra ==" not in r]


def _needs(package: Distribution, extras: Iterable[str]) -> Iterable[Requirement]:
    for line in package.requires or []:
        needed = Requirement(line)
        ways = ["", *sorted(extras)]
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ways):
            yield needed


def bill_of_materials(parts: list[Part], now: datetime) -> dict[str, Any]:
    """The parts as CycloneDX 1.6: packages with licence and dependencies, and the archives the model comes from.

    The serial number follows from the parts alone: the same installation gives the same one.
    """
    service = {"type": "application", "bom-ref": "viaduc", "name": "viaduc", "version": __version__}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, repr((__version__, parts)))}",
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "tools": {"components": [{"type": "application", "name": "viaduc sbom", "version": __version__}]},
            "component": service | {"licenses": [{"expression": "Apache-2.0"}]},
        },
        "components": [*map(_component, parts), *_carried()],
        "dependencies": _dependencies(parts),
    }


def _component(part: Part) -> dict[str, Any]:
    known = is_allowed(part.licence)
    licence = {"expression": part.licence} if known else {"license": {"name": part.licence}}
    return {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [licence],
    }


def _carried() -> list[dict[str, Any]]:
    """What is not a package: two files out of archives that the default model is made of, a script, fonts."""
    model = [
        {
            "type": "machine-learning-model",
            "bom-ref": source.target,
            "name": source.member,
            "version": source.requirement.partition("==")[2],
            "purl": f"pkg:pypi/{source.requirement.replace('==', '@')}",
            "hashes": [{"alg": "SHA-256", "content": source.sha256}],
        }
        for source in SOURCES
    ]
    files = [
        {
            "type": "library",
            "bom-ref": purl,
            "name": purl.rpartition("/")[2].partition("@")[0],
            "version": purl.rpartition("@")[2],
            "purl": purl,
            "licenses": [{"expression": licence}],
        }
        for purl, licence in CARRIED
    ]
    return model + files


def _dependencies(parts: list[Part]) -> list[dict[str, Any]]:
    address = {part.key: part.purl for part in parts}
    direct = {canonicalize_name(Requirement(line).name) for line in _asked_for()}
    return [
        {"ref": "viaduc", "dependsOn": _addresses(direct, address)},
        *({"ref": part.purl, "dependsOn": _addresses(part.needs, address)} for part in parts),
    ]


def _addresses(keys: Iterable[str], address: Mapping[str, str]) -> list[str]:
    return sorted(address[key] for key in set(keys) if key in address)


def licence_lines(parts: list[Part]) -> list[str]:
    """The parts as rows of a Markdown table: package and licence. docs/licences.md holds them."""
    return ["| package | licence |", "|---|---|", *(f"| {part.key} | {part.licence} |" for part in parts)]


def refused(parts: list[Part]) -> list[Part]:
    """The parts whose licence is unknown or not allowed."""
    return [part for part in parts if not is_allowed(part.licence)]
