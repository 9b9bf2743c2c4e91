"""Rows that look like the same actor are proposed, with the reason; those that only share common words are not."""

import pytest

from app.services.importing.twins import Likeness, find_twins
from models.competence_map import ImportReport

CROWD = [
    Likeness(i, f"Centre technique du {w}", "FR", "Lille") for i, w in enumerate(("bois", "cuir", "papier", "verre"))
]


def likely(a: Likeness, b: Likeness) -> list[str]:
    pairs = find_twins([a, b, *CROWD])
    return [reason for p in pairs if (p.first, p.second) == (0, 1) for reason in p.reasons]


def like(name: str, city: str = "", host: str = "", country: str = "FR", aliases: tuple[str, ...] = ()) -> Likeness:
    return Likeness(name, name, country, city, host, aliases)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (like("UP-tex"), like("Uptex")),
        (like("UP-tex"), like("Up Tex asbl")),
        (like("Pôle Matériaux"), like("POLE MATERIAUX")),
        (like("Tissages Réunis SARL"), like("Tissages Réunis S.A.R.L.")),
        (like("Verrerie Dubois"), like("Dubois Verrerie SA")),
        (like("Purifunction Systems"), like("Purifonction Systems")),
        (like("Centre Européen des Textiles Innovants", "Tourcoing"), like("CETI", "Tourcoing")),
        (like("Centre Européen des Textiles Innovants (CETI)"), like("CETI")),
        (like("Centexbel", aliases=("CTB",)), like("CTB")),
        (
            like("Howest", "Kortrijk", "howest.be", "BE"),
            like("Hogeschool Howest West-Vlaanderen", "Brugge", "howest.be", "BE"),
        ),
    ],
)
def test_one_actor_in_two_wordings(a, b):
    assert likely(a, b) != []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (like("Centre technique du textile", "Lille"), like("Centre technique de l'acier", "Lille")),
        (like("Actor 12"), like("Actor 13")),
        (like("Tissages du Nord", "Lille"), like("Tissages du Sud", "Nice")),
        (like("Dupont Textiles", country="FR"), like("Dupont Textiles", country="PT")),
        (like("Centre Européen des Textiles Innovants", "Tourcoing"), like("CETI", "Bilbao", country="ES")),
        (like("Alpha", host="linkedin.com"), like("Omega", host="linkedin.com")),
    ],
)
def test_two_actors_that_share_words(a, b):
    assert likely(a, b) == []


def test_a_preview_names_twins_in_the_file_and_in_the_database(load, look, actors):
    load("name,country,city\nPôle Matériaux,FR,Lille\n", map_name="french map")
    row = look(
        "name,country,city\nPole Materiaux asbl,FR,Lille\nWeefhuis,BE,Gent\nWeef-huis,BE,Gent\n", map_name="other"
    )
    report = ImportReport.model_validate(row.report)
    assert [(t.line, t.name, t.other_line, t.actor_id, t.other_name, t.other_map) for t in report.twins] == [
        (2, "Pole Materiaux asbl", None, actors()["Pôle Matériaux"].id, "Pôle Matériaux", "french map"),
        (3, "Weefhuis", 4, None, "Weef-huis", None),
    ]
    assert report.twins[0].reasons == ["same name but for accents, legal form, punctuation or order", "same town Lille"]
