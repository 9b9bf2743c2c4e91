"""The schedule board edited by forms and by its script."""

import re

from board_pages import computed, edited, meetings_of, shown
from fastapi.testclient import TestClient


def test_a_meeting_opens_with_its_reasons_and_its_forms(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    pair = f"{m['a']}-{m['b']}"
    whole = shown(client, roomy, plan=1, m=pair)
    part = client.get(f"{roomy}/schedule?plan=1&m={pair}", headers={"HX-Request": "true"})
    assert (whole.template.name, part.template.name) == ("board/schedule.html", "board/_panel.html")
    for text in (whole.text, part.text):
        assert text.count("<blockquote") == 2
        assert "What the score is made of" in text
        assert f'<a class="button quiet" href="?plan=1&amp;m={pair}&amp;move=1" data-pick="{pair}">' in text
    slots = whole.context["panel"].slots
    assert [bool(s.busy) for s in slots] == sorted(bool(s.busy) for s in slots)
    assert shown(client, roomy, plan=1, m="1-99").context["panel"] is None
    assert shown(client, roomy, plan=1, m="nonsense").status_code == 200


def free_round(client: TestClient, gathering: str, m: dict) -> int:
    busy = {o["round"] for o in meetings_of(client, gathering) if {o["a"], o["b"]} & {m["a"], m["b"]}}
    return next(r for r in range(4) if r not in busy)


def test_a_meeting_is_moved_in_two_steps_without_a_script(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    pair, when = f"{m['a']}-{m['b']}", free_round(client, roomy, m)
    choosing = shown(client, roomy, plan=1, m=pair, move=1).text
    assert f'<form method="post" action="{roomy}/plans/1/edits">' in choosing
    assert f'<button name="to" value="{when}.2">' in choosing
    assert f'<button name="other" value="{pair}">' not in choosing
    sent = edited(client, roomy, op="move", m=pair, to=f"{when}.2")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{roomy}/schedule?plan=1#c{when}-2")
    moved = next(o for o in meetings_of(client, roomy) if (o["a"], o["b"]) == (m["a"], m["b"]))
    assert (moved["round"], moved["place"]) == (when, 2)
    text = shown(client, roomy, plan=1).text
    assert "The total stays at" in text
    assert "1 change by hand" in text
    assert "Proven: no better schedule exists" in text


def test_an_edit_that_breaks_a_rule_says_which_and_changes_nothing(client: TestClient, roomy: str) -> None:
    before = meetings_of(client, roomy)
    m = before[0]
    busy = next(o["round"] for o in before if o is not m and m["a"] in (o["a"], o["b"]))
    refused = edited(client, roomy, op="move", m=f"{m['a']}-{m['b']}", to=str(busy))
    assert (refused.status_code, refused.template.name) == (422, "board/schedule.html")
    assert "This cannot be done, and nothing was changed:" in refused.text
    assert re.search(r"<li>\s*(F1|F2 &lt;b&gt;|B1|B2) sits at another table at \d\d:00\.\s*</li>", refused.text)
    assert meetings_of(client, roomy) == before
    same_side = edited(client, roomy, op="add", a="1", b="2", to="3.2")
    assert "stand on the same side" in same_side.text
    assert edited(client, roomy, op="dance", m="1-3").status_code == 422
    assert edited(client, roomy, op="move", m="1-3", to="").status_code == 422


def test_what_an_edit_would_do_is_told_without_doing_it(client: TestClient, roomy: str) -> None:
    before = meetings_of(client, roomy)
    m = before[0]
    told = edited(client, roomy, op="remove", m=f"{m['a']}-{m['b']}", dry="1")
    assert told.status_code == 200
    assert "This would be the effect; nothing was changed." in told.text
    assert "has 1 of the 2 meetings asked for." in told.text
    assert meetings_of(client, roomy) == before


def test_taking_out_names_who_is_short_and_undo_brings_the_proof_back(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    edited(client, roomy, op="remove", m=f"{m['a']}-{m['b']}")
    text = shown(client, roomy, plan=1).text
    assert "Changed by hand: how near to the best is no longer proven" in text
    assert "2 of 4 participants have as many meetings as asked; 2 are short." in text
    undone = client.post(f"{roomy}/plans/1/undo", data={"revision": 1}, follow_redirects=False)
    assert undone.status_code == 303
    text = shown(client, roomy, plan=1).text
    assert "Proven: no better schedule exists" in text
    assert "Everyone has at least 2 meetings, as asked." in text
    again = client.post(f"{roomy}/plans/1/redo", data={"revision": 2}, follow_redirects=False)
    assert again.status_code == 303
    assert len(meetings_of(client, roomy)) == 3


def test_a_free_place_offers_who_could_meet_there(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    edited(client, roomy, op="remove", m=f"{m['a']}-{m['b']}")
    panel = shown(client, roomy, plan=1, add=f"{m['round']}.{m['place']}").context["panel"]
    assert [{f.a, f.b} for f in panel.fillings] == [{m["a"], m["b"]}]
    added = edited(client, roomy, op="add", m=f"{m['a']}-{m['b']}", to=f"{m['round']}.{m['place']}", revision=1)
    assert added.status_code == 303
    assert len(meetings_of(client, roomy)) == 4


def test_two_editors_at_once_the_slower_one_is_told_and_sees_the_plan_as_it_is(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    pair = f"{m['a']}-{m['b']}"
    assert edited(client, roomy, op="lock", m=pair).status_code == 303
    late = edited(client, roomy, op="remove", m=pair)
    assert late.status_code == 409
    assert "Somebody else changed this plan meanwhile, so nothing was done." in late.text
    assert "data-locked" in late.text
    locked = edited(client, roomy, op="remove", m=pair, revision=1)
    assert "is locked; unlock it first." in locked.text


def test_the_script_gets_the_cells_that_changed_and_nothing_else_of_the_board(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    when = free_round(client, roomy, m)
    answer = client.post(
        f"{roomy}/plans/1/edits",
        data={"op": "move", "m": f"{m['a']}-{m['b']}", "to": f"{when}.2", "revision": 0},
        headers={"HX-Request": "true"},
    )
    assert answer.template.name == "board/_edited.html"
    cells = re.findall(r'<li id="(c\d-\d)" data-live-part class="cell (\w+)"', answer.text)
    assert sorted(cells) == sorted([(f"c{m['round']}-{m['place']}", "free"), (f"c{when}-2", "meeting")])
    assert re.findall(r'<(?:div|p|details) [^>]*id="([\w-]+)"', answer.text)[-6:] == [
        "plan-facts", "certificate", "who-has", "said", "said-words", "versions"
    ]  # fmt: skip


def test_editing_a_published_plan_leads_to_a_new_draft(client: TestClient, roomy: str) -> None:
    client.post(f"{roomy}/plans/1/publish")
    m = meetings_of(client, roomy)[0]
    pair = f"{m['a']}-{m['b']}"
    sent = edited(client, roomy, op="lock", m=pair)
    assert sent.headers["location"].startswith(f"{roomy}/schedule?plan=2#")
    assert "made from plan 1" in shown(client, roomy, plan=2).text
    again = client.post(
        f"{roomy}/plans/1/edits", data={"op": "lock", "m": pair, "revision": 0}, headers={"HX-Request": "true"}
    )
    assert (again.status_code, again.headers["x-board-address"].split("#")[0]) == (204, f"{roomy}/schedule?plan=3")
    noted = client.post(f"{roomy}/plans/2/note", data={"note": "<after lunch>"})
    assert "&lt;after lunch&gt;" in noted.text


def test_where_to_move_offers_what_fits_free_places_first_and_chooses_nothing(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    pair = f"{m['a']}-{m['b']}"
    page = shown(client, roomy, plan=1, m=pair)
    offered = re.search(r'<select id="to" name="to" required>(.*?)</select>', page.text, re.DOTALL)
    assert offered is not None
    values = re.findall(r'<optgroup label="([^"]+)">|<option value="([^"]*)"', offered[1])
    groups = [group for group, _ in values if group]
    assert values[0] == ("", "")
    assert groups == ["Free places", "Taken: change places with"]
    assert " selected" not in offered[1]
    free = [value for _, value in values[2 : values.index((groups[1], ""))]]
    taken = [value for _, value in values[values.index((groups[1], "")) + 1 :]]
    assert free[0].startswith(f"{free_round(client, roomy, m)}.")
    assert pair not in taken
    for target in [*free, *taken]:
        told = edited(client, roomy, op="move", m=pair, to=target, dry="1")
        assert (told.status_code, "This would be the effect" in told.text) == (200, True), target
    moved = edited(client, roomy, op="move", m=pair, to=taken[0])
    assert moved.status_code == 303
    now = {f"{o['a']}-{o['b']}": (o["round"], o["place"]) for o in meetings_of(client, roomy)}
    assert now[taken[0]] == (m["round"], m["place"])


def test_where_nothing_fits_the_panel_says_so_instead_of_offering(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/rounds", json=[{"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 20}])
    client.put(f"{api}", json={"name": "Short", "min_meetings": 1})
    computed(client, gathering)
    m = meetings_of(client, gathering)[0]
    text = shown(client, gathering, plan=1, m=f"{m['a']}-{m['b']}").text
    assert "No free place suits these two" in text
    assert 'name="to"' not in text


def test_an_answer_stands_in_the_panel_where_the_form_was(client: TestClient, roomy: str) -> None:
    m = meetings_of(client, roomy)[0]
    pair = f"{m['a']}-{m['b']}"
    busy = next(o["round"] for o in meetings_of(client, roomy) if o is not m and m["a"] in (o["a"], o["b"])
                and o["round"] != m["round"])  # fmt: skip
    refused = edited(client, roomy, op="move", m=pair, to=str(busy)).text
    assert f'data-meeting="{pair}@' in refused
    panel = refused.split('id="told-here"')[1].split("</div>")[0]
    assert "This cannot be done, and nothing was changed:" in panel
    assert "sits at another table at" in panel
    assert 'id="told-here" hidden' in shown(client, roomy, plan=1, m=pair).text
    same_side = edited(client, roomy, op="add", a="1", b="2", to="3.2").text
    assert "stand on the same side" in same_side.split('id="told-here"')[1].split("</div>")[0]
    assert '<select id="a" name="a" required><option value="">' in same_side
