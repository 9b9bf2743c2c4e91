import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.encoder.hashing import HashingEncoder

CANONICAL = [-2, 0, 1, 0, -1, 1, -1, -3]


def test_texts_that_share_word_pieces_are_near() -> None:
    vectors = HashingEncoder().encode(["Textilveredelung", "textile VEREDELUNG", "fish market"], "query")
    alike, apart = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert alike > 0.4 > 0.2 > apart


def test_accents_and_case_do_not_count() -> None:
    vectors = HashingEncoder().encode(["Économie d'énergie", "ECONOMIE D'ENERGIE"], "passage")
    np.testing.assert_array_equal(vectors[0], vectors[1])


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_gives_unit_rows_that_do_not_depend_on_the_others(texts: list[str]) -> None:
    encoder = HashingEncoder(64)
    vectors = encoder.encode(texts, "query")
    assert (vectors.shape, vectors.dtype) == ((len(texts), 64), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    for row, text in enumerate(texts):
        np.testing.assert_array_equal(encoder.encode([text], "passage")[0], vectors[row])


def test_vectors_stay_the_same_from_version_to_version() -> None:
    vector = HashingEncoder(8).encode(["viaduc"], "query")[0]
    assert np.round(vector / np.abs(vector[vector != 0]).min()).astype(int).tolist() == CANONICAL
