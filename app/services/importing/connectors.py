"""Files of known sources: recognised by their headings, mapped without asking. The next one is one entry here.

A connector says which headings a source always has and what its columns mean where their words alone do not say it.
Reading, checking, preview, apply and undo are those of any other file; what the admin says goes before a connector.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from app.services.importing.tables import Table
from app.services.importing.words import fold_word


@dataclass(frozen=True)
class Connector:
    """A known source. Headings are folded; a mapping to "" leaves the column out."""

    name: str
    signature: frozenset[str]
    mapping: Mapping[str, str]


CORDIS = Connector(
    "CORDIS organisations",
    frozenset({"projectid", "organisationid", "activitytype", "nutscode", "ecmaxcontribution"}),
    {
        "organisationid": "id",
        "name": "name",
        "shortname": "aliases",
        "activitytype": "kind",
        "city": "city",
        "country": "country",
        "nutscode": "nuts",
        "organizationurl": "website",
        "geolocation": "geolocation",
        "contentupdatedate": "",
        "projectid": "",
        "projectacronym": "",
        "vatnumber": "",
        "sme": "",
        "order": "",
        "role": "",
        "contactform": "",
        "active": "",
    },
)
"""One row per organisation and project, as the European Commission publishes it: the rows of one become one actor."""

CLUSTER_PROFILES = Connector(
    "cluster profiles",
    frozenset({"cluster name", "cluster organisation", "sectoral industries", "technology fields"}),
    {
        "cluster name": "name",
        "cluster organisation": "aliases",
        "sectoral industries": "sectors",
        "technology fields": "sectors",
        "cluster description": "description",
        "services offered": "offers",
        "cooperation interest": "needs",
        "number of members": "",
        "cluster manager": "contact",
    },
)
"""Profiles of cluster organisations, one row each."""

CONNECTORS = (CORDIS, CLUSTER_PROFILES)


def find_connector(table: Table) -> Connector | None:
    """The connector whose headings stand in the first rows of a table."""
    rows = [table.headings] if table.headings else [row.cells for row in islice(table.rows(), 5)]
    for cells in rows:
        folded = {fold_word(str(cell)) for cell in cells if cell}
        for connector in CONNECTORS:
            if connector.signature <= folded:
                return connector
    return None
