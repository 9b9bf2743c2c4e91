"""Actors: organisations with a competence profile, the relations between them, and the shapes they travel in."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints, model_validator
from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.base import owner_key, utc_now
from models.codes import check_country, check_kind, check_language, check_nuts, check_nuts_country
from models.visibility import Audience, Disclosure, HideableField

MAX_TEXT = 20_000
"""Characters of one text. Longer ones are documents, not profiles."""
MAX_TEXTS = 300
"""Texts of one facet."""


def _plain_text(value: str) -> str:
    cleaned = value.replace("\x00", "").strip()
    if not cleaned:
        raise ValueError("the text is empty")
    if not cleaned.isprintable() and any("\ud800" <= c <= "\udfff" for c in cleaned):
        raise ValueError("the text holds half a letter, which nothing can store or show")
    return cleaned


Country = Annotated[str, AfterValidator(check_country)]
Language = Annotated[str, AfterValidator(check_language)]
Nuts = Annotated[str, AfterValidator(check_nuts)]
Kind = Annotated[str, AfterValidator(check_kind)]
PlainText = Annotated[str, BeforeValidator(lambda v: _plain_text(v) if isinstance(v, str) else v)]
Name = Annotated[str, BeforeValidator(lambda v: _plain_text(v) if isinstance(v, str) else v)]


class Shape(SQLModel):
    """A shape that crosses a door: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]


class LocalText(Shape):
    """One text in one language; without `lang` the language is detected."""

    lang: Language | None = Field(default=None, description="BCP 47; detected when absent")
    text: PlainText = Field(max_length=MAX_TEXT)


def _texts(value: Any) -> Any:
    """Accept {"fr": "…", "nl": "…"} beside [{"lang": "fr", "text": "…"}, …]: both are written in the wild."""
    if isinstance(value, dict):
        return [{"lang": lang, "text": words} for lang, words in value.items()]
    return value


Texts = Annotated[list[LocalText], BeforeValidator(_texts)]


class ActorFields(Shape):
    """What is said of an actor beside its texts."""

    kind: Kind = "other"
    region: str | None = Field(default=None, max_length=200)
    nuts: Nuts | None = None
    side: str | None = Field(
        default=None,
        max_length=40,
        description="Where the actor stands in a cross-border question; its country when absent",
    )
    city: str | None = Field(default=None, max_length=200)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    website: str | None = Field(default=None, max_length=500)
    size: float | None = Field(default=None, ge=0, le=10_000_000, description="Staff, full-time equivalents")
    languages: list[Language] = Field(default_factory=list, max_length=40, description="Working languages")
    sectors: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=list, max_length=60)
    aliases: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(default_factory=list, max_length=60)
    anonymous: bool = Field(
        default=False,
        description="Others see what it can do and looks for, not who it is, until both said yes or two advisers "
        "opened it; names, towns and addresses in its texts are left out",
    )
    visibility: dict[HideableField, Audience] = Field(
        default_factory=dict, description="How far single fields go; absent: as far as the rest"
    )


class ActorCreate(ActorFields):
    """A new actor."""

    name: Name = Field(max_length=300)
    country: Country
    description: Texts = Field(default_factory=list, max_length=40)
    offers: Texts = Field(default_factory=list, max_length=MAX_TEXTS)
    needs: Texts = Field(default_factory=list, max_length=MAX_TEXTS)

    @model_validator(mode="after")
    def _nuts_in_country(self) -> Self:
        if self.nuts:
            check_nuts_country(self.nuts, self.country)
        return self


class ActorUpdate(ActorFields):
    """Changes to an actor: only the fields that are sent are touched; a list of texts replaces the old one."""

    kind: Kind | None = None  # type: ignore[assignment]
    anonymous: bool | None = None  # type: ignore[assignment]
    visibility: dict[HideableField, Audience] | None = None  # type: ignore[assignment]
    name: Name | None = Field(default=None, max_length=300)
    country: Country | None = None
    description: Texts | None = Field(default=None, max_length=40)
    offers: Texts | None = Field(default=None, max_length=MAX_TEXTS)
    needs: Texts | None = Field(default=None, max_length=MAX_TEXTS)


class Actor(SQLModel, table=True):
    """An organisation with a competence profile."""

    __table_args__ = (
        Index("ix_actor_words", text("to_tsvector('simple', search_text)"), postgresql_using="gin"),
        Index("ix_actor_name_id", "name", "id"),
        Index("ix_actor_unmeasured", "id", postgresql_where=text("hubness IS NULL")),
        Index("ix_actor_anonymous", "id", postgresql_where=text("anonymous")),
        Index(
            "ix_actor_hidden_words",
            text("to_tsvector('simple', hidden_text)"),
            postgresql_using="gin",
            postgresql_where=text("hidden_text IS NOT NULL"),
        ),
        CheckConstraint("NOT anonymous OR veil IS NOT NULL", name="veiled"),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str = Field(sa_type=Text)
    kind: str = "other"
    country: str = Field(index=True, max_length=2)
    region: str | None = None
    nuts: str | None = None
    side: str = Field(index=True)
    city: str | None = None
    lat: float | None = None
    lon: float | None = None
    website: str | None = None
    size: float | None = None
    languages: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    sectors: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    aliases: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    texts: dict[str, list[dict[str, str]]] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    hubness: float | None = Field(default=None, description="Mean similarity to the nearest actors of other sides")
    settled: int | None = Field(
        default=None, sa_type=BigInteger, index=True, description="Pool revision in which the hubness was last measured"
    )
    search_text: str = Field(default="", sa_type=Text, description="Folded words of what everybody may see")
    hidden_text: str | None = Field(
        default=None, sa_type=Text, description="Folded words of the whole profile, where that is more"
    )
    anonymous: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    visibility: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'"))
    )
    veil: str | None = Field(default=None, description="Secret that pseudonyms are made of, while it is anonymous")
    known_to: list[int] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
        description="Events whose organisers entered it, and so know who it is before it is registered",
    )
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)


RelationType = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]


class RelationCreate(Shape):
    """A relation from one actor to another."""

    target_id: int
    type: RelationType = Field(description="snake_case, such as partner, member_of, tandem, tried_and_failed")
    status: str | None = Field(default=None, max_length=60)
    note: str | None = Field(default=None, max_length=2000)


class Relation(SQLModel, table=True):
    """A directed relation between two actors (member_of, partner, tandem, tried_and_failed, …)."""

    actor_id: int = owner_key("actor")
    target_id: int = owner_key("actor", index=True)
    type: str = Field(primary_key=True)
    status: str | None = None
    note: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


class RelationPublic(Shape):
    """A relation as answered."""

    target_id: int
    target_name: str
    type: str
    status: str | None
    note: str | None


class EmbeddingState(Shape):
    """Whether a profile can be found by meaning yet."""

    state: Literal["ready", "pending"] = Field(description="pending: found by words now, by meaning in seconds")
    passages: int
    embedded: int


_DISCLOSURE = (
    "open: everybody may know who this is; confidential: you may, and others may not; withheld: you may not (yet): id "
    "and name are pseudonyms"
)


class ActorPublic(ActorFields):
    """An actor as answered, with its texts."""

    id: int
    name: str
    country: str
    side: str
    description: list[LocalText]
    offers: list[LocalText]
    needs: list[LocalText]
    embedding: EmbeddingState
    created_at: datetime | None
    updated_at: datetime | None
    disclosure: Disclosure = Field(default="open", description=_DISCLOSURE)


class ActorBrief(Shape):
    """An actor in a list or in a suggestion."""

    id: int
    name: str
    kind: str
    country: str
    region: str | None
    city: str | None
    sectors: list[str]
    disclosure: Disclosure = Field(default="open", description=_DISCLOSURE)


class ActorPage(Shape):
    """One page of actors; ask for the next one with its cursor."""

    items: list[ActorBrief]
    next_cursor: str | None
    total: int


class ActorHit(Shape):
    """An actor that a search found, and by what."""

    actor: ActorBrief
    found_by: Literal["name", "words", "meaning"] = Field(
        description="name: a name, alias or acronym; words: they stand in its texts; meaning: a text says the like"
    )
    text: str | None = Field(description="The name or the piece of text that was found")
    lang: str | None = Field(description="Language of that piece of text")
    similarity: float | None = Field(default=None, description="Cosine of question and text, where meaning found it")


class ActorSearch(Shape):
    """What a search found: names first, then words, then meaning; no actor twice."""

    hits: list[ActorHit]
    meaning: Literal["ready", "loading", "missing"] = Field(
        description="loading, missing: there is no language model (yet), so only names and words were looked for"
    )


class IdempotencyRecord(SQLModel, table=True):
    """What a creating POST answered, so that the same request sent twice creates once."""

    __tablename__ = "idempotency"

    key: str = Field(primary_key=True, max_length=200)
    route: str = Field(primary_key=True)
    body_hash: str
    status: int
    answer: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
