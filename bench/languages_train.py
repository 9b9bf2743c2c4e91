"""Learn the language-neutral space from a folder of parallel texts.

    python bench/languages_train.py DIR [--models .viaduc/models] [--adapter adapter.npz | --plain]

DIR holds one or more ``*.jsonl``: a line is one text in several languages, keys are language codes, ``doc``
groups related lines. Writes ``matching/encoder/data/neutral.npz``. None of the texts is stored: the file holds
one mean a language and a note. The adapter comes first (bench/languages_adapter.py): the means belong to the
vectors it makes. With ``--plain`` the file belongs to the model as published and holds the two-covariance map
as well, which after the adapter gains nothing (docs/decisions/0003-language-neutral-projection.md).
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
SENTENCES = Path(__file__).with_name("languages_sentences.jsonl")
VERSION = "neutral-2"


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

    def part(self, part: int, parts: int) -> NDArray[np.bool_]:
        """Which lines belong to one of several parts; a document is never split."""
        order = np.random.default_rng(0).permutation(np.unique(self.docs))
        return np.isin(self.docs, order[part::parts])

    def without(self, part: int, parts: int) -> "Parallel":
        """The lines of all other parts."""
        keep = np.flatnonzero(~self.part(part, parts))
        return Parallel(self.name, self.languages, self.docs[keep], [self.texts[i] for i in keep])


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


def extra_means(
    encoder: Encoder, means: dict[str, NDArray[np.float32]], path: Path = SENTENCES
) -> dict[str, NDArray[np.float32]]:
    """Means of languages the parallel texts lack, from a few sentences of our own in all languages.

    The mean of a language is estimated by how its sentences lie beside their translations in languages whose
    mean is known.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    languages = list(rows[0])
    flat = encoder.encode([row[language] for row in rows for language in languages], "query")
    vectors = dict(zip(languages, flat.reshape(len(rows), len(languages), -1).transpose(1, 0, 2), strict=True))
    meaning = np.mean([vectors[known] - means[known] for known in means if known in vectors], axis=0)
    return {tag: (own - meaning).mean(axis=0) for tag, own in vectors.items() if tag not in means}


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
    parser.add_argument("--plain", action="store_true", help="learn for the model without its adapter, with a map")
    parser.add_argument("--ridge", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    adapter = None if asked.plain else Adapter.load_default()
    encoder = LightEncoder(ensure_bundled_model(asked.models / FOLDER_NAME, print), adapter, threads=2)
    sets = []
    for parallel in read_parallel(asked.folder):
        print(f"encoding {parallel.name}: {len(parallel.texts)} lines in {' '.join(parallel.languages)}", flush=True)
        sets.append((parallel.languages, parallel.vectors(encoder)))
    arrays: dict[str, NDArray[np.float16]] = {}
    if asked.plain:
        centred = [vectors - vectors.mean(axis=0) for _, vectors in sets]
        arrays["matrix"] = two_covariance_map(centred, asked.ridge).astype(np.float16)
    means = language_means(sets)
    means |= extra_means(encoder, means)
    note = {
        "version": VERSION,
        "encoder": encoder.name,
        "languages": list(means),
        "made_by": "bench/languages_train.py",
        "ridge": asked.ridge if asked.plain else None,
        "data": "EU Common Procurement Vocabulary labels (MIT, content EU) and NTREX-128 (CC-BY-SA-4.0); "
        "statistics only, none of the texts is stored",
    }
    arrays["means"] = np.stack(list(means.values())).astype(np.float16)
    np.savez_compressed(asked.out, note=json.dumps(note), **arrays)
    print(f"wrote {asked.out.name}: {asked.out.stat().st_size // 1024} KB for {encoder.name}")


if __name__ == "__main__":
    main()
