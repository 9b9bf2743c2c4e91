"""Anonymous actors: what they can do is seen, who they are opens by a yes on both sides or by two advisers."""

import json
import re

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from anonymity import HIDDEN, Encounter, agenda, betrayed, suggested
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.services.actors import update_actor
from app.services.answers import Meant, save_answer
from app.services.discretion.pseudonyms import FIRST
from app.services.meaning import Meaning
from app.worker import drain
from models.actor import ActorUpdate
from models.agenda import AnswerFields


def test_a_reader_meets_it_like_everybody_by_what_it_can_do(reader: TestClient, met: Encounter) -> None:
    found = suggested(reader, met)
    assert found["actor"]["id"] >= FIRST
    assert found["actor"]["name"].startswith("Anonym ")
    assert found["actor"] | {"id": 0, "name": ""} == {
        "id": 0, "name": "", "kind": "other", "country": "FR", "region": None, "city": None, "sectors": ["textile"],
        "disclosure": "withheld"}  # fmt: skip
    assert found["score"] > 0.5
    quoted = [r["evidence"]["theirs"]["text"] for r in found["reasons"] if r["evidence"]]
    assert "[…] coating of glass fabric, sold as […]" in quoted
    assert (found["relation"], found["distance_km"]) == (None, None)
    assert betrayed(str(found)) == []


def test_a_pseudonym_opens_its_profile_and_its_own_number_does_not(reader: TestClient, met: Encounter) -> None:
    number = suggested(reader, met)["actor"]["id"]
    told = reader.get(f"/actors/{number}").json()
    assert told["id"] == number
    assert told["needs"] == [{"lang": "en", "text": HIDDEN["needs"]["en"]}]
    assert told["description"] == [{"lang": "fr", "text": "[…] tisse à […] depuis 1902. Écrire à […] ou […]."}]
    hidden = ("region", "nuts", "city", "lat", "lon", "website", "size", "created_at", "updated_at")
    assert {name: told[name] for name in hidden} == dict.fromkeys(hidden)
    assert (told["aliases"], told["visibility"], told["anonymous"]) == ([], {}, True)
    assert reader.get(f"/actors/{number}/relations").json() == []
    assert reader.get(f"/directory/{met.hidden}", headers=BROWSER).status_code == 404
    for path in (f"/actors/{met.hidden}", f"/actors/{met.hidden}/relations"):
        refused, nobody = reader.get(path), reader.get(path.replace(str(met.hidden), "4242"))
        assert refused.status_code == nobody.status_code == 404
        assert refused.json()["detail"] == nobody.json()["detail"].replace("4242", str(met.hidden))
    page = reader.get(f"/directory/{number}", headers=BROWSER)
    assert page.status_code == 200
    assert betrayed(page.text) == []
    assert f"/directory/{met.hidden}" not in page.text


def test_nobody_is_asked_for_by_an_own_number_that_must_not_be_known(reader: TestClient, met: Encounter) -> None:
    by_number = reader.post("/match", json={"actor_id": met.hidden})
    assert (by_number.status_code, by_number.json()["detail"]) == (404, f"there is no actor {met.hidden}")
    number = suggested(reader, met)["actor"]["id"]
    asked = reader.post("/match", json={"actor_id": number, "min_score": 0})
    assert [s["actor"]["name"] for s in asked.json()["suggestions"]] == ["Centexlab", "Aalab"]
    assert betrayed(asked.text) == []
    # Leaving out its own number leaves it in: else numbers could be tried one by one.
    kept = reader.post("/match", json={"actor_id": met.partner, "min_score": 0, "filters": {"exclude": [met.hidden]}})
    assert number in [s["actor"]["id"] for s in kept.json()["suggestions"]]
    gone = reader.post("/match", json={"actor_id": met.partner, "min_score": 0, "filters": {"exclude": [number]}})
    assert number not in [s["actor"]["id"] for s in gone.json()["suggestions"]]


@pytest.mark.parametrize(
    "words", ["Tissages Zabelin SA", "zabelin", "Zabelin", "QZN", "ultraflex", "Wambrechies", "zabelin.example"]
)
def test_no_search_by_what_it_hides_finds_or_ranks_it(
    reader: TestClient, engine: Engine, meaning: Meaning, met: Encounter, words: str
) -> None:
    hits = reader.get("/actors/search", params={"q": words}).json()["hits"]
    assert [h for h in hits if h["actor"]["disclosure"] == "withheld" and h["found_by"] != "meaning"] == []
    assert betrayed(str(hits).replace(words, "")) == []
    assert reader.get("/actors", params={"q": words}).json()["total"] == 0
    scores = [ranked(reader, words)]
    with session_scope(engine) as session:
        told = json.dumps(HIDDEN)
        others = {"Zabelin": "Morvandel", "zabelin": "morvandel", "Ultraflex": "Polymax", "QZN": "MVD",
                  "Wambrechies": "Steenvoorde"}  # fmt: skip
        for word, other in others.items():
            told = told.replace(word, other)
        update_actor(session, actor_id=met.hidden, changes=ActorUpdate.model_validate_json(told))
    drain(engine, meaning, batch=100)
    # Called otherwise, living elsewhere, it is ranked the same.
    assert ranked(reader, words) == scores[0]


def ranked(reader: TestClient, words: str) -> list[float]:
    """The scores of the anonymous one for free words, and of its nearest text in the search by meaning."""
    suggestions = reader.post("/match", json={"text": words, "min_score": 0}).json()["suggestions"]
    hits = reader.get("/actors/search", params={"q": words}).json()["hits"]
    scores = [s["score"] for s in suggestions if s["actor"]["disclosure"] == "withheld"]
    return scores + [h["similarity"] for h in hits if h["actor"]["disclosure"] == "withheld"]


def test_in_lists_it_comes_last_and_pages_tell_nothing(reader: TestClient, met: Encounter) -> None:
    names, cursor, seen = [], None, []
    for _ in range(3):
        page = reader.get("/actors", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        names += [a["name"] for a in page["items"]]
        cursor = page["next_cursor"]
        seen.append(cursor)
    assert names[:2] == ["Aalab", "Centexlab"]
    assert names[2].startswith("Anonym ")
    assert cursor is None
    assert page["total"] == 3
    directory = reader.get("/directory", headers=BROWSER)
    assert names[2] in directory.text
    assert betrayed(directory.text) == []


def test_where_it_is_cannot_be_measured(reader: TestClient, met: Encounter) -> None:
    """Who chooses the place and the weights of a question would find it in three questions."""

    def scores(lat: float, lon: float) -> list[object]:
        profile = {
            "country": "DE",
            "lat": lat,
            "lon": lon,
            "needs": [{"lang": "en", "text": "coating of glass fabric"}],
        }
        weights = {"distance": 1.0, "exchange": 0.0}
        asked = {"profile": profile, "min_score": 0, "weights": weights, "k": 10}
        found = reader.post("/match", json=asked).json()["suggestions"]
        told = next(s for s in found if s["actor"]["disclosure"] == "withheld")
        return [told["score"], told["parts"], told["distance_km"]]

    assert scores(50.68, 3.05) == scores(48.0, 11.0)


def test_the_other_participant_knows_it_by_a_pseudonym_until_both_said_yes(
    serve: Serve, engine: Engine, met: Encounter
) -> None:
    before = agenda(serve, met.token)
    assert "Anonym " in before
    assert betrayed(before) == []
    assert "Odette" not in before
    calendar = serve().get(f"/agenda/{met.token}/calendar.ics?lang=en").text.replace("\r\n ", "")
    assert "SUMMARY:Meeting with Anonym " in calendar
    assert betrayed(calendar) == []
    with session_scope(engine) as session:
        for one, other in ((met.hidden, met.partner), (met.partner, met.hidden)):
            save_answer(session, meant=Meant(met.event_id, one, other), fields=AnswerFields(again="yes"))
    after = agenda(serve, met.token)
    assert "Tissages Zabelin SA" in after
    assert "odette@zabelin.example" in after
    assert "Anonym " not in after


def test_its_own_agenda_says_as_whom_others_meet_it(serve: Serve, met: Encounter) -> None:
    own = agenda(serve, met.own_token)
    assert "You are anonymous here: others meet you as Anonym " in own
    assert "<h1>Tissages Zabelin SA</h1>" in own


def test_answers_are_given_under_the_pseudonym(serve: Serve, engine: Engine, met: Encounter) -> None:
    browser = serve(headers=BROWSER)
    page = agenda(serve, met.token)
    number = re.search(r'id="with-(\d+)"', page)[1]
    assert int(number) >= FIRST
    kept = browser.post(f"/agenda/{met.token}/answers/{number}", data={"again": "yes"}, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, f"/agenda/{met.token}#with-{number}")
    by_own = browser.post(f"/agenda/{met.token}/answers/{met.hidden}", data={"again": "yes"}, follow_redirects=False)
    assert by_own.status_code == 404
    own = browser.post(f"/agenda/{met.own_token}/answers/{met.partner}", data={"again": "yes"}, follow_redirects=False)
    assert own.status_code == 303
    # What was read before still leads to the same meeting: an answer may wait for a connection.
    again = browser.post(f"/agenda/{met.token}/answers/{number}", data={"again": "yes"}, follow_redirects=False)
    assert again.headers["location"] == f"/agenda/{met.token}#with-{met.hidden}"


def test_organisers_of_its_event_know_it_and_others_do_not(as_organiser, met: Encounter) -> None:
    ours, theirs = as_organiser(met.event_id), as_organiser(met.other_event)
    told = ours.get(f"/actors/{met.hidden}").json()
    assert (told["name"], told["disclosure"], told["city"]) == (HIDDEN["name"], "confidential", "Wambrechies")
    assert ours.get("/actors", params={"q": "zabelin"}).json()["total"] == 1
    people = ours.get(f"/events/{met.event_id}/participants").json()
    assert [p["pseudonym"] is not None for p in people if p["actor_id"] == met.hidden] == [True]
    assert theirs.get(f"/actors/{met.hidden}").status_code == 404
    assert theirs.get("/actors", params={"q": "zabelin"}).json()["total"] == 0
    number = next(a["id"] for a in theirs.get("/actors").json()["items"] if a["disclosure"] == "withheld")
    for asked in (
        theirs.patch(f"/actors/{number}", json={"size": 1}),
        theirs.get(f"/actors/{number}/sources"),
        theirs.get(f"/actors/{number}/known"),
    ):
        assert asked.status_code == 403
        assert betrayed(asked.text) == []
    for asked in (
        theirs.post(f"/events/{met.other_event}/participants", json={"actor_id": met.hidden}),
        theirs.post("/tandems", json={"actor_id": met.hidden, "partner_id": met.partner, "status": "met"}),
        theirs.get(f"/tandems/{met.hidden}/3"),
        theirs.put(f"/actors/{met.partner}/relations", json={"target_id": met.hidden, "type": "partner"}),
    ):
        assert asked.status_code == 404
        assert betrayed(asked.text) == []
    assert theirs.get("/tandems").json()["total"] == 0
    assert ours.get("/tandems").json()["total"] == 1


def test_an_organiser_knows_whom_they_entered(as_organiser, met: Encounter) -> None:
    theirs, ours = as_organiser(met.other_event), as_organiser(met.event_id)
    made = theirs.post("/actors", json={"name": "Secret Mill", "country": "BE", "anonymous": True}).json()
    assert (made["name"], made["disclosure"]) == ("Secret Mill", "confidential")
    assert theirs.post(f"/events/{met.other_event}/participants", json={"actor_id": made["id"]}).status_code == 201
    assert ours.get(f"/actors/{made['id']}").status_code == 404
    veiled = theirs.patch(f"/actors/{met.partner}", json={"anonymous": True}).json()
    assert (veiled["name"], veiled["disclosure"]) == ("Centexlab", "confidential")


def test_two_advisers_introduce_and_one_alone_does_not(as_organiser, serve: Serve, met: Encounter) -> None:
    one, other = as_organiser(met.event_id), as_organiser(met.event_id)
    mine = f"/events/{met.event_id}/introductions/{met.hidden}/{met.partner}"
    theirs = f"/events/{met.event_id}/introductions/{met.partner}/{met.hidden}"
    (listed,) = one.get(f"/events/{met.event_id}/introductions").json()
    assert (listed["actor_word"], listed["partner_word"], listed["opened"]) == (None, None, False)
    first = one.put(mine).json()
    assert (first["actor_word"]["by"].split(":")[0], first["partner_word"], first["opened"]) == ("key", None, False)
    assert one.put(theirs).status_code == 409
    assert betrayed(agenda(serve, met.token)) == []
    assert other.put(theirs).json()["opened"] is True
    assert "Tissages Zabelin SA" in agenda(serve, met.token)
    assert other.delete(theirs).status_code == 204
    assert betrayed(agenda(serve, met.token)) == []
    assert other.delete(theirs).status_code == 404
    assert one.put(f"/events/{met.event_id}/introductions/{met.partner}/3").status_code == 409


def test_introductions_are_in_the_audit_trail(as_organiser, serve: Serve, make_key: MakeKey, met: Encounter) -> None:
    as_organiser(met.event_id).put(f"/events/{met.event_id}/introductions/{met.hidden}/{met.partner}")
    admin = serve()
    told = admin.get("/audit", headers=with_key(make_key("admin"))).json()["items"]
    record = next(r for r in told if "introductions" in r["route"])
    assert record["target"] == f"actor_id={met.hidden} event_id={met.event_id} other_id={met.partner}"
    assert record["action"] == "change"


def test_contacts_names_go_out_of_its_texts_when_they_are_known(
    as_organiser, reader: TestClient, met: Encounter
) -> None:
    ours = as_organiser(met.event_id)
    ours.patch(f"/actors/{met.hidden}", json={"needs": {"en": "Ask Quirina Blom about coatings"}})
    number = suggested(reader, met)["actor"]["id"]
    assert "Quirina" in reader.get(f"/actors/{number}").text
    contact = {"name": "Quirina Blom", "email": "q@x.example", "basis": "contract", "basis_note": "7"}
    assert ours.post(f"/actors/{met.hidden}/contacts", json=contact).status_code == 201
    assert "Quirina" not in reader.get(f"/actors/{number}").text
    assert reader.get("/actors", params={"q": "Quirina"}).json()["total"] == 0


def test_a_field_goes_as_far_as_its_actor_says(as_organiser, reader: TestClient, serve: Serve, met: Encounter) -> None:
    ours = as_organiser(met.event_id)
    said = {"visibility": {"website": "organiser", "needs": "event", "city": "mutual"}, "website": "https://c.example"}
    assert ours.patch(f"/actors/{met.partner}", json=said).status_code == 200
    told = reader.get(f"/actors/{met.partner}").json()
    assert (told["name"], told["website"], told["city"], told["needs"], told["visibility"]) == (
        "Centexlab", None, None, [], {})  # fmt: skip
    assert reader.get("/actors", params={"q": "Gent"}).json()["total"] == 0
    whole = ours.get(f"/actors/{met.partner}").json()
    assert (whole["website"], whole["city"], whole["visibility"]) == ("https://c.example", "Gent", said["visibility"])
    # It is still found by what it hides; the words that met are not quoted.
    number = suggested(reader, met)["actor"]["id"]
    found = reader.post("/match", json={"actor_id": number, "min_score": 0}).json()["suggestions"]
    centre = next(s for s in found if s["actor"]["name"] == "Centexlab")
    assert "coating of glass fabric" not in str([r["evidence"] for r in centre["reasons"] if r["part"] == "offer_need"])
    # Who comes to the same event reads it.
    assert "coating of glass fabric" in re.sub("<[^>]*>", "", agenda(serve, met.own_token))
    refused = ours.patch(f"/actors/{met.partner}", json={"visibility": {"name": "mutual"}})
    assert refused.status_code == 422


def test_an_anonymous_actor_cannot_widen_what_tells_who_it_is(as_organiser, reader: TestClient, met: Encounter) -> None:
    wide = {"city": "public", "website": "public", "aliases": "public", "position": "public", "region": "public"}
    as_organiser(met.event_id).patch(f"/actors/{met.hidden}", json={"visibility": wide})
    told = reader.get(f"/actors/{suggested(reader, met)['actor']['id']}").json()
    assert (told["city"], told["website"], told["aliases"], told["lat"]) == (None, None, [], None)
    assert told["region"] == "Hauts-de-France"


def test_who_opens_itself_is_seen_at_once(as_organiser, reader: TestClient, met: Encounter) -> None:
    number = suggested(reader, met)["actor"]["id"]
    as_organiser(met.event_id).patch(f"/actors/{met.hidden}", json={"anonymous": False})
    assert reader.get(f"/actors/{met.hidden}").json()["name"] == HIDDEN["name"]
    assert reader.get(f"/actors/{number}").status_code == 404
    assert reader.get("/actors", params={"q": "zabelin"}).json()["total"] == 1


def test_papers_for_others_name_nobody_who_is_anonymous(as_organiser, met: Encounter) -> None:
    from pypdf import PdfReader

    ours = as_organiser(met.event_id)
    for kind in ("places", "rounds", "badges"):
        told = printed(PdfReader, ours.post(f"/events/{met.event_id}/papers/{kind}", json={}).content)
        assert "Anonym" in told, kind
        assert betrayed(told) == [], kind
    for actor_id, sees in ((met.partner, False), (met.hidden, True)):
        sheet = ours.post(f"/events/{met.event_id}/papers/participants", json={"actor_ids": [actor_id]})
        told = printed(PdfReader, sheet.content)
        assert "Anonym" in told
        assert ("Zabelin" in told) == sees
    named = ours.post(f"/events/{met.event_id}/papers/badges", json={"badge_names": "name"})
    assert "Zabelin" in printed(PdfReader, named.content)


def printed(reader: object, data: bytes) -> str:
    from io import BytesIO

    return "\n".join(page.extract_text() for page in reader(BytesIO(data)).pages)


def test_a_column_of_an_import_makes_actors_anonymous_and_its_absence_opens_nobody(
    serve: Serve, make_key: MakeKey, reader: TestClient
) -> None:
    admin = TestClient(serve().app, base_url="https://viaduc.example")
    admin.headers.update(with_key(make_key("admin")))

    def bring(text: str) -> dict[str, object]:
        files = {"file": ("map.csv", text.encode(), "text/csv")}
        number = admin.post("/maps/imports", data={"name": "Chamber"}, files=files).json()["id"]
        return admin.post(f"/maps/imports/{number}/apply", json={}).json()

    first = bring("id,name,country,anonymous,offer_en\nx1,Moulin Gris,FR,oui,spinning of flax at Moulin Gris\n"
                  "x2,Open Mill,BE,no,spinning of wool\nx3,Doubtful,BE,perhaps,spinning of hemp\n")  # fmt: skip
    assert (first["report"]["new"], len(first["report"]["rejected"])) == (2, 1)
    assert {a["name"].split(" ")[0]: a["disclosure"] for a in reader.get("/actors").json()["items"]} == {
        "Open": "open", "Anonym": "withheld"}  # fmt: skip
    number = reader.get("/actors").json()["items"][-1]["id"]
    assert reader.get(f"/actors/{number}").json()["offers"][0]["text"] == "spinning of flax at […]"
    told = admin.get("/maps/1/export", params={"format": "csv"}).text
    assert "anonymous" in told.splitlines()[0]
    bring("id,name,country,offer_en\nx1,Moulin Gris,FR,spinning of linen at Moulin Gris\n")
    assert reader.get(f"/actors/{number}").json()["offers"][0]["text"] == "spinning of linen at […]"
    assert reader.get("/actors", params={"q": "Gris"}).json()["total"] == 0


def test_a_report_names_them_as_others_met_them(as_organiser, engine: Engine, met: Encounter) -> None:
    with session_scope(engine) as session:
        for one, other in ((met.hidden, met.partner), (met.partner, met.hidden)):
            fields = AnswerFields(again="yes", next_step="contact", note="Very good", quote=True)
            save_answer(session, meant=Meant(met.event_id, one, other), fields=fields)
    ours = as_organiser(met.event_id)
    for answer in (
        ours.get(f"/events/{met.event_id}/report"),
        ours.get(f"/console/events/{met.event_id}/report", headers=BROWSER),
    ):
        assert answer.status_code == 200
        assert "Anonym " in answer.text
        assert betrayed(answer.text) == []


@pytest.mark.parametrize("number", [0, -1, 2**52, 2**53 - 1, 2**53, 2**63, 2**70])
def test_numbers_that_nobody_has_are_answered_alike(reader: TestClient, met: Encounter, number: int) -> None:
    for path in (f"/actors/{number}", f"/actors/{number}/relations"):
        assert reader.get(path).json()["detail"] == f"there is no actor {number}"
    asked = reader.post("/match", json={"actor_id": number})
    assert (asked.status_code, asked.json()["detail"]) == (404, f"there is no actor {number}")
    exclude = {"actor_id": met.partner, "min_score": 0, "filters": {"exclude": [number]}}
    assert len(reader.post("/match", json=exclude).json()["suggestions"]) == 1
