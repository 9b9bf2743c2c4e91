import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import BUNDLED_NAME
from matching.encoder.language import LANGUAGES
from matching.encoder.neutral import NeutralSpace, two_covariance_map
from matching.encoder.protocol import unit_rows

DIM = 24


def parallel_texts(seed: int, lines: int = 60) -> np.ndarray:
    """Vectors ``[lines, 3, DIM]``: a meaning, plus what the language adds everywhere, plus a translator's noise.

    The noise is large along the first six axes, as languages differ more in some directions than in others.
    """
    random = np.random.default_rng(seed)
    meaning = random.normal(size=(lines, 1, DIM))
    language = np.random.default_rng(99).normal(size=(1, 3, DIM)) * 3
    noise = random.normal(size=(lines, 3, DIM)) * np.where(np.arange(DIM) < 6, 2.5, 0.3)
    return (meaning + language + noise).astype(np.float32)


def space_of(texts: np.ndarray) -> NeutralSpace:
    means = dict(zip(("fr", "nl", "da"), texts.mean(axis=0), strict=True))
    return NeutralSpace("test/1", "test", DIM, two_covariance_map([texts - texts.mean(axis=0)]), means)


def found(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.mean((first @ second.T).argmax(axis=1) == np.arange(len(first))))


def test_projecting_beats_centring_beats_raw_on_texts_it_has_not_seen() -> None:
    space, new = space_of(parallel_texts(0, 400)), parallel_texts(1, 200)
    centred = NeutralSpace("c/1", "test", DIM, None, space.means)
    fr, nl = ["fr"] * 200, ["nl"] * 200
    raw = found(unit_rows(new[:, 0]), unit_rows(new[:, 1]))
    middle = found(centred.project(new[:, 0], fr), centred.project(new[:, 1], nl))
    projected = found(space.project(new[:, 0], fr), space.project(new[:, 1], nl))
    assert raw < middle < projected
    assert projected > middle + 0.1


def test_a_language_without_a_mean_takes_the_mean_of_means() -> None:
    texts = parallel_texts(0)
    space = space_of(texts)
    middle = np.mean([space.means[tag] for tag in ("fr", "nl", "da")], axis=0)
    expected = unit_rows((texts[:, 0] - middle) @ space.matrix)
    for tag in ("pt", None, "", "und"):
        np.testing.assert_allclose(space.project(texts[:, 0], [tag] * len(texts)), expected, atol=1e-5)


def test_a_region_does_not_change_the_language() -> None:
    texts = parallel_texts(0)[:, 0]
    space = space_of(parallel_texts(0))
    np.testing.assert_array_equal(space.project(texts, ["fr-BE"] * 60), space.project(texts, ["fr"] * 60))


def test_means_move_from_the_prior_to_the_corpus_with_its_size() -> None:
    space = space_of(parallel_texts(0))
    prior, corpus = space.means["fr"], np.ones(DIM, dtype=np.float32)
    for count, weight, share in ((20, 20.0, 0.5), (60, 20.0, 0.75), (5, 0.0, 1.0)):
        moved = space.shrunk_means(np.tile(corpus, (count, 1)), ["fr"] * count, weight)
        np.testing.assert_allclose(moved.means["fr"], share * corpus + (1 - share) * prior, atol=1e-5)
        np.testing.assert_array_equal(moved.means["nl"], space.means["nl"])
        assert moved.version.startswith("test/1~")
        assert moved.version != space.version


def test_shrinking_again_does_not_pile_up_versions_and_nothing_changes_nothing() -> None:
    space, texts = space_of(parallel_texts(0)), parallel_texts(2)[:, 0]
    once = space.shrunk_means(texts, ["fr"] * 60)
    assert once.shrunk_means(texts, ["nl"] * 60).version.count("~") == 1
    assert space.shrunk_means(np.zeros((0, DIM), np.float32), []) is space


def test_identity_changes_nothing_and_learns_centring_from_a_corpus() -> None:
    texts = parallel_texts(0)
    flat, tags = texts.reshape(-1, DIM), ["fr", "nl", "da"] * 60
    identity = NeutralSpace.identity(DIM)
    np.testing.assert_allclose(identity.project(flat, tags), unit_rows(flat), atol=1e-6)
    centred = identity.shrunk_means(flat, tags, 0.0)
    expected = unit_rows((texts - texts.mean(axis=0)).reshape(-1, DIM))
    np.testing.assert_allclose(centred.project(flat, tags), expected, atol=1e-4)


def test_one_language_a_vector_is_asked_for() -> None:
    with pytest.raises(ValueError, match="2 vectors and 1 languages"):
        NeutralSpace.identity(DIM).project(np.ones((2, DIM), np.float32), ["fr"])


def test_no_texts_give_no_vectors() -> None:
    assert space_of(parallel_texts(0)).project(np.zeros((0, DIM), np.float32), []).shape == (0, DIM)


@given(st.lists(st.sampled_from(["fr", "nl", "da", "pt", None]), min_size=1, max_size=8), st.integers(0, 99))
def test_vectors_do_not_depend_on_their_neighbours(tags: list[str | None], seed: int) -> None:
    space = space_of(parallel_texts(0))
    raw = np.random.default_rng(seed).normal(size=(len(tags), DIM)).astype(np.float32)
    together = space.project(raw, tags)
    alone = np.concatenate([space.project(raw[i : i + 1], [tag]) for i, tag in enumerate(tags)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, rtol=1e-4)


def test_the_shipped_space_belongs_to_the_adapted_model() -> None:
    space = NeutralSpace.load_default()
    assert space.encoder == Adapter.load_default().name_after(BUNDLED_NAME)
    assert space.dim == 384
    assert sorted(space.means) == sorted(LANGUAGES)
