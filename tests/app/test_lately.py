"""What was worked out lately is not worked out again, and what is remembered has an end."""

import numpy as np
from fastapi.testclient import TestClient

from app.services.lately import Lately
from app.services.meaning import Meaning
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from tests.app.conftest import create_actor


def test_it_forgets_what_was_longest_not_asked_for() -> None:
    lately: Lately[str, int] = Lately(2)
    assert [lately.get_or(key, lambda n=n: n) for n, key in enumerate("abab")] == [0, 1, 0, 1]
    lately.get("a")
    lately.keep("c", 2)
    assert (lately.get("a"), lately.get("b"), lately.get("c"), len(lately)) == (0, None, 2, 2)


def test_questions_are_encoded_once_and_as_they_are() -> None:
    encoder = HashingEncoder()
    asked: list[str] = []

    class Counting(HashingEncoder):
        def encode(self, texts, kind):
            asked.extend(texts)
            return super().encode(texts, kind)

    meaning = Meaning(Counting(), NeutralSpace.identity(encoder.dim))
    texts, languages = ["a loom", "a kiln", "a loom"], ["en", "en", "fr"]
    once = meaning.question(texts, languages)
    again = meaning.question(texts[:2], languages[:2])
    assert asked == ["a loom", "a kiln", "a loom"]  # the same words in another language are another question
    assert np.array_equal(once, meaning.vectors(texts, languages))
    assert np.array_equal(again, once[:2])
    assert meaning.question([], []).shape == (0, 384)


def test_a_ranking_is_remembered_until_something_it_depends_on_changes(client: TestClient, embed) -> None:
    one, two = create_actor(client, "Weaver", "FR"), create_actor(client, "Centre", "BE")
    embed()

    def found(**more: object) -> list[int]:
        answer = client.post("/match", json={"actor_id": one, "min_score": 0, **more})
        return [s["actor"]["id"] for s in answer.json()["suggestions"]]

    def remembered() -> int:
        return len(client.app.state.pool_cache._loaded.rankings)

    assert found() == found() == [two]
    assert remembered() == 1
    assert found(filters={"countries": ["FR"]}) == []
    client.post("/feedback", json={"actor_id": one, "target_id": two, "worth": "no"})
    weights = client.post("/match", json={"actor_id": one, "min_score": 0, "weights": {"distance": 3}})
    assert weights.json()["weights"]["distance"] == 3
    assert remembered() == 3  # other people were wanted, and other weights
    three = create_actor(client, "Lab", "BE")
    embed()
    assert sorted(found()) == [two, three]
