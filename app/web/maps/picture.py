"""The picture of a map as tables with bars: the largest sectors and territories, the rest summed up."""

from collections import Counter
from dataclasses import dataclass

from app.web.pictures.border_map import BorderMap, Spot, draw_map
from models.competence_map import FieldShare, MapPicture

_SECTORS = 14
_TERRITORIES = 7


@dataclass(frozen=True)
class Row:
    """One sector: its actors in each territory of the matrix, and in all."""

    sector: str
    counts: list[int]
    total: int


@dataclass(frozen=True)
class Matrix:
    """Sectors by territories; what did not fit is counted."""

    territories: list[str]
    rows: list[Row]
    most: int
    hidden_sectors: int
    hidden_territories: int
    gaps: int
    """Cells of the matrix that nobody fills."""


@dataclass(frozen=True)
class Drawn:
    """A picture ready to be shown."""

    actors: int
    fields: list[FieldShare]
    missing: list[str]
    languages: list[tuple[str, int, float]]
    matrix: Matrix
    placed: int
    border: BorderMap | None


def draw(picture: MapPicture) -> Drawn:
    """Order and shorten a picture for the page."""
    most = max(picture.languages.values(), default=1)
    return Drawn(
        actors=picture.actors,
        fields=sorted(picture.fields, key=lambda f: -f.share),
        missing=picture.missing,
        languages=[(lang, n, n / most) for lang, n in picture.languages.items()],
        matrix=_matrix(picture),
        placed=len(picture.points),
        border=draw_map([Spot(p.actor_id, p.lat, p.lon, p.side, p.city) for p in picture.points]),
    )


def _matrix(picture: MapPicture) -> Matrix:
    sectors: Counter[str] = Counter()
    territories: Counter[str] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for cell in picture.sectors:
        sectors[cell.sector] += cell.actors
        territories[cell.territory] += cell.actors
        cells[cell.sector, cell.territory] += cell.actors
    columns = [name for name, _ in territories.most_common(_TERRITORIES)]
    rows = [Row(s, [cells[s, t] for t in columns], total) for s, total in sectors.most_common(_SECTORS)]
    return Matrix(
        territories=columns,
        rows=rows,
        most=max((n for row in rows for n in row.counts), default=0),
        hidden_sectors=max(0, len(sectors) - _SECTORS),
        hidden_territories=max(0, len(territories) - _TERRITORIES),
        gaps=sum(1 for row in rows for n in row.counts if not n),
    )
