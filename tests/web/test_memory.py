"""The memory in the console: tandems through their life, what was said, and weights that somebody decides about."""

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session

from app.db import session_scope
from app.services.access.keys import create_key
from app.web.memory.life import life
from app.web.memory.weighing import beside
from matching.ranking.weights import Weights
from models.access import KeyCreate
from models.agenda import MeetingAnswer
from models.feedback import Feedback
from models.tandem import TandemStepPublic
from models.weights import WeightProposal

URL = "/console/memory"
SHIPPED = Weights.default().to_dict()


@pytest.fixture
def trio(client: TestClient, border: Sequence[int]) -> tuple[int, int, int]:
    """A weaver, a laboratory and a bakery; the weaver is in discussion with the laboratory and met the bakery."""
    weaver, lab, bakery = border
    for other, status, since in ((lab, "in_discussion", "2026-03-01"), (bakery, "met", None)):
        body = {"actor_id": weaver, "partner_id": other, "status": status, "since": since, "theme": f"With {other}"}
        assert client.post("/tandems", json=body).status_code == 201
    return weaver, lab, bakery


@pytest.fixture
def event(client: TestClient) -> int:
    return client.post("/events", json={"name": "Fire days"}).json()["id"]


def pairs(page: str) -> list[str]:
    """The tandems that a list shows, in its order."""
    return re.findall(rf'<h3><a href="{URL}/tandems/(\d+/\d+)">', page)


def post(client: TestClient, path: str, fields: dict[str, str]) -> tuple[int, str]:
    answer = client.post(f"{URL}{path}", data=fields, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


def test_tandems_are_found_by_status_side_and_name(client: TestClient, trio: tuple[int, int, int]) -> None:
    weaver, lab, bakery = trio
    with_lab, with_bakery = f"{weaver}/{lab}", f"{weaver}/{bakery}"
    assert pairs(client.get(URL).text) == [with_bakery, with_lab]
    assert pairs(client.get(URL, params={"status": "met"}).text) == [with_bakery]
    assert pairs(client.get(URL, params={"side": "VLG", "q": "vuur"}).text) == [with_lab]
    assert pairs(client.get(URL, params={"side": "ES"}).text) == []
    assert pairs(client.get(URL, params={"status": "no such"}).text) == [with_bakery, with_lab]
    page = client.get(URL, params={"status": "met"}).text
    assert re.findall(r"<option value=\"(?:met|in_discussion|active)\"[^>]*>([^<]+)<", page) == [
        "Met (1)",
        "In discussion (1)",
        "Active (0)",
    ]
    assert "<script>alert" not in page


def test_an_empty_memory_says_how_it_fills(client: TestClient) -> None:
    assert "No tandem yet." in client.get(URL).text
    assert "Nothing was said yet." in client.get(f"{URL}/feedback").text
    assert "As shipped." in client.get(f"{URL}/weights").text


def test_a_tandem_is_created_by_names(client: TestClient, border: Sequence[int], event: int) -> None:
    weaver, lab, _ = border
    fields = {"a": "vuurlab", "b": "Tissages", "status": "met", "since": "2026-03-09", "step_note": "At table 4.",
              "theme": "Fire", "event": str(event)}  # fmt: skip
    assert post(client, "/tandems/new", fields) == (303, f"{URL}/tandems/{weaver}/{lab}?saved=1")
    told = client.get(f"/tandems/{weaver}/{lab}").json()
    assert (told["status"], told["since"], told["theme"], told["event_id"]) == ("met", "2026-03-09", "Fire", event)
    assert [step["note"] for step in told["history"]] == ["At table 4."]
    again = client.post(f"{URL}/tandems/new", data=fields)
    assert again.status_code == 409
    assert f'<a href="{URL}/tandems/{weaver}/{lab}">' in again.text


def test_who_is_not_certain_is_asked_and_nobody_meets_itself(client: TestClient, add_actor: Callable[..., int]) -> None:
    first, second = (add_actor(f"Centre {n}", "FR", city="Lille") for n in ("North", "South"))
    other = add_actor("Vuurlab", "BE")
    fields = {"a": "Centre", "b": "Vuurlab", "status": "suggested"}
    asked = client.post(f"{URL}/tandems/new", data=fields)
    assert asked.status_code == 422
    offered = re.findall(r'type="radio" id="a-(\d+)" name="a_id"', asked.text)
    assert sorted(map(int, offered)) == [first, second]
    chosen = fields | {"a_id": str(second), "a_was": "Centre"}
    assert post(client, "/tandems/new", chosen) == (303, f"{URL}/tandems/{second}/{other}?saved=1")
    # Other words typed after the choice was offered: the choice no longer counts.
    moved = chosen | {"a": "Centre North"}
    assert post(client, "/tandems/new", moved) == (303, f"{URL}/tandems/{first}/{other}?saved=1")
    alone = client.post(f"{URL}/tandems/new", data={"a": "Vuurlab", "b": "vuurlab", "status": "met"}).text
    assert "Nobody meets itself." in alone
    unknown = client.post(f"{URL}/tandems/new", data={"a": "Zzz", "b": "", "status": "x", "since": "soon"}).text
    told = html.unescape(re.findall(r"<ul>(.+?)</ul>", unknown[unknown.index("wrongs") :], re.DOTALL)[0])
    assert [text.strip() for text in re.findall(r'">(.+?)</a>', told, re.DOTALL)] == [
        "One of the two: “Zzz” is not known.",
        "The other one: This is needed.",
        "Status: Choose one of the list.",
        "Since: A date is needed, such as 2027-03-09.",
    ]


def test_a_new_tandem_can_be_begun_from_an_actor(client: TestClient, border: Sequence[int], event: int) -> None:
    page = client.get(f"{URL}/tandems/new", params={"a": border[1], "event": event}).text
    assert f'<option value="{event}" selected>Fire days</option>' in page
    assert 'name="a" type="text" value="Vuurlab"' in page
    assert f'name="a_id" value="{border[1]}"' in page
    assert client.get(f"{URL}/tandems/new", params={"a": 999}).status_code == 404


def test_a_tandem_moves_on_and_its_newest_step_is_mended(client: TestClient, trio: tuple[int, int, int]) -> None:
    weaver, lab, _ = trio
    path = f"/tandems/{weaver}/{lab}"
    step = {"status": "agreement", "since": "2026-04-01", "step_note": "Signed."}
    assert post(client, f"{path}/steps", step) == (303, f"{URL}{path}?saved=1")
    newest = {"newest_status": "agreement", "newest_since": "2026-04-02", "newest_note": "Signed."}
    assert post(client, f"{path}/newest", newest) == (303, f"{URL}{path}?saved=1")
    history = [(s["status"], s["since"], s["note"]) for s in client.get(path).json()["history"]]
    assert history == [("in_discussion", "2026-03-01", None), ("agreement", "2026-04-02", "Signed.")]
    page = client.get(f"{URL}{path}?saved=1").text
    assert re.findall(r'class="stage stage-(\w+)"', page) == ["passed", "passed", "done", "here", "ahead"]
    assert ("Saved." in page, "2 Apr 2026" in page) == (True, True)


def test_a_step_that_cannot_be_is_told_beside_its_field(client: TestClient, trio: tuple[int, int, int]) -> None:
    weaver, lab, _ = trio
    path = f"/tandems/{weaver}/{lab}"
    back = client.post(f"{URL}{path}/steps", data={"status": "suggested", "since": "2026-04-01"})
    assert (back.status_code, "What it becomes: Choose one of the list." in back.text) == (422, True)
    nothing = client.post(f"{URL}{path}/steps", data={"status": "", "since": "32"})
    assert "2 fields need another look; nothing was saved." in nothing.text
    late = client.post(f"{URL}{path}/newest", data={"newest_status": "met", "newest_since": "2026-05-01"})
    assert (late.status_code, "They have moved on meanwhile" in late.text) == (409, True)
    wrong = client.post(f"{URL}{path}/newest", data={"newest_status": "in_discussion", "newest_since": "32"})
    assert (wrong.status_code, "Since: A date is needed" in wrong.text) == (422, True)
    assert client.get(path).json()["since"] == "2026-03-01"
    assert len(client.get(path).json()["history"]) == 1
    assert client.get(f"{URL}/tandems/{lab}/999").status_code == 404
    assert client.post(f"{URL}/tandems/{lab}/999/steps", data={"status": "met"}).status_code == 404


def test_what_a_tandem_is_about_is_changed_and_it_is_removed(
    client: TestClient, trio: tuple[int, int, int], event: int
) -> None:
    weaver, lab, _ = trio
    path = f"/tandems/{weaver}/{lab}"
    assert post(client, path, {"theme": "Coatings", "note": "Call Ann.", "event": str(event)})[0] == 303
    told = client.get(path).json()
    assert (told["theme"], told["note"], told["event_id"]) == ("Coatings", "Call Ann.", event)
    assert client.post(f"{URL}{path}", data={"theme": "x" * 301}).status_code == 422
    assert post(client, f"{path}/remove", {}) == (303, URL)
    assert client.get(path).status_code == 404


def test_a_date_that_passed_without_a_step_asks_for_somebody(
    client: TestClient, trio: tuple[int, int, int], event: int, engine: Engine
) -> None:
    weaver, lab, bakery = trio
    with Session(engine) as session:
        for actor, target, day in ((weaver, lab, 5), (lab, weaver, 20), (bakery, weaver, 7)):
            session.add(
                MeetingAnswer(
                    event_id=event, actor_id=actor, target_id=target, again="yes", follow_up=date(2026, 4, day)
                )
            )
        session.commit()
    client.app.state.clock = lambda: datetime(2026, 4, 10, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    page = client.get(URL).text
    assert "To follow up: 20 Apr 2026" in page
    assert "Ask them: they meant to go on by 7 Apr 2026" in page
    assert "Ask them" in client.get(f"{URL}/tandems/{weaver}/{bakery}").text
    client.app.state.clock = lambda: datetime(2026, 5, 1, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    assert client.get(URL).text.count("Ask them") == 2
    step = {"status": "did_not_work", "since": "2026-04-25"}
    assert post(client, f"/tandems/{weaver}/{lab}/steps", step)[0] == 303
    assert client.get(URL).text.count("Ask them") == 1


def test_feedback_is_counted_by_the_newest_word_of_each(client: TestClient, border: Sequence[int], event: int) -> None:
    weaver, lab, bakery = border
    said = [
        (weaver, lab, "no", "none", event),
        (weaver, lab, "yes", "project", event),
        (lab, weaver, "yes", "none", event),
        (weaver, bakery, "no", "none", None),
    ]
    for actor, target, worth, outcome, at in said:
        body = {"actor_id": actor, "target_id": target, "worth": worth, "outcome": outcome, "event_id": at}
        assert client.post("/feedback", json=body | {"note": f"Word of {actor}"}).status_code == 201
    page = client.get(f"{URL}/feedback").text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["2", "1"]
    assert re.findall(r'<td class="figure">(\d+)</td>', page) == ["2", "0", "0", "0", "1", "0", "1", "0", "0", "0"]
    assert page.count("Word of") == 4
    narrowed = client.get(f"{URL}/feedback", params={"event": event}).text
    assert (narrowed.count("Word of"), re.findall(r"<dd>(\d+)</dd>", narrowed)) == (3, ["1", "1"])


def test_too_little_to_learn_from_is_said_on_the_page(client: TestClient, border: Sequence[int]) -> None:
    answer = client.post(f"{URL}/weights/proposals")
    assert answer.status_code == 409
    assert "There is too little to learn from: it takes 30 judged pairs or more" in answer.text
    assert client.get("/weights/proposals").json() == []


def test_what_was_judged_becomes_a_proposal(
    client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object], engine: Engine
) -> None:
    fields = ("textile", "games")
    weavers = [add_actor(f"Weaver {n}", "FR", description={"en": "cloth"}, sectors=[fields[n % 2]]) for n in range(6)]
    labs = [add_actor(f"Lab {n}", "BE", description={"en": "tests"}, sectors=[fields[n % 2]]) for n in range(6)]
    embed()
    with Session(engine) as session:
        for n, weaver in enumerate(weavers):
            for m, lab in enumerate(labs):
                session.add(Feedback(actor_id=weaver, target_id=lab, worth="yes" if n % 2 == m % 2 else "no"))
        session.commit()
    assert "36 pairs are judged;" in client.get(f"{URL}/weights").text
    assert post(client, "/weights/proposals", {}) == (303, f"{URL}/weights?done=learned")
    (kept,) = client.get("/weights/proposals").json()
    assert (kept["judgements"], kept["worthy"], kept["state"]) == (36, 18, "proposed")
    assert client.get("/weights").json()["proposal"] is None
    assert f"Proposal {kept['number']}" in client.get(f"{URL}/weights?done=learned").text


@pytest.fixture
def proposal(engine: Engine) -> Callable[..., int]:
    """Keep a proposal as learning would; returns its number."""

    def keep(learned: float, **changes: float) -> int:
        with Session(engine) as session:
            row = WeightProposal(
                weights=SHIPPED | changes, before=SHIPPED, judgements=84, worthy=54, folds=5, loss_default=0.61,
                loss_learned=learned,
            )  # fmt: skip
            session.add(row)
            session.commit()
            return row.number

    return keep


def test_a_proposal_is_shown_beside_what_holds_and_accepted(client: TestClient, proposal: Callable[..., int]) -> None:
    first, second = proposal(0.55, distance=3.0), proposal(0.5, theme=1.25)
    page = client.get(f"{URL}/weights").text
    assert f"Proposal {second}" in page[: page.index("Weights in force")]
    assert re.findall(r"<dd>([\d.]+)</dd>", page)[:4] == ["84", "54", "0.61", "0.5"]
    theme = re.search(r"Same theme</th>(.+?)</tr>", page, re.DOTALL)[1]
    assert re.findall(r'class="figure">([\d.]+)', theme) == ["0.6", "1.25"]
    assert post(client, f"/weights/proposals/{second}/accept", {}) == (303, f"{URL}/weights?done=accepted")
    assert client.get("/weights").json() == {"weights": SHIPPED | {"theme": 1.25}, "proposal": second}
    assert f"Learned from feedback: proposal {second}." in client.get(f"{URL}/weights?done=accepted").text
    assert post(client, f"/weights/proposals/{first}/accept", {})[0] == 303
    assert "Use these again" in client.get(f"{URL}/weights").text
    assert post(client, f"/weights/proposals/{first}/reject", {}) == (303, f"{URL}/weights?done=rejected")
    assert client.get("/weights").json() == {"weights": SHIPPED, "proposal": None}


def test_what_tells_no_better_is_offered_to_nobody(client: TestClient, proposal: Callable[..., int]) -> None:
    number = proposal(0.7, distance=3.0)
    page = client.get(f"{URL}/weights").text
    assert f"/proposals/{number}/accept" not in page
    assert f"/proposals/{number}/reject" in page
    refused = client.post(f"{URL}/weights/proposals/{number}/accept")
    assert (refused.status_code, "That was not done" in refused.text) == (409, True)
    assert client.get("/weights").json()["proposal"] is None
    assert client.post(f"{URL}/weights/proposals/999/accept").status_code == 404


def test_organisers_read_and_admins_decide(
    client: TestClient, trio: tuple[int, int, int], event: int, engine: Engine, proposal: Callable[..., int]
) -> None:
    weaver, lab, _ = trio
    theirs = client.post("/events", json={"name": "Of others"}).json()["id"]
    for at, word in ((event, "Ours"), (theirs, "Not ours"), (None, "Of nobody")):
        body = {"actor_id": weaver, "target_id": lab, "worth": "yes", "event_id": at, "note": word}
        assert client.post("/feedback", json=body).status_code == 201
    with session_scope(engine) as session:
        key = create_key(session, fields=KeyCreate(name="Ann", role="organiser", events=[event]), by="test")
    number = proposal(0.5, theme=1.25)
    organiser = {"authorization": f"Bearer {key.key}"}
    assert len(pairs(client.get(URL, headers=organiser).text)) == 2
    said = client.get(f"{URL}/feedback", headers=organiser).text
    assert ("Ours" in said, "Not ours" in said, "Of nobody" in said) == (True, False, False)
    assert client.get(f"{URL}/feedback?event={theirs}", headers=organiser).status_code == 403
    weights = client.get(f"{URL}/weights", headers=organiser)
    assert (weights.status_code, "Weights in force" in weights.text, "Proposal" in weights.text) == (200, True, False)
    for path in (f"/weights/proposals/{number}/accept", "/weights/proposals", f"/tandems/{weaver}/{lab}/remove"):
        assert client.post(f"{URL}{path}", headers=organiser).status_code == 403
    # The event of others stays where it is although the organiser's form cannot name it.
    client.patch(f"/tandems/{weaver}/{lab}", json={"event_id": theirs})
    changed = client.post(
        f"{URL}/tandems/{weaver}/{lab}", headers=organiser, data={"theme": "New"}, follow_redirects=False
    )
    assert (changed.status_code, client.get(f"/tandems/{weaver}/{lab}").json()["event_id"]) == (303, theirs)
    assert "Of others" not in client.get(URL, headers=organiser).text


def test_forms_of_other_sites_are_refused(client: TestClient, trio: tuple[int, int, int]) -> None:
    weaver, lab, _ = trio
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    for path in (f"/tandems/{weaver}/{lab}/steps", "/tandems/new", "/weights/proposals"):
        assert client.post(f"{URL}{path}", data={"status": "active"}, headers=elsewhere).status_code == 403


def test_every_page_has_one_heading_labels_and_no_inline_code(
    client: TestClient, trio: tuple[int, int, int], proposal: Callable[..., int]
) -> None:
    weaver, lab, _ = trio
    proposal(0.55, distance=3.0)
    proposal(0.5, theme=1.25)
    for path in ("", "/tandems/new", f"/tandems/{weaver}/{lab}", "/feedback", "/weights"):
        text = client.get(f"{URL}{path}").text
        assert text.count("<h1") == 1, path
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
        fields = set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', text))
        assert labels == fields, path
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids)), path
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script>", text) == [], path


def step(status: str, day: int | None) -> TandemStepPublic:
    since = date(2026, 1, day) if day else None
    return TandemStepPublic.model_validate(
        {"status": status, "since": since, "note": None, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    )


def test_a_life_tells_what_was_reached_and_how_it_ended() -> None:
    told = life([step("met", 1), step("agreement", None), step("dormant", 9)])
    assert [(s.status, s.state, s.since and s.since.day) for s in told] == [
        ("suggested", "passed", None),
        ("met", "done", 1),
        ("in_discussion", "passed", None),
        ("agreement", "done", None),
        ("active", "ahead", None),
        ("dormant", "left", 9),
    ]
    again = life([step("met", 1), step("active", 2), step("did_not_work", 3), step("in_discussion", 4)])
    assert [s.state for s in again] == ["passed", "done", "here", "ahead", "ahead"]


def test_two_sets_of_weights_share_one_scale() -> None:
    rows = beside({"exchange": 4.0, "theme": 1.0, "gone": 9.0}, {"exchange": 2.0, "theme": 8.0})
    assert [(r.name, r.old, r.new) for r in rows] == [("exchange", 4.0, 2.0), ("theme", 1.0, 8.0)]
    assert max(r.new_share for r in rows) == 8 / 9
