"""CORDIS: the organisations of the European Commission's research projects, one row per organisation and project.

The rows of one organisation become one actor. Projects, money and roles are left out: they are not competences.
"""

from app.services.importing.connectors.shape import Connector

CONNECTOR = Connector(
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
