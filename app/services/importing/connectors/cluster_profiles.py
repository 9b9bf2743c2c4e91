"""Profiles of cluster organisations, one row each, as cluster platforms hand them out."""

from app.services.importing.connectors.shape import Connector

CONNECTOR = Connector(
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
