"""Contacts: the persons to write to at an actor, each with the ground for storing it; and what was erased."""

import re
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import model_validator
from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.access import Email
from models.actor import Language, Name, PlainText, Shape, Texts
from models.base import owner_key, utc_now
from models.visibility import Audience

Basis = Literal["consent", "contract", "public_source"]

_CONSENT = "basis = 'consent' AND consent_on IS NOT NULL AND consent_text IS NOT NULL"
_OTHER = "basis IN ('contract', 'public_source') AND basis_note IS NOT NULL"


class ContactFields(Shape):
    """A person at an actor, and why their address may be stored."""

    name: Name = Field(max_length=200)
    role: PlainText | None = Field(default=None, max_length=200, description="What they do there")
    email: Email | None = None
    phone: PlainText | None = Field(default=None, max_length=60)
    languages: list[Language] = Field(default_factory=list, max_length=40)
    visibility: Audience = Field(
        default="mutual",
        description="How far it goes at most. organiser: nobody else; mutual: whom they met, after a yes on both "
        "sides; event, public: further, where a page offers it (none does yet). Readers never",
    )
    basis: Basis = Field(description="Why this may be stored: nothing is without a ground")
    consent_on: date | None = Field(default=None, description="Consent: the day it was given")
    consent_text: PlainText | None = Field(default=None, max_length=100, description="Consent: version of its text")
    basis_note: PlainText | None = Field(
        default=None, max_length=1000, description="Contract, public source: which one"
    )

    @model_validator(mode="after")
    def _has_a_ground(self) -> Self:
        if self.basis == "consent" and not (self.consent_on and self.consent_text):
            raise ValueError("consent needs its date (consent_on) and the version of the text agreed to (consent_text)")
        if self.basis != "consent" and not self.basis_note:
            raise ValueError(f"{self.basis} needs a note that says which one (basis_note)")
        if not (self.email or self.phone):
            raise ValueError("a contact needs an e-mail address or a telephone: nothing else may be kept of a person")
        return self


class Contact(SQLModel, table=True):
    """A person to write to at an actor."""

    __table_args__ = (
        CheckConstraint("visibility IN ('public', 'event', 'mutual', 'organiser')", name="visibility"),
        CheckConstraint(f"({_CONSENT}) OR ({_OTHER})", name="basis"),
        Index("ix_contact_email", "email"),
    )

    actor_id: int = owner_key("actor")
    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    languages: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    visibility: str = "mutual"
    basis: str
    consent_on: date | None = None
    consent_text: str | None = None
    basis_note: str | None = None
    confirmed_at: datetime = Field(default_factory=utc_now, description="When it was last entered or confirmed")
    created_at: datetime = Field(default_factory=utc_now)


class ContactPublic(ContactFields):
    """A contact as told to organisers."""

    id: int
    actor_id: int
    confirmed_at: datetime


VERSION = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""How a version of a text is written, so that it can stand in an address."""


class ConsentTextCreate(Shape):
    """A text that people agree to. What was agreed to does not change: another text is another version."""

    version: str = Field(min_length=1, max_length=100, description="Such as 2027-1; letters, digits, points, hyphens")
    texts: Texts = Field(min_length=1, max_length=40, description="The text, in one language or several")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not re.fullmatch(VERSION, self.version):
            raise ValueError(
                "a version is written with letters, digits, points, hyphens and underscores, such as 2027-1"
            )
        tongues = [text.lang for text in self.texts]
        if len(tongues) > 1 and (None in tongues or len(set(tongues)) < len(tongues)):
            raise ValueError("of several texts each names its language, and each another one")
        return self


class ConsentTextPublic(ConsentTextCreate):
    """A text of consent as answered."""

    created_at: datetime
    contacts: int = Field(description="Contacts that were stored on it")


class ConsentText(SQLModel, table=True):
    """A version of what people agree to when their address is stored."""

    __tablename__ = "consent_text"

    version: str = Field(primary_key=True)
    texts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)


class Tombstone(SQLModel, table=True):
    """That a person or an organisation was erased: a digest that only a restored copy of the same data answers to."""

    __table_args__ = (UniqueConstraint("kind", "digest"),)

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = Field(description="person, organisation or contact")
    salt: str
    digest: str
    erased_at: datetime = Field(default_factory=utc_now)
