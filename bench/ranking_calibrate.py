"""Fit the shipped calibration on an evaluation folder, and say how it does on borders it has not seen.

    python bench/ranking_calibrate.py DIR [--models .viaduc/models] [--write]

Prints, per border left out, calibration error and AUC of "nobody suitable" with slope, offset and threshold fitted on
the other borders; with --write it fits on all and writes ``matching/ranking/data/calibration.json`` (plain numbers).
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.encoder.joined import space_for
from matching.encoder.load import load_encoder
from matching.ranking.calibration import Calibration, best_threshold, expected_calibration_error, fit_logistic, surest
from matching.ranking.evaluation import Gold, calibration_figures, none_suitable_figures
from matching.ranking.folder import read_folder
from matching.ranking.hubs import correct_hubs, measure_hubness
from matching.ranking.parts import Scoring, merit_matrix, part_matrices
from matching.ranking.profile import Pool, Profile
from matching.ranking.study import embed_profiles

OUT = Path(__file__).parents[1] / "matching/ranking/data/calibration.json"
Matrix = NDArray[np.float64]


def main() -> None:
    """Measure on borders left out; write when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".viaduc/models"))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    folder = read_folder(asked.folder)
    gold = Gold.from_folder(folder)
    encoder = load_encoder(None, asked.models, on_step=print)
    profiles = embed_profiles([actor.profile for actor in folder.actors], encoder, space_for(encoder))
    base = settle(Pool.from_profiles(profiles, np.float64), gold, replace(Calibration.default(), model=encoder.name))
    merits = corrected_merits(Pool.from_profiles(profiles, np.float64), base)
    leave_one_out(merits, gold, base)
    words = Words.asked(profiles, gold, base)
    words.leave_one_out(base)
    fitted = words.fit(fit(merits, gold, base, np.ones(len(gold.ids), dtype=bool)))
    print("all borders:", json.dumps(fitted.to_dict()))
    if asked.write:
        OUT.write_text(json.dumps(fitted.to_dict(), indent=2) + "\n", encoding="utf-8")


def settle(pool: Pool, gold: Gold, base: Calibration) -> Calibration:
    """What is typical of a part, over the pairs that may meet; then the mean hubness that follows from it."""
    parts = part_matrices(pool, pool, Scoring(calibration=base))
    across = gold.candidates("all")
    typical = dict(base.typical)
    for name in ("need_offer", "offer_need", "profile", "theme", "kind", "language", "distance"):
        typical[name] = round(float(np.nanmean(parts[name][across])), 3)
    typical["need_offer"] = typical["offer_need"] = round((typical["need_offer"] + typical["offer_need"]) / 2, 3)
    settled = replace(base, typical=typical)
    hubness = measure_hubness(pool.profiles, scoring=Scoring(calibration=settled))
    return replace(settled, hub_mean=round(float(hubness.mean()), 4))


def corrected_merits(pool: Pool, base: Calibration) -> Matrix:
    """Merit less hubness of every pair, (n, n)."""
    scoring = Scoring(calibration=base)
    hubness = measure_hubness(pool.profiles, scoring=scoring)
    merit = merit_matrix(part_matrices(pool, pool, scoring), scoring.weights, base)
    return correct_hubs(merit, hubness, hubness, scoring)


def fit(merits: Matrix, gold: Gold, base: Calibration, kept: NDArray[np.bool_]) -> Calibration:
    """Slope, offset and threshold from the candidate pairs of the kept actors."""
    pairs = np.triu(gold.candidates("border") & np.logical_and.outer(kept, kept), 1)
    worthy = gold.grades[pairs] > 0
    most = round(surest(merits[pairs], worthy), 3)
    slope, offset = fit_logistic(merits[pairs], worthy, most=most)
    fitted = replace(base, slope=round(slope, 3), offset=round(offset, 3), most=most)
    return replace(
        fitted, threshold=round(best_threshold(fitted.to_probability(merits[pairs]).tolist(), worthy.tolist()), 2)
    )


def leave_one_out(merits: Matrix, gold: Gold, base: Calibration) -> None:
    """Print figures with the calibration of the other borders."""
    borders = np.array(gold.borders)
    told = np.zeros_like(merits)
    for border in sorted(set(gold.borders)):
        calibration = fit(merits, gold, base, borders != border)
        own = borders == border
        told[np.ix_(own, own)] = calibration.to_probability(merits)[np.ix_(own, own)]
        pairs = np.triu(gold.candidates("border") & np.logical_and.outer(own, own), 1)
        error = expected_calibration_error(told[pairs], gold.grades[pairs] > 0)
        print(f"{border:12s} slope {calibration.slope:6.2f} threshold {calibration.threshold:.2f} ece {error:.3f}")
    print("left out, together: ece", calibration_figures(told, gold)["border"], end=" ")
    print("nobody suitable", none_suitable_figures(told, gold, base.threshold))


@dataclass(frozen=True)
class Words:
    """Every need of the folder asked alone, as words typed into a search are: as a need and as a profile.

    Of each pair of a question and a candidate: its merit, whether a matchmaker would arrange the meeting, the number
    of the question, its border, and whether anybody at all is worth meeting for the asker.
    """

    merit: Matrix
    worthy: NDArray[np.bool_]
    question: NDArray[np.int64]
    border: NDArray[np.str_]
    hopeful: NDArray[np.bool_]

    @classmethod
    def asked(cls, profiles: list[Profile], gold: Gold, base: Calibration) -> "Words":
        """Ask them all; the answering actors count with their hubness, the questions as average askers."""
        scoring = Scoring(calibration=base)
        hubness = measure_hubness(profiles, scoring=scoring)
        pool = Pool.from_profiles(profiles, np.float64)
        candidates = gold.candidates("border")
        columns: list[list[NDArray[Any]]] = []
        for row, asker in enumerate(profiles):
            there, worthy = candidates[row], gold.grades[row][candidates[row]] > 0
            for need in (passage for passage in asker.passages if passage.facet == "need"):
                question = Profile(id="words", side=asker.side, passages=(need, replace(need, facet="profile")))
                parts = part_matrices(Pool.from_profiles([question], np.float64), pool, scoring)
                merit = merit_matrix(parts, scoring.weights, base)
                told = correct_hubs(merit, np.array([np.nan]), hubness, scoring)[0][there]
                same = np.ones(len(told), dtype=int)
                columns.append([told, worthy, len(columns) * same, np.array([gold.borders[row]] * len(told)),
                                worthy.any() * same > 0])  # fmt: skip
        return cls(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def fit(self, base: Calibration, kept: NDArray[np.bool_] | None = None) -> Calibration:
        """`base` with slope and offset for words, from the kept pairs."""
        here = np.ones(len(self.merit), dtype=bool) if kept is None else kept
        slope, offset = fit_logistic(self.merit[here], self.worthy[here], most=base.most)
        fitted = replace(base, words_slope=round(slope, 3), words_offset=round(offset, 3))
        told = fitted.for_words().to_probability(self.merit[here])
        return replace(fitted, words_threshold=round(best_threshold(told.tolist(), self.worthy[here].tolist()), 2))

    def leave_one_out(self, base: Calibration) -> None:
        """Print what is told of questions whose border was left out, beside what the calibration of profiles tells."""
        told, threshold = np.zeros_like(self.merit), np.full(len(self.merit), base.threshold)
        print("a need alone, judged as profiles are:", self.figures(base.to_probability(self.merit), threshold))
        for border in sorted(set(self.border.tolist())):
            own = self.border == border
            fitted = self.fit(base, ~own).for_words()
            told[own], threshold[own] = fitted.to_probability(self.merit[own]), fitted.threshold
        print("a need alone, judged as needs of other borders are:", self.figures(told, threshold))

    def figures(self, told: Matrix, threshold: Matrix) -> str:
        """Calibration error over all pairs, and of the best answers: how often right, how sure, how many suitable."""
        error = expected_calibration_error(told, self.worthy)
        best = [np.flatnonzero(self.question == q)[told[self.question == q].argmax()] for q in np.unique(self.question)]
        right, sure, hopeful = self.worthy[best], told[best], self.hopeful[best]
        suitable = sure >= threshold[best]
        return (
            f"ece {error:.3f}; {hopeful.sum()} questions with a partner: first is one {right[hopeful].mean():.2f}, "
            f"told {sure[hopeful].mean():.2f}, reach the threshold {suitable[hopeful].mean():.2f} "
            f"(of these right {right[hopeful & suitable].mean():.2f}); "
            f"{(~hopeful).sum()} without: below it {1 - suitable[~hopeful].mean():.2f}"
        )


if __name__ == "__main__":
    main()
