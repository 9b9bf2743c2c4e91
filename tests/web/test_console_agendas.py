"""What participants may do in their agendas: set in the console, kept by the agenda."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.services.links import make_link
from app.settings import Settings
from models.agenda import MeetingAnswer
from models.plan import Meeting, Plan

PAGE = "/console/events/1/agendas"
RULES = f"{PAGE}/rules"
ALL = {"wishes": "on", "details": "on", "contacts": "on"}


@pytest.fixture
def token(client: TestClient, session: Session, border: list[int]) -> str:
    """A link of the first of three participants, before an event of one round."""
    client.app.state.clock = lambda: datetime(2027, 3, 8, 12, tzinfo=UTC)
    client.post("/events", json={"name": "Afternoon", "zone": "Europe/Brussels"})
    client.put("/events/1/rounds", json=[{"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 20}])
    client.put("/events/1/places", json=[{"label": "Table 1"}])
    for actor_id in border:
        client.post("/events/1/participants", json={"actor_id": actor_id})
    token = make_link(session, event_id=1, actor_id=border[0])
    session.commit()
    return token


def test_rules_are_saved_and_shown_again(client: TestClient, token: str) -> None:
    form = {"wishes": "on", "until_day": "2027-03-05", "until_time": "18:00",
            "consent-0": "Nous gardons vos réponses un an.", "consent_lang-0": "fr"}  # fmt: skip
    saved = client.post(RULES, data=form, follow_redirects=False)
    assert saved.headers["location"] == f"{PAGE}?saved=rules#rules"
    assert client.get("/events/1/agenda").json() == {
        "wishes": True, "details": False, "contacts": False, "until": "2027-03-05T17:00:00Z",
        "consent": [{"lang": "fr", "text": "Nous gardons vos réponses un an."}],
    }  # fmt: skip
    shown = client.get(PAGE).context["rules"]
    assert (shown.shown("until_day"), shown.shown("until_time")) == ("2027-03-05", "18:00")
    assert [shown.has(name) for name in ("wishes", "details", "contacts")] == [True, False, False]
    assert (shown.shown("consent-0"), shown.shown("consent_lang-0")) == ("Nous gardons vos réponses un an.", "fr")


def test_after_the_time_set_nothing_more_is_taken_and_the_agenda_says_until_when(
    client: TestClient, token: str, border: list[int]
) -> None:
    client.post(RULES, data=ALL | {"until_day": "2027-03-08", "until_time": "14:00"})
    agenda = client.get(f"/agenda/{token}?lang=en").text
    assert agenda.count("Taken until") == 2
    wish = {"target_id": border[1], "word": "wish"}
    assert client.post(f"/agenda/{token}/wishes", data=wish, follow_redirects=False).status_code == 303
    client.app.state.clock = lambda: datetime(2027, 3, 8, 13, 30, tzinfo=UTC)
    assert client.post(f"/agenda/{token}/wishes", data=wish | {"word": "none"}).status_code == 409
    assert client.post(f"/agenda/{token}/details", data={"languages": ["fr"]}).status_code == 409
    later = client.get(f"/agenda/{token}").text
    assert ('id="wishes"' in later, 'id="details"' in later) == (False, False)


def test_what_participants_read_stands_in_their_language_where_they_say_something(
    client: TestClient, token: str
) -> None:
    texts = {
        "consent-0": "We keep it <a year>.",
        "consent_lang-0": "en",
        "consent-1": "Een jaar.",
        "consent_lang-1": "nl",
    }
    client.post(RULES, data=ALL | texts)
    dutch, danish = (client.get(f"/agenda/{token}?lang={lang}").text for lang in ("nl", "da"))
    assert re.search(r'<div lang="nl"><p>Een jaar\.</p></div>', dutch)
    assert re.search(r'<div lang="en"><p>We keep it &lt;a year&gt;\.</p></div>', danish)
    assert dutch.count('href="#consent"') == 2


def test_contacts_stay_closed_where_the_organiser_puts_people_in_touch(
    client: TestClient, token: str, border: list[int], session: Session
) -> None:
    contact = {"name": "Vera", "email": "vera@vuurlab.example", "basis": "contract", "basis_note": "registration"}
    client.post(f"/actors/{border[1]}/contacts", json=contact).raise_for_status()
    session.add(Plan(event_id=1, number=1, state="published", problem={}, certificate={}))
    session.flush()
    session.add(Meeting(event_id=1, number=1, a=border[0], b=border[1], round=0, place=0, utility=0.5))
    pair = (border[0], border[1])
    session.add_all(MeetingAnswer(event_id=1, actor_id=a, target_id=b, again="yes") for a, b in (pair, pair[::-1]))
    session.commit()
    told = []
    for contacts in ({"contacts": "on"}, {}):
        client.post(RULES, data=contacts)
        told.append("vera@vuurlab.example" in client.get(f"/agenda/{token}").text)
    assert told == [True, False]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"until_time": "18:00"}, "until_day"),
        ({"until_day": "tomorrow"}, "until_day"),
        ({"until_day": "0001-01-01"}, "until_day"),
        ({"until_day": "9999-12-31"}, "until_day"),
        ({"consent-0": "We keep it.", "consent_lang-0": ""}, "consent_lang-0"),
        ({"consent-0": "a", "consent_lang-0": "fr", "consent-1": "b", "consent_lang-1": "fr"}, "consent_lang-1"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    client: TestClient, token: str, form: dict[str, str], field: str
) -> None:
    answer = client.post(RULES, data=form)
    assert (answer.status_code, list(answer.context["rules"].errors)) == (422, [field])
    assert client.get("/events/1/agenda").json()["wishes"] is True


def test_of_two_who_change_the_rules_the_slower_one_is_told(client: TestClient, token: str) -> None:
    seen = client.get(PAGE).context["rules"].shown("edition")
    client.put("/events/1/agenda", json={"wishes": False})
    answer = client.post(RULES, data=ALL | {"edition": seen})
    assert (answer.status_code, set(answer.context["rules"].overtaken.now)) == (412, {"wishes"})
    assert client.get("/events/1/agenda").json()["wishes"] is False
    again = ALL | {"edition": answer.context["rules"].shown("edition")}
    assert client.post(RULES, data=again, follow_redirects=False).status_code == 303


WARNING = "No phone can open these links and codes: they lead to"


@pytest.fixture
def at_address(client: TestClient, settings: Settings, token: str) -> Iterator[Callable[[str | None], TestClient]]:
    """The same service, told under which address people reach it."""
    before = client.app.state.settings

    def told(address: str | None) -> TestClient:
        client.app.state.settings = settings.model_copy(update={"public_url": address})
        return client

    yield told
    client.app.state.settings = before


@pytest.mark.parametrize("page", [PAGE, "/console/events/1/papers"])
@pytest.mark.parametrize(
    ("address", "warned"),
    [
        (None, "http://127.0.0.1"), ("http://localhost:8000/", "http://localhost:8000"), ("http://[::1]:8000", "http://["),
        ("http://0.0.0.0", "http://0.0.0.0"), ("https://viaduc.example.org", ""), ("http://viaduc.local:8000", ""),
        ("https://localhost.example.org", ""),
    ],
)  # fmt: skip
def test_pages_that_hand_out_links_warn_where_no_phone_could_open_them(
    at_address: Callable[[str | None], TestClient], page: str, address: str | None, warned: str
) -> None:
    text = at_address(address).get(page).text
    assert 'aria-current="page"' in text
    assert (f"{WARNING} {warned}" in text, "VIADUC_PUBLIC_URL set to" in text) == (
        (True, True) if warned else (False,) * 2
    )


def test_links_that_are_made_say_once_more_that_they_lead_nowhere(
    at_address: Callable[[str | None], TestClient],
) -> None:
    form = {"deed": "make", "whom": "everybody"}
    for address, warned in ((None, True), ("https://viaduc.example.org", False)):
        made = at_address(address).post(PAGE, data=form)
        assert (made.template.name, WARNING in made.text) == ("console/agendas_made.html", warned)
        refused = at_address(address).post(PAGE, data=form | {"whom": "ticked"})
        assert (refused.status_code, WARNING in refused.text) == (422, warned)
