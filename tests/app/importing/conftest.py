"""Loading small files in a few words."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, col, select

from app.services.importing.run import apply, preview
from app.services.relations import list_relations
from models.actor import Actor
from models.competence_map import ImportOptions, ImportReport, MapFields, MapImport

Load = Callable[..., ImportReport]


@pytest.fixture
def look(session: Session) -> Callable[..., MapImport]:
    """Preview a file: text or bytes, a name, options."""

    def _look(data: str | bytes, filename: str = "map.csv", map_name: str = "map", **options: object) -> MapImport:
        content = data.encode() if isinstance(data, str) else data
        return preview(
            session,
            fields=MapFields(name=map_name),
            filename=filename,
            data=content,
            options=ImportOptions.model_validate(options),
        )

    return _look


@pytest.fixture
def load(session: Session, look: Callable[..., MapImport]) -> Load:
    """Preview and apply a file; the two reports are the same."""

    def _load(*args: object, **options: object) -> ImportReport:
        row = look(*args, **options)
        promised = ImportReport.model_validate(row.report)
        done = apply(session, import_id=row.id)
        assert done == promised
        session.commit()
        return done

    return _load


@pytest.fixture
def actors(session: Session) -> Callable[[], dict[str, Actor]]:
    """All stored actors by name."""

    def _actors() -> dict[str, Actor]:
        session.expire_all()
        return {a.name: a for a in session.exec(select(Actor).order_by(col(Actor.id)))}

    return _actors


@pytest.fixture
def relations(session: Session) -> Callable[[int], list[tuple[str, str]]]:
    """(type, name of the other) of an actor's relations."""
    return lambda actor_id: [(r.type, r.target_name) for r in list_relations(session, actor_id=actor_id)]
