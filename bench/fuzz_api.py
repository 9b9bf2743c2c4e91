"""Generated requests of every operation of the OpenAPI document as every role: no server error, no broken promise.

    python bench/fuzz_api.py --cases 10000 --seed 1

Half of the requests are valid by the document, half are not; ids are of things that exist, or cannot. A database of its
own, brought back to where it was before each operation. Participants come with the link to their agenda as a key. The
table says how many requests each role made, how they were answered, and how many answers were none that the document
promises (status, content type, shape); each of those is printed with the command that asks it again. Ends with 1 if
there are any.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import schemathesis
from fastapi.testclient import TestClient
from schemathesis import GenerationMode
from sqlalchemy import Engine

from app.db import session_scope
from app.main import create_app, open_database
from app.services.access.keys import create_key
from app.services.links import make_link
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from models.access import KeyCreate
from tests.app.furnished import Kept, can_be_wrong, furnish, operations, try_out, with_ids_that_exist

ROLES = ("admin", "organiser", "reader", "participant", "public")
MOST = 10**6
ROUNDS = 40


@dataclass
class Told:
    """What one role was answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def note(self, told: Counter[str]) -> None:
        """Add the answers of an operation."""
        for word, count in told.items():
            if word.isdigit():
                self.statuses[word] += count
            else:
                self.failures.append(word)

    def row(self, role: str) -> str:
        """A line of the table."""
        statuses = " ".join(f"{status}×{count}" for status, count in sorted(self.statuses.items()))
        return f"| {role} | {self.statuses.total()} | {statuses} | {len(self.failures)} |"


@contextmanager
def service(folder: str) -> Iterator[tuple[TestClient, Engine, Callable[[], int]]]:
    """The service as somebody far away sees it, on a database of its own and the encoder that needs no model."""
    encoder = HashingEncoder()
    meaning = Meaning(encoder, NeutralSpace.identity(encoder.dim))
    settings = Settings(
        data_dir=Path(folder), embed_in_service=False, plan_seconds=0.5, max_body_mb=8, log_level="error",
        rate_key=MOST, rate_address=MOST, rate_sign_in=MOST,
    )  # fmt: skip
    engine = open_database(settings)
    app = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    outside = {"base_url": "https://viaduc.example", "client": ("203.0.113.9", 50000)}
    with TestClient(app, raise_server_exceptions=False, **outside) as client:
        yield client, engine, lambda: drain(engine, meaning, batch=100)
    engine.dispose()


def credentials(engine: Engine, client: TestClient, embed: Callable[[], int]) -> dict[str, dict[str, str]]:
    """What each role sends with its requests; the service is furnished on the way."""

    def bearer(key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    with session_scope(engine) as session:
        admin = bearer(create_key(session, fields=KeyCreate(name="admin", role="admin"), by="bench").key)
    client.headers.update(admin)
    furnish(client, embed)
    del client.headers["Authorization"]
    with session_scope(engine) as session:
        organiser = KeyCreate(name="organiser", role="organiser", events=[1])
        reader = KeyCreate(name="reader", role="reader")
        return {
            "admin": admin,
            "organiser": bearer(create_key(session, fields=organiser, by="bench").key),
            "reader": bearer(create_key(session, fields=reader, by="bench").key),
            "participant": bearer(make_link(session, event_id=1, actor_id=1)),
            "public": {},
        }


@dataclass
class Round:
    """Every operation once as every role."""

    client: TestClient
    kept: Kept
    api: Any
    sends: dict[str, dict[str, str]]

    def run(self, chosen: list[tuple[str, str]], told: dict[str, Told], share: int, seed: int) -> None:
        """Make about twice `share` requests of each operation as each role, and note the answers."""
        for number, (method, path) in enumerate(chosen):
            for role, answers in told.items():
                self.kept.back()
                self.client.headers.update(self.sends[role])
                answers.note(self._ask(self.api[path][method], share, seed))
                self.client.headers.pop("Authorization", None)
            failed = sum(len(t.failures) for t in told.values())
            made = sum(t.statuses.total() for t in told.values())
            print(f"{number + 1}/{len(chosen)} {method} {path}: {made} cases, {failed} failures", file=sys.stderr)

    def _ask(self, operation: Any, share: int, seed: int) -> Counter[str]:
        """Valid requests and others, twice the share in all."""
        wrong = can_be_wrong(operation)
        told = try_out(self.client, operation, GenerationMode.POSITIVE, share if wrong else 2 * share, seed)
        return told + try_out(self.client, operation, GenerationMode.NEGATIVE, share, seed) if wrong else told


def main() -> int:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000, help="requests in all, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose method and path contain this")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES)
    asked = parser.parse_args()
    told = {role: Told() for role in asked.roles}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, service(folder) as (client, engine, embed):
        document = with_ids_that_exist(client.app.openapi())  # type: ignore[attr-defined]
        chosen = [(m, path) for m, path in operations(document) if asked.only in f"{m} {path}"]
        sends = credentials(engine, client, embed)
        round_ = Round(client, Kept(engine), schemathesis.openapi.from_dict(document), sends)
        share = -(-asked.cases // (2 * len(chosen) * len(asked.roles)))
        for number in range(ROUNDS):
            # What has no parameters is the same whenever it is asked: the others make up for it.
            if sum(t.statuses.total() for t in told.values()) < asked.cases:
                round_.run(chosen, told, share if number == 0 else -(-share // 4), asked.seed + number)
    return show(told, time.monotonic() - begun)


def show(told: dict[str, Told], seconds: float) -> int:
    """The table, and every failure."""
    print("| role | cases | answered | failures |\n|---|---|---|---|")
    for role, answers in told.items():
        print(answers.row(role))
    cases = sum(t.statuses.total() for t in told.values())
    failures = [words for t in told.values() for words in t.failures]
    print(f"\n{cases} cases in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}; {len(failures)} failures")
    for words in dict.fromkeys(failures):
        print(f"\n{words}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
