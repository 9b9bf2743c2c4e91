"""A picture of a map: how complete it is, in which languages, which sectors where, and what is missing."""

from sqlalchemy import text
from sqlmodel import Session

from models.competence_map import FieldShare, MapPicture, MapPoint, SectorCell

_FILLED = {
    "description": "jsonb_array_length(coalesce(a.texts->'description', '[]')) > 0",
    "offers": "jsonb_array_length(coalesce(a.texts->'offers', '[]')) > 0",
    "needs": "jsonb_array_length(coalesce(a.texts->'needs', '[]')) > 0",
    "kind": "a.kind <> 'other'",
    "region": "a.region IS NOT NULL",
    "nuts": "a.nuts IS NOT NULL",
    "city": "a.city IS NOT NULL",
    "place on the map": "a.lat IS NOT NULL AND a.lon IS NOT NULL",
    "website": "a.website IS NOT NULL",
    "size": "a.size IS NOT NULL",
    "languages": "cardinality(a.languages) > 0",
    "sectors": "cardinality(a.sectors) > 0",
}
_POINTS = 5_000
_CELLS = 2_000


def draw_map(session: Session, *, map_id: int) -> MapPicture:
    """Completeness per field, languages of the texts, sectors × territories, places, and what is missing most."""
    total = _total(session, map_id)
    fields = _completeness(session, map_id, total)
    return MapPicture(
        actors=total,
        fields=fields,
        languages=_languages(session, map_id),
        sectors=_sectors(session, map_id),
        points=_points(session, map_id),
        missing=[f.field for f in sorted(fields, key=lambda f: f.share) if f.share < 0.5],
    )


_ACTORS = "FROM actor a WHERE a.id IN (SELECT actor_id FROM map_entry WHERE map_id = :map)"


def _total(session: Session, map_id: int) -> int:
    return int(session.execute(text(f"SELECT count(*) {_ACTORS}"), {"map": map_id}).scalar_one())


def _completeness(session: Session, map_id: int, total: int) -> list[FieldShare]:
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in _FILLED.values())
    row = session.execute(text(f"SELECT {counts} {_ACTORS}"), {"map": map_id}).one()
    return [
        FieldShare(field=name, filled=filled, share=round(filled / total, 3) if total else 0.0)
        for name, filled in zip(_FILLED, row, strict=True)
    ]


def _languages(session: Session, map_id: int) -> dict[str, int]:
    """Language → actors that have a text in it."""
    query = text(
        "SELECT item->>'lang', count(DISTINCT a.id) FROM actor a "
        "CROSS JOIN jsonb_each(a.texts) AS facet CROSS JOIN jsonb_array_elements(facet.value) AS item "
        "WHERE a.id IN (SELECT actor_id FROM map_entry WHERE map_id = :map) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {str(lang): int(n) for lang, n in session.execute(query, {"map": map_id})}


def _sectors(session: Session, map_id: int) -> list[SectorCell]:
    query = text(
        "SELECT sector, CASE WHEN a.anonymous OR a.visibility->>'region' IS NOT NULL THEN a.country "
        "ELSE coalesce(a.region, a.country) END AS territory, count(*) FROM actor a CROSS JOIN "
        "unnest(a.sectors) AS sector WHERE a.id IN (SELECT actor_id FROM map_entry WHERE map_id = :map) "
        "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT :most"
    )
    rows = session.execute(query, {"map": map_id, "most": _CELLS})
    return [SectorCell(sector=s, territory=t, actors=n) for s, t, n in rows]


def _points(session: Session, map_id: int) -> list[MapPoint]:
    """Where actors are, of those that let everybody know."""
    query = text(f"SELECT a.id, a.name, a.side, a.city, a.lat, a.lon {_ACTORS} AND a.lat IS NOT NULL "
                 "AND a.lon IS NOT NULL AND NOT a.anonymous AND a.visibility->>'position' IS NULL "
                 "AND a.visibility->>'city' IS NULL ORDER BY a.id LIMIT :most")  # fmt: skip
    rows = session.execute(query, {"map": map_id, "most": _POINTS})
    return [MapPoint(actor_id=i, name=n, side=s, city=c, lat=lat, lon=lon) for i, n, s, c, lat, lon in rows]
