"""A new event in the browser, without a script: what does not fit is named, and nothing is stored before all fits."""

import re

import pytest
from fastapi.testclient import TestClient

from app.web.console.forms import Fields, write_numbers

NEW = "/console/events/new"
FORM = {
    "name": "Textile afternoon", "place": "Kortrijk", "zone": "Europe/Brussels", "day": "2027-03-09", "start": "13:30",
    "days": "1", "number": "3", "minutes": "20", "pause": "5", "break1_at": "14:20", "break1_minutes": "30",
    "places_number": "2", "places_word": "Stand", "min_meetings": "2", "max_meetings": "3", "cross_side_only": "on",
    "require_language": "on", "tracks": "Glass\nFlax", "expect1": "4", "expect2": "3",
}  # fmt: skip


def errors(client: TestClient, **changes: str) -> dict[str, str]:
    answer = client.post(NEW, data=FORM | changes)
    assert answer.status_code == 422
    assert client.get("/events").json() == []
    return {name: trouble.code for name, trouble in answer.context["form"].errors.items()}


def test_an_event_is_made_with_its_rounds_and_places(client: TestClient) -> None:
    made = client.post(NEW, data=FORM, follow_redirects=False)
    assert (made.status_code, made.headers["location"]) == (303, "/console/events/1")
    event = client.get("/events/1").json()
    assert (event["name"], event["min_meetings"], event["max_meetings"]) == ("Textile afternoon", 2, 3)
    assert (event["cross_side_only"], event["require_language"], event["avoid_repeats"]) == (True, True, False)
    assert [t["id"] for t in event["tracks"]] == ["Glass", "Flax"]
    assert [r["starts_at"] for r in client.get("/events/1/rounds").json()] == [
        "2027-03-09T12:30:00Z", "2027-03-09T12:55:00Z", "2027-03-09T13:50:00Z",
    ]  # fmt: skip
    assert [p["label"] for p in client.get("/events/1/places").json()] == ["Stand 1", "Stand 2"]
    assert client.get("/console/events/1").status_code == 200


def test_the_form_proposes_what_most_events_want(client: TestClient) -> None:
    page = client.get(f"{NEW}?lang=nl")
    assert (page.status_code, page.template.name) == (200, "console/wizard.html")
    assert 'value="Tafel"' in page.text
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page.text))
    assert labels == set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', page.text))


def test_rounds_and_figures_are_shown_as_she_types(client: TestClient) -> None:
    part = client.post(f"{NEW}/preview", data=FORM, headers={"HX-Request": "true"})
    assert part.template.name == "console/_preview.html"
    assert [s.kind for s in part.context["preview"].slots] == ["round", "round", "break", "round"]
    holds = part.context["preview"].holds
    assert (holds.meetings, holds.each, holds.rounds_needed, holds.places_needed) == (6, 1, 4, 3)
    assert "2 meetings each are more than this holds." in part.text
    assert "It takes 4 rounds or 3 places." in " ".join(part.text.split())


def test_without_a_script_the_same_comes_with_the_page(client: TestClient) -> None:
    page = client.post(f"{NEW}/preview", data=FORM | {"name": ""})
    assert (page.status_code, page.template.name) == (200, "console/wizard.html")
    assert 'value="13:30"' in page.text
    assert "14:50" in page.text
    assert page.context["form"].errors == {}


def test_an_unfinished_form_is_no_error_yet(client: TestClient) -> None:
    part = client.post(f"{NEW}/preview", data={"zone": "Europe/Bru", "number": "x"}, headers={"HX-Request": "true"})
    assert (part.status_code, part.context["preview"].slots) == (200, [])


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": " "}, {"name": "required"}),
        ({"name": "x" * 301}, {"name": "long"}),
        ({"zone": "Europe/Kortrijk"}, {"zone": "zone"}),
        ({"day": "9 March", "start": "noon"}, {"day": "date", "start": "time"}),
        ({"number": "0"}, {"number": "between"}),
        ({"number": "60", "minutes": "30"}, {"number": "midnight"}),
        ({"minutes": "long", "pause": "-3"}, {"minutes": "number", "pause": "between"}),
        ({"places_number": ""}, {"places_number": "required"}),
        ({"places_names": "A\nB\nA"}, {"places_names": "doubled"}),
        ({"min_meetings": "4"}, {"min_meetings": "floor"}),
        ({"programme_id": "7"}, {"programme_id": "choice"}),
        ({"tracks": "A\nA"}, {"tracks": "doubled"}),
        ({"break2_at": "15:00"}, {"break2_minutes": "required"}),
        ({"expect1": "many"}, {"expect1": "number"}),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(
    client: TestClient, changes: dict[str, str], wrong: dict[str, str]
) -> None:
    assert errors(client, **changes) == wrong


def test_a_wrong_field_says_so_beside_it_and_on_top(client: TestClient) -> None:
    text = client.post(NEW, data=FORM | {"name": ""}).text
    assert re.search(r'id="name"[^>]* aria-describedby="name-wrong" aria-invalid="true"', text)
    assert '<span class="wrong" id="name-wrong">This is needed.</span>' in text
    assert '<a href="#name">Name of the event: This is needed.</a>' in text
    assert "1 field needs another look; nothing was saved." in text


def test_forms_of_other_sites_make_no_event(client: TestClient) -> None:
    answer = client.post(NEW, data=FORM, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, client.get("/events").json()) == (403, [])


@pytest.mark.parametrize(
    ("written", "read"),
    [("", None), ("1-3, 7", [0, 1, 2, 6]), ("2 – 4", [1, 2, 3]), ("7;1", [0, 6]), (" 5 ", [4])],
)
def test_numbers_are_read_as_people_write_them(written: str, read: list[int] | None) -> None:
    form = Fields.of({"rounds": written})
    assert (form.numbers("rounds", 8), form.errors) == (read, {})


@pytest.mark.parametrize("written", ["0", "9", "4-2", "one", "1-"])
def test_numbers_that_are_not_there_are_refused(written: str) -> None:
    form = Fields.of({"rounds": written})
    assert (form.numbers("rounds", 8), list(form.errors)) == (None, ["rounds"])


def test_numbers_are_written_in_runs() -> None:
    assert write_numbers([6, 0, 1, 2]) == "1-3, 7"
    assert write_numbers(None) == ""


def test_languages_are_known_by_name_and_code() -> None:
    form = Fields.of({"languages": "français, Néerlandais; EN, Duits"})
    assert form.languages("languages", "fr") == ["fr", "nl", "en", "de"]
    assert form.errors == {}
    assert Fields.of({"languages": "Klingonish"}).languages("languages", "en") == []
