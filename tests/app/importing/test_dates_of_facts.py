"""Dates as people write them."""

import pytest

from app.services.importing.dates import parse_date
from app.services.importing.source import open_source
from app.services.importing.values import parse_nuts


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2013-05-06", "2013-05-06"),
        ("2013-05-06T10:00", "2013-05-06"),
        ("06.05.2013", "2013-05-06"),
        ("3/4/2013", "2013-04-03"),
        ("12/31/2013", "2013-12-31"),
        ("5.6.98", "1998-06-05"),
        ("41400", "2013-05-06"),
        ("2014", "2014"),
        ("06/2013", "2013-06"),
        ("2013/6", "2013-06"),
        ("2013-06", "2013-06"),
        ("2014/05/03 10:12:33 AM UTC+2", "2014-05-03"),
        ("Mai 2013", "2013-05"),
        ("1er juin 2013", "2013-06-01"),
        ("6. juni 2013", "2013-06-06"),
        ("3 de mayo de 2014", "2014-05-03"),
        ("den 12. marts 2014", "2014-03-12"),
        ("31.02.2013", None),
        ("12345", None),
        ("bientôt", None),
        ("13/2013", None),
    ],
)
def test_dates(written, read):
    assert parse_date(written) == read


def test_what_is_no_date_is_kept_and_named():
    data = "Nom;Pays;Date de mise à jour\nA;FR;bientôt\nB;FR;06/05/2013\n"
    source = open_source(data.encode(), "m.csv")
    said = [row.said["beside"] for batch in source.batches() for row in batch]
    assert said == [{"facts_as_of": "bientôt"}, {"facts_as_of": "2013-05-06"}]
    assert source.notes.sentences() == [
        "line 2: Date de mise à jour: 'bientôt' is no date, it is kept as written",
    ]


def test_territories_of_earlier_editions():
    assert [parse_nuts(c) for c in ("FR301", "fr 302", "FR61", "FR615", "FR421", "BE324", "BE326", "FRE11")] == [
        "FRE11",
        "FRE12",
        "FRI1",
        "FRI15",
        "FRF11",
        "BE328",
        "BE32",
        "FRE11",
    ]
