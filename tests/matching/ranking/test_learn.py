"""Weights learned from judgements."""

import numpy as np
import pytest
from ranking_strategies import unit

from matching.ranking import Judgement, Passage, Profile, Weights, propose_weights


def actor(ident, side, seed, sector) -> Profile:
    passages = (Passage("need", "fr", "x", unit(seed)), Passage("offer", "fr", "x", unit(seed + 500)))
    return Profile(ident, side, sectors=(sector,), passages=passages)


def judgements(rule, count=120) -> list[Judgement]:
    rng = np.random.default_rng(1)
    found = []
    for number in range(count):
        a = actor(f"a{number}", "A", number, rng.choice(["x", "y"]))
        b = actor(f"b{number}", "B", number + 1000, rng.choice(["x", "y"]))
        found.append(Judgement(a, b, rule(a, b), number % 4))
    return found


def test_a_part_that_decides_gains_weight():
    proposal = propose_weights(judgements(lambda a, b: a.sectors == b.sectors))
    assert proposal.weights.theme > 2 * Weights.default().theme
    assert proposal.judgements == 120
    assert proposal.is_better


def test_learning_is_deterministic_and_leaves_unlearned_weights_alone():
    cases = judgements(lambda a, b: a.sectors == b.sectors)
    first, second = propose_weights(cases), propose_weights(cases)
    assert first == second
    assert (first.weights.hub, first.weights.history) == (Weights.default().hub, Weights.default().history)


def test_a_strong_pull_keeps_the_defaults():
    proposal = propose_weights(judgements(lambda a, b: a.sectors == b.sectors), pull=1e6)
    assert proposal.weights.to_dict() == pytest.approx(Weights.default().to_dict(), rel=0.01)


def test_answers_that_hang_on_nothing_teach_nothing_however_seldom_a_yes_is():
    # Far fewer say yes than the shipped calibration expects: that is no matter of weights.
    proposal = propose_weights(judgements(lambda a, b: int(a.id[1:]) % 7 == 0))
    share = 18 / 120
    coin = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert proposal.loss_default == pytest.approx(coin, abs=0.03)
    assert not proposal.is_better
    assert proposal.weights.to_dict() == pytest.approx(Weights.default().to_dict(), rel=0.15)


@pytest.mark.parametrize(
    "cases",
    [
        judgements(lambda a, b: True),
        judgements(lambda a, b: a.sectors == b.sectors, count=20),
        [Judgement(j.a, j.b, j.worthy) for j in judgements(lambda a, b: a.sectors == b.sectors)],
    ],
    ids=["one answer", "too few", "one fold"],
)
def test_too_little_to_learn_from_is_refused(cases):
    with pytest.raises(ValueError, match="learning needs 30 judgements"):
        propose_weights(cases)
