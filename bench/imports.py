"""Figures of importing: preview and apply against the raw floor (COPY of the same rows), and the memory of the worker.

    python bench/imports.py            10,000 and 100,000 rows, CSV
    python bench/imports.py --rows 10000 --format xlsx
    python bench/imports.py --untagged                  headings that name no language: it is detected, text by text

Each row is one actor with a description in three languages, two offers and a need. Seed 0, so the files are the same.
Beside the clock stand the processor times of the import's own process and of the database's, and the load: on a machine
with other work to do, these say more than the clock.
"""

import argparse
import csv
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from sqlalchemy import Engine
from sqlmodel import Session

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from app.services.importing.run import apply, preview
from models.competence_map import MapFields

HEADINGS = [
    "id", "Nom", "Type", "Pays", "Région", "NUTS", "Ville", "Site web", "Langues", "Secteurs",
    "Description FR", "Description NL", "Description EN", "Offre 1 (FR)", "Offre 2 (FR)", "Besoin (FR)",
]  # fmt: skip
_UNTAGGED = [re.sub(r" (FR|NL|EN)$| \((FR)\)$", "", h) for h in HEADINGS]
_WORDS = {
    "fr": "laboratoire textile essais recherche matériaux composites énergie bois santé numérique capteurs procédés "
    "recyclage fibres polymères région entreprises partenaires innovation production logistique eau mesure qualité",
    "nl": "laboratorium textiel proeven onderzoek materialen composieten energie hout gezondheid digitaal sensoren "
    "processen recyclage vezels polymeren regio bedrijven partners innovatie productie logistiek water meting",
    "en": "laboratory textile tests research materials composites energy wood health digital sensors processes "
    "recycling fibres polymers region companies partners innovation production logistics water measurement quality",
}
_PLACES = [
    ("FR", "Hauts-de-France", "FRE11", "Lille"),
    ("BE", "Vlaanderen", "BE234", "Gent"),
    ("DE", "Saarland", "DEC01", "Saarbrücken"),
]


def rows(n: int) -> list[list[str]]:
    """The generated rows, without headings."""
    rng = random.Random(0)
    words = {lang: text.split() for lang, text in _WORDS.items()}

    def text(lang: str, length: int) -> str:
        return " ".join(rng.choices(words[lang], k=length)).capitalize() + "."

    made = []
    for i in range(n):
        country, region, nuts, city = rng.choice(_PLACES)
        name = f"{rng.choice(words['fr']).capitalize()} {rng.choice(words['nl'])} {i}"
        made.append([
            f"s-{i}", name, rng.choice(["entreprise", "laboratoire", "université"]), country, region, nuts, city,
            f"www.actor{i}.eu", "fr, nl", "textile; design", text("fr", 30), text("nl", 30), text("en", 30),
            text("fr", 6), text("fr", 6), text("fr", 8),
        ])  # fmt: skip
    return made


def as_file(n: int, kind: str, headings: list[str]) -> bytes:
    """The generated file."""
    if kind == "jsonl":
        return "\n".join(json.dumps(dict(zip(HEADINGS, r, strict=True)), ensure_ascii=False) for r in rows(n)).encode()
    if kind == "xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("map")
        for row in [headings, *rows(n)]:
            sheet.append(row)
        packed = io.BytesIO()
        book.save(packed)
        return packed.getvalue()
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([headings, *rows(n)])
    return out.getvalue().encode()


class Clock:
    """Seconds by the clock, of this process and of the database's processes, between one look and the next."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            self._folder = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
        self._last = self._now()

    def _now(self) -> tuple[float, float, float]:
        postmaster = (self._folder / "postmaster.pid").read_text().split()[0]
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                # The parent stands second after the name, its time in the process and in the kernel twelfth and on.
                ticks += int(fields[11]) + int(fields[12]) if postmaster == fields[1] else 0
        return time.perf_counter(), time.process_time(), ticks / os.sysconf("SC_CLK_TCK")

    def look(self, what: str) -> dict[str, float]:
        """{"preview_s": …, "preview_cpu_s": …, "preview_database_cpu_s": …} since the last look."""
        now = self._now()
        passed = [round(after - before, 1) for before, after in zip(self._last, now, strict=True)]
        self._last = now
        return dict(zip((f"{what}_s", f"{what}_cpu_s", f"{what}_database_cpu_s"), passed, strict=True))


def measure(engine: Engine, path: Path, n: int) -> dict[str, object]:
    """Preview and apply one generated file; and the floor in the same run."""
    kind = path.suffix.lstrip(".")
    data = path.read_bytes()
    size = len(data)
    with Session(engine) as session:
        clock = Clock(engine)
        row = preview(session, fields=MapFields(name=f"bench {n} {kind}"), filename=path.name, data=data)
        session.commit()
        previewed = clock.look("preview")
        import_id = row.id
        del data, row
        session.expunge_all()
        report = apply(session, import_id=import_id)
        session.commit()
        applied = clock.look("apply")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    floor = copy_floor(engine, path.parent)
    return {
        "rows": n, "format": kind, "file_MB": round(size / 1e6, 1), **previewed, **applied,
        "new": report.new, "rejected": report.rejected_rows, "copy_floor_s": round(floor, 1),
        "apply_over_floor": round(applied["apply_s"] / floor, 1), "peak_rss_MB": round(peak),
    }  # fmt: skip


def copy_floor(engine: Engine, folder: Path) -> float:
    """Seconds of COPY for the rows that the import stored, into copies of the same tables with their indexes."""
    tables = ("actor", "passage", "map_entry", "import_change")
    with engine.connect() as pooled:
        connection = pooled.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        for name in tables:
            statement = f"COPY {name} TO STDOUT (FORMAT binary)"
            with (folder / name).open("wb") as file, connection.cursor().copy(statement) as out:
                file.writelines(out)
            connection.execute(f"CREATE TABLE floor_{name} (LIKE {name} INCLUDING ALL)")
        connection.commit()
        start = time.perf_counter()
        for name in tables:
            statement = f"COPY floor_{name} FROM STDIN (FORMAT binary)"
            with (folder / name).open("rb") as file, connection.cursor().copy(statement) as into:
                while block := file.read(1 << 20):
                    into.write(block)
        connection.commit()
        took = time.perf_counter() - start
        connection.execute(", ".join(["DROP TABLE floor_actor", *(f"floor_{name}" for name in tables[1:])]))
        connection.commit()
    return took


def make(folder: Path, n: int, kind: str, *, untagged: bool) -> Path:
    """The generated file, made by a process of its own: the memory that is measured is the import's."""
    path = folder / f"bench-{n}.{kind}"
    asked = ["--make", str(path), "--rows", str(n), *(["--untagged"] if untagged else [])]
    subprocess.run([sys.executable, __file__, *asked], check=True)
    return path


def main() -> None:
    """Measure and print one JSON line per file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--format", choices=["csv", "jsonl", "xlsx"], default="csv")
    parser.add_argument("--untagged", action="store_true", help="headings that name no language (CSV, XLSX)")
    parser.add_argument("--make", type=Path, help="only write the file of that name")
    asked = parser.parse_args()
    if asked.make:
        headings = _UNTAGGED if asked.untagged else HEADINGS
        asked.make.write_bytes(as_file(asked.rows[0], asked.make.suffix.lstrip("."), headings))
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = start_embedded(Path(folder) / "database")
        upgrade(url)
        engine = make_engine(url)
        for n in asked.rows or [10_000, 100_000]:
            path = make(Path(folder), n, asked.format, untagged=asked.untagged)
            print(json.dumps(measure(engine, path, n) | {"load": round(os.getloadavg()[0], 1)}), flush=True)
        engine.dispose()


if __name__ == "__main__":
    main()
