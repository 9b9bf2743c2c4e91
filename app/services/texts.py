"""From the texts of a profile to passages and to searchable words, and back."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from matching.encoder.language import detect_language
from models.actor import Actor, ActorCreate, LocalText
from models.passage import Passage

FACET_FIELDS = {"profile": "description", "offer": "offers", "need": "needs"}
"""Facet of a passage → field of an actor that holds its texts."""


def fold(words: str) -> str:
    """Lower case without accents or punctuation, so that 'Énergie' and 'energie' are the same word."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", kept).strip()


def tagged(texts: Iterable[LocalText]) -> list[LocalText]:
    """The texts, each with a language: the one given, or the one detected."""
    return [t if t.lang else LocalText(lang=detect_language(t.text)[0], text=t.text) for t in texts]


def passages_of(actor: Actor, texts: dict[str, list[LocalText]]) -> list[Passage]:
    """Passages of an actor with an id, numbered from 0, without vectors: they are the embedding backlog.

    `texts` has the keys of FACET_FIELDS' values (description, offers, needs).
    """
    rows = [(facet, t) for facet, field in FACET_FIELDS.items() for t in tagged(texts[field])]
    return [
        Passage(
            actor_id=actor.id,
            ordinal=ordinal,
            facet=facet,
            lang=t.lang or "und",
            text=t.text,
            country=actor.country,
            side=actor.side,
            kind=actor.kind,
            sectors=actor.sectors,
        )
        for ordinal, (facet, t) in enumerate(rows)
    ]


def texts_of(passages: Sequence[Passage]) -> dict[str, list[LocalText]]:
    """The texts of an actor by field, in their order."""
    ordered = sorted(passages, key=lambda p: p.ordinal)
    return {
        field: [LocalText(lang=p.lang, text=p.text) for p in ordered if p.facet == facet]
        for facet, field in FACET_FIELDS.items()
    }


def search_words(fields: ActorCreate) -> str:
    """Everything a search by words should find the actor by."""
    parts = [fields.name, *fields.aliases, fields.city or "", fields.region or "", *fields.sectors]
    parts += [t.text for field in FACET_FIELDS.values() for t in getattr(fields, field)]
    return fold(" ".join(parts))
