"""What of an actor's texts everybody may meet: the pieces that are matched and quoted, and the words it is found by.

Made when a profile is stored, not when it is shown: what is embedded, ranked, quoted and searched never held a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from app.services.discretion.fields import PUBLIC, is_shown, is_veiled
from app.services.discretion.identity import Identity
from app.services.discretion.redaction import mentions, redact
from app.services.texts import FACET_FIELDS, search_words, stored_texts
from models.actor import ActorCreate
from models.contact import Contact

Texts = dict[str, list[dict[str, str]]]


def identity_of(fields: Any, people: Iterable[str] = ()) -> Identity:
    """Who an actor is, by its row or the shape that makes it, and the persons who are known there."""
    return Identity(
        names=(fields.name, *fields.aliases),
        towns=(fields.city,) if fields.city else (),
        hosts=(fields.website,) if fields.website else (),
        people=tuple(people),
        regions=(fields.region,) if fields.region and not is_shown(fields, "region", PUBLIC) else (),
    )


def people_of(session: Session, actor_ids: Sequence[int]) -> dict[int, list[str]]:
    """Actor → names of its contacts."""
    found: dict[int, list[str]] = {}
    rows = session.exec(select(Contact.actor_id, Contact.name).where(col(Contact.actor_id).in_(actor_ids)))
    for actor_id, name in rows if actor_ids else ():
        found.setdefault(actor_id, []).append(name)
    return found


def matched_texts(fields: ActorCreate, people: Iterable[str] = ()) -> Texts:
    """The texts that are embedded, matched and quoted: of an anonymous actor without what gives it away."""
    texts = stored_texts(fields)
    return without_identity(texts, identity_of(fields, people)) if fields.anonymous else texts


def without_identity(texts: Mapping[str, Sequence[Mapping[str, str]]], identity: Identity) -> Texts:
    """Stored texts without what gives their writer away; those that say nothing else are left out."""
    told = {
        facet: [{"lang": item["lang"], "text": redact(item["text"], identity)} for item in items]
        for facet, items in texts.items()
    }
    return {facet: [item for item in items if item["text"]] for facet, items in told.items()}


def open_sectors(fields: Any, identity: Identity) -> list[str]:
    """The fields of work, those left out that name the actor."""
    return [sector for sector in fields.sectors if not mentions(sector, identity)]


def word_columns(fields: ActorCreate, people: Iterable[str] = ()) -> dict[str, Any]:
    """The columns of an actor's row that its texts and words go into.

    Fields of work are what everybody filters by: of an anonymous actor those that name it are not kept.
    """
    whole = search_words(fields)
    columns: dict[str, Any] = {"texts": stored_texts(fields), "search_text": whole, "hidden_text": None}
    if fields.anonymous:
        columns["sectors"] = open_sectors(fields, identity_of(fields, people))
    if is_veiled(fields):
        columns |= {"search_text": search_words(_public(fields, people)), "hidden_text": whole}
    return columns


def _public(fields: ActorCreate, people: Iterable[str]) -> ActorCreate:
    """What everybody may search."""
    hidden = {name: None for name in ("city", "region") if not is_shown(fields, name, PUBLIC)}
    texts = matched_texts(fields, people)
    shown = {name: texts[name] if is_shown(fields, name, PUBLIC) else [] for name in FACET_FIELDS.values()}
    aliases = fields.aliases if is_shown(fields, "aliases", PUBLIC) else []
    told = fields.model_dump() | hidden | shown | {"aliases": aliases}
    if fields.anonymous:
        told |= {"name": "…", "sectors": open_sectors(fields, identity_of(fields, people))}
    return ActorCreate.model_validate(told)
