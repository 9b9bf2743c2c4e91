"""Papers, read back as text."""

import io
import zipfile
from datetime import timedelta

from fastapi.testclient import TestClient
from papers_gathering import NAMES, Gathering, add_plan, words_of
from pypdf import PdfReader
from sqlmodel import Session, col, select

from app.services.papers.make import Order, prepare_look
from app.services.papers.press import print_pdf
from app.services.papers.sheets import participants_data, rounds_data
from app.web.papers.wording import words
from models.agenda import AgendaLink
from models.event import Participant, Round
from models.papers import PaperOptions
from models.plan import Meeting


def printed(client: TestClient, gathering: Gathering, kind: str, **options: object) -> list[str]:
    answer = client.post(f"{gathering.url}/papers/{kind}", json=options)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return words_of(answer.content)


def test_a_participants_sheet_says_when_where_whom_and_why_in_both_languages(
    client: TestClient, planned: Gathering
) -> None:
    (sheet,) = printed(client, planned, "participants", actor_ids=[planned.actors[0]])
    body, foot = sheet.split(" Plan 1, brouillon du ")
    assert body == (
        "Rencontres : à Kortrijk · dimanche 28 mars 2027 Tissages & Cie Entreprise · Lille · France · français "
        "Kortrijk Votre agenda, toujours à jour Uw agenda, altijd actueel "
        "Heure · Tijd Place · Plaats Vous rencontrez · U ontmoet Notes · Notities "
        "09:30 – 09:50 Table 1 Interprète 1 (français, néerlandais) Tolk 1 (Frans, Nederlands) "
        f"{NAMES[1]} Entreprise · Lille · Belgique (VLG) · néerlandais "
        "Vous cherchez · U zoekt: « laboratoire pour tester la résistance au feu des tissus » "
        "Ils proposent · Zij bieden: “laboratorium dat tester la résistance au feu des tissus” "
        "09:55 – 11:00 Pause · Pauze "
        "11:00 – 11:20 Zaal Øst =1+1 Entreprise · Lille · Belgique (VLG) · néerlandais"
    )
    assert "peut encore changer · Plan 1, ontwerp van " in foot


def test_who_meets_two_at_once_reads_both(client: TestClient, session: Session, gathering: Gathering) -> None:
    a, b, _, d = gathering.actors
    add_plan(session, gathering.id, 1, [(a, b, 0, 0), (a, d, 0, 1)])
    (sheet,) = printed(client, gathering, "participants", actor_ids=[a])
    assert sheet.count("09:30 – 09:50") == 2
    assert NAMES[1] in sheet
    assert NAMES[3] in sheet


def test_who_sends_several_reads_who_sits_where(client: TestClient, session: Session, gathering: Gathering) -> None:
    a, b, _, d = gathering.actors
    add_plan(session, gathering.id, 1, [(a, b, 0, 0), (d, a, 0, 1)])
    session.get_one(Participant, (gathering.id, a)).delegates = [{"id": "Anna"}, {"id": "Bart"}]
    session.get_one(Participant, (gathering.id, b)).delegates = [{"id": "Carla"}]
    first, second = session.exec(select(Meeting).order_by(col(Meeting.place)))
    first.delegate_a, first.delegate_b = "Anna", "Carla"
    second.delegate_b = "Bart"
    session.commit()
    mine, theirs = printed(client, gathering, "participants", actor_ids=[a, b])
    where = [mine.index(word) for word in (NAMES[1], "À la table pour vous : Anna · Aan tafel voor u: Anna", NAMES[3],
                                           "À la table pour vous : Bart")]  # fmt: skip
    assert where == sorted(where)
    assert "Carla" not in mine
    assert not any(name in theirs for name in ("Anna", "Carla"))  # one delegate is not told apart


def test_what_people_wrote_is_never_read_as_markup(client: TestClient, planned: Gathering) -> None:
    for kind in ("participants", "places", "rounds", "interpreters", "badges"):
        text = "".join(printed(client, planned, kind)).replace(" ", "")
        assert '#panic("x")*notbold*$x$@ref</script>' in text, kind


def test_every_place_round_and_interpreter_has_a_sheet(client: TestClient, planned: Gathering) -> None:
    places = printed(client, planned, "places")
    assert [page.split("2027 ")[1][:8] for page in places] == ["Table 1 ", "Zaal Øst"]
    assert "09:55 – 10:15 libre · vrij" in places[0]
    rounds = printed(client, planned, "rounds")
    assert [page.split("2027 ")[1][:30] for page in rounds] == [
        "09:30 – 09:50 Tour 1 · Ronde 1", "09:55 – 10:15 Tour 2 · Ronde 2", "11:00 – 11:20 Tour 3 · Ronde 3",
    ]  # fmt: skip
    assert "En pause pendant ce tour · Pauze in deze ronde" in rounds[0]
    (interpreter,) = printed(client, planned, "interpreters")
    assert "Interprète 1" in interpreter
    assert interpreter.count("Table 1") == 2


def test_the_organiser_chooses_the_languages(client: TestClient, planned: Gathering) -> None:
    one = [planned.actors[0]]
    (alone,) = printed(client, planned, "participants", first="eu", second="none", actor_ids=one)
    assert "Ordua Lekua Norekin Oharrak" in alone
    (other,) = printed(client, planned, "participants", second="da", actor_ids=one)
    assert "Heure · Tid Place · Plads Vous rencontrez · I møder Notes · Noter" in other


def test_places_that_the_service_named_follow_the_reader(client: TestClient, planned: Gathering) -> None:
    (theirs,) = printed(client, planned, "participants", actor_ids=[planned.actors[1]])
    assert "09:30 – 09:50 Tafel 1 " in theirs
    first, second = printed(client, planned, "signs")
    assert (first.count("Table 1"), first.count("Tafel 1"), second.count("Zaal Øst")) == (2, 2, 2)
    (day,) = printed(client, planned, "interpreters", first="de")
    assert (day.count("Tisch 1"), day.count("Table 1")) == (2, 0)


def test_a_sheet_that_runs_on_says_on_every_page_whose_it_is(planned: Gathering, session: Session) -> None:
    order = Order(words, "https://viaduc.example.org")
    desk = prepare_look(session, event_id=planned.id, order=order, kind="participants")
    data = participants_data(desk)
    (sheet,) = (s for s in data["sheets"] if s["name"] == NAMES[0])
    sheet["rows"] *= 5
    one, two, *more = words_of(print_pdf("participants", data | {"sheets": [sheet]}))
    pages = 2 + len(more)
    head = f"{NAMES[0]} Rencontres : à Kortrijk Page {{n}} sur {pages} · Pagina {{n}} van {pages}"
    assert "Page 1" in one
    assert not one.startswith(head.format(n=1))
    for number, page in enumerate([two, *more], start=2):
        assert head.format(n=number) in page
        assert "Vous rencontrez · U ontmoet" in page


def lines_of(pdf: bytes) -> list[str]:
    """The lines of the first page as they are set."""
    return [line.strip() for line in PdfReader(io.BytesIO(pdf)).pages[0].extract_text().splitlines()]


def test_a_place_stands_on_one_line_and_those_who_pause_in_columns(planned: Gathering, session: Session) -> None:
    order = Order(words, "https://viaduc.example.org", PaperOptions(first="eu", actor_ids=[planned.actors[0]]))
    own = participants_data(prepare_look(session, event_id=planned.id, order=order, kind="participants"))
    assert "Mahaia 1" in lines_of(print_pdf("participants", own))
    data = rounds_data(prepare_look(session, event_id=planned.id, order=order, kind="rounds"))
    sheet = data["sheets"][0]
    sheet["also"]["names"] = [f"Pausing {n}" for n in range(9)]
    heights = _heights(print_pdf("lists", data | {"sheets": [sheet]}), [f"Pausing {n}" for n in (0, 3, 6)])
    assert len(set(heights)) == 1


def test_a_round_of_twenty_tables_with_those_who_pause_is_one_sheet(planned: Gathering, session: Session) -> None:
    order = Order(words, "https://viaduc.example.org", PaperOptions(first="eu"))
    data = rounds_data(prepare_look(session, event_id=planned.id, order=order, kind="rounds"))
    sheet = data["sheets"][0]
    row = next(row for row in sheet["rows"] if row["kind"] == "meeting")
    plain = row | {"note": [], "people": [person | {"name": "Weefcentrum"} for person in row["people"]]}
    sheet["rows"] = [plain] * 18 + [plain | {"note": ["Interprète 1", "Tolk 1"]}] * 2
    sheet["also"]["names"] = [f"Pausing {n}" for n in range(15)]
    assert len(words_of(print_pdf("lists", data | {"sheets": [sheet]}))) == 1
    sheet["rows"] *= 2
    assert len(words_of(print_pdf("lists", data | {"sheets": [sheet]}))) == 2


def _heights(pdf: bytes, wanted: list[str]) -> list[int]:
    """How high on the first page each of these words begins, in points."""
    found: dict[str, int] = {}

    def note(text: str, _cm: object, tm: list[float], _font: object, _size: object) -> None:
        for word in wanted:
            if text.strip() == word:
                found[word] = round(tm[5])

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=note)
    return [found[word] for word in wanted]


def test_badges_come_by_the_sheet_in_the_size_that_is_asked_for(client: TestClient, planned: Gathering) -> None:
    for index, actor_id in enumerate(planned.actors):
        people = [{"id": f"Person {index}-{n}", "languages": ["fr", "nl"]} for n in range(3)]
        client.put(f"{planned.url}/participants", json={"actor_id": actor_id, "delegates": people})
    assert [page.count("Person") for page in printed(client, planned, "badges")] == [10, 2]
    large = printed(client, planned, "badges", badge_width_mm=105, badge_height_mm=140)
    assert [page.count("Person") for page in large] == [2] * 6
    assert large[5].endswith(f"Person 1-2 {NAMES[1]} Lille · België FR NL")


def test_signs_show_the_place_on_both_faces(client: TestClient, planned: Gathering) -> None:
    assert [
        page.count(label)
        for page, label in zip(printed(client, planned, "signs"), ("Table 1", "Zaal Øst"), strict=True)
    ] == [2, 2]


def test_codes_are_new_links_to_agendas_and_only_sheets_make_them(
    client: TestClient, session: Session, planned: Gathering
) -> None:
    def links() -> list[str]:
        session.expire_all()
        return [row.purpose for row in session.exec(select(AgendaLink))]

    for kind in ("places", "rounds", "badges", "signs"):
        printed(client, planned, kind)
    assert links() == []
    printed(client, planned, "participants", actor_ids=list(planned.actors[:2]))
    assert links() == ["paper"] * 2
    printed(client, planned, "badges", badge_code="agenda")
    assert links() == ["paper"] * 6


def test_all_papers_come_in_one_archive(client: TestClient, planned: Gathering) -> None:
    answer = client.post(f"{planned.url}/papers", json={})
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rencontres-a-kortrijk-papers.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        pages = {name: len(PdfReader(io.BytesIO(archive.read(name))).pages) for name in archive.namelist()}
    stem = "rencontres-a-kortrijk-"
    assert pages == {f"{stem}participants.pdf": 4, f"{stem}places.pdf": 2, f"{stem}rounds.pdf": 3,
                     f"{stem}interpreters.pdf": 1, f"{stem}badges.pdf": 1, f"{stem}signs.pdf": 2}  # fmt: skip


def test_an_event_without_a_plan_has_badges_and_empty_sheets(client: TestClient, gathering: Gathering) -> None:
    assert "Aucune rencontre n’est encore prévue pour vous." in printed(client, gathering, "participants")[0]
    assert len(printed(client, gathering, "badges")) == 1


def test_what_cannot_be_printed_is_told(client: TestClient, planned: Gathering) -> None:
    for options, status in (
        ({"plan": 9}, 404), ({"actor_ids": [999]}, 404), ({"badge_width_mm": 20}, 422), ({"first": "tlh"}, 422),
    ):  # fmt: skip
        answer = client.post(f"{planned.url}/papers/participants", json=options)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), options


def test_a_night_is_no_pause_and_every_day_of_several_is_named(
    client: TestClient, planned: Gathering, session: Session
) -> None:
    for row in session.exec(select(Round).where(Round.ordinal > 0)):
        row.starts_at += timedelta(days=1)
    session.commit()
    (sheet,) = printed(client, planned, "participants", actor_ids=[planned.actors[0]])
    first, second = ("dimanche 28 mars 2027 · zondag 28 maart 2027", "lundi 29 mars 2027 · maandag 29 maart 2027")
    assert sheet.index(first) < sheet.index("09:30 – 09:50") < sheet.index(second) < sheet.index("11:00 – 11:20")
    assert sheet.count("Pause") == 1
    session.get_one(Participant, (planned.id, planned.actors[2])).available = [2]
    session.commit()
    (other,) = printed(client, planned, "participants", actor_ids=[planned.actors[2]])
    assert (first in other, second in other) == (False, True), "a day on which somebody is not there is not named"
    for kind in ("places", "interpreters"):
        for told in printed(client, planned, kind):
            assert told.index("dimanche 28 mars 2027 ·") < told.index("09:30")
            assert ("lundi 29 mars 2027 ·" in told) == ("09:55" in told or "11:00" in told)
