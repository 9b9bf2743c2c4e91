"""Competence maps through the JSON door: upload, preview, apply, take back, hand out."""

import io
import json

import pytest
from fastapi.testclient import TestClient

CSV = (
    "Nom;Pays;Ville;Description;Offres;Besoins\n"
    "Tissages du Nord;FR;Roubaix;Tissage technique en grande laize;étoffes écrues;centre d'essais textiles\n"
    "Sans pays;Atlantide;;;;\n"
)


@pytest.fixture
def uploaded(client: TestClient) -> dict:
    """A file of two rows, one of them wrong, previewed."""
    file = {"file": ("carte.csv", CSV.encode("cp1252"), "text/csv")}
    answer = client.post("/maps/imports", data={"name": "Carte du Nord", "licence": "CC0"}, files=file)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_preview_says_what_will_happen_and_changes_nothing(client: TestClient, uploaded: dict) -> None:
    report = uploaded["report"]
    assert (uploaded["state"], report["encoding"], report["delimiter"]) == ("previewed", "cp1252", ";")
    assert (report["rows"], report["new"], report["rejected_rows"]) == (2, 1, 1)
    assert {(r["line"], r["field"], r["value"]) for r in report["rejected"]} == {(3, "Pays", "Atlantide")}
    assert client.get("/actors").json()["total"] == 0


def test_apply_stores_once_and_undo_takes_back(client: TestClient, uploaded: dict) -> None:
    url = f"/maps/imports/{uploaded['id']}"
    assert client.post(f"{url}/apply").json()["state"] == "applied"
    assert client.post(f"{url}/apply").json()["state"] == "applied"
    assert [a["name"] for a in client.get("/actors").json()["items"]] == ["Tissages du Nord"]
    assert client.get("/maps").json()[0]["actors"] == 1
    assert client.post(f"{url}/undo").json()["removed"] == 1
    assert client.get("/actors").json()["total"] == 0
    assert client.post(f"{url}/undo").status_code == 409


def test_what_is_handed_out_can_be_loaded_again_and_changes_nothing(client: TestClient, uploaded: dict) -> None:
    client.post(f"/maps/imports/{uploaded['id']}/apply")
    for kind in ("csv", "xlsx", "jsonl"):
        made = client.get(f"/maps/{uploaded['map_id']}/export", params={"format": kind})
        assert made.headers["content-disposition"].endswith(f".{kind}")
        file = {"file": (f"again.{kind}", made.content, made.headers["content-type"])}
        again = client.post("/maps/imports", data={"name": "Carte du Nord"}, files=file).json()["report"]
        assert (kind, again["new"], again["changed"], again["same"], again["rejected_rows"]) == (kind, 0, 0, 1, 0)


def test_rejected_rows_come_back_with_their_reason(client: TestClient, uploaded: dict) -> None:
    made = client.get(f"/maps/imports/{uploaded['id']}/rejected")
    assert made.status_code == 200
    words = made.content.decode("utf-8-sig")
    assert "Atlantide" in words
    assert "Tissages du Nord" not in words


def test_sources_a_picture_and_a_template_are_handed_out(client: TestClient, uploaded: dict) -> None:
    client.post(f"/maps/imports/{uploaded['id']}/apply")
    fields = {s["field"]: s for s in client.get("/actors/1/sources").json()}
    assert fields["city"]["value"] == "Roubaix"
    assert client.get(f"/maps/{uploaded['map_id']}/picture").json()["actors"] == 1
    template = client.get("/maps/template", params={"lang": "nl", "format": "csv"})
    file = {"file": ("template.csv", io.BytesIO(template.content), "text/csv")}
    read = client.post("/maps/imports", data={"name": "Template"}, files=file).json()["report"]
    assert (read["new"], read["rejected_rows"], read["ignored_columns"]) == (1, 0, [])
    assert client.get("/maps/template", params={"lang": "ru"}).status_code == 422


def test_options_are_read_and_refused_by_name(client: TestClient) -> None:
    file = {"file": ("x.csv", b"Firma,Land\nA,BE\n", "text/csv")}
    options = json.dumps({"mapping": {"Firma": "name"}, "layuot": "matrix"})
    answer = client.post("/maps/imports", data={"name": "X", "options": options}, files=file)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "options.layuot: unknown field"
