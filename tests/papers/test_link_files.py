"""Links to agendas in the console: told once, as a table and as cards, renewed and closed."""

import csv
import html
import io
import re

import pytest
from fastapi.testclient import TestClient
from papers_gathering import NAMES, Gathering, words_of

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def page(client: TestClient, gathering: Gathering) -> str:
    return f"/console{gathering.url}/agendas"


def made(client: TestClient, page: str, **form: object) -> dict[str, str]:
    """Name → link, as the page that is shown once tells them."""
    answer = client.post(page, data={"deed": "make", "whom": "everybody"} | form, headers=BROWSER)
    assert (answer.status_code, answer.template.name) == (200, "console/agendas_made.html")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "same-origin")
    rows = re.findall(r'<th scope="row">(.+?)</th>.+?<code class="secret">(.+?)</code>', answer.text)
    return {html.unescape(name): link for name, link in rows}


def status(client: TestClient, link: str) -> int:
    return client.get(link.removeprefix("https://viaduc.example.org"), headers=BROWSER).status_code


def test_links_are_told_when_they_are_made_and_never_again(client: TestClient, page: str) -> None:
    links = made(client, page)
    assert sorted(links) == sorted(NAMES)
    assert {status(client, link) for link in links.values()} == {200}
    later = client.get(page, headers=BROWSER)
    assert [h.live for h in later.context["holders"]] == [1, 1, 1, 1]
    assert [h.opened_at is not None for h in later.context["holders"]] == [True] * 4
    assert not any(link.rpartition("/")[2] in later.text for link in links.values())


def test_the_list_tells_who_still_needs_one_and_who_opened_theirs(
    client: TestClient, page: str, gathering: Gathering
) -> None:
    first, second = gathering.actors[:2]
    links = made(client, page, whom="ticked", actor=[str(first), str(second)], purpose="mail")
    assert sorted(links) == sorted(NAMES[:2])
    status(client, links[NAMES[0]])
    told = {
        state: [h.actor_id for h in client.get(f"{page}?state={state}", headers=BROWSER).context["shown"]]
        for state in ("without", "unopened", "opened")
    }
    rest = set(gathering.actors[2:])
    assert {state: set(ids) for state, ids in told.items()} == {
        "without": rest, "unopened": {second, *rest}, "opened": {first},
    }  # fmt: skip
    assert set(made(client, page, whom="without")) == set(NAMES[2:])
    assert [h.name for h in client.get(f"{page}?q=tissages", headers=BROWSER).context["shown"]] == [NAMES[0]]


def test_the_table_holds_whom_to_write_to_and_nothing_that_a_spreadsheet_runs(
    client: TestClient, page: str, gathering: Gathering
) -> None:
    contact = {"name": "Anne", "email": "anne@weaver.example", "basis": "contract", "basis_note": "registration"}
    client.post(f"/actors/{gathering.actors[0]}/contacts", json=contact).raise_for_status()
    links = made(client, page)
    tokens = " ".join(link.rpartition("/")[2] for link in links.values())
    answer = client.post(f"{page}/file?lang=en", data={"kind": "csv", "tokens": tokens})
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rencontres-a-kortrijk-links.csv"
    assert answer.headers["cache-control"] == "no-store"
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head == ["Name", "Side", "Languages", "Agenda", "Contact", "E-mail"]
    assert {row[0].removeprefix("'"): row[3] for row in rows} == links
    assert [row[4:] for row in rows if row[0] == NAMES[0]] == [["Anne", "anne@weaver.example"]]
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_the_cards_name_each_participant_in_its_language(client: TestClient, page: str) -> None:
    tokens = " ".join(link.rpartition("/")[2] for link in made(client, page).values())
    answer = client.post(f"{page}/file", data={"kind": "cards", "tokens": tokens})
    assert answer.headers["content-type"] == "application/pdf"
    (sheet,) = words_of(answer.content)
    assert sheet.count("Votre agenda, toujours à jour") == 4
    assert NAMES[0] in sheet


def test_only_links_of_this_event_that_still_open_become_a_file(client: TestClient, page: str) -> None:
    links = made(client, page)
    other = client.post("/events", json={"name": "Another"}).json()["id"]
    tokens = " ".join(link.rpartition("/")[2] for link in links.values())
    elsewhere = client.post(f"/console/events/{other}/agendas/file", data={"tokens": tokens}, headers=BROWSER)
    assert elsewhere.status_code == 422
    client.post(page, data={"deed": "revoke", "whom": "everybody", "sure": "on"})
    assert client.post(f"{page}/file", data={"tokens": tokens}, headers=BROWSER).status_code == 422
    assert client.post(f"{page}/file", data={"tokens": "x", "kind": "exe"}, headers=BROWSER).status_code == 422


def test_closing_is_asked_about_first_and_then_done(client: TestClient, page: str) -> None:
    links = made(client, page)
    asked = client.post(page, data={"deed": "revoke", "whom": "everybody"}, headers=BROWSER)
    assert (asked.template.name, asked.context["wanted"].closing) == ("console/agendas_sure.html", 4)
    assert {status(client, link) for link in links.values()} == {200}
    done = client.post(page, data={"deed": "revoke", "whom": "everybody", "sure": "on"}, follow_redirects=False)
    assert done.headers["location"] == f"{page}?closed=4#links"
    assert {status(client, link) for link in links.values()} == {404}


def test_renewing_closes_the_old_ones_of_those_meant(client: TestClient, page: str, gathering: Gathering) -> None:
    before = made(client, page)
    ticked = {"whom": "ticked", "actor": [str(gathering.actors[0])]}
    asked = client.post(page, data={"deed": "renew"} | ticked, headers=BROWSER)
    assert asked.template.name == "console/agendas_sure.html"
    after = made(client, page, deed="renew", sure="on", **ticked)
    assert [status(client, before[name]) for name in NAMES] == [404, 200, 200, 200]
    assert status(client, after[NAMES[0]]) == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"whom": "ticked"}, "whom"),
        ({"whom": "everybody", "expires": "2001-01-01"}, "expires"),
        ({"whom": "everybody", "expires": "soon"}, "expires"),
        ({"whom": "friends"}, "whom"),
        ({"whom": "everybody", "language": "tlh"}, "language"),
    ],
)
def test_what_does_not_fit_is_told_and_makes_nothing(
    client: TestClient, page: str, gathering: Gathering, form: dict[str, str], field: str
) -> None:
    answer = client.post(page, data={"deed": "make"} | form, headers=BROWSER)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert client.get(f"{gathering.url}/links").json() == []


def test_the_language_and_the_end_of_links_are_kept(client: TestClient, page: str, gathering: Gathering) -> None:
    made(client, page, language="nl", expires="2099-12-31", purpose="paper")
    (first, *_) = client.get(f"{gathering.url}/links").json()
    assert (first["language"], first["purpose"], first["expires_at"]) == ("nl", "paper", "2099-12-31T22:59:00Z")
