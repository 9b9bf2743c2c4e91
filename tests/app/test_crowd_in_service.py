"""Where actors are too many to rank all, the crowd finds who is ranked: the answers stay the same."""

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from app.services.directions import refresh_directions
from app.services.hubs import measure_hubs
from app.services.match import find_matches
from app.services.pool import PoolCache
from matching.ranking.crowd import DIRECTIONS
from models.match import MatchRequest
from models.passage import Directions

WORDS = "mapping river floods from the air"
TRADES = ["weaving glass fabric", "testing textile coatings", "growing chicory roots", "repairing church organs",
          "sorting scrap metal", "brewing strong beer", "printing dental crowns", "mapping river floods"]  # fmt: skip


@pytest.fixture
def crowd(vacuumed, client, embed) -> None:
    """Forty-eight actors on two sides, each needing what another one's trade is."""
    for n in range(48):
        needs, offers = TRADES[(n + 1) % 8], TRADES[n % 8]
        body = {
            "name": f"Actor {n}",
            "country": "FR" if n % 2 else "BE",
            "kind": "company",
            "sectors": ["textiles" if n % 3 else "food"],
            "needs": [{"lang": "en", "text": f"{needs} number {n}"}],
            "offers": [{"lang": "en", "text": f"{offers} number {n}"}],
        }
        assert client.post("/actors", json=body).status_code == 201
    embed()


def answer(session: Session, meaning, cache: PoolCache, **asked) -> list[tuple[int, float]]:
    found = find_matches(session, meaning=meaning, cache=cache, request=MatchRequest(min_score=0, k=8, **asked))
    return [(s.actor.id, s.score) for s in found.suggestions]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    "asked",
    [{"actor_id": 1}, {"actor_id": 24}, {"text": "testing textile coatings"},
     {"actor_id": 3, "filters": {"sectors": ["food"]}}, {"actor_id": 3, "filters": {"exclude": [2, 4, 6]}},
     {"actor_id": 2, "sides": ["FR"]}, {"actor_id": 2, "cross_side": False}],
)  # fmt: skip
def test_a_crowd_leads_to_the_answers_of_the_exact_ranking(session: Session, meaning, asked: dict) -> None:
    assert answer(session, meaning, PoolCache(exact_up_to=0), **asked) == answer(session, meaning, PoolCache(), **asked)


@pytest.mark.usefixtures("crowd")
def test_a_new_actor_is_measured_among_its_neighbours_and_found(client, session: Session, engine, meaning) -> None:
    from app.services.backlog import embed_batch

    body = {
        "name": "Newcomer",
        "country": "BE",
        "offers": [{"lang": "en", "text": "mapping river floods from the air"}],
    }
    newcomer = client.post("/actors", json=body).json()["id"]
    embed_batch(session, meaning=meaning, limit=10)
    assert measure_hubs(session, meaning=meaning, cache=PoolCache(exact_up_to=0), everybody_up_to=10) == 1
    session.commit()
    found = answer(session, meaning, PoolCache(exact_up_to=0), text=WORDS)
    assert found[0][0] == newcomer


@pytest.mark.usefixtures("crowd")
def test_a_process_that_heard_of_changes_agrees_with_one_that_reads_everything(
    client, embed, session: Session, meaning
) -> None:
    longstanding = PoolCache(exact_up_to=0)
    asked = {"actor_id": 1}
    before = answer(session, meaning, longstanding, **asked)
    session.rollback()
    assert client.delete(f"/actors/{before[0][0]}").status_code == 204
    changed = {"offers": [{"lang": "en", "text": "testing textile coatings number 0"}], "country": "BE", "side": "BE"}
    assert client.patch("/actors/20", json=changed).status_code == 200
    client.post("/actors", json={"name": "Late", "country": "BE", "offers": [{"lang": "en", "text": WORDS}]})
    embed()
    for asked in (
        {"actor_id": 1},
        {"actor_id": 20},
        {"text": WORDS},
        {"actor_id": 5, "filters": {"kinds": ["company"]}},
    ):
        heard = answer(session, meaning, longstanding, **asked)
        assert heard == answer(session, meaning, PoolCache(exact_up_to=0), **asked)
        assert heard == answer(session, meaning, PoolCache(), **asked)
        assert before[0][0] not in {ident for ident, _ in heard}


@pytest.mark.usefixtures("crowd")
def test_directions_are_learned_once_there_are_many_and_again_when_they_have_doubled(session: Session, meaning) -> None:
    assert not refresh_directions(session, encoder=meaning.name, from_actors=48)
    assert refresh_directions(session, encoder=meaning.name, from_actors=40)
    session.commit()
    assert not refresh_directions(session, encoder=meaning.name, from_actors=40)
    session.execute(update(Directions).values(actors=24))
    assert refresh_directions(session, encoder=meaning.name, from_actors=40)
    session.commit()
    row = session.exec(select(Directions)).one()
    assert (row.number, row.actors, len(row.basis)) == (2, 48, 3 * 384 * DIRECTIONS * 2)
    asked = {"actor_id": 1}
    assert answer(session, meaning, PoolCache(exact_up_to=0), **asked) == answer(session, meaning, PoolCache(), **asked)
