"""Reasons quote what stands in the profiles and nothing else, in all seven languages."""

import json
import string
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from ranking_strategies import actor_lists, unit

from matching.ranking import (
    LANGUAGES,
    Evidence,
    Fragment,
    Passage,
    Profile,
    Reason,
    Relation,
    Request,
    Scoring,
    mark_by_meaning,
    rank,
    render_reason,
)
from matching.ranking.marks import mark_alike
from matching.ranking.parts import HISTORY_VALUE
from matching.ranking.weights import PACKAGE_DATA
from models.codes import KINDS

CATALOGUE = json.loads((PACKAGE_DATA / "reasons.json").read_text(encoding="utf-8"))
ME = Profile(
    1, "FR", "FR", "company", ("fr",), ("agri-food",), 50.6, 3.1,
    passages=(
        Passage("need", "fr", "résidents âgés prêts à goûter des recettes", unit(1)),
        Passage("offer", "fr", "ateliers pilotes de cuisson", unit(2)),
        Passage("profile", "fr", "Association de 90 conserveurs.", unit(3)),
    ),
)  # fmt: skip
THEM = Profile(
    2, "VLG", "BE", "research_lab", ("nl", "en"), ("health",), 50.8, 3.3,
    passages=(
        Passage("offer", "nl", "proefpanels met bewoners", unit(1)),
        Passage("need", "nl", "smakelijke gerechten met aangepaste textuur", unit(2)),
    ),
)  # fmt: skip


def reasons_of(me=ME, them=THEM, scoring=None):
    (suggestion,) = rank(me, [them], Request(min_score=0.0, scoring=scoring or Scoring())).suggestions
    return suggestion.reasons


def test_reasons_for_a_pair_are_complete_and_in_order():
    assert [(r.part, r.key) for r in reasons_of()] == [
        ("need_offer", "need_offer"),
        ("offer_need", "offer_need"),
        ("theme", "theme_bridge"),
        ("kind", "kind"),
        ("language", "language_interpreter"),
        ("distance", "distance"),
    ]


def test_evidence_quotes_both_fragments_in_their_own_languages():
    first = reasons_of()[0].evidence
    assert (first.yours.lang, first.yours.text) == ("fr", "résidents âgés prêts à goûter des recettes")
    assert (first.theirs.lang, first.theirs.text) == ("nl", "proefpanels met bewoners")
    assert first.similarity == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Interpreter needed: you speak French, they speak Dutch, English."),
        ("fr", "Interprète nécessaire : vous parlez français, ils parlent néerlandais, anglais."),
        ("eu", "Interpretea behar da: zuen hizkuntza frantsesa, haiena nederlandera, ingelesa."),
        ("xx", "Interpreter needed: you speak French, they speak Dutch, English."),
    ],
)
def test_reasons_read_in_the_readers_language(lang, sentence):
    (reason,) = [r for r in reasons_of() if r.part == "language"]
    assert render_reason(reason, lang) == sentence


def test_common_language_and_kind_are_named():
    them = replace(THEM, languages=("fr",))
    texts = {r.part: render_reason(r, "nl") for r in reasons_of(them=them)}
    assert texts["language"] == "Gemeenschappelijke werktaal: Frans."
    assert texts["kind"] == "Organisaties die elkaar aanvullen: bedrijf en onderzoekslaboratorium."
    assert texts["distance"] == "Ongeveer 26 km van elkaar."


@settings(max_examples=40, deadline=None)
@given(actor_lists(least=3))
def test_evidence_stands_word_for_word_in_the_profiles(actors):
    texts = {a.id: {(p.facet, p.lang, p.text) for p in a.passages} for a in actors}
    for suggestion in rank(actors[0], actors[1:], Request(k=50, min_score=0.0)).suggestions:
        for reason in suggestion.reasons:
            if reason.evidence is None:
                continue
            mine, theirs = reason.key.split("_")
            yours, ours = reason.evidence.yours, reason.evidence.theirs
            assert (mine, yours.lang, yours.text) in texts[actors[0].id]
            assert (theirs, ours.lang, ours.text) in texts[suggestion.id]
            for lang in LANGUAGES:
                sentence = render_reason(reason, lang)
                template = CATALOGUE["templates"][reason.key][lang]
                assert sentence == template.replace("{yours}", yours.text).replace("{theirs}", ours.text)


@pytest.mark.parametrize("key", sorted(CATALOGUE["templates"]))
def test_every_template_stands_in_every_language_with_the_same_parameters(key):
    texts = CATALOGUE["templates"][key]
    assert tuple(sorted(texts)) == tuple(sorted(LANGUAGES))
    fields = {lang: {name for _, name, _, _ in string.Formatter().parse(text) if name} for lang, text in texts.items()}
    assert len({frozenset(names) for names in fields.values()}) == 1


@pytest.mark.parametrize("group", ["kinds", "languages"])
def test_every_name_stands_in_every_language(group):
    assert {tuple(sorted(names)) for names in CATALOGUE[group].values()} == {tuple(sorted(LANGUAGES))}


@pytest.mark.parametrize("kind", sorted(HISTORY_VALUE))
def test_every_relation_can_be_told(kind):
    told = reasons_of(scoring=Scoring(relations={frozenset((1, 2)): Relation(kind, 2024)}))
    (reason,) = [r for r in told if r.part == "history"]
    assert len({render_reason(reason, lang) for lang in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "A bridge between fields: waste and recycling and clean technologies."),
        ("fr", "Une passerelle entre domaines : déchets et recyclage et clean technologies."),
        ("de", "Eine Brücke zwischen Fachgebieten: Abfall und Recycling und clean technologies."),
    ],
)
def test_fields_are_named_in_the_readers_language_and_unknown_ones_without_underscores(lang, told):
    reason = Reason("theme", "theme_bridge", {"yours": "waste_recycling", "theirs": "clean_technologies"})
    assert render_reason(reason, lang) == told


def test_every_kind_of_the_service_has_a_name():
    assert set(KINDS) - {"other"} <= set(CATALOGUE["kinds"])


def test_a_text_with_braces_is_quoted_as_it_stands():
    evidence = Evidence(Fragment("fr", "{theirs} et {0}"), Fragment("nl", "100 % {wol}"), 0.5)
    sentence = render_reason(Reason("need_offer", "need_offer", {}, evidence), "en")
    assert sentence == "You look for “{theirs} et {0}”; they offer “100 % {wol}”."


def test_words_written_alike_are_marked_on_both_sides():
    yours, theirs = "biochar activé, 25 MW, IRM", "actief BIOCHAR voor 25 huizen met IRM"
    marks_yours, marks_theirs = mark_alike(yours, theirs)
    assert [yours[a:b] for a, b in marks_yours] == ["biochar", "25", "IRM"]
    assert [theirs[a:b] for a, b in marks_theirs] == ["BIOCHAR", "25", "IRM"]


@pytest.mark.parametrize(
    ("yours", "theirs", "marked"),
    [
        ("un partenaire pour tester", "le laboratoire pour votre textile", []),
        ("een partner voor textiel", "wij werken voor textiel", ["textiel"]),
        ("Mais und Weizen", "farine de maïs", ["Mais"]),
        ("wir können über Stoffe sprechen", "wir können über Stoffe reden", ["Stoffe"]),
        ("während wir müssen", "waehrend sie muessen", []),
        ("det skal være tekstil", "det kan være tekstil", ["tekstil"]),
    ],
)
def test_words_that_only_hold_a_sentence_together_are_not_marked(yours: str, theirs: str, marked: list[str]) -> None:
    spans, _ = mark_alike(yours, theirs)
    assert [yours[start:end] for start, end in spans] == marked


def test_words_are_marked_by_meaning_when_an_encoder_is_at_hand():
    meaning = {"tisserand": 1, "wever": 1, "cherche": 2, "gezocht": 3, "un tisserand cherche": 1, "wever gezocht": 1}
    evidence = Evidence(Fragment("fr", "un tisserand cherche"), Fragment("nl", "wever gezocht"), 0.9)
    marked = mark_by_meaning(evidence, lambda texts, langs: np.array([unit(meaning[t]) for t in texts]), most=1)
    assert marked.yours.marks == ((3, 12),)
    assert marked.theirs.marks == ((0, 5),)
