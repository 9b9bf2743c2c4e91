"""Very many actors, packed: who is found, what changes leave behind, how near the packed numbers are."""

from dataclasses import replace

import numpy as np
import pytest

from matching.ranking.crowd import Batch, Crowd, CrowdBuffers, any_directions, facet_means, learn_directions
from matching.ranking.glance import best_merits, fact_tables, find_best, glance
from matching.ranking.hubs import measure_hubness
from matching.ranking.parts import Relation, Scoring
from matching.ranking.profile import FACETS, Passage, Pool, Profile
from matching.ranking.rank import score_pools

DIM, MANY = 48, 400
SECTORS = (("water",), ("textiles", "health"), (), ("ict",))


def crowd_of(actors: list[Profile], basis=None) -> CrowdBuffers:
    buffers = CrowdBuffers(any_directions(DIM, 32) if basis is None else basis, 2 * MANY, 20 * MANY)
    assert buffers.add(batch(actors))
    return buffers


def batch(actors: list[Profile]) -> Batch:
    passages = [
        (owner, FACETS.index(facet), p.vector)
        for owner, a in enumerate(actors)
        for facet in FACETS
        for p in a.passages
        if p.facet == facet
    ]
    owners, facets, vectors = zip(*passages, strict=True)
    return Batch(actors, [None] * len(actors), np.array(owners), np.array(facets), np.array(vectors, dtype=np.float32))


def actors(count: int = MANY, seed: int = 0) -> list[Profile]:
    """Texts about forty things, some actors without a place, a size, sectors or needs."""
    random = np.random.default_rng(seed)
    things = random.normal(size=(40, DIM))
    made = []
    for ident in range(1, count + 1):
        told = {"need": random.integers(0, 3), "offer": random.integers(1, 4), "profile": 1}
        passages = []
        for facet, number in told.items():
            for _ in range(number):
                vector = things[random.integers(40)] + 0.4 * random.normal(size=DIM)
                passages.append(Passage(facet, "en", "text", (vector / np.linalg.norm(vector)).astype(np.float32)))
        placed = random.random() < 0.9
        made.append(
            Profile(
                id=ident,
                side="AB"[ident % 2],
                country="FR" if ident % 2 else "BE",
                kind=("company", "lab", "other")[ident % 3],
                languages=(("fr",), ("nl", "en"), ())[ident % 3],
                sectors=SECTORS[ident % 4],
                lat=50 + random.random() * 4 if placed else None,
                lon=3 + random.random() * 4 if placed else None,
                size=float(random.integers(1, 1000)) if ident % 5 else None,
                hubness=float(random.normal(0.18, 0.03)),
                passages=tuple(passages),
            )
        )
    return made


ACTORS = actors()
BASIS = learn_directions(facet_means(batch(ACTORS)), 96)


def exact_best(question: Profile, scoring: Scoring, count: int = 10) -> set[int]:
    others = [other for other in ACTORS if other.side != question.side]
    scores = score_pools(Pool.from_profiles([question]), Pool.from_profiles(others), scoring).probability[0]
    return {others[place].id for place in np.argsort(-scores, kind="stable")[:count]}


def across(crowd: Crowd, question: Profile) -> np.ndarray:
    column = crowd.columns["side"]
    return np.array([side != question.side for side in column.values])[column.codes]


@pytest.mark.parametrize("asker", [0, 7, 100, 211])
def test_the_best_stand_among_those_that_are_looked_at(asker: int) -> None:
    question, scoring = ACTORS[asker], Scoring()
    crowd = crowd_of(ACTORS, BASIS).crowd()
    found = find_best(crowd, question, across(crowd, question), scoring, 18, looked_at=80)
    assert exact_best(question, scoring) - set(found) == set()
    assert found == sorted(found)
    assert len(found) == 18


def test_a_glance_sees_everything_but_twins_and_the_best_of_many_texts() -> None:
    short = [replace(a, passages=tuple({p.facet: p for p in a.passages}.values())) for a in ACTORS]
    scoring = Scoring(weights=replace(Scoring().weights, twin=0.0))
    crowd = crowd_of(short, learn_directions(facet_means(batch(short)), 3 * DIM)).crowd()
    assert crowd.facet_sets == (6, 7)
    exact = score_pools(Pool.from_profiles(short[:1]), Pool.from_profiles(short), scoring).probability[0]
    merit = np.log(exact[1:] / (scoring.calibration.most - exact[1:]))
    rows, tables = np.arange(1, len(crowd)), fact_tables(crowd, short[0], scoring)
    seen = glance(crowd, short[0], rows, tables, scoring)
    assert np.corrcoef(seen, merit)[0, 1] > 0.97
    few = np.array([5, 17, 90])
    assert glance(crowd, short[0], few, tables, scoring) == pytest.approx(seen[few - 1], abs=1e-5)


def test_a_past_brings_somebody_before_the_eyes_whom_the_glance_passed_over() -> None:
    question, scoring = ACTORS[0], Scoring()
    crowd = crowd_of(ACTORS, BASIS).crowd()
    allowed = across(crowd, question)
    last = [i for i in range(2, MANY + 1, 2) if i not in find_best(crowd, question, allowed, scoring, 150)][-1]
    weights = replace(scoring.weights, history=90)
    liked = replace(scoring, relations={frozenset((1, last)): Relation("liked")}, weights=weights)
    assert last in find_best(crowd, question, allowed, liked, 5, looked_at=10)


def test_packed_vectors_are_near_those_they_stand_for() -> None:
    buffers = crowd_of(ACTORS)
    crowd = buffers.crowd()
    packed = crowd.codes * crowd.scales[:, None]
    told = batch(ACTORS).vectors
    assert np.abs(packed - told).max() <= np.abs(told).max() / 250
    assert (np.einsum("ij,ij->i", packed, told) > 0.99).all()


def test_who_settles_later_is_found_as_if_packed_at_once() -> None:
    question = ACTORS[0]
    late = crowd_of(ACTORS[:150], BASIS)
    assert late.add(batch(ACTORS[150:]))
    at_once, in_turn = crowd_of(ACTORS, BASIS).crowd(), late.crowd()
    for crowd in (at_once, in_turn):
        assert find_best(crowd, question, across(crowd, question), Scoring(), 18, looked_at=60) == find_best(
            at_once, question, across(at_once, question), Scoring(), 18, looked_at=60
        )


def test_new_texts_take_a_new_slot_and_new_facts_do_not() -> None:
    buffers = crowd_of(ACTORS[:20])
    before = buffers.crowd()
    assert buffers.add(batch([replace(ACTORS[3], country="LU", hubness=0.5)]))
    after = buffers.crowd()
    assert (len(after), len(buffers)) == (20, 20)
    assert after.columns["country"].values[after.columns["country"].codes[3]] == "LU"
    assert after.hubs[3] == np.float32(0.5)
    assert buffers.add(batch([replace(ACTORS[3], passages=ACTORS[50].passages)]))
    moved = buffers.crowd()
    assert (len(moved), len(buffers), list(np.flatnonzero(~moved.alive))) == (21, 20, [3])
    # What somebody still reads from stays as it was.
    assert (len(before), before.alive.all()) == (20, True)


def test_who_is_gone_is_not_found() -> None:
    buffers = crowd_of(ACTORS[:20])
    buffers.keep_only(range(1, 11))
    crowd = buffers.crowd()
    found = find_best(crowd, ACTORS[0], np.ones(len(crowd), dtype=bool), Scoring(), 30)
    assert found == list(range(1, 11))


def test_where_there_is_no_room_nothing_is_packed() -> None:
    buffers = CrowdBuffers(any_directions(DIM, 8), 10, 1000)
    assert not buffers.add(batch(ACTORS[:11]))
    assert (len(buffers), len(buffers.crowd())) == (0, 0)


def test_hubness_in_a_crowd_is_hubness_among_all() -> None:
    crowd = crowd_of(ACTORS[1:], BASIS).crowd()
    for question in (ACTORS[0], replace(ACTORS[0], passages=ACTORS[0].passages[-1:])):
        beside = [best_merits(crowd, question, across(crowd, question), Scoring(), 3)]
        exact = measure_hubness([question], among=ACTORS[1:])
        assert measure_hubness([question], beside=beside) == pytest.approx(exact, abs=2e-3)


def test_a_question_without_texts_is_answered_by_facts_alone() -> None:
    crowd = crowd_of(ACTORS, BASIS).crowd()
    bare = replace(ACTORS[0], passages=())
    assert len(find_best(crowd, bare, across(crowd, bare), Scoring(), 5, looked_at=50)) >= 5
