"""Files of known sources: recognised by their headings, mapped without asking. The next one is one file here.

A connector says which headings a source always has and what its columns mean where their words alone do not say it.
Reading, checking, preview, apply and undo are those of any other file; what the admin says goes before a connector.
Each module of this folder holds one, called CONNECTOR; examples/maps has a file of each.
"""

import pkgutil
from functools import cache
from importlib import import_module
from itertools import islice

from app.services.importing.connectors.shape import Connector
from app.services.importing.tables import Table
from app.services.importing.words import fold_word

__all__ = ["Connector", "find_connector", "known_sources"]


@cache
def known_sources() -> tuple[Connector, ...]:
    """The connectors of this folder, by their modules' names."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "shape")
    return tuple(import_module(f"{__name__}.{name}").CONNECTOR for name in names)


def find_connector(table: Table) -> Connector | None:
    """The connector whose headings stand in the first rows of a table."""
    rows = [table.headings] if table.headings else [row.cells for row in islice(table.rows(), 5)]
    for cells in rows:
        folded = {fold_word(str(cell)) for cell in cells if cell}
        for connector in known_sources():
            if connector.signature <= folded:
                return connector
    return None
