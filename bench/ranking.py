"""What each ingredient of the ranking is worth, on an evaluation folder.

    python bench/ranking.py DIR [--models .viaduc/models]

Prints Markdown tables: the baselines, the full ranking, the ranking without each of its parts, without the hub
correction, without language means of the corpus, with e5 alone; and weights learned with one border left out.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.encoder.joined import space_for
from matching.encoder.load import load_bundled_alone, load_encoder
from matching.encoder.protocol import Encoder
from matching.ranking.evaluation import Gold, calibration_figures, evaluate_scores, none_suitable_figures
from matching.ranking.folder import read_folder
from matching.ranking.hubs import measure_hubness
from matching.ranking.learn import Judgement, propose_weights
from matching.ranking.parts import Scoring
from matching.ranking.profile import Pool, Profile
from matching.ranking.rank import score_pools
from matching.ranking.study import baseline_scores, embed_profiles, score_profiles
from matching.ranking.weights import Weights

Matrix = NDArray[np.float64]
HEAD = (
    "| ranking | recall@1 | ndcg@10 | bias | mrr, all | recall@10, all | bias, all | twins | none: AUC |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    asked = parser.parse_args()
    folder = read_folder(asked.folder)
    gold = Gold.from_folder(folder)
    encoder = load_encoder(None, asked.models)
    actors = [actor.profile for actor in folder.actors]
    profiles = embed_profiles(actors, encoder, space_for(encoder))
    print(HEAD)
    for name, scores in baseline_scores(folder, encoder, space_for(encoder)).items():
        print(row(name, scores, gold))
    print(row("**full ranking**", score_profiles(profiles, Scoring()), gold))
    for name, scores in ablations(profiles):
        print(row(name, scores, gold))
    print(row("one encoder (e5 alone)", one_encoder(actors, load_bundled_alone(asked.models)), gold))
    shipped = [_with_vectors(p, encoder) for p in actors]
    print(row("shipped language means only", score_profiles(shipped, Scoring()), gold))
    full = score_profiles(profiles, Scoring())
    print("\ncalibration", calibration_figures(full, gold))
    print("\n| border left out | learned weights | recall@1 there, default | learned |\n|---|---|---|---|")
    for line in left_out(profiles, gold):
        print(line)


def row(name: str, scores: Matrix, gold: Gold) -> str:
    """One line of the table."""
    figures = evaluate_scores(scores, gold)
    border, everywhere, twins = figures["border"], figures["all"], figures["twins"]
    best = scores - scores.min()
    auc = none_suitable_figures(best, gold, 0.0)["auc"]
    cells = [
        border["recall@1"], border["ndcg@10"], border["language_bias"], everywhere["mrr"], everywhere["recall@10"],
        everywhere["language_bias"], twins["above"] if twins else float("nan"), auc,
    ]  # fmt: skip
    return f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |"


def ablations(profiles: list[Profile]) -> Iterable[tuple[str, Matrix]]:
    """The full ranking without one of its ingredients at a time."""
    defaults = Weights.default()
    for name in ("exchange", "profile", "theme", "kind", "language", "distance", "twin", "hub"):
        yield f"without {name}", score_profiles(profiles, Scoring(weights=replace(defaults, **{name: 0.0})))
    base = Scoring()
    for softness, name in ((1.0, "mean instead of soft max"), (80.0, "hard max instead of soft max")):
        changed = replace(base, calibration=replace(base.calibration, softness=softness))
        yield name, score_profiles(profiles, changed)


def one_encoder(actors: list[Profile], encoder: Encoder) -> Matrix:
    """The full ranking on the first encoder alone, in its own space."""
    return score_profiles(embed_profiles(actors, encoder, space_for(encoder)), Scoring())


def _with_vectors(profile: Profile, encoder: Encoder) -> Profile:
    """Projected with the shipped means, as a single text is."""
    texts, langs = [p.text for p in profile.passages], [p.lang for p in profile.passages]
    vectors = space_for(encoder).project(encoder.encode(texts, "query"), langs)
    passages = (replace(p, vector=v) for p, v in zip(profile.passages, vectors, strict=True))
    return replace(profile, passages=tuple(passages))


def left_out(profiles: list[Profile], gold: Gold) -> Iterable[str]:
    """Weights learned without a border, and what they do on it."""
    hubness = measure_hubness(profiles)
    actors = [p.with_hubness(float(h)) for p, h in zip(profiles, hubness, strict=True)]
    borders = sorted(set(gold.borders))
    pairs = np.argwhere(np.triu(gold.candidates("border"), 1))
    judged = [
        Judgement(actors[a], actors[b], bool(gold.grades[a, b]), borders.index(gold.borders[a])) for a, b in pairs
    ]
    pool = Pool.from_profiles(actors, np.float64)
    for number, border in enumerate(borders):
        proposal = propose_weights([judgement for judgement in judged if judgement.fold != number])
        changed = {k: v for k, v in proposal.weights.to_dict().items() if v != Weights.default().to_dict()[k]}
        there = [_hits(pool, gold, border, Scoring(weights=w)) for w in (Weights.default(), proposal.weights)]
        print_weights = " ".join(f"{k} {v:.2f}" for k, v in changed.items())
        yield f"| {border} | {print_weights} | {there[0]:.3f} | {there[1]:.3f} |"


def _hits(pool: Pool, gold: Gold, border: str, scoring: Scoring) -> float:
    scores = score_pools(pool, pool, scoring).probability
    candidates = gold.candidates("border")
    asked = [q for q, b in enumerate(gold.borders) if b == border and (gold.grades[q][candidates[q]] > 0).any()]
    return float(np.mean([gold.grades[q][np.argmax(np.where(candidates[q], scores[q], -1))] > 0 for q in asked]))


if __name__ == "__main__":
    main()
