"""How little the language matters: every direction of a folder of parallel texts, cross-validated by document.

    python bench/languages.py DIR [--adapter FILE --part 0/5] [--json OUT]

Side by side: character tf-idf; the model as published, raw, centred and projected; and the model with its
adapter, centred and projected. R@1: the translation is first among the other language's texts of the part.
Bias: a text of another document, in the asker's own language, lies nearer than the translation. Means and
projection are always learned on the other parts. The shipped adapter has seen all of the texts, so rows marked
"seen" flatter it; to measure it fairly, train it without a part (languages_adapter.py --leave-out 0/5) and ask
for that part: --part 0/5 --adapter FILE.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from languages_train import Parallel, read_parallel
from numpy.typing import NDArray

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import FOLDER_NAME, ensure_bundled_model
from matching.encoder.light import LightEncoder
from matching.encoder.neutral import two_covariance_map
from matching.encoder.protocol import Vectors, unit_rows

PARTS = 5
CSLS = 10
Figures = dict[str, NDArray[np.float64]]


def unit(vectors: Vectors) -> Vectors:
    """Each vector of ``[lines, languages, d]`` at length 1."""
    return unit_rows(vectors.reshape(-1, vectors.shape[2])).reshape(vectors.shape)


def score(vectors: Vectors, docs: NDArray[np.int64]) -> Figures:
    """R@1 (plain and with CSLS) and bias of each direction: ``[languages, languages]``, diagonal NaN."""
    lines, languages, _ = vectors.shape
    figures = {name: np.full((languages, languages), np.nan) for name in ("recall", "csls", "bias")}
    other = docs[:, None] != docs[None]
    truth = np.arange(lines)
    for a in range(languages):
        own = np.where(other, vectors[:, a] @ vectors[:, a].T, -9.0).max(axis=1)
        for b in range(languages):
            if a == b:
                continue
            near = vectors[:, a] @ vectors[:, b].T
            hubs = np.sort(near, axis=0)[-CSLS:].mean(axis=0)
            figures["recall"][a, b] = np.mean(near.argmax(axis=1) == truth)
            figures["csls"][a, b] = np.mean((2 * near - hubs).argmax(axis=1) == truth)
            figures["bias"][a, b] = np.mean(own > near.diagonal())
    return figures


def tfidf(parallel: Parallel) -> Vectors:
    """Character tf-idf of every text, reduced to what fits beside the others."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    flat = [text for line in parallel.texts for text in line]
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(flat)
    reduced = TruncatedSVD(384, random_state=0).fit_transform(grams)
    return np.asarray(reduced, dtype=np.float32).reshape(len(parallel.texts), len(parallel.languages), -1)


def cross_validated(name: str, sets: dict[str, tuple[Parallel, Vectors]], method: str, only: list[int]) -> Figures:
    """Figures of one file, each part measured with what was learned on the rest (and on the other files)."""
    parallel, vectors = sets[name]
    total: Figures = {}
    weight = 0
    for part in only:
        inside = parallel.part(part, PARTS)
        rest = vectors[~inside]
        seen = unit(vectors[inside])
        if method != "raw":
            seen = vectors[inside] - rest.mean(axis=0)
        if method == "projected":
            groups = [rest - rest.mean(axis=0)]
            groups += [v - v.mean(axis=0) for other, (_, v) in sets.items() if other != name]
            seen = seen @ two_covariance_map(groups)
        for key, value in score(unit(seen), parallel.docs[inside]).items():
            total[key] = total.get(key, 0.0) + value * inside.sum()
        weight += int(inside.sum())
    return {key: value / weight for key, value in total.items()}


def report(row: str, figures: Figures, languages: list[str]) -> dict[str, object]:
    """Print one line and return it as data, with R@1 from and to each language."""
    means = {key: float(np.nanmean(value)) for key, value in figures.items()}
    recall = figures["recall"]
    each = {tag: float(np.nanmean(np.concatenate([recall[i], recall[:, i]]))) for i, tag in enumerate(languages)}
    print(
        f"{row:42} R@1 {means['recall']:.3f}  bias {means['bias']:.3f}  R@1 with CSLS {means['csls']:.3f}  | "
        + " ".join(f"{tag} {value:.3f}" for tag, value in each.items()),
        flush=True,
    )
    return {"row": row, **means, "languages": each}


def main() -> None:
    """Encode with and without the adapter, then measure each method on each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--adapter", type=Path, help="one trained with --leave-out (default: the shipped one)")
    parser.add_argument("--part", help="measure one part only, as I/5")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    only = [int(asked.part.partition("/")[0])] if asked.part else list(range(PARTS))
    folder = ensure_bundled_model(asked.models / FOLDER_NAME, print)
    adapter = Adapter.load(asked.adapter) if asked.adapter else Adapter.load_default()
    files = read_parallel(asked.folder)
    marked = "with adapter" if asked.adapter else "with adapter, seen"
    models = {"published": LightEncoder(folder, threads=2), marked: LightEncoder(folder, adapter, threads=2)}
    spaces = {"tf-idf": {f.name: (f, tfidf(f)) for f in files}}
    for label, encoder in models.items():
        spaces[label] = {f.name: (f, f.vectors(encoder)) for f in files}
    rows = []
    for parallel in files:
        for label, sets in spaces.items():
            for method in ("raw",) if label == "tf-idf" else ("raw", "centred", "projected"):
                figures = cross_validated(parallel.name, sets, method, only)
                rows.append(report(f"{parallel.name}: {label}, {method}", figures, parallel.languages))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
