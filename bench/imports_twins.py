"""Precision and recall of duplicate finding on 20,000 generated actors, 5 % of them with a planted variant. Seed 0.

    python bench/imports_twins.py

The names are built of family names, trades, places and legal forms, so that many share most of their words: the
hard negatives are in. A variant changes accents, the legal form, the order of words, one letter, the spacing, or is
the acronym; website or town are missing in a third of the variants.
"""

import argparse
import json
import random
import time
import unicodedata

from app.services.importing.twins import Likeness, find_twins

_FIRST = """
Centre Institut Laboratoire Atelier Pôle Réseau Société Bureau Groupe Plateforme Werkplaats Instituut Zentrum
Verein Taller Fábrica Officina Agence Fédération Conservatoire
""".split()  # noqa: SIM905 - a sentence of words reads better than a list
_TRADE = """
textile mécanique énergie numérique agroalimentaire ferroviaire matériaux logistique santé nautique verrier
céramique papetier aéronautique bâtiment recyclage plasturgie optique chimie robotique textiel kunststof voeding
maritiem Werkstoff Medizintechnik elikagai itsasoko cerâmica metalurgia
""".split()  # noqa: SIM905 - a sentence of words reads better than a list
_PLACE = """
Lille Roubaix Tourcoing Valenciennes Dunkerque Arras Gent Kortrijk Brugge Oostende Namur Mons Liège Charleroi
Saarbrücken Trier Metz Nancy Bayonne Donostia Bilbo Pamplona Pau Odense Kolding Flensburg Kiel Porto Braga Vigo
""".split()  # noqa: SIM905 - a sentence of words reads better than a list
_SYLLABLES = """
ba ber bo bru cal cha co da del der du el fa fer gar ge gil hau hel jan ka ker lam lan le lo mar mé mo nar no
oli pe per pré quin ra ré ro sa sel so ta té ter va ver vi wil za zi
""".split()  # noqa: SIM905 - a sentence of words reads better than a list
_LEGAL = ["SA", "SAS", "SARL", "NV", "BVBA", "GmbH", "AG", "ApS", "SL", "Lda", "asbl", "vzw", ""]


def family(rng: random.Random) -> str:
    """A made-up family or brand name."""
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).capitalize()


def base(rng: random.Random, i: int) -> Likeness:
    """One actor."""
    place = rng.choice(_PLACE)
    kind = rng.random()
    if kind < 0.45:
        words = [family(rng), rng.choice(_TRADE).capitalize()]
    elif kind < 0.75:
        words = [rng.choice(_FIRST), rng.choice(_TRADE), "de", family(rng)]
    else:
        words = [rng.choice(_FIRST), family(rng), rng.choice(_TRADE), family(rng)]
    name = " ".join([*words, rng.choice(_LEGAL)]).strip()
    host = f"{'-'.join(words[:2]).lower()}-{i}.eu" if rng.random() < 0.7 else ""
    return Likeness(i, name, rng.choice(["FR", "BE"]), place, unaccented(host))


def unaccented(text: str) -> str:
    """Without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def variant(rng: random.Random, like: Likeness, i: int) -> tuple[str, Likeness]:
    """The same actor as another hand would write it."""
    words = like.name.split()
    how = rng.choice(["accents", "legal form", "order", "typo", "spacing", "acronym"])
    plain = [w for w in words if w not in _LEGAL]
    if how == "acronym" and len(plain) < 3:
        how = "typo"
    if how == "accents":
        name = unaccented(like.name).upper()
    elif how == "legal form":
        name = " ".join([*plain, rng.choice([x for x in _LEGAL if x not in words])])
    elif how == "order":
        name = " ".join([*plain[1:], plain[0]])
    elif how == "spacing":
        name = "-".join(plain)
    elif how == "acronym":
        name = "".join(w[0] for w in plain).upper()
    else:
        longest = max(range(len(plain)), key=lambda k: len(plain[k]))
        at = rng.randrange(1, len(plain[longest]) - 1)
        word = plain[longest]
        swapped, other = word[at + 1] + word[at] + word[at + 2 :], rng.choice("aeiortn") + word[at + 1 :]
        plain[longest] = word[:at] + rng.choice([swapped, word[at + 1 :], other])
        name = " ".join(plain)
    keep_city, keep_host = rng.random() > 0.33 or how == "acronym", rng.random() > 0.33
    return how, Likeness(i, name, like.country, like.city if keep_city else "", like.host if keep_host else "")


def main() -> None:
    """Generate, search, compare with what was planted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actors", type=int, default=20_000)
    asked = parser.parse_args()
    rng = random.Random(0)
    planted: dict[tuple[int, int], str] = {}
    made = [base(rng, i) for i in range(round(asked.actors * 0.95))]
    for original in rng.sample(range(len(made)), asked.actors - len(made)):
        how, twin = variant(rng, made[original], len(made))
        planted[original, len(made)] = how
        made.append(twin)
    start = time.perf_counter()
    pairs = find_twins(made)
    seconds = time.perf_counter() - start
    found = {(p.first, p.second) for p in pairs}
    hits = found & set(planted)
    by_kind = {
        how: f"{sum(planted[p] == how for p in hits)}/{sum(h == how for h in planted.values())}"
        for how in sorted(set(planted.values()))
    }
    answer = {
        "actors": len(made),
        "planted": len(planted),
        "found": len(found),
        "precision": round(len(hits) / len(found), 3),
        "recall": round(len(hits) / len(planted), 3),
        "recall_by_variant": by_kind,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(answer))
    wrong = [p for p in pairs if (p.first, p.second) not in planted]
    for pair in wrong[:12]:
        print("wrong", made[pair.first], made[pair.second], pair.score, pair.reasons)
    for i, j in [p for p in planted if p not in found][:12]:
        print("missed", planted[i, j], made[i], made[j])


if __name__ == "__main__":
    main()
