"""Who says what, who wins, and what a map looks like as a whole."""

import pytest
from import_records import CENTEXBEL, UPTEX, lines
from sqlmodel import select

from app.errors import BadInput, NotFound
from app.services.importing.picture import draw_map
from app.services.importing.provenance import list_sources, take_from
from models.competence_map import CompetenceMap

OTHER = {"id": "x", "name": "Centexbel", "country": "BE", "city": "Zwijnaarde", "size": 150}


def two_maps(session, load, actors) -> tuple[int, int]:
    load(lines(CENTEXBEL), "actors.jsonl")
    actor_id = actors()["Centexbel"].id
    load(lines(OTHER), "other.jsonl", map_name="zelf", merge={"x": actor_id})
    return actor_id, session.exec(select(CompetenceMap.id).where(CompetenceMap.name == "zelf")).one()


def test_every_field_knows_its_sources(session, load, actors):
    actor_id, _ = two_maps(session, load, actors)
    by_field = {s.field: s for s in list_sources(session, actor_id=actor_id)}
    city = by_field["city"]
    assert (city.value, city.disputed) == ("Gent", True)
    assert [(c.map_name, c.source, c.as_of, c.value) for c in city.claims] == [
        ("map", "seed", "2013", "Gent"),
        ("zelf", None, None, "Zwijnaarde"),
    ]
    assert [f for f, s in by_field.items() if s.disputed] == ["city", "size"]
    assert [c.map_name for c in by_field["offers"].claims] == ["map"]


def test_the_admin_chooses_between_sources(session, load, actors):
    actor_id, other = two_maps(session, load, actors)
    take_from(session, actor_id=actor_id, field="city", map_id=other)
    session.commit()
    assert (actors()["Centexbel"].city, actors()["Centexbel"].size) == ("Zwijnaarde", 140.0)
    with pytest.raises(NotFound, match="says nothing of the needs"):
        take_from(session, actor_id=actor_id, field="needs", map_id=other)
    with pytest.raises(BadInput, match="unknown field 'colour'"):
        take_from(session, actor_id=actor_id, field="colour", map_id=other)


def test_the_picture_of_a_map(session, load):
    load(lines(CENTEXBEL, UPTEX), "actors.jsonl")
    picture = draw_map(session, map_id=session.exec(select(CompetenceMap.id)).one())
    shares = {f.field: f.share for f in picture.fields}
    assert (picture.actors, shares["offers"], shares["needs"], shares["kind"]) == (2, 1.0, 0.5, 1.0)
    assert picture.languages == {"fr": 2, "nl": 1}
    assert [(c.sector, c.territory, c.actors) for c in picture.sectors] == [("technical textiles", "Vlaanderen", 1)]
    assert [(p.name, p.lat, p.lon) for p in picture.points] == [("Centexbel", 51.05, 3.72)]
    assert picture.missing == []
