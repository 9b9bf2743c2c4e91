"""The report of an event: figures add up, pictures stand beside tables, and nothing private is quoted."""

import re
from collections.abc import Callable, Sequence

import pytest
from fastapi.testclient import TestClient

from app.web.pictures.border_map import Spot, draw_map
from app.web.pictures.network import draw_ring
from app.web.report import square
from models.report import CrossFigure
from tests.shelf import Shelf

ROUNDS = [{"starts_at": f"2020-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10")]


@pytest.fixture
def event(shelf: Shelf, client: TestClient, border: Sequence[int]) -> int:
    """Three participants, two rounds, a published plan, all in the past."""
    return shelf.fill("report", lambda: make_event(client, border))


def make_event(client: TestClient, border: Sequence[int]) -> int:
    number = client.post("/events", json={"name": "Fire", "cross_side_only": True, "require_language": False}).json()[
        "id"
    ]
    client.put(f"/events/{number}/rounds", json=ROUNDS)
    client.put(f"/events/{number}/places", json=[{"label": "Table 1"}])
    for actor in border:
        assert client.post(f"/events/{number}/participants", json={"actor_id": actor}).status_code == 201
    assert client.post(f"/events/{number}/plans", json={}).status_code == 201
    assert client.post(f"/events/{number}/plans/1/publish").status_code == 200
    return number


def test_the_figures_add_up(client: TestClient, event: int) -> None:
    report = client.get(f"/events/{event}/report").json()
    assert (report["plan"], report["published"], report["participants"]) == (1, True, 3)
    assert report["meetings"] == 2
    assert report["across"] == 1.0
    assert sum(int(n) * people for n, people in report["distribution"].items()) == 2 * report["meetings"]
    assert sum(s["meetings"] for s in report["sides"]) == 2 * report["meetings"]
    assert report["by_side"] == [{"one": "FR", "other": "VLG", "meetings": 2}]
    assert report["by_sector"] == [{"one": "textile", "other": "textile", "meetings": 1},
                                   {"one": "textile", "other": "zeer_bijzonder", "meetings": 1}]  # fmt: skip


def test_meetings_with_an_interpreter_are_counted(client: TestClient, event: int) -> None:
    assert client.get(f"/events/{event}/report").json()["with_interpreter"] == 0
    client.put(f"/events/{event}", json={"name": "Fire", "cross_side_only": True, "require_language": True})
    client.put(f"/events/{event}/interpreters", json=[{"languages": ["fr", "nl"]}])
    client.post(f"/events/{event}/plans", json={})
    assert client.post(f"/events/{event}/plans/2/publish").status_code == 200
    report = client.get(f"/events/{event}/report").json()
    assert (report["with_interpreter"], report["meetings"]) == (1, 2)


def test_only_what_may_be_quoted_is_quoted(client: TestClient, event: int, border: Sequence[int]) -> None:
    weaver, lab, _ = border
    token = {}
    for actor in (weaver, lab):
        made = client.post(f"/events/{event}/links", json={"actor_ids": [actor]}).json()
        token[actor] = made[0]["token"]
    for actor, other, note, quote in ((weaver, lab, "A fine talk.", True), (lab, weaver, "Between us.", False)):
        said = {"again": "yes", "useful": "very", "next_step": "project", "note": note, "quote": "1" if quote else ""}
        answer = client.post(f"/agenda/{token[actor]}/answers/{other}", data=said, follow_redirects=False)
        assert answer.status_code in {200, 303}, answer.text
    report = client.get(f"/events/{event}/report").json()
    assert [q["text"] for q in report["quotes"]] == ["A fine talk."]
    assert (report["answers"]["mutual"], report["answers"]["answers"], len(report["follow_up"])) == (1, 2, 1)
    page = client.get(f"/console/events/{event}/report").text
    assert ("A fine talk." in page, "Between us." in page) == (True, False)
    assert re.findall(r'href="(/console/memory/[^"]+)"', page) == [f"/console/memory/tandems/{lab}/{weaver}"]
    assert client.get(f"/console/memory/tandems/{lab}/{weaver}").status_code == 200


def test_the_page_says_it_in_tables_and_pictures(client: TestClient, event: int) -> None:
    page = client.get(f"/console/events/{event}/report").text
    assert "By the published plan 1." in page
    assert page.count('class="tie"') == 1
    assert page.count('class="curve"') == 2
    assert "<script>alert" not in page
    assert not re.search(r'style="', page)


def test_an_event_without_a_plan_has_a_report_too(client: TestClient) -> None:
    number = client.post("/events", json={"name": "Empty"}).json()["id"]
    page = client.get(f"/console/events/{number}/report")
    assert (page.status_code, "There is no plan yet" in page.text) == (200, True)
    assert client.get("/events/999/report").status_code == 404


def test_a_map_frames_what_it_shows() -> None:
    spots = [
        Spot(1, 50.63, 3.06, "FR", "Lille"),
        Spot(2, 50.83, 3.26, "VLG", "Kortrijk"),
        Spot(3, 50.63, 3.06, "FR", "Lille"),
    ]
    drawn = draw_map(spots, [(1, 2), (3, 2), (2, 9)])
    assert drawn is not None
    assert (drawn.sides, [m.count for m in drawn.marks]) == (["FR", "VLG"], [2, 1])
    assert len(drawn.strokes) == 1
    assert all(0 < m.x < drawn.width and 0 < m.y < drawn.height for m in drawn.marks)
    north, south = sorted(drawn.marks, key=lambda m: m.y)
    assert (north.shape, south.shape) == (1, 0)
    assert drawn.land.startswith("M")
    assert draw_map([]) is None


def test_a_map_of_one_town_and_of_a_long_border_is_no_sliver() -> None:
    one = draw_map([Spot(1, 43.3, -1.98, "ES", "Donostia")])
    long = draw_map([Spot(1, 54.8, 8.3, "DE"), Spot(2, 54.9, 9.9, "DK")])
    tall = draw_map([Spot(1, 49.0, 8.0, "DE"), Spot(2, 57.0, 8.1, "DK")])
    shares = [m.height / m.width for m in (one, long, tall) if m]
    assert all(0.5 < share < 1.25 for share in shares), shares


def test_a_ring_keeps_sides_together_and_shortens_names() -> None:
    people = [(1, "Ada", "FR"), (2, "B" * 40, "BE"), (3, "Cy", "FR")]
    ring = draw_ring(people, [(1, 2), (1, 9)])
    assert ring is not None
    assert [n.name for n in ring.nodes] == ["B" * 21 + "…", "Ada", "Cy"]
    assert len(ring.curves) == 1


def test_a_square_counts_both_ways() -> None:
    told = square([CrossFigure(one="A", other="B", meetings=3), CrossFigure(one="A", other="A", meetings=1)], 2)
    assert (told.names, told.counts, told.most, told.hidden) == (["A", "B"], [[1, 3], [3, 0]], 3, 0)


@pytest.mark.parametrize("lang", ["fr", "eu"])
def test_it_speaks_other_languages(client: TestClient, event: int, lang: str) -> None:
    words: Callable[[str], str] = {"fr": "Ce qu’il en est resté", "eu": "Zertan gelditu den"}.__getitem__
    assert words(lang) in client.get(f"/console/events/{event}/report?lang={lang}").text


def test_a_phone_names_few_towns_that_do_not_run_into_each_other() -> None:
    towns = [
        ("Lille", 50.63, 3.06, 9),
        ("Tourcoing", 50.72, 3.16, 4),
        ("Kortrijk", 50.83, 3.26, 5),
        ("Gent", 51.05, 3.72, 3),
        ("Roubaix", 50.67, 3.17, 2),
    ]
    spots = [
        Spot(k, lat, lon, "BE", town)
        for town, lat, lon, n in towns
        for k in range(len(town) * 100, len(town) * 100 + n)
    ]
    spots += [Spot(1, 49.9, 2.3, "FR", "Amiens"), Spot(2, 51.2, 4.4, "BE", "Antwerpen")]
    drawn = draw_map(spots)
    large = [label for label in drawn.labels if label.large]
    assert {"Lille", "Gent"} <= {label.text for label in large} < {label.text for label in drawn.labels}
    boxes = [(label.x, label.x + 13 * len(label.text), label.y) for label in large]
    assert all(a is b or abs(a[2] - b[2]) > 25 or a[1] < b[0] or b[1] < a[0] for a in boxes for b in boxes)


def test_names_on_the_ring_stand_as_in_every_other_list() -> None:
    ring = draw_ring([(1, "AZ Groeninge", "BE"), (2, "Alstom", "BE"), (3, "Écotex", "BE"), (4, "Efficia", "BE")], [])
    assert ring is not None
    assert [n.name for n in ring.nodes] == ["Alstom", "AZ Groeninge", "Écotex", "Efficia"]


def test_the_list_beneath_the_ring_names_everybody_in_full() -> None:
    long = "Centre européen des textiles innovants"
    ring = draw_ring([(1, long, "FR"), (2, "Vuurlab", "BE"), (3, "Weverij", "BE")], iter([(1, 2), (1, 3)]))
    assert [(n.whole, n.side, n.met) for n in ring.nodes] == [
        ("Vuurlab", "BE", 1),
        ("Weverij", "BE", 1),
        (long, "FR", 2),
    ]
    assert len(ring.curves) == 2
