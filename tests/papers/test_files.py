"""Tables, JSON and the page without a network, read back; and what the page saved, handed in."""

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from papers_gathering import NAMES, Gathering, add_plan
from sqlmodel import Session

from app.commands.pairing import run_check
from app.services.files import whole
from app.services.files.reasons import shorten

MONDAY = datetime(2027, 3, 28, 9, 0, tzinfo=UTC)


def rows_of(client: TestClient, planned: Gathering, table: str, lang: str = "en") -> list[list[str]]:
    answer = client.get(f"{planned.url}/export?format=csv&table={table}&lang={lang}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8"), answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_workbook_holds_everything_and_no_formula(client: TestClient, planned: Gathering) -> None:
    a, b, c, _ = planned.actors
    client.put(f"{planned.url}/wishes", json={"actor_id": a, "target_id": b, "kind": "wish"})
    client.put(f"{planned.url}/wishes", json={"actor_id": c, "target_id": a, "kind": "veto"})
    answer = client.get(f"{planned.url}/export")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rencontres-a-kortrijk.xlsx"
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == [
        "Event", "Participants", "By round", "By participant", "By place", "Interpreters", "Wishes", "Fewer than asked",
        "Certificate",
    ]  # fmt: skip
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    rounds = [[cell.value for cell in row] for row in book["By round"].iter_rows()]
    assert rounds[0] == [
        "Round",
        "Start",
        "End",
        "Place",
        "Participant",
        "Side",
        "Partner",
        "Side",
        "Interpreter",
        "Worth",
    ]
    nine = datetime(2027, 3, 28, 9, 30)  # noqa: DTZ001 - a spreadsheet knows no zones
    assert rounds[1] == [1, nine, nine + timedelta(minutes=20), "Table 1", NAMES[0], "FR", NAMES[1], "VLG", 1, 0.75]
    assert len(list(book["By participant"].rows)) == 1 + 2 * 3
    assert [[c.value for c in row] for row in book["Wishes"].iter_rows(min_row=2)] == [
        [NAMES[0], NAMES[1], "wish", "yes"], [NAMES[2], NAMES[0], "veto", "no"],
    ]  # fmt: skip
    assert [c.value for c in book["Fewer than asked"][2]] == [NAMES[0], "vetoes leave nobody to meet"]
    assert (book["Participants"].freeze_panes, book["Participants"].auto_filter.ref) == ("A2", "A1:O5")


def test_csv_defuses_cells_that_begin_like_formulas(client: TestClient, planned: Gathering) -> None:
    names = [row[1] for row in rows_of(client, planned, "participants")[1:]]
    assert sorted(names) == sorted([NAMES[0], NAMES[1], NAMES[2], "'=1+1"])
    assert rows_of(client, planned, "places", "eu")[0] == [
        "Lekua", "Txanda", "Hasiera", "Amaiera", "Parte-hartzailea", "Kidea", "Interpretea",
    ]  # fmt: skip


def test_all_tables_come_as_csv_in_an_archive(client: TestClient, planned: Gathering) -> None:
    answer = client.get(f"{planned.url}/export?format=csv")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert [name.split("-", 1)[1] for name in archive.namelist()] == [
            "event.csv", "participants.csv", "rounds.csv", "people.csv", "places.csv", "interpreters.csv",
            "wishes.csv", "unmet.csv", "certificate.csv",
        ]  # fmt: skip
        assert archive.read("5-places.csv") == client.get(f"{planned.url}/export?format=csv&table=places").content
    assert client.get(f"{planned.url}/export?format=xlsx&table=places").status_code == 422


def test_the_json_of_an_event_goes_back_in_by_its_parts(client: TestClient, planned: Gathering) -> None:
    a, b, _, _ = planned.actors
    client.put(f"{planned.url}/wishes", json={"actor_id": a, "target_id": b, "kind": "must"})
    told = client.get(f"{planned.url}/export?format=json").json()
    url = f"/events/{client.post('/events', json=told['event']).json()['id']}"
    for part in ("rounds", "places", "interpreters", "locks"):
        assert client.put(f"{url}/{part}", json=told[part]).status_code == 200, part
    for person in told["participants"]:
        assert client.post(f"{url}/participants", json=person).status_code == 201
    for wish in told["wishes"]:
        assert client.put(f"{url}/wishes", json=wish).status_code == 200
    again = client.get(f"{url}/export?format=json").json()
    for part in ("event", "rounds", "places", "interpreters", "participants", "wishes", "locks", "actors"):
        assert again[part] == told[part], part
    lines = "".join(json.dumps(actor) + "\n" for actor in told["actors"])
    answer = client.post("/maps/imports", data={"name": "Again"}, files={"file": ("actors.jsonl", lines)})
    assert (answer.status_code, answer.json()["report"]["rejected"]) == (201, [])


def test_plans_in_the_json_pass_viaduc_check(client: TestClient, gathering: Gathering, tmp_path: Path) -> None:
    assert client.post(f"{gathering.url}/plans", json={"time_limit_s": 2}).status_code == 201
    (plan,) = client.get(f"{gathering.url}/export?format=json").json()["plans"]
    assert plan["plan"]["meetings"]
    for name in ("problem", "plan"):
        (tmp_path / name).write_text(json.dumps(plan[name]), encoding="utf-8")
    assert run_check(tmp_path / "problem", tmp_path / "plan") == []


def test_the_json_holds_the_published_plan_and_the_newest_of_many(
    client: TestClient, gathering: Gathering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        assert client.post(f"{gathering.url}/plans", json={"time_limit_s": 1}).status_code == 201
    client.post(f"{gathering.url}/plans/1/publish")
    monkeypatch.setattr(whole, "MOST_PLANS", 3)
    told = client.get(f"{gathering.url}/export?format=json").json()
    assert ([plan["number"] for plan in told["plans"]], told["plans_left_out"]) == ([4, 3, 1], 1)


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("one  two\nthree", 20, "one two three"),
        ("one two, three", 12, "one two…"),
        ("abcdefghijklmnop", 10, "abcdefghi…"),
        ("abc", 3, "abc"),
    ],
)
def test_fragments_are_cut_between_words(text: str, longest: int, short: str) -> None:
    assert shorten(text, longest) == short


def offline(client: TestClient, planned: Gathering) -> tuple[str, dict[str, Any]]:
    """The page, and the data in it."""
    answer = client.get(f"{planned.url}/offline.html?lang=fr")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    found = re.findall(r'<script type="application/json" id="data">(.*?)</script>', answer.text, re.DOTALL)
    assert len(found) == 1
    return answer.text, json.loads(found[0])


def test_names_cannot_end_the_data_of_the_offline_page(client: TestClient, planned: Gathering) -> None:
    page, data = offline(client, planned)
    assert sorted(p["name"] for p in data["people"]) == sorted(NAMES)
    assert page.lower().count("</script") == 2
    assert page.count("<") == page.split('id="data">')[0].count("<") + page.split("</script>", 1)[1].count("<") + 1


def test_the_offline_page_runs_its_own_script_and_loads_nothing(client: TestClient, planned: Gathering) -> None:
    page, _ = offline(client, planned)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    for kind, pattern in (("style", r"<style>(.*?)</style>"), ("script", r"<script>(.*?)</script>")):
        (source,) = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert "innerHTML" not in source
    assert policy.startswith("default-src 'none'; ")
    assert re.findall(r"(?:src|href)=|https?://|@import|url\(", page) == []


def test_the_offline_page_tells_the_plan_in_every_language(client: TestClient, planned: Gathering) -> None:
    a, b, c, d = planned.actors
    _, data = offline(client, planned)
    assert [(m["a"], m["b"], m["slot"], m["place"], m["interpreter"]) for m in data["meetings"]] == [
        (a, b, 0, 0, 0), (c, b, 2, 0, 0), (a, d, 2, 1, None),
    ]  # fmt: skip
    assert data["meetings"][0]["why"][0][:2] == ["need", "fr"]
    assert list(data["words"]) == list(data["languages"]) == ["en", "fr", "nl", "de", "da", "es", "eu"]
    assert len({tuple(words.values()) for words in data["words"].values()}) == 7
    assert data["words"]["de"]["round_of"] == "Runde %(number)s von %(total)s"
    assert data["slots"][0] == {"start": 1806219000000, "end": 1806220200000}


def noted(planned: Gathering, *said: dict[str, Any], **changed: object) -> dict[str, Any]:
    """The file that the page saves."""
    return {"kind": "viaduc-attendance", "version": 1, "event_id": planned.id, "plan": 1, "made": MONDAY.isoformat(),
            "saved": MONDAY.isoformat(), "said": list(said)} | changed  # fmt: skip


def test_what_was_noted_offline_is_handed_in_once(client: TestClient, planned: Gathering) -> None:
    a, b, c, _ = planned.actors
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    file = noted(
        planned,
        {"actor_id": a, "state": "absent", "at": later},
        {"actor_id": b, "state": "late", "round": 1, "at": later},
        {"actor_id": 999, "state": "here", "at": later},
    )
    first = client.post(f"{planned.url}/day/offline", json=file)
    assert (first.status_code, first.json()) == (200, {"taken": 2, "same": 0, "newer": [], "unknown": [999]})
    states = {p["actor_id"]: (p["state"], p["round"]) for p in client.get(f"{planned.url}/attendance").json()}
    assert (states[a], states[b], states[c]) == (("absent", None), ("late", 1), ("expected", None))
    assert client.post(f"{planned.url}/day/offline", json=file).json()["same"] == 2
    assert client.post(f"{planned.url}/day/undo").status_code == 200
    states = {p["actor_id"]: p["state"] for p in client.get(f"{planned.url}/attendance").json()}
    assert states[a] == states[b] == "expected"


def test_what_the_desk_said_later_stands(client: TestClient, planned: Gathering) -> None:
    a = planned.actors[0]
    client.put(f"{planned.url}/attendance", json=[{"actor_id": a, "state": "here"}])
    earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    file = noted(planned, {"actor_id": a, "state": "absent", "at": earlier})
    assert client.post(f"{planned.url}/day/offline", json=file).json() == {
        "taken": 0, "same": 0, "newer": [a], "unknown": [],
    }  # fmt: skip


def test_other_files_are_refused(client: TestClient, planned: Gathering) -> None:
    asleep = [{"actor_id": 1, "state": "asleep"}]
    for changed in ({"event_id": 999}, {"kind": "other"}, {"version": 2}, {"said": asleep}):
        answer = client.post(f"{planned.url}/day/offline", json=noted(planned, **changed))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), changed


def test_a_plan_that_is_being_computed_cannot_be_printed(
    client: TestClient, session: Session, gathering: Gathering
) -> None:
    add_plan(session, gathering.id, 1, [(gathering.actors[0], gathering.actors[1], 0, 0)], state="computing")
    assert client.get(f"{gathering.url}/export?plan=1").status_code == 409
    assert client.get(f"{gathering.url}/offline.html?plan=2").status_code == 404
    assert client.get(f"{gathering.url}/export").status_code == 200
