"""Competence maps through the JSON door: upload, preview, apply, take back, hand out."""

import io
import json
import random
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.security import Principal
from app.services.views import Look, record_view
from app.settings import Settings
from models.views import ActorView
from tests.app.importing.mutations import mutate
from tests.serving import serving

NASTY = sorted(p for p in (Path(__file__).parent / "importing" / "nasty").iterdir() if p.suffix != ".toml")

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


def test_a_selection_of_a_map_is_handed_out(client: TestClient, uploaded: dict) -> None:
    client.post(f"/maps/imports/{uploaded['id']}/apply")
    url = f"/maps/{uploaded['map_id']}/export?format=jsonl"
    for part, rows in (("country=FR", 1), ("country=BE", 0), ("actor=1&actor=2&kind=other", 1), ("sector=x", 0)):
        assert len(client.get(f"{url}&{part}").text.splitlines()) == rows, part
    assert client.get(f"{url}&actor=x").status_code == 422


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


def test_work_in_the_background_is_told_until_it_is_done(client: TestClient) -> None:
    file = {"file": ("carte.csv", CSV.encode(), "text/csv")}
    begun = client.post("/maps/imports?wait=false", data={"name": "Carte"}, files=file).json()
    url = f"/maps/imports/{begun['id']}"
    assert (begun["state"], begun["progress"]["stage"]) == ("reading", "waiting")
    assert until(client, url)["state"] == "previewed"
    client.post(f"{url}/apply?wait=false")
    done = until(client, url)
    assert (done["state"], done["progress"]["done"], done["embedding"]["waiting"]) == ("applied", 2, 3)
    taken_back = client.post(f"{url}/undo").json()
    assert client.get(url).json()["taken_back"] == taken_back


def until(client: TestClient, url: str) -> dict:
    """The import once its work is done; the thread of the service does it, and each look takes a moment."""
    for _ in range(2000):
        seen = client.get(url).json()
        if seen["progress"]["stage"] in {"done", "failed", "stopped"}:
            return seen
    raise AssertionError(seen)


def test_an_import_that_was_never_applied_is_forgotten(client: TestClient, uploaded: dict) -> None:
    assert client.post(f"/maps/imports/{uploaded['id']}/stop").json()["state"] == "previewed"
    assert client.delete(f"/maps/imports/{uploaded['id']}").status_code == 204
    assert client.get("/maps").json() == []


def test_addresses_are_off_by_default(client: TestClient) -> None:
    body = {"url": "https://data.example.org/x.csv", "map": {"name": "X"}}
    answer = client.post("/maps/imports/from-address", json=body)
    assert answer.status_code == 422
    assert "the operator allows hosts with VIADUC_IMPORT_URLS" in answer.json()["detail"]


def test_a_sector_list_is_loaded_and_imports_use_it(client: TestClient) -> None:
    file = {"file": ("das.csv", b"code;nom;viaduc\nDAS1;Textiles du futur;textile\n", "text/csv")}
    report = client.post("/sector-lists", data={"name": "DAS"}, files=file).json()
    assert (report["terms"], report["mapped"], report["rejected"]) == (1, 1, [])
    assert [t["code"] for t in client.get("/sector-lists").json()[0]["terms"]] == ["DAS1"]
    maps = {"file": ("m.csv", b"Nom;Pays;Secteurs\nA;FR;DAS1\n", "text/csv")}
    client.post("/maps/imports?apply=true", data={"name": "M"}, files=maps)
    assert client.get("/actors/1").json()["sectors"] == ["textile"]
    assert client.delete(f"/sector-lists/{report['id']}").status_code == 204
    assert client.delete(f"/sector-lists/{report['id']}").status_code == 404


def test_who_knows_that_an_actor_exists(client: TestClient, uploaded: dict, session: Session) -> None:
    client.post(f"/maps/imports/{uploaded['id']}/apply")
    reader = client.post("/actors", json={"name": "Reader", "country": "BE", "side": "VLG"}).json()["id"]
    asks = (Principal("participant", actor_id=reader), Principal("participant", actor_id=1), Principal("public"))
    for principal in asks:
        record_view(session, actor_id=1, look=Look(principal, "page", side="' OR 1=1", on_behalf=1))
    record_view(session, actor_id=1, look=Look(asks[0], "api"))
    record_view(session, actor_id=1, look=Look(asks[2], "page", on_behalf=reader))
    session.add(ActorView(actor_id=1, day=date(2020, 1, 1), side="FR", role="public", door="page", views=9))
    session.commit()
    known = client.get("/actors/1/known").json()
    assert (known["views"], known["by_side"]) == (
        4,
        [
            {"side": "VLG", "role": "participant", "views": 2},
            {"side": "", "role": "public", "views": 1},
            {"side": "VLG", "role": "public", "views": 1},
        ],
    )
    assert [(m["name"], m["licence"]) for m in known["maps"]] == [("Carte du Nord", "CC0")]
    whole = client.get(f"/maps/{uploaded['map_id']}/known").json()
    assert (whole["views"], whole["actors_seen"], whole["other_maps"]) == (4, 1, {})


def test_every_finding_has_a_code_beside_its_sentence(client: TestClient, uploaded: dict) -> None:
    [rejection] = uploaded["report"]["rejected"]
    assert rejection["reason"].startswith("unknown country 'Atlantide': write")
    assert (rejection["code"], rejection["values"]) == ("country_unknown", {"value": "Atlantide"})
    assert uploaded["report"]["warnings"] == [
        "the file is not UTF-8; it was read as cp1252: look whether accents are right"
    ]
    assert uploaded["report"]["notes"] == [
        {"code": "not_utf8", "values": {"encoding": "cp1252"}, "rows": 0, "line": None, "sheet": None}
    ]


def test_a_problem_names_the_code_of_its_reason(client: TestClient) -> None:
    answer = client.post("/maps/imports", data={"name": "X"}, files={"file": ("x.pdf", b"%PDF-1.7")})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["reason"]) == (422, "x.pdf is a PDF document; save its table as XLSX or CSV")
    assert error["remark"] == {"code": "is_pdf", "values": {"name": "x.pdf"}}


@pytest.mark.parametrize("seed", range(3))
def test_no_broken_file_brings_an_error_of_the_service(client: TestClient, seed: int) -> None:
    rng, outcomes = random.Random(seed), set()
    for path in rng.sample(NASTY, 25):
        file = {"file": (path.name, mutate(rng, path.read_bytes()))}
        answer = client.post("/maps/imports?apply=true", data={"name": path.name}, files=file)
        outcomes.add(answer.status_code)
        if answer.status_code == 201:
            number = answer.json()["id"]
            shown = client.get(f"/console/maps/imports/{number}", headers={"accept-language": "fr"})
            assert (shown.status_code, path.name in shown.text) == (200, True)
            assert client.get(f"/maps/imports/{number}/rejected").status_code == 200
            assert client.post(f"/maps/imports/{number}/undo").status_code == 200
    assert outcomes <= {201, 413, 422}
    assert client.get("/actors").json()["total"] == 0


class Maps(BaseHTTPRequestHandler):
    """A host that hands out one map."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", 'attachment; filename="carte.csv"')
        self.end_headers()
        self.wfile.write(CSV.encode())

    def log_message(self, *_: object) -> None:
        return


def test_a_file_fetched_under_a_key_is_one_import_and_is_not_fetched_again(
    settings: Settings, applications: Callable[[Settings], FastAPI]
) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Maps)) as server:
        host = f"localhost:{server.server_address[1]}"
        with TestClient(applications(settings.model_copy(update={"import_urls": f"private:{host}"}))) as client:
            body = {"url": f"http://{host}/map", "map": {"name": "Carte"}}
            sent = {"json": body, "headers": {"Idempotency-Key": "f-1"}}
            first = client.post("/maps/imports/from-address", **sent)
            server.shutdown()
            server.server_close()
            again = client.post("/maps/imports/from-address", **sent)
            imports = client.get(f"/maps/{first.json()['map_id']}/imports").json()
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert len(imports) == 1


def test_a_file_is_fetched_where_its_host_is_allowed(
    settings: Settings, applications: Callable[[Settings], FastAPI]
) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Maps)) as server:
        host = f"localhost:{server.server_address[1]}"
        allowing = settings.model_copy(update={"import_urls": f"private:{host}"})
        with TestClient(applications(allowing)) as client:
            body = {"url": f"http://{host}/map", "map": {"name": "Carte"}}
            row = client.post("/maps/imports/from-address?apply=true", json=body).json()
            elsewhere = client.post("/maps/imports/from-address", json=body | {"url": "http://evil.example/x"})
    assert (row["filename"], row["fetched_from"], row["state"]) == ("carte.csv", body["url"], "applied")
    assert (row["report"]["new"], row["report"]["rejected_rows"]) == (1, 1)
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["remark"]["code"]) == (422, "fetch_host")
