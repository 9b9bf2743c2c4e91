"""Files of known sources are mapped without asking."""

from pathlib import Path

import pytest

from app.errors import BadInput, TooLarge
from app.services.importing.connectors import find_connector, known_sources
from app.services.importing.json_records import read_json
from app.services.importing.sector_lists import load_sector_list
from app.services.importing.source import Rejected, Rules, open_source
from models.competence_map import ImportOptions

CORDIS = """\
"projectID";"projectAcronym";"organisationID";"vatNumber";"name";"shortName";"SME";"activityType";"street";"postCode";\
"city";"country";"nutsCode";"geolocation";"organizationURL";"contactForm";"contentUpdateDate";"rcn";"order";"role";\
"ecContribution";"netEcContribution";"totalCost";"endOfParticipation";"active";"ecMaxContribution"
"101";"WEAVE";"999";"FR1";"ECOLE EXEMPLE";"EEX";"false";"HES";"Rue A";"59100";"Roubaix";"FR";"FRE11";"50.69,3.17";\
"http://www.ecole.example";"";"2023-01-01";"1";"1";"coordinator";"1";"1";"1";"false";"";"1"
"102";"DYE";"999";"FR1";"ECOLE EXEMPLE";"EEX";"false";"HES";"Rue A";"59100";"Roubaix";"FR";"FRE11";"50.69,3.17";\
"http://www.ecole.example";"";"2023-01-01";"1";"2";"participant";"1";"1";"1";"false";"";"1"
"102";"DYE";"998";"BE2";"WEVERIJ VOORBEELD";"";"true";"PRC";"Straat";"9000";"Gent";"BE";"BE234";"";"";"";"";"2";"3";\
"participant";"1";"1";"1";"false";"";"1"
"""
CLUSTERS = (
    "Cluster name,Cluster organisation,Country,Sectoral industries,Technology fields,Cooperation interest\n"
    "Pole Exemple,PEX asbl,Belgium,Textiles;Packaging,Composites,partners for recycling\n"
)


def rows_of(data: str) -> list[dict]:
    source = open_source(data.encode(), "f.csv")
    return [row.said for batch in source.batches() for row in batch]


def test_organisations_of_cordis():
    school, weaver = rows_of(CORDIS)
    assert (school["name"], school["kind"], school["aliases"], school["lat"], school["lon"], school["website"]) == (
        "ECOLE EXEMPLE", "university", ["EEX"], 50.69, 3.17, "http://www.ecole.example",
    )  # fmt: skip
    assert (weaver["name"], weaver["kind"], weaver["nuts"]) == ("WEVERIJ VOORBEELD", "company", "BE234")


def test_cluster_profiles():
    [cluster] = rows_of(CLUSTERS)
    assert cluster["sectors"] == ["Textiles", "Packaging", "Composites"]
    assert [t["text"] for t in cluster["needs"]] == ["partners for recycling"]


def test_a_merge_must_name_what_exists(look):
    for merge, reason in [
        ({"nobody": 1}, "no row of the file has this key"),
        ({"a": 77}, "there is no actor 77"),
        ({"a": "b"}, "no other row of the file has the key 'b'"),
    ]:
        with pytest.raises(BadInput, match=reason):
            look("id,name,country\na,Alpha,FR\n", merge=merge)


def test_a_huge_json_document_is_refused_by_name():
    with pytest.raises(TooLarge, match="use JSON Lines"):
        read_json(b"[" + b" " * 50_000_001 + b"]", "huge.json")


EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "maps"


def test_every_connector_has_an_example_that_is_mapped_without_asking():
    found = {}
    for path in sorted(EXAMPLES.glob("*.csv")):
        if path.stem == "sector-list":
            continue
        source = open_source(path.read_bytes(), path.name)
        rows = [row for batch in source.batches() for row in batch]
        assert [r for r in rows if isinstance(r, Rejected)] == []
        found[find_connector(source.plans[0].table).name] = [row.actor.name for row in rows]
    assert set(found) == {connector.name for connector in known_sources()}
    assert found == {
        "CORDIS organisations": [
            "ECOLE DES TISSUS EXEMPLE",
            "VOORBEELD WEVERIJ NV",
            "EKSEMPEL TEKNOLOGISK CENTER",
            "STADTWERKE BEISPIEL",
        ],
        "cluster profiles": [
            "Pôle Exemple Matériaux",
            "Voorbeeld Houtcluster",
            "Beispiel Gesundheit",
            "Ejemplo Agroalimentario",
        ],
    }


def test_the_example_of_a_sector_list_is_loaded_whole(session):
    path = EXAMPLES / "sector-list.csv"
    report = load_sector_list(session, name="DAS", filename=path.name, data=path.read_bytes())
    assert (report.terms, report.mapped, report.rejected) == (5, 5, [])


def test_only_what_nobody_spoke_of_is_named_or_asked_about():
    data = b"Name;Country;Postcode stad;Foo;Bar\nA;BE;9000;1;2\nB;FR;59000;3;4\n"
    source = open_source(data, "x.csv", Rules(ImportOptions(mapping={"Foo": ""})))
    assert source.notes.sentences() == [
        "the column 'Postcode stad' is not imported",
        "the column 'Bar' is not imported",
    ]
    assert [p.guess for plan in source.plans for p in plan.proposals] == [None] * 5
