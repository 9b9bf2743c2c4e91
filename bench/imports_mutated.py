"""2,000 files broken at random (tests/app/importing/mutations.py): how many are taken, refused, and how long it takes.

    python bench/imports_mutated.py

Anything but rows or a refusal (AppError) is an error and printed. Seed 1.
"""

import json
import random
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from app.errors import AppError
from app.services.importing.source import open_source

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "app" / "importing"
sys.path.insert(0, str(FOLDER))


def main() -> None:
    """Break, read, count."""
    from mutations import mutate

    files = sorted(p for p in (FOLDER / "nasty").iterdir() if p.suffix != ".toml")
    rng, outcomes, slowest = random.Random(1), Counter[str](), 0.0
    for i in range(2_000):
        path = files[i % len(files)]
        data = mutate(rng, path.read_bytes())
        start = time.perf_counter()
        try:
            source = open_source(data, path.name)
            outcomes["read"] += 1
            outcomes["rows"] += sum(len(batch) for batch in source.batches())
        except AppError:
            outcomes["refused"] += 1
        except Exception:
            outcomes["ERROR"] += 1
            print(i, path.name, traceback.format_exc(limit=-4))
        slowest = max(slowest, time.perf_counter() - start)
    memory = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps({**outcomes, "slowest_s": round(slowest, 2), "peak_rss_MB": memory}))


if __name__ == "__main__":
    main()
