"""The day's pages as a browser without JavaScript sees them, at any time of the day."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from tests.shelf import Shelf

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]
HOME = "/console/events/1"


@pytest.fixture
def planned(shelf: Shelf, client: TestClient, add_actor: Callable[..., int], embed, at) -> Sequence[int]:
    """Two French and two Flemish actors, three rounds, two tables, an interpreter; the plan is published."""
    return shelf.fill("day_page", lambda: make_planned(client, add_actor, embed))


def make_planned(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> Sequence[int]:
    text = [{"lang": "en", "text": "testing of textile coatings"}]
    ids = [
        add_actor(name, country, side=side, languages=languages, needs=text, offers=text)
        for name, country, side, languages in (
            ("Filature du Nord", "FR", "FR", ["fr"]),
            ("Étoffes <b>Réunies</b>", "FR", "FR", ["fr", "en"]),
            ("Vuurlab", "BE", "VLG", ["nl", "fr"]),
            ("Weefcentrum", "BE", "VLG", ["nl"]),
        )
    ]
    embed()
    client.post("/events", json={"name": "Textile afternoon", "min_meetings": 1})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    client.put("/events/1/interpreters", json=[{"languages": ["fr", "nl"]}])
    for i in ids:
        body = {"actor_id": i, "delegates": [{"id": "Anna"}, {"id": "Bart"}] if i == ids[0] else []}
        assert client.post("/events/1/participants", json=body).status_code == 201
    assert client.post("/events/1/plans", json={}).status_code == 201
    client.post("/events/1/plans/1/publish")
    return ids


def words(html: str) -> str:
    """What a person reads, without the markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", html)).split())


def part(client: TestClient, path: str, name: str) -> str:
    """The words of the part of a page with this id."""
    html = client.get(path).text
    found = re.search(rf'(?s)<(\w+)[^>]*\bid="{name}".*?</\1>', html)
    assert found, name
    return words(found[0])


def form(client: TestClient, path: str, **fields: object) -> str:
    """Send a form; the address it leads to."""
    answer = client.post(f"{HOME}{path}", data=fields, follow_redirects=False)
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["location"]


def names(html: str) -> list[str]:
    """The names on the desk's list."""
    return [words(n) for n in re.findall(r'<p class="name">(<a.*?</a>)', html)]


def test_the_desk_lists_everybody_and_escapes_what_people_wrote(client: TestClient, planned: Sequence[int]) -> None:
    html = client.get(f"{HOME}/day").text
    assert sorted(names(html)) == ["Filature du Nord", "Vuurlab", "Weefcentrum", "Étoffes &lt;b&gt;Réunies&lt;/b&gt;"]
    assert part(client, f"{HOME}/day", "day-counts") == "4 all 4 · expected 0 ✓ here 0 ◔ late 0 ✕ absent 0 → has left"
    assert part(client, f"{HOME}/day", "day-now").startswith("Not begun round 1 begins at 09:00, 9 Mar 2027")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=vuur", ["Vuurlab"]),
        ("q=ETOFFES+reunies", ["Étoffes &lt;b&gt;Réunies&lt;/b&gt;"]),
        ("side=VLG", ["Vuurlab", "Weefcentrum"]),
        ("state=here", []),
        ("q=nobody", []),
    ],
)
def test_the_list_is_narrowed_without_a_script(
    client: TestClient, planned: Sequence[int], query: str, found: list[str]
) -> None:
    assert names(client.get(f"{HOME}/day?{query}").text) == found


def test_a_mark_is_kept_told_and_taken_back(client: TestClient, planned: Sequence[int]) -> None:
    vuurlab = planned[2]
    assert form(client, "/day/mark", mark=f"{vuurlab}:here", back=f"{HOME}/day?q=v") == f"{HOME}/day?q=v#p{vuurlab}"
    assert names(client.get(f"{HOME}/day?state=here").text) == ["Vuurlab"]
    row = client.get(f"{HOME}/day").text.split(f'id="p{vuurlab}"')[1].split("</li>")[0]
    assert re.findall(r'value="(\d+:\w+)" aria-pressed="(\w+)"', row) == [
        (f"{vuurlab}:expected", "true"),
        (f"{vuurlab}:gone", "false"),
    ]
    assert "Vuurlab: here" in part(client, f"{HOME}/day", "day-last")
    assert form(client, "/day/undo", step=1, back=f"{HOME}/day") == f"{HOME}/day"
    assert names(client.get(f"{HOME}/day?state=here").text) == []


def test_a_script_gets_the_parts_that_changed(client: TestClient, planned: Sequence[int]) -> None:
    answer = client.post(f"{HOME}/day/mark", data={"mark": f"{planned[2]}:absent"}, headers={"X-Live": "1"})
    assert answer.status_code == 200
    assert re.findall(r'id="([\w-]+)" data-live-part', answer.text) == [
        "day-plan",
        "day-last",
        "day-counts",
        f"p{planned[2]}",
    ]


def test_an_address_from_elsewhere_is_not_followed_after_a_form(client: TestClient, planned: Sequence[int]) -> None:
    for back in ("https://evil.example/", "//evil.example", "/console/events/2/day"):
        assert form(client, "/day/mark", mark=f"{planned[0]}:here", back=back).startswith(f"{HOME}/day#")


def test_forms_of_other_sites_are_refused(client: TestClient, planned: Sequence[int]) -> None:
    for path in ("mark", "undo", "missing", "losses", "timetable", "replan", "plans/1/apply", "walk-in"):
        answer = client.post(f"{HOME}/day/{path}", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403, path


def test_an_absence_is_looked_at_person_by_person_applied_and_undone(
    client: TestClient, planned: Sequence[int]
) -> None:
    form(client, "/day/mark", mark=f"{planned[2]}:absent")
    assert part(client, f"{HOME}/day", "disturbed-title") == "2 meetings cannot take place as planned"
    assert "Because of: Vuurlab." in words(client.get(f"{HOME}/day").text)
    preview = form(client, "/day/replan", mode="keep")
    assert preview == f"{HOME}/day/plans/2"
    shown = words(client.get(preview).text)
    # Who loses comes before who gets; everybody is told in words.
    losing = shown[shown.index("Who loses a meeting") :]
    assert losing.count("no longer meets Vuurlab") == 2
    assert "Nobody" not in shown
    assert client.get("/events/1/plans/1").json()["state"] == "published"
    assert form(client, "/day/plans/2/apply") == f"{HOME}/day"
    assert client.get("/events/1/plans/2").json()["state"] == "published"
    assert "Plan 2 is in force instead of plan 1" in part(client, f"{HOME}/day", "day-last")
    assert "Plan 2 is in force; nothing disturbs it." in words(client.get(f"{HOME}/day").text)
    step = client.get("/events/1/day/steps").json()[0]["number"]
    form(client, "/day/undo", step=step)
    assert client.get("/events/1/plans/1").json()["state"] == "published"


def test_a_preview_says_when_the_desk_said_more_since(client: TestClient, planned: Sequence[int]) -> None:
    form(client, "/day/mark", mark=f"{planned[2]}:absent")
    preview = form(client, "/day/replan", mode="anew")
    form(client, "/day/mark", mark=f"{planned[0]}:here")
    assert "The desk has said more" not in words(client.get(preview).text)
    form(client, "/day/mark", mark=f"{planned[3]}:absent")
    assert "The desk has said more since this was computed" in words(client.get(preview).text)


def test_the_running_round_is_offered_and_the_last_leaves_nothing(client: TestClient, planned, at) -> None:
    at("10:05:00")
    form(client, "/day/mark", mark=f"{planned[2]}:absent")
    html = client.get(f"{HOME}/day").text
    assert part(client, f"{HOME}/day", "day-now") == "Round 2 of 3 10:00–10:20 15 min left"
    assert 'name="first" value="1"' in html
    at("11:05:00")
    assert "The last round has begun; nothing is left to plan." in words(client.get(f"{HOME}/day").text)
    assert client.post(f"{HOME}/day/replan", data={"mode": "keep"}).status_code == 422


def test_late_gone_and_delegates_are_said_on_a_persons_page(client: TestClient, planned: Sequence[int]) -> None:
    page = f"/day/people/{planned[0]}"
    assert form(client, page, state="late", at=1) == f"{HOME}{page}"
    assert "late, there from round 2 (10:00)" in words(client.get(HOME + page).text)
    form(client, page, state="gone", at=2)
    assert "leaves before round 3 (11:00)" in words(client.get(HOME + page).text)
    form(client, page, state="absent", delegate="Anna")
    said = {p["actor_id"]: p for p in client.get("/events/1/attendance").json()}[planned[0]]
    assert [(d["delegate"], d["state"]) for d in said["delegates"]] == [("Anna", "absent"), ("Bart", "expected")]
    assert client.get(f"{HOME}/day/people/999").status_code == 404


def test_who_is_late_past_their_round_stands_out(client: TestClient, planned: Sequence[int], at) -> None:
    form(client, f"/day/people/{planned[0]}", state="late", at=1)
    assert "should be here by now" not in words(client.get(f"{HOME}/day").text)
    at("10:01:00")
    assert "should be here by now" in words(client.get(f"{HOME}/day").text)


def test_all_who_are_missing_become_absent_in_one_step(client: TestClient, planned: Sequence[int]) -> None:
    form(client, "/day/mark", mark=f"{planned[0]}:here")
    assert form(client, "/day/missing") == f"{HOME}/day?state=absent"
    counts = client.get("/events/1/day").json()["counts"]
    assert (counts["absent"], counts["here"]) == (3, 1)
    form(client, "/day/undo")
    assert client.get("/events/1/day").json()["counts"]["expected"] == 3


def test_somebody_new_is_registered_and_waits_for_the_plan(client: TestClient, planned, add_actor, embed) -> None:
    newcomer = add_actor("Brugse Breiers", "BE", side="VLG", languages=["nl", "fr"])
    found = client.get(f"{HOME}/day/walk-in?q=breiers").text
    assert f'name="actor_id" value="{newcomer}"' in found
    assert form(client, "/day/walk-in", actor_id=newcomer) == f"{HOME}/day/people/{newcomer}"
    assert "Not in the plan yet: Brugse Breiers." in words(client.get(f"{HOME}/day").text)
    fields = {"name": "Tricots de Lille", "country": "FR", "languages": ["fr"], "needs": "laine\n\nfil"}
    location = form(client, "/day/walk-in/new", **fields)
    actor = client.get(f"/actors/{location.rpartition('/')[2]}").json()
    assert (actor["name"], [n["text"] for n in actor["needs"]]) == ("Tricots de Lille", ["laine", "fil"])
    embed()
    preview = words(client.get(form(client, "/day/replan", mode="keep")).text)
    assert "Who loses a meeting" not in preview
    assert client.post(f"{HOME}/day/walk-in/new", data={"name": "", "country": "FR"}).status_code == 422


def test_rounds_are_ended_moved_and_cancelled_and_places_closed(client: TestClient, planned: Sequence[int], at) -> None:
    def times() -> list[str]:
        return [words(t) for t in re.findall(r'<span class="slot">(.*?)</span>', client.get(f"{HOME}/day/rounds").text)]

    at("09:12:30")
    form(client, "/day/timetable", round=0, say="end", number=0, follow="true")
    assert times() == ["09:00–09:12", "09:52–10:12", "10:52–11:12"]
    form(client, "/day/timetable", round=1, say="shift", number=8, follow="true")
    assert times() == ["09:00–09:12", "10:00–10:20", "11:00–11:20"]
    form(client, "/day/timetable", round=1, say="minutes", number=10)
    assert times()[1:] == ["10:00–10:10", "11:00–11:20"]
    form(client, "/day/losses", kind="round", index=2, lost="true")
    form(client, "/day/losses", kind="place", index=1, lost="true")
    html = client.get(f"{HOME}/day/rounds").text
    assert html.split('id="r2"')[1].split("</li>")[0].count("✕ cancelled") == 1
    form(client, "/day/losses", kind="place", index=1, lost="false")
    assert client.get("/events/1/day").json()["lost_places"] == []
    steps = words(client.get(f"{HOME}/day/steps").text)
    for told in ("Round 1 lasts 12 minutes", "Round 2 begins 8 minutes later", "Round 3 is cancelled",
                 "Table 2 is closed", "Table 2 is open again"):  # fmt: skip
        assert told in steps
    wrong = client.post(f"{HOME}/day/timetable", data={"round": 1, "say": "minutes", "number": 0})
    assert wrong.status_code == 422


def test_who_sits_where_by_round_place_and_interpreter(client: TestClient, planned: Sequence[int]) -> None:
    plan = client.get("/events/1/plans/1").json()["meetings"]
    assert plan
    for m in plan:
        line = f"{m['a_name']} … {m['b_name']}"
        round_page = words(client.get(f"{HOME}/rounds/{m['round']}").text)
        place_page = words(client.get(f"{HOME}/places/{m['place']}").text)
        for name in (m["a_name"], m["b_name"]):
            shown = name.replace("<", "&lt;").replace(">", "&gt;")
            assert shown in round_page, line
            assert shown in place_page, line
    helped = [m for m in plan if m["interpreter"] == "0"]
    assert helped
    rows = re.findall(r"(?s)<tr.*?</tr>", client.get(f"{HOME}/interpreters/0").text)[1:]
    told = {i: words(row) for i, row in enumerate(rows)}
    for index, row in told.items():
        meeting = next((m for m in helped if m["round"] == index), None)
        assert ("free" in row) == (meeting is None)
        if meeting:
            assert f"Table {meeting['place'] + 1}" in row
    for path in ("rounds/9", "places/9", "interpreters/9"):
        assert client.get(f"{HOME}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("time", "phase", "says", "figures", "beneath"),
    [
        ("2027-03-07T12:00:00", "far", "We begin on Tuesday, 9 March 2027 at 09:00", "", "3 rounds"),
        ("2027-03-09T08:30:00", "before", "We begin at 09:00", "30:00", "3 rounds"),
        ("2027-03-09T09:05:30", "round", "Round 1 of 3", "14:30", "Next: round 2 at 10:00"),
        ("2027-03-09T09:19:15", "last", "Last minute of round 1", "0:45", "Next: round 2 at 10:00"),
        ("2027-03-09T09:20:00", "pause", "Please go to your next place", "40:00", "Round 2 begins at 10:00"),
        ("2027-03-09T11:05:00", "round", "Round 3 of 3", "15:00", "This is the last round"),
        ("2027-03-09T11:20:00", "after", "The rounds are over. Thank you!", "", ""),
    ],
)
def test_the_clock_without_a_script(
    client: TestClient, planned, time: str, phase: str, says: str, figures: str, beneath: str
) -> None:
    client.app.state.clock = lambda: datetime.fromisoformat(f"{time}+01:00")
    html = client.get("/clock/1?langs=en").text
    assert f'data-phase="{phase}"' in html
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in html
    shown = re.search(r'(?s)data-say="\w+">\s*(.*?)</div>', html)
    assert shown
    assert words(shown[1]) == says
    left = re.search(r'(?s)id="figures".*?>(.*?)</p>', html)
    assert left
    assert words(left[1]).replace(" ", "") == figures
    under = re.search(r'(?s)data-next="\w+">\s*(.*?)</div>', html)
    assert (words(under[1]) if under else "") == beneath


def test_the_clock_speaks_the_languages_of_the_participants(client: TestClient, planned, at) -> None:
    at("09:05:00")
    html = client.get("/clock/1").text
    shown = re.search(r'(?s)data-say="round">(.*?)</div>', html)
    assert shown
    assert re.findall(r'<p lang="(\w+)" data-pattern="(.*?)">(.*?)</p>', shown[1]) == [
        ("fr", "Tour {n} sur 3", "Tour 1 sur 3"),
        ("nl", "Ronde {n} van 3", "Ronde 1 van 3"),
        ("en", "Round {n} of 3", "Round 1 of 3"),
    ]


def test_the_strip_of_the_clock_shows_one_day_and_many_rounds_without_their_ends(client: TestClient, at) -> None:
    def strip(days: Sequence[str], hours: Sequence[str]) -> tuple[bool, list[str], list[str]]:
        moments = [f"2027-03-{day}T{hour}:00+01:00" for day in days for hour in hours]
        client.put("/events/1/rounds", json=[{"starts_at": moment, "minutes": 20} for moment in moments])
        shown = re.search(r'(?s)<ol class="([^"]*)" id="strip".*?</ol>', client.get("/clock/1?langs=en").text)
        items = re.findall(r"(?s)<li([^>]*)>(.*?)</li>", shown[0])
        return ("many" in shown[1].split(), [words(text) for tag, text in items if " hidden" not in tag],
                [words(text) for tag, text in items if " hidden" in tag])  # fmt: skip

    client.post("/events", json={"name": "Two days"})
    at("08:00")
    assert strip(["09", "10"], ["09:00", "09:30"]) == (
        False, ["1 09:00–09:20", "2 09:30–09:50"], ["3 09:00–09:20", "4 09:30–09:50"])  # fmt: skip
    assert strip(["08", "09"], ["09:00"])[1:] == (["2 09:00–09:20"], ["1 09:00–09:20"])
    assert strip(["08"], ["09:00"])[1:] == (["1 09:00–09:20"], [])
    crowded, shown, _ = strip(["09"], [f"{h:02}:{m}" for h in range(9, 15) for m in ("00", "30")])
    assert (crowded, shown[0], shown[-1]) == (True, "1 09:00", "12 14:30")


def test_a_cancelled_round_is_passed_over_by_the_clock(client: TestClient, planned, at) -> None:
    at("09:05:00")
    form(client, "/day/losses", kind="round", index=1, lost="true")
    html = client.get("/clock/1?langs=en").text
    assert "Next: round 3 at 11:00" in words(html)
    assert html.count("data-cancelled") == 1


def test_the_day_of_an_event_without_anything(client: TestClient) -> None:
    client.post("/events", json={"name": "Bare"})
    shown = words(client.get(f"{HOME}/day").text)
    assert "No plan is published yet" in shown
    assert "Nobody is registered yet." in shown
    assert "No round takes place" in words(client.get("/clock/1?langs=en").text)
    for path in ("/console/events/9/day", "/clock/9", "/console/events/9/day/rounds"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("lang", ["fr", "nl", "de", "da", "es", "eu"])
def test_every_page_of_the_day_speaks_every_language(client: TestClient, planned, lang: str) -> None:
    form(client, "/day/mark", mark=f"{planned[2]}:absent")
    preview = form(client, "/day/replan", mode="keep")
    pages = ["/day", "/day/rounds", "/day/steps", "/day/walk-in?q=x", f"/day/people/{planned[0]}", "/rounds/0",
             "/places/0", "/interpreters/0", preview.removeprefix(HOME)]  # fmt: skip
    for path in pages:
        answer = client.get(HOME + path, headers={"accept-language": lang})
        assert answer.status_code == 200, path
        assert answer.headers["content-language"] == lang
        for english in ("Undo", "Nobody", "Round ", "cannot take place", "Clock for the wall"):
            assert english not in words(answer.text), (path, english)


def test_the_desk_asks_as_much_of_the_database_for_many_as_for_few(
    client: TestClient, planned, add_actor, queries: list[str]
) -> None:
    def asked() -> int:
        queries.clear()
        assert client.get(f"{HOME}/day").status_code == 200
        return len(queries)

    few = asked()
    for n in range(12):
        client.post("/events/1/participants", json={"actor_id": add_actor(f"More {n}", "FR", side="FR")})
    assert asked() == few
    assert few < 25
