"""What the fuzzers feed: each parser with the inputs to begin with and the way they are broken."""

import hashlib
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz_mutations import as_bytes, broken_text, broken_tree
from mutations import mutate
from pydantic import BaseModel, ValidationError

from app.backup import read_manifest
from app.errors import AppError, BadInput
from app.services.cursors import read_cursor, write_cursor
from app.services.files.offline.attendance import OfflineFile
from app.services.importing import values
from app.services.importing.dates import parse_date
from app.services.importing.remarks import Unreadable
from app.services.importing.sector_lists import _read_terms
from app.services.importing.source import open_source
from app.services.pairings import check_plan, read_form, read_requests
from app.services.registration import _lines
from matching.pairing.dzn import problem_from_dzn
from matching.pairing.parse import problem_from_dict
from matching.pairing.write import plan_from_dict, problem_to_dict
from matching.ranking.folder import FolderError, read_folder
from models import codes
from models.competence_map import ImportOptions
from models.contact import ContactFields

ROOT = Path(__file__).resolve().parent.parent
NASTY = ROOT / "tests" / "app" / "importing" / "nasty"
DZN = """nBusiness = 4; nMeetings = 3; nTables = 2; nTotalSlots = 6; nMorningSlots = 3;
requested = [| 1,2,3 | 1,3,1 | 2,4,2 |];
forbidden = [{},{1},{2,3},{}]; fixat = [0,2,0]; precedences = [{},{1},{}];
"""
PROBLEM: dict[str, Any] = {
    "rounds": 3, "places": [{"id": "t1", "available": [0, 1]}, {"id": "t2"}], "tracks": [{"id": "x", "rounds": [0]}],
    "participants": [
        {"id": "a1", "side": "FR", "min": 1, "max": 2, "languages": ["fr"], "tracks": ["x"]},
        {"id": "a2", "side": "FR", "available": [0, 1],
         "delegates": [{"id": "d1", "languages": ["fr"], "available": [0]}, {"id": "d2"}], "parallel": 2},
        {"id": "b1", "side": "BE", "max_consecutive": 2}, {"id": "b2", "side": "BE", "min": 1, "languages": ["nl"]},
    ],
    "utility": [["a1", "b1", 0.9], ["a1", "b2", 0.4], ["a2", "b1", 0.3], ["a2", "b2", 0.8]], "default_utility": 0.1,
    "never": [["a2", "b1"]], "must": [["a1", "b2"]], "past": [["a2", "b2"]], "repeat_penalty": 0.5,
    "locked": [{"a": "a1", "b": "b1", "round": 0, "place": "t1"}],
    "interpreters": [{"languages": ["fr", "nl"], "available": [0, 1]}],
    "cross_side_only": True, "raise_floor": True, "tolerance": 0.1, "max_consecutive": 3,
    "time_limit_s": 0.05, "seed": 3,
}  # fmt: skip
REQUESTED: dict[str, Any] = {
    "rounds": 4, "places": 2, "cross_side_only": False, "aim": "breaks", "fairness": 2, "time_limit_s": 0.05,
    "participants": [{"id": p, "side": "S"} for p in ("p1", "p2", "p3")],
    "requested": [{"a": "p1", "b": "p2", "rounds": [0, 1, 2]}, {"a": "p2", "b": "p3"}, {"a": "p1", "b": "p3"}],
    "fixed": [{"meeting": 0, "round": 2}], "precedences": [[1, 2]],
}  # fmt: skip
PLAN: dict[str, Any] = {
    "meetings": [{"a": "a1", "b": "b1", "round": 0, "place": "t1", "interpreter": None}],
    "certificate": {"status": "optimal", "utility": 0.9, "bound": 0.9, "gap": 0.0},
}
NOTED: dict[str, Any] = {
    "kind": "viaduc-attendance", "version": 1, "event_id": 1, "plan": 1, "made": "2027-03-08T18:00:00+01:00",
    "saved": "2027-03-09T09:20:00+01:00",
    "said": [{"actor_id": 1, "state": "late", "round": 1, "at": "2027-03-09T09:12:00Z"}],
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "mapping": {"Compétences": "offers.fr"}, "language": "fr", "country": "FR", "layout": "matrix",
    "merges": {"4": 7}, "sheets": ["A"],
}  # fmt: skip
WRITTEN = (
    "https://www.exämple.eu:8443/a?b=c#d", "HTTP://EXAMPLE.org", "example.org", "<http://[::1]:80/>", "mailto:a@b.eu",
    "FRE11", "be 25", "Hauts-de-France", "Vlaams Gewest", "FR", "frankrijk", "Belgique", "français", "pt-PT",
    "fr, nl; en", "technical centre", "Technisch centrum / lab", "offer", "1.234,5", "~ 10 - 20 employees",
    "50° 38’ 12” N", "-3,07", "+++", "3/5", "oui", "+33 (0)3 20 00 00 00", "0032 56 12 34 56", "n/a", "A@b.example",
)  # fmt: skip

Break = Callable[[random.Random, Any, Sequence[Any]], Any]


@dataclass(frozen=True)
class Target:
    """A parser: what makes its first inputs and its reader, and what breaks an input."""

    make: Callable[[], tuple[list[Any], Callable[[Any], str]]]
    break_: Break


def broken_bytes(rng: random.Random, data: bytes, _others: Sequence[Any]) -> bytes:
    """Bytes flipped, cut, doubled; members of containers too."""
    return mutate(rng, data)


def broken_json(rng: random.Random, data: bytes, others: Sequence[Any]) -> bytes:
    """A tree with something wrong in it, and now and then bytes that are no JSON."""
    if rng.random() < 0.2:
        return mutate(rng, data)
    try:
        lent = [json.loads(rng.choice(others))]
        return as_bytes(broken_tree(rng, json.loads(data), lent))
    except (ValueError, RecursionError):
        return mutate(rng, data)


def broken_lines(rng: random.Random, data: bytes, _others: Sequence[Any]) -> bytes:
    """JSON Lines: one line's tree broken, or bytes."""
    lines = data.split(b"\n")
    if rng.random() < 0.3:
        return mutate(rng, data)
    at = rng.randrange(len(lines))
    return b"\n".join([*lines[:at], broken_json(rng, lines[at] or b"{}", [lines[0] or b"{}"]), *lines[at + 1 :]])


def broken_word(rng: random.Random, text: str, _others: Sequence[Any]) -> str:
    """A text with something wrong in it."""
    return broken_text(rng, text)


def imports(*suffixes: str, name: str, more: Iterable[bytes] = ()) -> Callable[[], Any]:
    """Files of the tests with these endings, read as a map of actors."""

    def make() -> tuple[list[bytes], Callable[[bytes], str]]:
        corpus = [p.read_bytes() for p in sorted(NASTY.iterdir()) if p.suffix in suffixes] + [*more]
        return corpus, refusing(lambda data: _rows(data, name))

    return make


def _rows(data: bytes, name: str) -> str:
    source = open_source(data, name)
    kinds = {type(item).__name__ for batch in source.batches() for item in batch}
    return f"{source.layout} {sorted(kinds)} {min(source.rows, 20)}"


def refusing(read: Callable[[Any], Any], *documented: type[Exception]) -> Callable[[Any], str]:
    """Answers in words: what was read, or the refusal; an empty refusal is a fault.

    A refusal is an AppError, or exactly one of what else this parser documents: a ValueError that slipped out of
    something inside it is none.
    """

    def attempt(data: Any) -> str:
        try:
            return str(read(data))
        except AppError as refusal:
            if refusal.status not in {413, 422} or len(refusal.detail) < 10:
                raise AssertionError(f"refused as {refusal.status}: {refusal.detail!r}") from refusal
            return f"refused: {refusal.detail}"
        except documented as refusal:
            if type(refusal) not in documented:
                raise
            if isinstance(refusal, ValidationError):
                return f"refused: {refusal.errors()[0]['type']} {refusal.errors()[0]['loc']}"
            return f"refused: {refusal}"

    return attempt


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput("the file is not JSON") from error


def shaped(shape: type[BaseModel]) -> Callable[[bytes], str]:
    """A file that is checked field by field."""
    return refusing(lambda data: sorted(shape.model_validate(_json(data)).model_fields_set), ValidationError)


def problems() -> tuple[list[bytes], Callable[[bytes], str]]:
    """A pairing problem, written and read again to the same."""

    def read(data: bytes) -> str:
        tree = _json(data)
        problem = read_form(problem_from_dict, tree if isinstance(tree, dict) else {"": tree}, "problem")
        again = problem_from_dict(problem_to_dict(problem))
        assert problem_to_dict(again) == problem_to_dict(problem)
        return f"{problem.aim} {len(problem.participants)} {problem.rounds} {len(problem.places)}"

    return [as_bytes(PROBLEM), as_bytes(REQUESTED)], refusing(read)


def plans() -> tuple[list[bytes], Callable[[bytes], str]]:
    """A plan, checked against a problem."""

    def read(data: bytes) -> str:
        tree = _json(data)
        tree = tree if isinstance(tree, dict) else {"": tree}
        read_form(plan_from_dict, tree, "plan")
        return str(sorted(line.split(":")[0] for line in check_plan(PROBLEM, tree)))

    return [as_bytes(PLAN)], refusing(read)


def instances() -> tuple[list[bytes], Callable[[bytes], str]]:
    """A published instance."""

    def read(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        read_requests(text)
        return f"{len(problem_from_dzn(text).requested)} meetings"

    return [DZN.encode()], refusing(read)


_ACTOR: dict[str, Any] = {
    "id": "x", "name": "Weaver", "kind": "lab", "country": "FR", "region": "Hauts-de-France", "nuts": "FRE11",
    "side": "FR", "border": "b", "city": "Lille", "languages": ["fr"], "sectors": ["textiles"],
    "description": {"fr": "Un. Deux."},
    "offers": [{"lang": "fr", "text": "a"}], "needs": [{"lang": "fr", "text": "b"}], "lat": 50.6, "lon": 3, "size": 9,
}  # fmt: skip


def folders() -> tuple[list[bytes], Callable[[bytes], str]]:
    """An evaluation folder, as an archive of its files."""
    actors = [json.dumps(_ACTOR | {"id": f"x{n}", "side": side}) for n, side in enumerate(("FR", "VLG", "WAL"))]
    ids = ["x0", "x1", "x2"]
    files = {
        "actors.jsonl": "\n".join(actors), "pairs.jsonl": json.dumps({"a": ids[0], "b": ids[1], "grade": 2}),
        "twins.jsonl": json.dumps({"a": ids[0], "b": ids[2]}), "README.md": f"Twins: {ids[0]}/{ids[2]}",
        "parallel.jsonl": json.dumps({"doc": "1", "fr": "un", "nl": "een"}),
    }  # fmt: skip
    place = Path(tempfile.mkdtemp())

    def read(data: bytes) -> str:
        for path in place.iterdir():
            path.unlink()
        for name, content in _members(data).items():
            (place / name).write_bytes(content)
        folder = read_folder(place)
        return f"{len(folder.actors)} {len(folder.pairs)} {len(folder.twins)} {len(folder.parallel)}"

    return [_archive({n: t.encode() for n, t in files.items()})], refusing(read, FolderError)


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {m.filename: archive.read(m) for m in archive.infolist()}


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def broken_folder(rng: random.Random, data: bytes, _others: Sequence[Any]) -> bytes:
    """One of the files of a folder broken, or left out."""
    files = _members(data)
    name = rng.choice([*files])
    if rng.random() < 0.05:
        del files[name]
    else:
        files[name] = broken_lines(rng, files[name], ())
    return _archive(files)


_DUMP = b"PGDMP not a real one"
_BACKUP = _archive({
    "viaduc.dump": _DUMP,
    "manifest.json": as_bytes({"made_at": "2027-01-01T00:00:00+00:00", "version": "0.1.0", "revision": "0012",
                               "rows": {"actor": 3}, "sha256": hashlib.sha256(_DUMP).hexdigest()}),
})  # fmt: skip


def backups() -> tuple[list[bytes], Callable[[bytes], str]]:
    """A backup's own description of itself."""
    place = Path(tempfile.mkdtemp()) / "backup.zip"

    def read(data: bytes) -> str:
        place.write_bytes(data)
        found = read_manifest(place)
        return f"{found.revision} {found.total}"

    return [_BACKUP], refusing(read)


def broken_backup(rng: random.Random, data: bytes, _others: Sequence[Any]) -> bytes:
    """The manifest broken, or the archive."""
    if rng.random() < 0.5:
        return mutate(rng, data)
    files = _members(_BACKUP)
    files["manifest.json"] = broken_json(rng, files["manifest.json"], [files["manifest.json"]])
    return _archive(files)


def _contact(**told: str) -> ContactFields:
    return ContactFields(name="A", basis="contract", basis_note="7", **told)


def _host(text: str) -> str:
    return values.host_of(values.parse_website(text))


class Silent(Exception):
    """Nothing raises it: what these readers do not know, they answer with nothing."""


_READERS: tuple[tuple[type[Exception], tuple[Callable[[str], Any], ...]], ...] = (
    (Unreadable, (
        values.parse_country, values.parse_language, values.parse_languages, values.parse_nuts, values.parse_number,
        lambda v: values.parse_coordinate(v, -90, 90), values.parse_website, values.parse_yes_no, _host,
    )),
    (Silent, (values.parse_kind, values.parse_facet, values.parse_level, values.region_country, parse_date)),
    (ValueError, (codes.check_country, codes.check_language, codes.check_nuts)),
    (AppError, (lambda v: read_cursor(v, int, str),)),
    (ValidationError, (lambda v: _contact(phone=v), lambda v: _contact(email=v))),
)  # fmt: skip
"""What reads single values, by what it refuses with: exactly that, not something made of it."""
_STEADY = (values.parse_country, values.parse_language, values.parse_nuts, values.parse_website)
"""Reading what they made gives the same again."""


def words() -> tuple[list[str], Callable[[str], str]]:
    """Single values as people write them: places, languages, addresses, numbers, cursors."""

    def read(text: str) -> str:
        told = ""
        for refused, readers in _READERS:
            for reader in readers:
                try:
                    value = reader(text)
                    told += "y"
                except refused as refusal:
                    if type(refusal) is not refused and not isinstance(refusal, AppError):
                        raise
                    told += "n"
                    continue
                if reader in _STEADY:
                    assert reader(value) == value, (reader.__name__, text, value)
        return told

    return [*WRITTEN, write_cursor(3, "a")], read


TARGETS: dict[str, Target] = {
    "csv": Target(imports(".csv", ".tsv", ".txt", name="a.csv"), broken_bytes),
    "xlsx": Target(imports(".xlsx", name="a.xlsx"), broken_bytes),
    "ods": Target(imports(".ods", name="a.ods"), broken_bytes),
    "json": Target(imports(".json", ".geojson", name="a.json"), broken_json),
    "jsonl": Target(imports(".jsonl", ".ndjson", name="a.jsonl"), broken_lines),
    "zip": Target(imports(".zip", name="a.zip"), broken_bytes),
    "sectors": Target(
        lambda: ([p.read_bytes() for p in sorted(NASTY.iterdir()) if p.suffix in {".csv", ".xlsx"}],
                 refusing(lambda data: len(_read_terms(data, "a.csv").terms))), broken_bytes),
    "problem": Target(problems, broken_json),
    "plan": Target(plans, broken_json),
    "dzn": Target(instances, broken_bytes),
    "folder": Target(folders, broken_folder),
    "backup": Target(backups, broken_backup),
    "offline": Target(lambda: ([as_bytes(NOTED)], shaped(OfflineFile)), broken_json),
    "options": Target(lambda: ([as_bytes(OPTIONS)], shaped(ImportOptions)), broken_json),
    "pasted": Target(
        lambda: ([b"name;languages;rounds\nWeaver;fr, nl;1-3\n", "Nom\tLangues\nCétex\tfr\n".encode()],
                 refusing(lambda d: len([*_lines(d.decode("utf-8", "replace"))]))), broken_bytes),
    "values": Target(words, broken_word),
}  # fmt: skip
"""Every parser by its name."""
