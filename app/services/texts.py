"""From the texts of a profile to passages and to searchable words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from matching.encoder.language import detect_language
from matching.ranking.fragments import split_text
from models.actor import Actor, ActorCreate, LocalText
from models.passage import Passage

FACET_FIELDS = {"profile": "description", "offer": "offers", "need": "needs"}
"""Facet of a passage → field of an actor that holds its texts."""

_HIGH = re.compile("[\u0300-\U0010ffff]+")
"""Where accents that stand by themselves are: the letters before them need no look each."""
_GAPS = re.compile(r"[\W_]+")


def fold(words: str) -> str:
    """Lower case without accents or punctuation, so that 'Énergie' and 'energie' are the same word."""
    plain = words.casefold()
    if not plain.isascii():
        plain = _HIGH.sub(_without_accents, unicodedata.normalize("NFKD", plain))
    return _GAPS.sub(" ", plain).strip()


def _without_accents(match: re.Match[str]) -> str:
    return "".join(c for c in match[0] if not unicodedata.combining(c))


def tagged(texts: Iterable[LocalText]) -> list[LocalText]:
    """The texts, each with a language: the one given, or the one detected."""
    return [t if t.lang else LocalText(lang=detect_language(t.text)[0], text=t.text) for t in texts]


def stored_texts(fields: ActorCreate) -> dict[str, list[dict[str, str]]]:
    """The texts as an actor keeps them: {"description": [{"lang", "text"}], "offers": […], "needs": […]}."""
    return {
        name: [{"lang": t.lang or "und", "text": t.text} for t in tagged(getattr(fields, name))]
        for name in FACET_FIELDS.values()
    }


def pieces(texts: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, str, str]]:
    """(facet, language, piece) of stored texts, in order: what is embedded, matched and quoted."""
    for facet, name in FACET_FIELDS.items():
        for item in texts.get(name, []):
            for piece in split_text(item["text"]):
                yield facet, item["lang"], piece


def passages_of(actor: Actor, texts: dict[str, list[dict[str, str]]]) -> list[Passage]:
    """Passages of a stored actor, numbered from 0, without vectors: they are the embedding backlog.

    `texts`: those of it that are matched (app/services/discretion/wording.py).
    """
    return [
        Passage(
            actor_id=actor.id,
            ordinal=ordinal,
            facet=facet,
            lang=lang,
            text=piece,
            country=actor.country,
            side=actor.side,
            kind=actor.kind,
            sectors=actor.sectors,
        )
        for ordinal, (facet, lang, piece) in enumerate(pieces(texts))
    ]


def acronyms(name: str) -> set[str]:
    """What people shorten a name to: its initials, with and without its small words; folded, three letters or more.

    "Institut français du textile et de l'habillement" → ifth (and ifdteldlh, which does no harm).
    """
    words = fold(name).split()
    long = [w for w in words if w not in SMALL_WORDS]
    return {initials for kept in (words, long) if len(initials := "".join(w[0] for w in kept)) >= _SHORTEST_ACRONYM}


_SMALL = (
    "a af am an and au aux av avec d da de del den der des di die du e een el en et eta fur fra i il im in l la las le "
    "les los of og om on op over para pour s sur te the til und van ved voor vor with y zu zum zur"
)
SMALL_WORDS = frozenset(_SMALL.split())
"""Articles and prepositions of the languages of our borders, folded: no part of what a name is shortened to."""
LEGAL_FORMS = frozenset(
    [
        *("sa", "sas", "sasu", "sarl", "eurl", "sci", "scop", "sca", "scrl", "sprl", "srl", "asbl", "aisbl", "gie"),
        *("nv", "bv", "bvba", "cv", "cvba", "vzw", "vof", "gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "ug", "ev", "eg"),
        *("aps", "as", "amba", "spa", "sapa", "snc", "sl", "slu", "sau", "sll", "coop", "lda", "sarlu", "ltd", "plc"),
        *("inc", "llc", "llp", "co", "corp", "limited", "se", "eeig", "association", "stichting", "fundacion"),
    ]
)
"""What stands behind names of companies and associations, folded, without its full stops."""


def without_legal_form(words: Sequence[str]) -> list[str]:
    """The words without legal forms; single letters of one ("s.a.r.l.") count as it."""
    joined: list[str] = []
    letters = ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            joined += [letters] if letters in LEGAL_FORMS or len(letters) > 2 else list(letters)
            letters = ""
        joined.append(word)
    kept = [w for w in joined if w and w not in LEGAL_FORMS]
    return kept or [w for w in joined if w]


_SHORTEST_ACRONYM = 3


def search_words(fields: ActorCreate) -> str:
    """Everything a search by words should find the actor by; its names come first (search.py counts on that)."""
    names = [fields.name, *fields.aliases]
    parts = [*names, *sorted({short for name in names for short in acronyms(name)})]
    parts += [fields.city or "", fields.region or "", *fields.sectors]
    parts += [t.text for name in FACET_FIELDS.values() for t in getattr(fields, name)]
    return fold(" ".join(parts))
