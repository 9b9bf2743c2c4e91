"""Learn the language-neutral space from a folder of parallel texts.

    python bench/languages_train.py DIR [--models .viaduc/models] [--adapter adapter.npz | --plain]

DIR holds one or more ``*.jsonl``: a line is one text in several languages, keys are language codes, ``doc``
groups related lines. Writes ``matching/encoder/data/neutral.npz``. None of the texts is stored: the file holds
a matrix, one mean a language, and a note. The adapter comes first (bench/languages_adapter.py): means and
matrix belong to the vectors it makes.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import FOLDER_NAME, ensure_bundled_model
from matching.encoder.light import LightEncoder
from matching.encoder.neutral import two_covariance_map
from matching.encoder.protocol import Encoder

OUT = Path(__file__).parents[1] / "matching/encoder/data/neutral.npz"
VERSION = "neutral-1"


@dataclass(frozen=True)
class Parallel:
    """Lines said in the same languages: vectors ``[lines, languages, d]`` and the document of each line."""

    name: str
    languages: list[str]
    docs: NDArray[np.int64]
    texts: list[list[str]]

    def vectors(self, encoder: Encoder) -> NDArray[np.float32]:
        """Raw vectors of every text, as searches and profiles are encoded."""
        flat = encoder.encode([text for line in self.texts for text in line], "query")
        return flat.reshape(len(self.texts), len(self.languages), -1)


def read_parallel(folder: Path) -> list[Parallel]:
    """Every parallel file of ``folder``, its languages being those that all its lines have."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        languages = sorted(set.intersection(*(set(row) - {"id", "doc"} for row in rows)))
        docs = np.unique([str(row["doc"]) for row in rows], return_inverse=True)[1]
        texts = [[row[language] for language in languages] for row in rows]
        found.append(Parallel(path.stem, languages, docs, texts))
    if not found:
        raise SystemExit(f"no .jsonl file in {folder}")
    return found


def language_means(sets: list[tuple[list[str], NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
    """Mean of each language, every file counting alike however long it is."""
    seen: dict[str, list[NDArray[np.float32]]] = {}
    for languages, vectors in sets:
        for place, language in enumerate(languages):
            seen.setdefault(language, []).append(vectors[:, place].mean(axis=0))
    return {language: np.mean(means, axis=0) for language, means in sorted(seen.items())}


def main() -> None:
    """Encode, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--plain", action="store_true", help="learn for the model without its adapter")
    parser.add_argument("--ridge", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    adapter = None if asked.plain else Adapter.load_default()
    encoder = LightEncoder(ensure_bundled_model(asked.models / FOLDER_NAME, print), adapter, threads=2)
    sets = []
    for parallel in read_parallel(asked.folder):
        print(f"encoding {parallel.name}: {len(parallel.texts)} lines in {' '.join(parallel.languages)}", flush=True)
        sets.append((parallel.languages, parallel.vectors(encoder)))
    matrix = two_covariance_map([vectors - vectors.mean(axis=0) for _, vectors in sets], asked.ridge)
    means = language_means(sets)
    note = {
        "version": VERSION,
        "encoder": encoder.name,
        "languages": list(means),
        "made_by": "bench/languages_train.py",
        "ridge": asked.ridge,
        "data": "EU Common Procurement Vocabulary labels (MIT, content EU) and NTREX-128 (CC-BY-SA-4.0); "
        "statistics only, none of the texts is stored",
    }
    stacked = np.stack(list(means.values())).astype(np.float16)
    np.savez_compressed(asked.out, matrix=matrix.astype(np.float16), means=stacked, note=json.dumps(note))
    print(f"wrote {asked.out.name}: {asked.out.stat().st_size // 1024} KB for {encoder.name}")


if __name__ == "__main__":
    main()
