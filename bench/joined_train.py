"""Learn the neutral space of the joined encoders (e5 and USE) from a folder of parallel texts.

    python bench/joined_train.py DIR [--models .viaduc/models] [--more FILE.jsonl] [--cache FILE.npz]

DIR holds ``*.jsonl`` as for bench/languages_train.py. With x centred per language, m the mean over the translations
of a text, Sb the covariance of the m and Sw that of x - m, the map is Sb(Sb + Sw + ridge)^-1, after which the
spectrum of meaning is flattened (each direction divided by its variance to the power .2: a few broad topics would
drown the rest) and the 384 directions with most meaning are kept. Both halves are scaled to equal mean length,
the second then by .7. ``--more``: parallel lines in further languages (default: sentences of our own), from which only
their means are taken, as offsets from the languages of DIR. Writes ``matching/encoder/data/joined.npz``; no text is
stored.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from languages_train import SENTENCES, Parallel, read_parallel
from numpy.typing import NDArray

from matching.encoder.joined import JoinedEncoder, WordEncoder
from matching.encoder.load import load_encoder

OUT = Path(__file__).parents[1] / "matching/encoder/data/joined.npz"
VERSION = "joined-2"
RIDGE, FLATTEN, SECOND, KEPT = 0.3, 0.4, 0.7, 384
Matrix = NDArray[np.float64]
FEWEST_OFFSETS = 50
Groups = dict[str, dict[str, Matrix]]
DATA = (
    "EU Common Procurement Vocabulary labels (MIT, content EU), NTREX-128 (CC-BY-SA-4.0) and sentences of our own; "
    "statistics only, none of the texts is stored"
)


def main() -> None:
    """Encode, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--more", type=Path, default=SENTENCES)
    parser.add_argument("--cache", type=Path)
    asked = parser.parse_args()
    encoder = default_joined(asked.models)
    groups = {part.name: vectors_of(part, encoder, asked.cache) for part in read_parallel(asked.folder)}
    means = language_means(groups)
    split = encoder.dim - WordEncoder().dim
    matrix = learn_map(groups, split)
    means |= further_means(asked.more, encoder, means)
    languages = sorted(means)
    note = {
        "version": VERSION,
        "encoder": encoder.name,
        "languages": languages,
        "made_by": "bench/joined_train.py",
        "data": DATA,
    }
    np.savez_compressed(
        OUT,
        note=np.array(json.dumps(note)),
        means=np.stack([means[lang] for lang in languages]).astype(np.float16),
        matrix=matrix.astype(np.float16),
    )
    print(
        f"{OUT}: {len(languages)} languages, {matrix.shape[0]} -> {matrix.shape[1]}, {OUT.stat().st_size / 1e6:.1f} MB"
    )


def default_joined(models: Path) -> JoinedEncoder:
    """The default encoders joined, whatever `load_encoder` makes of them."""
    encoder = load_encoder(None, models, on_step=print)
    return encoder if isinstance(encoder, JoinedEncoder) else JoinedEncoder(encoder, WordEncoder())


def vectors_of(part: Parallel, encoder: JoinedEncoder, cache: Path | None) -> dict[str, Matrix]:
    """Raw vectors by language, row i line i; kept in a file between runs where one is named."""
    kept = cache.with_name(f"{cache.stem}-{part.name}.npz") if cache else None
    if kept and kept.exists():
        with np.load(kept) as stored:
            return {lang: stored[lang].astype(np.float64) for lang in part.languages}
    found = {}
    for column, lang in enumerate(part.languages):
        print(f"encoding {part.name} {lang}", flush=True)
        found[lang] = encoder.encode([line[column] for line in part.texts], "query").astype(np.float64)
    if kept:
        np.savez(kept, **found)
    return found


def language_means(groups: Groups) -> dict[str, Matrix]:
    """The mean of a language: over the groups that have it, each counting the same."""
    languages = sorted({lang for group in groups.values() for lang in group})
    return {
        lang: np.mean([group[lang].mean(axis=0) for group in groups.values() if lang in group], axis=0)
        for lang in languages
    }


def learn_map(groups: Groups, split: int) -> Matrix:
    """The map [896, 384], applied from the right to centred rows."""
    centred = [np.stack([v - v.mean(axis=0) for v in group.values()], axis=1) for group in groups.values()]
    scale = half_scales(centred, split)
    between, within = np.zeros((len(scale), len(scale))), np.zeros((len(scale), len(scale)))
    for group in centred:
        scaled = group * scale
        middle = scaled.mean(axis=1)
        spread = (scaled - middle[:, None]).reshape(-1, len(scale))
        between += np.cov(middle.T)
        within += spread.T @ spread / len(spread)
    ridge = RIDGE * np.trace(within) / len(scale) * np.eye(len(scale))
    gain = between @ np.linalg.inv(between + within + ridge)
    values, axes = np.linalg.eigh(gain @ between @ gain.T)
    best = np.argsort(values)[::-1][:KEPT]
    flattened = np.maximum(values[best] / values.max(), 1e-4) ** (-FLATTEN / 2)
    return scale[:, None] * (gain.T @ axes[:, best]) * flattened


def half_scales(centred: list[Matrix], split: int) -> Matrix:
    """One factor a dimension: both halves to a mean squared length of 1, the second then by SECOND."""
    squares = np.mean([np.square(group).mean(axis=(0, 1)) for group in centred], axis=0)
    first, second = squares[:split].sum() ** -0.5, SECOND * squares[split:].sum() ** -0.5
    return np.concatenate([np.full(split, first), np.full(len(squares) - split, second)])


def further_means(path: Path, encoder: JoinedEncoder, known: dict[str, Matrix]) -> dict[str, Matrix]:
    """Means of languages without parallel texts in DIR: their offset from the known ones on the lines of `path`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts: dict[str, dict[int, str]] = {}
    for number, row in enumerate(rows):
        for lang, text in row.items():
            if lang not in ("id", "doc"):
                texts.setdefault(lang, {})[number] = text
    vectors = {
        lang: dict(zip(found, encoder.encode(list(found.values()), "query").astype(np.float64), strict=True))
        for lang, found in texts.items()
    }
    further = {}
    for lang in sorted(set(vectors) - set(known)):
        offsets = [
            vectors[lang][row] - vectors[base][row] + known[base]
            for base in known
            if base in vectors
            for row in vectors[lang]
            if row in vectors[base]
        ]
        if len(offsets) >= FEWEST_OFFSETS:
            further[lang] = np.mean(offsets, axis=0)
    return further


if __name__ == "__main__":
    main()
