"""Competence maps in the browser: from the file to the report, and back."""

import html
import re
from collections.abc import Callable
from importlib import import_module

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.main import create_app
from app.services.importing.jobs import start_job
from app.services.importing.run import accept
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from models.competence_map import MapFields, UndoReport

CSV = (
    "Nom;Pays;Ville;Site web;Description;Offres;Blabla\n"
    "UP-tex;FR;Tourcoing;www.up-tex.fr;Pôle textile;étoffes écrues;x1\n"
    "Uptex;FR;Tourcoing;www.up-tex.fr;Textile;conseil;x2\n"
    "Sans pays;Atlantide;;;;;x3\n"
)
Load = Callable[..., str]


@pytest.fixture
def load(client: TestClient) -> Load:
    """Load a file through the page's form; returns the address of its import."""

    def _load(data: str = CSV, filename: str = "carte.csv", **fields: str) -> str:
        answer = client.post(
            "/console/maps", files={"file": (filename, data.encode())}, data=fields, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        ready(client, answer.headers["location"])
        return answer.headers["location"]

    return _load


def ready(client: TestClient, url: str) -> str:
    """The page of an import once work on it is done."""
    for _ in range(2000):
        answer = client.get(url)
        if 'id="work"' not in answer.text:
            return answer.text
    raise AssertionError(answer.text)


def text_of(client: TestClient, url: str) -> str:
    assert client.get(url).status_code == 200
    return re.sub(r"\s+", " ", ready(client, url))


def numbers(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


def test_a_file_is_previewed_and_nothing_is_stored(client: TestClient, load: Load) -> None:
    page = text_of(client, load(licence="CC0"))
    assert numbers(page) == {"Rows": "3", "New actors": "2", "Changed": "0", "The same": "0", "Rejected rows": "1"}
    assert "<code>Atlantide</code>" in page
    assert "unknown country" in page
    assert "One actor, or two?" in page
    assert client.get("/actors").json()["total"] == 0
    listed = text_of(client, "/console/maps")
    assert "Waits for your decision" in listed
    assert ">carte</a>" in listed


def test_apply_then_undo_says_what_became_of_everybody(client: TestClient, load: Load) -> None:
    url = load()
    client.post(f"{url}/apply", data={"how": "steps"})
    page = text_of(client, url)
    assert "Done. Everything is stored." in page
    assert client.get(f"/maps/imports/{url.rpartition('/')[2]}").json()["options"]["resumable"] is True
    client.patch("/actors/1", json={"city": "Lille"})
    client.post(f"{url}/undo")
    page = text_of(client, url)
    assert numbers(page) == {"Actors removed": "1", "As they were before": "0", "Left alone": "1"}
    assert "UP-tex (actor 1): edited since the import" in page


def test_the_page_of_a_map_outlives_an_erasure(client: TestClient, load: Load) -> None:
    """What an import reported names people: it goes with whoever is erased, and the page says no more than the rest."""
    url = load()
    client.post(f"{url}/apply")
    ready(client, url)
    assert "2 new" in client.get("/console/maps/1").text
    assert client.post("/privacy/erase", json={"actor_id": 1, "dry_run": False}).status_code == 200
    page = client.get("/console/maps/1")
    assert (page.status_code, "carte.csv" in page.text, "2 new" in page.text) == (200, True, False)
    assert client.get(url).status_code == 200


def test_the_texts_that_wait_are_told_until_they_are_understood(
    client: TestClient, load: Load, embed: Callable[[], object]
) -> None:
    url = load()
    client.post(f"{url}/apply")
    assert "0 of 4 texts are understood." in text_of(client, url)
    embed()
    assert "All 4 texts are found by meaning." in text_of(client, url)


def test_a_column_is_corrected_once_and_remembered(client: TestClient, load: Load) -> None:
    url = load()
    page = text_of(client, url)
    fields = dict(re.findall(r'name="(heading-\d+|was-\d+)" value="([^"]*)"', page))
    number = next(name.partition("-")[2] for name, value in fields.items() if value == "Blabla")
    assert fields[f"was-{number}"] == ""
    chosen = {f"field-{n.partition('-')[2]}": v for n, v in fields.items() if n.startswith("was")}
    client.post(f"{url}/options", data=fields | chosen | {f"field-{number}": "needs", f"lang-{number}": "fr"})
    options = client.get(f"/maps/imports/{url.rpartition('/')[2]}").json()["options"]
    assert options["mapping"] == {"Blabla": "needs.fr"}
    client.post(f"{url}/apply")
    assert client.get("/actors/1").json()["needs"] == [{"lang": "fr", "text": "x1"}]
    newer = text_of(client, load(CSV.replace("x1", "x9"), name="carte"))
    assert numbers(newer)["Changed"] == "1"


def test_twins_are_joined_and_separated_again(client: TestClient, load: Load) -> None:
    url = load()
    client.post(f"{url}/options", data={"part": "twins", "twin-0": "same"})
    page = text_of(client, url)
    assert numbers(page)["Joined to known ones"] == "1"
    part = re.search(r'name="(part-[^"]+)"', page)[1]
    client.post(f"{url}/options", data={"part": "twins", part: "two"})
    assert numbers(text_of(client, url))["New actors"] == "2"


def test_what_changes_is_shown_field_by_field_and_what_was_edited_stays(client: TestClient, load: Load) -> None:
    client.post(f"{load()}/apply")
    client.patch("/actors/1", json={"city": "Lille"})
    newer = CSV.replace("UP-tex;FR;Tourcoing;www.up-tex.fr;Pôle textile", "UP-tex;FR;Gand;www.up-tex.fr;Pôle")
    page = text_of(client, load(newer, name="carte"))
    assert re.search(r"Description</th><td>Pôle textile \(fr\) </td><td>Pôle \(fr\) </td>", page)
    assert re.search(r"Town</th><td>Lille <span class=\"tag\">stays</span></td><td>Gand <span", page)
    assert "1 field says otherwise than Viaduc" in page


def test_rejected_rows_maps_and_templates_are_handed_out(client: TestClient, load: Load) -> None:
    url = load()
    rejected = client.get(f"{url}/rejected")
    assert "Atlantide" in rejected.content.decode("utf-8-sig")
    client.post(f"{url}/apply")
    for kind in ("csv", "xlsx", "jsonl"):
        made = client.get("/console/maps/1/export", params={"format": kind})
        assert made.headers["content-disposition"] == f"attachment; filename*=UTF-8''carte.{kind}"
    part = client.get("/console/maps/1/export", params={"format": "csv", "country": "BE", "kind": "", "sector": "\0"})
    assert (part.status_code, len(part.text.splitlines())) == (200, 1)
    page = text_of(client, "/console/maps/1")
    assert re.search(
        r'<select id="part-country" name="country"><option value="">all of them</option><option value="FR">', page
    )
    assert client.get("/console/maps/template", params={"template": "eu"}).status_code == 200


def test_a_map_at_a_glance(client: TestClient, load: Load) -> None:
    two = "Nom;Pays;Secteurs;Description\nA;FR;textile|eau;Tissus\nB;BE;textile;\n"
    client.post(f"{load(two)}/apply")
    client.get("/directory/1", headers={"referer": "http://testserver/?q=x&side=FR"})
    client.get("/directory/1")
    page = text_of(client, "/console/maps/1")
    assert re.search(r"Description</th><td class=\"figure\">50%", page)
    assert "1 gap: a sector that nobody covers in a territory." in page
    assert "1 of 2 actors were looked at by somebody." in page
    assert re.search(r"Side FR, [A-Za-z ]+</th><td class=\"figure\">1<", page)
    known = text_of(client, "/console/maps/actors/1")
    assert "Who knows A" in known
    assert re.search(r'href="/console/maps/1">carte</a>', known)


def test_the_admin_chooses_whose_word_counts(client: TestClient, load: Load) -> None:
    client.post(f"{load()}/apply")
    client.patch("/actors/1", json={"city": "Lille"})
    assert "they disagree" in text_of(client, "/console/maps/actors/1")
    client.post("/console/maps/actors/1/take", data={"field": "city", "map": "1"})
    assert client.get("/actors/1").json()["city"] == "Tourcoing"
    assert client.post("/console/maps/actors/1/take", data={"field": "city", "map": "x"}).status_code == 404


def test_a_file_that_cannot_be_read_says_why_and_takes_the_heading_of_the_names(client: TestClient, load: Load) -> None:
    url = load("Blabla;Land\nA;BE\n")
    page = text_of(client, url)
    assert "This file cannot be read as it is" in page
    assert "no column holds the actors&#39; names" in page
    client.post(f"{url}/options", data={"name_column": "Blabla"})
    assert numbers(text_of(client, url))["New actors"] == "1"
    client.post(f"{url}/discard")
    assert client.get(url).status_code == 404


def test_work_that_goes_on_is_shown_and_can_be_stopped(client: TestClient, session: Session) -> None:
    row = accept(session, fields=MapFields(name="big"), filename="big.csv", data=b"Name;Country\nA;BE\n")
    start_job(session, import_id=row.id)
    session.commit()
    url = f"/console/maps/imports/{row.id}"
    page = client.get(url).text
    assert "Waiting for its turn" in page
    assert '<meta http-equiv="refresh" content="3">' in page
    part = client.get(url, headers={"hx-request": "true", "hx-target": "work"})
    assert (part.template.name, "hx-refresh" in part.headers) == ("maps/_watched.html", False)
    assert client.post(f"{url}/options", data={"part": "columns"}).status_code == 409
    assert client.post(f"{url}/stop", follow_redirects=False).status_code == 303


def test_the_page_is_loaded_anew_when_the_work_is_done(client: TestClient, load: Load) -> None:
    url = load()
    part = client.get(url, headers={"hx-request": "true", "hx-target": "work"})
    assert part.headers["hx-refresh"] == "true"


def test_forms_without_a_file_or_from_elsewhere_are_refused(client: TestClient) -> None:
    assert client.post("/console/maps", data={"name": "x"}).status_code == 422
    stranger = {"sec-fetch-site": "cross-site"}
    for path in ("", "/sectors", "/imports/1/apply", "/imports/1/undo", "/imports/1/discard", "/imports/1/stop"):
        assert client.post(f"/console/maps{path}", headers=stranger).status_code == 403, path


def test_an_address_is_asked_for_only_where_hosts_are_allowed(
    client: TestClient, settings: Settings, engine: Engine, meaning: Meaning
) -> None:
    assert 'name="url"' not in text_of(client, "/console/maps")
    allowing = settings.model_copy(update={"import_urls": "data.example.org"})
    application = create_app(allowing, engine=engine, holder=MeaningHolder.ready(meaning))
    with TestClient(application, headers=dict(client.headers)) as other:
        assert "Files are fetched from data.example.org only." in text_of(other, "/console/maps")
        answer = other.post("/console/maps", data={"url": "https://evil.example.org/x.csv"})
    assert answer.status_code == 422
    assert "files are not fetched from evil.example.org" in answer.text


def test_sector_lists_are_loaded_shown_and_forgotten(client: TestClient) -> None:
    data = b"code;name_fr;name_nl;viaduc\nDAS1;Textiles;Textiel;textile\nDAS2;;;\n"
    answer = client.post("/console/maps/sectors", files={"file": ("das.csv", data)}, data={"name": "DAS"})
    page = re.sub(r"\s+", " ", answer.text)
    assert "1 sector loaded into “DAS”" in page
    assert "line 3: &#39;DAS2&#39; has no name" in page
    assert '<span class="named" lang="nl">Textiel</span>' in page
    client.post("/console/maps/sectors/1/delete")
    assert "No list is loaded." in text_of(client, "/console/maps/sectors")


MESSY = (
    "Nom;Pays;Ville;Type;Contact;Blabla\n"
    "UP-tex;FR;Tourcoing;pôle magique;Marie Exemple;x1\n"
    "Uptex;FR;Tourcoing;pôle magique;;x2\n"
    "Sans pays;Atlantide;;;;\n"
    ";FR;;;;\n"
    "Trop;FR\n"
)
FOUND = {
    "fr": ("pays inconnu « Atlantide »", "le nom manque", "(toute la ligne)", "n’est pas un type que nous connaissons",
           "même ville Tourcoing", "la colonne « Blabla » n’est pas importée", "aucune base légale"),
    "nl": ("onbekend land “Atlantide”", "de naam ontbreekt", "(hele rij)", "is geen soort die we kennen",
           "zelfde plaats Tourcoing", "de kolom “Blabla” wordt niet geïmporteerd", "geen rechtsgrond"),
    "de": ("unbekanntes Land „Atlantide“", "der Name fehlt", "(ganze Zeile)", "ist keine Art, die wir kennen",
           "gleicher Ort Tourcoing", "die Spalte „Blabla“ wird nicht übernommen", "keine Rechtsgrundlage"),
    "da": ("ukendt land “Atlantide”", "navnet mangler", "(hele rækken)", "er ikke en type, vi kender",
           "samme by Tourcoing", "kolonnen “Blabla” importeres ikke", "ikke angivet noget retsgrundlag"),
    "es": ("país desconocido «Atlantide»", "falta el nombre", "(toda la fila)", "no es un tipo que conozcamos",
           "la misma ciudad Tourcoing", "la columna «Blabla» no se importa", "no se dio una base jurídica"),
    "eu": ("herrialde ezezaguna: «Atlantide»", "izena falta da", "(errenkada osoa)", "ez da ezagutzen dugun mota bat",
           "herri bera: Tourcoing", "«Blabla» zutabea ez da inportatzen", "ez da oinarri juridikorik eman"),
    "en": ("unknown country 'Atlantide'", "the name is missing", "(whole row)", "is no kind we know",
           "same town Tourcoing", "the column 'Blabla' is not imported", "no legal basis was given"),
}  # fmt: skip


@pytest.mark.parametrize("lang", FOUND)
def test_what_an_import_finds_is_said_in_the_readers_language(client: TestClient, load: Load, lang: str) -> None:
    url, reader = load(MESSY), {"accept-language": lang}
    page = html.unescape(client.get(url, headers=reader).text).replace("\u00a0", " ")
    assert [sentence for sentence in FOUND[lang] if sentence not in page] == []
    assert '<td lang="en">' not in page
    file = client.get(f"{url}/rejected", headers=reader).content.decode("utf-8-sig").replace("\u00a0", " ")
    assert [sentence for sentence in FOUND[lang][:3] if sentence not in file] == []
    assert file.splitlines()[0] != "reason,Nom,Pays,Ville,Type,Contact,Blabla" or lang == "en"


def test_a_file_of_rejected_rows_in_any_language_is_mended_and_loaded(client: TestClient, load: Load) -> None:
    url = load()
    for lang in FOUND:
        file = client.get(f"{url}/rejected", headers={"accept-language": lang}).content.decode("utf-8-sig")
        mended = load(file.replace("Sans pays,Atlantide", "Sans pays,BE"), name=f"mended {lang}")
        assert numbers(text_of(client, mended)) == {
            "Rows": "1", "New actors": "1", "Changed": "0", "The same": "0", "Rejected rows": "0",
        }  # fmt: skip


def test_refusals_and_what_an_undo_left_alone_are_said_in_the_readers_language(client: TestClient, load: Load) -> None:
    german = {"accept-language": "de"}
    refused = client.get(load("Blabla;Land\nA;BE\n", name="x"), headers=german).text
    assert "keine Spalte enthält die Namen der Akteure" in refused
    url = load()
    client.post(f"{url}/apply")
    client.patch("/actors/1", json={"city": "Lille"})
    client.post(f"{url}/undo")
    assert "UP-tex (Akteur 1): seit dem Import bearbeitet" in client.get(url, headers=german).text
    data = b"code;name\nDAS1;Textil\nDAS2;\n"
    listed = client.post("/console/maps/sectors", files={"file": ("das.csv", data)}, headers=german).text
    assert "Zeile 3: „DAS2“ hat keinen Namen" in listed
    nothing = client.post("/console/maps/sectors", files={"file": ("das.csv", b"a;b\n1;2\n")}, headers=german)
    assert (nothing.status_code, "das.csv enthält keine Branche" in nothing.text) == (422, True)


def test_of_very_many_that_an_undo_left_alone_all_are_counted(client: TestClient, load: Load, session: Session) -> None:
    rows = "".join(f"Actor {n};BE;Gent;\n" for n in range(1_003))
    url = load("Nom;Pays;Ville;Offres\n" + rows)
    client.post(f"{url}/apply")
    ready(client, url)
    session.execute(text("UPDATE actor SET updated_at = now() + interval '1 minute'"))
    session.commit()
    assert "and 803 more" in client.post(f"{url}/undo").text
    assert numbers(text_of(client, url))["Left alone"] == "1,003"
    told = client.get(f"/maps/imports/{url.rpartition('/')[2]}").json()["taken_back"]
    assert (told["kept_actors"], len(told["kept"]), len(told["left_alone"])) == (1_003, 1_000, 1_000)


def test_a_report_of_before_all_were_counted_counts_those_it_names() -> None:
    assert UndoReport.model_validate({"removed": 1, "kept": ["A (actor 1): edited since the import"]}).kept_actors == 1


def test_rows_without_a_country_are_mended_on_the_spot_and_other_choices_stay(client: TestClient, load: Load) -> None:
    url = load("Nom;Ville;Offres;Blabla\nTissages;Lille;lin;x\nFilature;Roubaix;laine;y\n")
    page = text_of(client, url)
    assert (numbers(page)["New actors"], "Rows name no country" in page) == ("0", True)
    client.post(f"{url}/options", data={"part": "columns", "heading-0": "Blabla", "was-0": "", "field-0": "needs"})
    client.post(f"{url}/options", data={"part": "country", "country": "Frankreich"})
    page = text_of(client, url)
    assert (numbers(page)["New actors"], "Rows name no country" in page) == ("2", False)
    options = client.get(f"/maps/imports/{url.rpartition('/')[2]}").json()["options"]
    assert (options["country"], options["mapping"]) == ("Frankreich", {"Blabla": "needs"})


def test_the_first_new_actors_are_shown_as_they_would_be_stored(client: TestClient, load: Load) -> None:
    page = text_of(client, load())
    shown = page[page.index('id="first"') :].partition("</section>")[0]
    told = re.sub(r"<[^>]+>", " ", shown)
    assert " ".join(told.split()).endswith(
        "UP-tex line 2 Field What is stored Town Tourcoing Website https://www.up-tex.fr Country France Description "
        "Pôle textile (fr) Offers étoffes écrues (fr) Uptex line 3 Field What is stored Town Tourcoing "
        "Website https://www.up-tex.fr Country France Description Textile (fr) Offers conseil (fr)"
    ), told


def test_a_rejected_row_is_known_by_its_name_and_remarks_are_told_beside_the_decision(
    client: TestClient, load: Load
) -> None:
    page = text_of(client, load())
    assert re.search(r'<th scope="row" class="figure">4 Sans pays</th>', page)
    assert "1 remark on the file is worth a look." in html.unescape(page)
    [row] = client.get("/maps/imports/1").json()["report"]["rejected"]
    assert row["name"] == "Sans pays"


def test_of_very_many_files_the_older_ones_are_a_page_further(
    client: TestClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        load(filename=f"{n}.csv", name="Border")
    monkeypatch.setattr(import_module("app.web.maps.lists"), "_LOADED", 2)
    first = client.get("/console/maps/1")
    assert re.findall(r">(\d\.csv)<", first.text) == ["2.csv", "1.csv"]
    further = re.findall(r'href="([^"]+)#imports-title"', first.text)[0]
    assert re.findall(r">(\d\.csv)<", client.get(html.unescape(further)).text) == ["0.csv"]
