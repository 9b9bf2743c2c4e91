"""The demo border keeps its promises: real, complete, anonymous, and blind to the answers it is measured by."""

import json
import os
import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.actor import ActorCreate
from models.codes import KINDS

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo"
SHARED = Path(os.environ.get("VIADUC_SHARED", ROOT.parent / "shared"))

ACTOR_FIELDS = {
    "id", "name", "kind", "country", "region", "nuts", "side", "border", "city", "languages", "sectors",
    "description", "offers", "needs", "aliases", "lat", "lon", "relations", "facts_as_of", "basis", "inferred",
}  # fmt: skip
OPTIONAL_FIELDS = {"website", "size"}
BASES = {"seed", "seed and general knowledge", "general knowledge"}
INFERRABLE = {"description", "offers", "needs", "city"}

# Smallest and largest latitude, then longitude, of each territory (NUTS prefix, longest first).
BOXES = {
    "FRE11": (49.96, 51.10, 2.05, 4.24),
    "FRE12": (50.00, 51.05, 1.55, 3.20),
    "BE25": (50.68, 51.38, 2.53, 3.51),
    "BE10": (50.76, 50.92, 4.24, 4.49),
    "BE2": (50.68, 51.51, 2.53, 5.92),
    "BE3": (49.49, 50.85, 2.84, 6.41),
}

TANDEMS = {
    ("fr-inotep", "be-howest"),
    ("fr-up-tex", "be-centexbel"),
    ("fr-medee", "be-powerlink"),
    ("fr-matikem", "be-centexbel"),
    ("fr-game-in", "be-howest"),
    ("fr-pictanovo", "be-howest"),
    ("fr-cd2e", "be-vlakwa"),
}
# What a text of a tandem actor must not say: that its partner stands across this border, or what the partner is.
GIVEAWAYS = {
    "FR": r"flandre|flamand|belg|courtrai|kortrijk|gand\b|gent\b|ostende|néerland|haute école|hogeschool|accord signé",
    "VLG": r"\bfrans|frankrijk|rijsel|lille|noord-frankrijk|nord|calais|wallon|walloni|akkoord",
}


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DEMO / name).read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def actors() -> dict[str, dict[str, Any]]:
    return {actor["id"]: actor for actor in _lines("actors.jsonl")}


@pytest.fixture(scope="module")
def event() -> dict[str, Any]:
    return _document("event.json")


def _texts(actor: dict[str, Any]) -> list[tuple[str, str]]:
    offered = [(t["lang"], t["text"]) for facet in ("offers", "needs") for t in actor[facet]]
    return [*actor["description"].items(), *offered]


def _words(actor: dict[str, Any]) -> str:
    return "\n".join(text for _, text in _texts(actor))


def test_ids_and_names_are_unique() -> None:
    listed = _lines("actors.jsonl")
    assert [i for i, n in Counter(a["id"] for a in listed).items() if n > 1] == []
    assert [i for i, n in Counter(a["name"].casefold() for a in listed).items() if n > 1] == []


def test_sides_are_as_large_as_promised(actors: dict[str, dict[str, Any]]) -> None:
    sizes = Counter(a["side"] for a in actors.values())
    assert sizes == {"FR": 85, "VLG": 72, "WAL": 21}, "ORIGIN.md gives these numbers: change both"
    assert str(len(actors)) in (DEMO / "ORIGIN.md").read_text(encoding="utf-8")
    assert sizes.total() >= 120
    assert sizes["VLG"] >= 45


def test_every_line_has_the_same_shape(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        assert set(actor) - OPTIONAL_FIELDS == ACTOR_FIELDS, actor["id"]


def test_vocabularies_are_controlled(actors: dict[str, dict[str, Any]]) -> None:
    kinds, sectors, relations = _document("kinds.json"), _document("sectors.json"), _document("relations.json")
    used = {
        "kinds": {a["kind"] for a in actors.values()},
        "sectors": {s for a in actors.values() for s in a["sectors"]},
        "relations": {r["type"] for a in actors.values() for r in a["relations"]},
    }
    assert used["kinds"] - set(KINDS) == set()
    assert used == {"kinds": set(kinds["kinds"]), "sectors": set(sectors), "relations": set(relations)}
    assert set(kinds["source_kinds"].values()) - set(kinds["kinds"]) == set()
    for labels in [*kinds["kinds"].values(), *sectors.values(), *relations.values()]:
        assert set(labels) == {"en", "fr", "nl"}
        assert all(labels.values())
    for actor in actors.values():
        assert actor["basis"] in BASES, actor["id"]
        assert set(actor["inferred"]) - INFERRABLE == set(), actor["id"]
        assert actor["border"] == "FR-BE"
        assert re.fullmatch(r"20\d\d", actor["facts_as_of"]), actor["id"]


def test_the_product_accepts_every_actor(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        fields = {k: v for k, v in actor.items() if k in ActorCreate.model_fields}
        assert ActorCreate.model_validate(fields).name == actor["name"]


def test_sides_follow_codes(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        side = {"FR": "FR", "BE1": "VLG", "BE2": "VLG", "BE3": "WAL"}
        assert actor["side"] == side[actor["nuts"][: 2 if actor["country"] == "FR" else 3]], actor["id"]
        assert len(actor["nuts"]) == 5, actor["id"]


def test_towns_lie_in_their_territory(actors: dict[str, dict[str, Any]]) -> None:
    places: dict[str, set[tuple[float, float, str]]] = {}
    for actor in actors.values():
        south, north, west, east = next(box for code, box in BOXES.items() if actor["nuts"].startswith(code))
        assert south <= actor["lat"] <= north, actor["id"]
        assert west <= actor["lon"] <= east, actor["id"]
        places.setdefault(actor["city"], set()).add((actor["lat"], actor["lon"], actor["nuts"]))
    assert {city for city, where in places.items() if len(where) > 1} == set(), "one town, one place"


def test_texts_are_complete_and_declared(actors: dict[str, dict[str, Any]]) -> None:
    home = {"FR": "fr", "WAL": "fr", "VLG": "nl"}
    for actor in actors.values():
        assert actor["description"], actor["id"]
        assert actor["offers"], actor["id"]
        assert actor["needs"], actor["id"]
        assert home[actor["side"]] in actor["description"], actor["id"]
        assert {lang for lang, _ in _texts(actor)} - set(actor["languages"]) == set(), actor["id"]
        assert len(actor["languages"]) == len(set(actor["languages"])), actor["id"]


def test_texts_are_neither_stubs_nor_essays(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        for text in actor["description"].values():
            assert 70 <= len(text) <= 600, (actor["id"], len(text))
            assert text.endswith("."), actor["id"]
        for facet in ("offers", "needs"):
            for text in actor[facet]:
                assert 30 <= len(text["text"]) <= 160, (actor["id"], text)
                assert not text["text"].endswith("."), (actor["id"], text)


def test_no_text_is_used_twice(actors: dict[str, dict[str, Any]]) -> None:
    said = Counter(text.casefold() for actor in actors.values() for _, text in _texts(actor))
    assert [text for text, n in said.items() if n > 1] == []


def test_several_actors_speak_more_than_one_language(actors: dict[str, dict[str, Any]]) -> None:
    assert sum(len({lang for lang, _ in _texts(a)}) > 1 for a in actors.values()) >= 10


FUNCTION_WORDS = {
    "fr": {"et", "de", "des", "la", "le", "les", "pour", "du", "aux", "en", "dans", "ses", "sur", "une"},
    "nl": {"en", "de", "het", "van", "voor", "met", "op", "een", "naar", "in", "om", "door", "over"},
    "en": {"and", "the", "of", "for", "with", "to", "its", "on", "by", "from", "in", "is", "a"},
}


def test_descriptions_are_in_the_language_they_declare(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        for lang, text in actor["description"].items():
            words = re.findall(r"\w+", text.casefold())
            counts = {other: sum(w in function for w in words) for other, function in FUNCTION_WORDS.items()}
            assert max(counts, key=counts.__getitem__) == lang, (actor["id"], lang, counts)


def test_nobody_is_named_and_nobody_can_be_written_to(actors: dict[str, dict[str, Any]]) -> None:
    person = re.compile(
        r"@|\+\d{2}[ .(]?\d|\b0\d(?:[ .]?\d{2}){4}\b"
        r"|\b(?:M\.|Mme|Mlle|Dr|Prof\.?|Monsieur|Madame|Mevr|Dhr|de heer)\s[A-Z]"
    )
    for name in ("actors.jsonl", "tandems.jsonl", "nonlinks.jsonl", "event.json"):
        assert person.findall((DEMO / name).read_text(encoding="utf-8")) == [], name
    for actor in actors.values():
        if "website" in actor:
            assert re.fullmatch(r"https://[a-z0-9.-]+", actor["website"]), actor["id"]


def test_relations_point_to_other_actors(actors: dict[str, dict[str, Any]]) -> None:
    for actor in actors.values():
        targets = [(r["type"], r["target"]) for r in actor["relations"]]
        assert {t for _, t in targets} - set(actors) == set(), actor["id"]
        assert actor["id"] not in {t for _, t in targets}
        assert len(targets) == len(set(targets)), actor["id"]


def test_tandems_and_failures_name_known_actors(actors: dict[str, dict[str, Any]]) -> None:
    tandems, nonlinks = _lines("tandems.jsonl"), _lines("nonlinks.jsonl")
    for pair in tandems:
        across = actors[pair["a"]]["side"] != actors[pair["b"]]["side"]
        assert pair["scope"] == ("cross-border" if across else "same-side"), pair
        assert pair["status"] in {"signed", "close"}
    for pair in nonlinks:
        assert {pair["a"], pair["b"]} <= set(actors)
        assert pair["reason"]["fr"]
    assert len({frozenset((p["a"], p["b"])) for p in tandems}) == len(tandems)
    assert len({frozenset((p["a"], p["b"])) for p in nonlinks}) == len(nonlinks)


def test_the_seven_tandems_are_the_benchmark() -> None:
    assert {(p["a"], p["b"]) for p in _lines("tandems.jsonl") if p["benchmark"]} == TANDEMS


def test_masked_texts_do_not_name_the_partner(actors: dict[str, dict[str, Any]]) -> None:
    for pair in TANDEMS:
        for own, partner in (pair, pair[::-1]):
            names = [actors[partner]["name"], *actors[partner]["aliases"]]
            words = [name.removeprefix("Pôle ") for name in names]
            found = [w for w in words if re.search(rf"\b{re.escape(w)}\b", _words(actors[own]), re.IGNORECASE)]
            assert found == [], (own, partner)


def test_masked_texts_do_not_say_where_the_partner_is(actors: dict[str, dict[str, Any]]) -> None:
    for actor_id in {actor for pair in TANDEMS for actor in pair}:
        actor = actors[actor_id]
        found = re.findall(GIVEAWAYS[actor["side"]], _words(actor).casefold())
        own_town = {"be-howest": {"west-vlaanderen"}}.get(actor_id, set())
        assert set(found) - own_town == set(), actor_id


def test_masked_texts_are_monolingual_and_unlinked(actors: dict[str, dict[str, Any]]) -> None:
    for french, flemish in TANDEMS:
        assert {lang for lang, _ in _texts(actors[french])} == {"fr"}
        assert {lang for lang, _ in _texts(actors[flemish])} == {"nl"}
        neighbours = {
            actor: {r["target"] for r in actors[actor]["relations"]}
            | {other["id"] for other in actors.values() for r in other["relations"] if r["target"] == actor}
            for actor in (french, flemish)
        }
        assert neighbours[french] & ({flemish} | neighbours[flemish]) == set()
        assert french not in neighbours[flemish]


def test_only_real_actors_meet_at_the_event(actors: dict[str, dict[str, Any]], event: dict[str, Any]) -> None:
    for participant in event["participants"]:
        actor = actors[participant["actor"]]
        assert participant["side"] == actor["side"]
        assert set(participant["languages"]) - set(actor["languages"]) == set(), participant
    names = [p["actor"] for p in event["participants"]]
    assert len(names) == len(set(names)) == 60
    assert Counter(p["side"] for p in event["participants"]) == {"FR": 28, "VLG": 24, "WAL": 8}


def test_event_is_a_feasible_day(event: dict[str, Any]) -> None:
    zone = ZoneInfo(event["zone"])
    starts = [datetime.fromisoformat(r["start"]) for r in event["rounds"]]
    assert [r["index"] for r in event["rounds"]] == list(range(8))
    assert {r["minutes"] for r in event["rounds"]} == {20}
    assert {s.astimezone(zone).date().isoformat() for s in starts} == {event["date"]}
    assert {s.utcoffset() for s in starts} == {starts[0].astimezone(zone).utcoffset()}
    assert all(b - a >= timedelta(minutes=20) for a, b in pairwise(starts))
    assert len({p["id"] for p in event["places"]}) == 20
    assert sorted(event["name"]) == ["en", "fr", "nl"]


def test_event_floors_can_be_reached(event: dict[str, Any]) -> None:
    people = {p["actor"]: p for p in event["participants"]}
    rounds = range(len(event["rounds"]))
    floor = 0
    for person in people.values():
        available = person.get("available", list(rounds))
        assert set(available) <= set(rounds), person
        assert 3 <= person["min"] <= person["max"] <= min(6, len(available)), person
        floor += person["min"]
    assert floor / 2 <= len(event["places"]) * len(rounds)
    assert sum("available" in p for p in people.values()) >= 5


def test_event_wishes_join_participants_of_two_sides(event: dict[str, Any]) -> None:
    sides = {p["actor"]: p["side"] for p in event["participants"]}
    musts = {frozenset(pair) for pair in event["musts"]}
    vetoes = {frozenset(pair) for pair in event["vetoes"]}
    assert musts & vetoes == set()
    for pair in musts | vetoes:
        assert len({sides[actor] for actor in pair}) == 2, pair
    slots = {p["actor"]: set(p.get("available", range(8))) for p in event["participants"]}
    assert all(slots[a] & slots[b] for a, b in event["musts"]), "a must needs a common round"


def test_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.iterdir() if path.is_file()) < 500_000


def _shingles(text: str, length: int = 7) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_wording_is_ours(actors: dict[str, dict[str, Any]]) -> None:
    folder = SHARED / "data" / "border"
    if not folder.is_dir():
        pytest.skip("the source facts are not beside this checkout")
    sources: set[tuple[str, ...]] = set()
    for name in ("actors.jsonl", "flemish_inferred.jsonl", "nonlinks.jsonl"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            told = [entry.get(key) or "" for key in ("description", "description_inferred", "description_masked")]
            for text in [*told, entry.get("reason") or ""]:
                sources |= _shingles(text)
    ours = {s for actor in actors.values() for _, text in _texts(actor) for s in _shingles(text)}
    assert sorted(ours & sources) == []
