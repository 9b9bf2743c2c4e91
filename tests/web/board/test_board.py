"""The schedule board as a browser without JavaScript sees it: computing, reading, comparing."""

import re
from collections.abc import Callable

import pytest
from board_pages import computed, edited, meetings_of, shown
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.web.board.compare import Agenda, changes
from models.plan import Plan, PlanDiff


def test_events_are_listed(client: TestClient, gathering: str) -> None:
    answer = client.get("/console/events")
    assert (answer.status_code, answer.template.name) == (200, "console/events.html")
    assert [e.name for e in answer.context["events"]] == ["Textile afternoon"]
    assert f'<a href="{gathering}">Textile afternoon</a>' in answer.text


def test_an_event_without_a_plan_offers_to_compute_one(client: TestClient, gathering: str) -> None:
    answer = shown(client, gathering)
    assert (answer.status_code, answer.template.name, answer.context["plan"]) == (200, "board/schedule.html", None)
    assert f'<form method="post" action="{gathering}/plans">' in answer.text


def test_the_form_computes_a_draft_and_leads_to_it(client: TestClient, gathering: str) -> None:
    assert computed(client, gathering) == f"{gathering}/schedule?plan=1"
    page = client.get(f"{gathering}/schedule?plan=1")
    columns = page.context["board"].columns
    assert sum(column.meetings for column in columns) == 4
    assert {frozenset((m.a_name, m.b_name)) for c in columns for cell in c.cells if (m := cell.meeting)} == {
        frozenset(pair) for pair in (("F1", "B1"), ("F1", "B2"), ("F2 <b>", "B1"), ("F2 <b>", "B2"))
    }
    assert [(s.meetings, s.participants) for s in page.context["shares"]] == [(2, 4)]
    assert "Proven: no better schedule exists" in page.text
    assert "Everyone has at least 2 meetings, as asked." in page.text
    assert "F2 <b>" not in page.text


def test_a_wish_is_among_the_reasons_of_its_meeting(client: TestClient, gathering: str) -> None:
    """Organisers know every word; whoever opens the panel is one."""
    api = gathering.removeprefix("/console")
    computed(client, gathering)
    opened = f"{gathering}/schedule?plan=1&m=1-3"

    def told() -> list[str]:
        reasons = client.get(opened).text.split("Why they meet")[1].split("</section>")[0]
        return [re.sub("<[^>]+>", "", line) for line in re.findall("<li>(.*?)</li>", reasons)]

    before = told()
    client.put(f"{api}/wishes", json={"actor_id": 3, "target_id": 1, "kind": "wish"})
    client.put(f"{api}/wishes", json={"actor_id": 3, "target_id": 2, "kind": "wish"})
    assert told() == ["B1 asked to meet F1.", *before]
    client.put(f"{api}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "wish"})
    assert told()[0] in {"F1 and B1 both asked to meet each other.", "B1 and F1 both asked to meet each other."}
    client.put(f"{api}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "must"})
    assert told() == ["It is arranged that they meet, whatever the score.", "B1 asked to meet F1.", *before]
    client.put(f"{api}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "veto"})
    client.delete(f"{api}/wishes/3/1")
    assert told() == before


def test_times_are_those_of_the_zone_of_the_event(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    text = client.get(f"{gathering}/schedule?lang=fr").text
    assert "09:00–09:20" in text
    assert "mardi 9 mars 2027" in text
    client.put(gathering.removeprefix("/console"), json={"name": "Away", "zone": "Europe/London"})
    assert "08:00–08:20" in shown(client, gathering).text


def test_an_unreachable_floor_names_who_and_why(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/participants", json={"actor_id": 1, "available": [0]})
    for other in (3, 4):
        client.put(f"{api}/participants", json={"actor_id": other, "min": 0})
    computed(client, gathering)
    page = shown(client, gathering)
    assert [(u.name, u.got, u.asked) for u in page.context["standing"].short] == [("F1", 1, 2)]
    assert "<strong>F1</strong>: 1 of 2, not there in enough rounds (there in 1 round)" in " ".join(page.text.split())
    first = page.context["board"].columns[1]
    assert "F1" not in [p.name for p in first.pausing]


def test_the_published_plan_is_shown_before_a_newer_draft(client: TestClient, gathering: str) -> None:
    for _ in range(2):
        computed(client, gathering)
    assert shown(client, gathering).context["plan"].number == 2
    published = client.post(f"{gathering}/plans/1/publish", follow_redirects=False)
    assert (published.status_code, published.headers["location"]) == (303, f"{gathering}/schedule?plan=1#schedule")
    assert shown(client, gathering).context["plan"].number == 1
    assert shown(client, gathering, plan=2).context["plan"].number == 2
    assert shown(client, gathering, plan=9).status_code == 404


def add_plan(session: Session, state: str, **fields: object) -> None:
    session.add(Plan(event_id=1, number=1, state=state, problem={}, certificate={}, **fields))
    session.commit()


def test_a_plan_that_failed_says_why(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "failed", progress={"stage": "failed", "cause": "the process <ended>"})
    for address in (f"{gathering}/schedule", f"{gathering}/schedule?plan=1"):
        page = client.get(address)
        assert page.context["plan"].number == 1
        assert "the process &lt;ended&gt;" in page.text
        assert f'action="{gathering}/plans"' in page.text
        assert "/publish" not in page.text


def test_a_plan_that_is_being_computed_shows_how_far_it_is_and_asks_for_itself_again(
    client: TestClient, session: Session, gathering: str
) -> None:
    add_plan(session, "computing", progress={"stage": "polish", "best": 31.44, "bound": 33.0, "gap": 0.047})
    again = f"{gathering}/schedule?plan=1"
    page = shown(client, gathering)
    assert (page.template.name, page.context["plan"].number) == ("board/schedule.html", 1)
    part = client.get(again, headers={"HX-Request": "true"})
    assert part.template.name == "board/_schedule.html"
    assert part.text.lstrip().startswith('<section id="schedule">')
    for text in (page.text, part.text):
        assert f'hx-get="{again}" hx-trigger="load delay:2s" hx-target="#schedule" hx-swap="outerHTML"' in text
        assert f'href="{again}#schedule"' in text
        assert "<h3>Improving the schedule</h3>" in text
        assert [figure in text for figure in ("<dd>31.4</dd>", "<dd>33</dd>", "<dd>4.7%</dd>")] == [True] * 3
        assert 'value="0.953"' in text
        assert f'<form method="post" action="{gathering}/plans">' not in text
        # The whole section comes at once: no "Publish" above a plan that seems to be waiting still.
        assert re.search('id="plan-(facts|deeds)" data-live-part', text) is None


def test_before_anything_is_known_no_figure_is_made_up(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "computing", progress={"stage": "selection", "best": 0.0, "bound": 33.0, "gap": 1.0})
    text = shown(client, gathering).text
    assert "<h3>Choosing who meets whom</h3>" in text
    assert '<progress max="1" aria-label=' in text
    assert "Best so far" not in text


def test_a_stop_is_passed_on_and_told(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "computing", progress={"stage": "polish", "best": 1.0, "bound": 2.0, "gap": 0.5})
    sent = client.post(f"{gathering}/plans/1/stop", follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{gathering}/schedule?plan=1#schedule")
    session.expire_all()
    assert session.get(Plan, (1, 1)).stop_requested is True
    text = shown(client, gathering).text
    assert "<h3>Stopping, with the best so far</h3>" in text
    assert "/plans/1/stop" not in text


def test_a_stop_that_comes_too_late_shows_the_plan(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    assert client.post(f"{gathering}/plans/1/stop", follow_redirects=False).status_code == 303
    assert client.post(f"{gathering}/plans/9/stop", follow_redirects=False).status_code == 404


def test_interpreters_are_counted_from_one_with_their_languages(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    for actor_id, language in ((1, "fr"), (2, "fr"), (3, "nl"), (4, "nl")):
        client.put(f"{api}/participants", json={"actor_id": actor_id, "languages": [language]})
    client.put(f"{api}/interpreters", json=[{"languages": ["fr", "nl"]}, {"languages": ["nl", "fr"]}])
    computed(client, gathering)
    assert set(re.findall(r'(Interpreter: \d) <span class="tongues">([^<]+)', shown(client, gathering).text)) == {
        ("Interpreter: 1", "(fr, nl)"),
        ("Interpreter: 2", "(nl, fr)"),
    }


def test_the_state_of_a_plan_decides_what_can_be_done_with_it(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    publish = f'<form method="post" action="{gathering}/plans/1/publish">'
    assert publish in shown(client, gathering).text
    page = client.post(f"{gathering}/plans/1/publish")
    assert page.context["plan"].state == "published"
    assert publish not in page.text


def test_two_plans_are_compared_person_by_person(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    api = gathering.removeprefix("/console")
    computed(client, gathering)
    same = client.get(f"{gathering}/compare?base=1&plan=2")
    assert (same.context["changes"], "Nobody's agenda changes." in same.text) == ([], True)
    replanned = client.post(f"{api}/plans/1/replan", json={"now": 0, "absent": [3]}).json()
    assert len(replanned["diff"]["removed"]) == 2
    listed = client.get(f"{gathering}/schedule?plan=3").text
    assert f'href="{gathering}/compare?base=1&amp;plan=3"' in listed
    assert f'href="{gathering}/compare?base=3&amp;plan=3"' not in listed
    page = client.get(f"{gathering}/compare?base=1&plan=3")
    people = {
        p.name: sorted((c.other, c.before is None, c.after is None) for c in p.changes) for p in page.context["changes"]
    }
    assert people == {
        "B1": [("F1", False, True), ("F2 <b>", False, True)],
        "F1": [("B1", False, True)],
        "F2 <b>": [("B1", False, True)],
    }
    assert "The agendas of 3 participants of 4 change" in page.text
    assert re.search(r"no longer meets B1 \((09|10|11):00, Table\u00a0[12]\)", page.text)
    assert "F2 <b>" not in page.text
    back = client.get(f"{gathering}/compare?base=3&plan=1").text
    assert re.search(r"also meets B1 \((09|10|11):00, Table\u00a0[12]\)", back)
    assert client.get(f"{gathering}/compare?base=1&plan=9").status_code == 404
    assert client.get(f"{gathering}/compare?base=1").status_code == 422


def test_a_meeting_that_only_moves_is_told_once_with_both_times() -> None:
    at = {"a": "1", "b": "2", "round": 0, "place": 0}
    diff = PlanDiff(removed=[], added=[], moved=[{"before": at, "after": at | {"round": 2, "place": 7}}], people=["1"])
    told = changes(diff, Agenda({}, {0: "Table 1"}, {}), [])
    assert [(p.id, [(c.other, c.before.place, c.after.index, c.after.place) for c in p.changes]) for p in told] == [
        (1, [("2", "Table 1", 2, "")]),
        (2, [("1", "Table 1", 2, "")]),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://127.0.0.1"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(
    client: TestClient, gathering: str, headers: dict[str, str], status: int
) -> None:
    answer = client.post(f"{gathering}/plans", headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert len(client.get(f"{gathering.removeprefix('/console')}/plans").json()) == (status == 303)


def test_an_event_that_cannot_be_planned_says_what_is_missing(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    answer = client.post("/console/events/1/plans")
    assert (answer.status_code, answer.template.name) == (422, "error.html")
    assert "The event has no rounds yet. Say first when the meetings begin" in answer.text


def test_texts_that_wait_for_their_meaning_are_told_before_a_plan_is_made(
    client: TestClient, gathering: str, add_actor: Callable[..., int]
) -> None:
    assert shown(client, gathering).context["waiting_texts"] == 0
    add_actor("Late", "BE", offers=[{"lang": "nl", "text": "weven"}])
    page = shown(client, gathering)
    assert page.context["waiting_texts"] == 1
    assert "1 text is not understood yet" in page.text


def test_who_is_looked_for_stands_out_and_their_day_is_told(client: TestClient, roomy: str) -> None:
    page = shown(client, roomy, plan=1, q="b1")
    assert page.text.count('data-look="hit"') == 2
    assert page.text.count('data-look="off"') == 2
    assert [(d.person.name, len(d.meetings)) for d in page.context["board"].days] == [("B1", 2)]
    assert "No meeting of this plan" in shown(client, roomy, plan=1, q="nobody").text
    one = shown(client, roomy, plan=1, round=0, zoom="compact").context["board"]
    assert ([c.round.index for c in one.columns], one.size) == ([0], "compact few tight")


def test_the_board_leaves_out_where_nothing_is_found_and_tells_who_has_how_many(client: TestClient, roomy: str) -> None:
    plan = client.get(f"{roomy.removeprefix('/console')}/plans/1").json()
    held = {m["place"] for m in plan["meetings"] if "F1" in (m["a_name"], m["b_name"])}
    board = client.get(f"{roomy}/schedule?q=F1&only=1").context["board"]
    assert {p.index for p in board.places} == held
    assert {cell.place for column in board.columns for cell in column.cells} == held
    whole = client.get(f"{roomy}/schedule?only=1").context["board"]
    assert len(whole.places) == 3
    shares = client.get(f"{roomy}/schedule").context["shares"]
    assert {name: share.meetings for share in shares for name in share.names} == dict.fromkeys(
        ("F1", "F2 <b>", "B1", "B2"), 2
    )


def test_after_an_absence_the_page_no_longer_says_that_everybody_has_the_floor(client: TestClient, roomy: str) -> None:
    api = roomy.removeprefix("/console")
    client.put(f"{api}/participants", json={"actor_id": 4, "min": 1})
    computed(client, roomy)
    client.post(f"{api}/plans/2/replan", json={"now": 0, "absent": [3]})
    page = shown(client, roomy, plan=3)
    standing = page.context["standing"]
    assert [e.name for e in standing.excused] == ["B1"]
    assert [s.name for s in standing.short] == ["F1", "F2 <b>"]
    assert "Everyone has at least" not in page.text
    assert "1 participant was reported away and is not counted: B1." in page.text


def test_two_plans_stand_side_by_side(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    client.post(f"{roomy}/plans/1/publish")
    edited(client, roomy, op="remove", m=f"{m['a']}-{m['b']}")
    text = " ".join(client.get(f"{roomy}/compare?base=1&plan=2").text.split())
    assert '<tr><th scope="row">Meetings</th><td>4</td><td>3</td></tr>' in text
    assert "<td>0%</td><td>not proven</td>" in text
    compared = client.get(f"{roomy}/compare?base=1&plan=2").context
    assert [(both.meetings, both.counts) for both in compared["shared"]] == [(1, (0, 2)), (2, (4, 2))]
    assert [len(told) for told in compared["short"]] == [0, 2]


def test_a_large_board_is_packed_for_browsers_that_take_it_so(client: TestClient, roomy: str) -> None:
    plain = client.get(f"{roomy}/schedule", headers={"accept-encoding": "identity"})
    small = client.get(f"{roomy}/schedule", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content) / 3
    made = re.compile(r'data-live-since="\d+"')
    assert made.sub("", small.text) == made.sub("", plain.text)


def test_contradicting_rules_are_told_with_names_and_rounds_as_people_count_them(
    client: TestClient, gathering: str
) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/locks", json=[{"a": 1, "b": 3, "round": 0}, {"a": 1, "b": 4, "round": 0}])
    computed(client, gathering)
    page = shown(client, gathering, plan=1)
    assert page.context["contradiction"] == [
        "F1 and B1 are locked to round 1",
        "F1 and B2 are locked to round 1",
        "F1 has one meeting a round",
    ]
    assert "/publish" not in page.text


def test_a_lock_of_somebody_who_left_the_event_does_not_stop_the_next_plan(client: TestClient, roomy: str) -> None:
    api = roomy.removeprefix("/console")
    m = meetings_of(client, roomy)[0]
    edited(client, roomy, op="lock", m=f"{m['a']}-{m['b']}")
    client.delete(f"{api}/participants/{m['a']}")
    computed(client, roomy)
    assert len(meetings_of(client, roomy, 2)) == 2
    assert len(client.get(f"{api}/locks").json()) == 1


def test_breaks_stand_between_the_rounds_and_another_day_by_its_date(client: TestClient, gathering: str) -> None:
    starts = ("09T09:00", "09T09:25", "09T10:15", "10T09:00")
    rounds = [{"starts_at": f"2027-03-{start}:00+01:00", "minutes": 20} for start in starts]
    client.put(f"{gathering.removeprefix('/console')}/rounds", json=rounds)
    computed(client, gathering)
    text = shown(client, gathering).text
    parts = re.findall(
        r'<section class="round" id="(r\d)"|<p class="break" id="b\d" data-live-part><span>([^<]+)', text
    )
    assert [section or told for section, told in parts] == [
        "r0", "r1", "Break 09:45–10:15", "r2", "Wednesday, 10 March 2027", "r3",
    ]  # fmt: skip
    assert 'class="break"' not in shown(client, gathering, round=2).text


def test_the_proof_says_what_the_points_mean(client: TestClient, session: Session, gathering: str) -> None:
    computed(client, gathering)
    assert "As good as it can be: no schedule can have more points than its" in shown(client, gathering).text
    plan = session.get(Plan, (1, 1))
    assert plan is not None
    for bound, told in ((9.4, "96.8% of the most points that any schedule can have: 9.1 of 9.4."),
                        (9.104, "99.9% of the most points that any schedule can have: 9.1 of 9.104."),
                        (None, "Points in all: 9.1.")):  # fmt: skip
        plan.certificate = plan.certificate | {"status": "feasible", "utility": 9.1, "bound": bound, "gap": 0.01}
        session.commit()
        assert told in " ".join(shown(client, gathering).text.split())


def test_places_that_the_service_named_are_read_in_the_readers_language(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/places", json=[{"label": "Table 1"}, {"label": "Table ronde 2"}])
    computed(client, gathering)
    places = '<ol class="plain"><li>{}</li><li>Table ronde 2</li></ol>'
    for lang, name in (("nl", "Tafel 1"), ("eu", "Mahaia 1"), ("en", "Table 1")):
        assert places.format(name) in client.get(f"{gathering}/schedule?lang={lang}").text
