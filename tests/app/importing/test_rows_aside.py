"""Rows below the headings that are no actors, and actors that only look as if they were none."""

import io
import zipfile

import pytest

from app.services.importing.aside import is_sum_heading, row_aside
from app.services.importing.source import Rules, open_source
from app.services.importing.spreadsheet_ods import read_ods
from models.competence_map import ImportOptions

HEADINGS = ["Name", "Country", "Town", "Staff"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["Name", "Country", "Town", "Staff"], "headings_again"),
        (["Name", "", "Town", ""], "headings_again"),
        (["Total", "", "", "1.272,5"], "sum_row"),
        (["Sous-total", "3", "", "12"], "sum_row"),
        (["Total: 4 entidades", "", "", ""], "sum_row"),
        (["Guztira / Total", "", "", "7"], "sum_row"),
        (["", "Summe", "", "7"], "sum_row"),
        (["Quelle: Wirtschaftsförderung", "", "", ""], "remark_row"),
        (["* as of May", "", "", ""], "remark_row"),
        (["Gipuzkoa", "Gipuzkoa", "Gipuzkoa", ""], "title_row"),
    ],
)
def test_a_row_that_is_no_actor_is_named(cells, code):
    said = row_aside(cells, HEADINGS)
    assert (said and said.code) == code


@pytest.mark.parametrize(
    "cells",
    [
        ["Total", "FR", "Courbevoie", "100000"],
        ["TotalEnergies", "", "", ""],
        ["Summa Textil", "", "", "7"],
        ["Source", "FR", "Lyon", ""],
        ["Source d'Or", "", "", ""],
        ["Gipuzkoa", "", "", ""],
        ["Luxembourg", "Luxembourg", "Luxembourg", ""],
        ["", "", "", "12"],
    ],
)
def test_what_may_be_an_actor_is_left_to_the_other_checks(cells):
    assert row_aside(cells, HEADINGS) is None


def test_a_column_that_adds_up_a_matrix():
    assert [is_sum_heading(h) for h in ("Total", "Guztira / Total", "TotalEnergies", "Sum", "Insgesamt")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_passed_rows_are_no_rows_of_the_file_and_are_told():
    data = "Name;Country;Town;Staff\nA;FR;Lille;1\nName;Country;Town;Staff\nB;BE;Gent;2\nTotal;;;3\nSource: us\n"
    source = open_source(data.encode(), "m.csv")
    assert (source.rows, [row.actor.name for batch in source.batches() for row in batch]) == (2, ["A", "B"])
    assert source.notes.sentences() == [
        "line 3: the headings stand here once more; passed over",
        "line 5: 'Total' adds up other rows and is no actor; passed over",
        "line 6: 'Source: us' is a remark beside the table and no actor; passed over",
    ]


def test_a_name_alone_is_named_where_the_file_has_one_country():
    data = "Name;Town;Website;Offers\nARABA;;;\nA;Irun;a.example;glass\n"
    source = open_source(data.encode(), "m.csv", Rules(ImportOptions(country="ES")))
    names = [row.actor.name for batch in source.batches() for row in batch]
    assert names == ["ARABA", "A"]
    assert [s for s in source.notes.sentences() if s.startswith("line 2: nothing but a name stands in this row")] != []


def open_document(body: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        container.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>")
    return out.getvalue()


def row(*cells: str, more: str = "") -> str:
    filled = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in cells
    )
    return f"<table:table-row{more}>{filled}</table:table-row>"


def test_hidden_parts_of_an_open_document_are_named():
    hidden = ' table:visibility="collapse"'
    data = open_document(
        '<office:automatic-styles><style:style style:name="ta1" style:family="table"><style:table-properties '
        'table:display="true"/></style:style><style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
        '<office:body><office:spreadsheet><table:table table:name="Actors" table:style-name="ta1"><table:table-column/>'
        f'<table:table-column{hidden}/><table:table-column table:number-columns-repeated="1022"{hidden}/>'
        + row("Name", "Country")
        + row("A", "FR")
        + row("B", "FR", more=hidden)
        + '</table:table><table:table table:name="Old" table:style-name="ta2">'
        + row("Name")
        + "</table:table></office:spreadsheet></office:body>"
    )
    reading = read_ods(data)
    assert [table.name for table in reading.tables] == ["Actors"]
    assert [(said.code, said.values) for said in reading.warnings] == [
        ("columns_hidden", {"sheet": "Actors", "columns": "B"}),
        ("rows_hidden", {"sheet": "Actors", "rows": 1}),
        ("sheet_hidden", {"sheet": "Old"}),
    ]
