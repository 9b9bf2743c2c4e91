"""Who may come in: keys of programs, people who sign in, and the sessions and links that let them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from models.actor import Name, Shape
from models.base import utc_now
from models.moment import Moment

KeyRole = Literal["admin", "organiser", "reader"]
"""Roles that a key or a person may have; participants hold links, and everybody else is the public."""


def _check_email(text: str) -> str:
    name, at, domain = text.strip().lower().rpartition("@")
    if not (at and name and "." in domain) or any(c.isspace() or not c.isprintable() for c in text.strip()):
        raise ValueError(f"{text!r} is not an e-mail address")
    return f"{name}@{domain}"


Email = Annotated[str, Field(max_length=254), AfterValidator(_check_email)]


class Scope(Shape):
    """What somebody may do: a role and, for organisers, their events and whether they create others."""

    role: KeyRole = "reader"
    events: list[int] = Field(default_factory=list, max_length=1000, description="Events an organiser runs")
    creates: bool = Field(
        default=False, description="An organiser may create events, and runs those it created; it may begin with none"
    )

    @model_validator(mode="after")
    def _events_are_the_organisers(self) -> Self:
        if self.role == "organiser" and not (self.events or self.creates):
            raise ValueError("an organiser needs the numbers of the events it runs, or to be let create its own")
        if self.role != "organiser" and self.events:
            raise ValueError(f"only organisers have events; {self.role}s have none")
        if self.role != "organiser" and self.creates:
            raise ValueError(f"only organisers are let create events; {self.role}s are not")
        if any(not 0 < n < 2**63 for n in self.events):
            raise ValueError("an event has a positive number")
        self.events = sorted(set(self.events))
        return self


class KeyCreate(Scope):
    """A new key."""

    name: Name = Field(max_length=100, description="What it is for, so that you recognise it")
    expires_at: Moment | None = Field(default=None, description="ISO 8601 with offset; absent: until it is revoked")


class PersonCreate(Scope):
    """Somebody who may sign in with a link by e-mail, or through the identity provider."""

    email: Email


_ROLES = "role IN ('admin', 'organiser', 'reader')"


class AccessKey(SQLModel, table=True):
    """A key of a program; the key itself is not kept, only what recognises it."""

    __tablename__ = "access_key"
    __table_args__ = (CheckConstraint(_ROLES, name="role"),)

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str
    role: str
    events: list[int] = Field(default_factory=list, sa_column=Column(ARRAY(BigInteger), nullable=False))
    creates: bool = False
    begins: str = Field(description="The first characters, to tell keys apart in a list")
    hash: str = Field(sa_column=Column(String, nullable=False, unique=True))
    created_at: datetime = Field(default_factory=utc_now)
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    rotated_from: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("access_key.id", ondelete="SET NULL"))
    )


class AccessPerson(SQLModel, table=True):
    """Somebody who may sign in."""

    __tablename__ = "access_person"
    __table_args__ = (CheckConstraint(_ROLES, name="role"),)

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    email: str = Field(sa_column=Column(String, nullable=False, unique=True))
    role: str
    events: list[int] = Field(default_factory=list, sa_column=Column(ARRAY(BigInteger), nullable=False))
    creates: bool = False
    created_at: datetime = Field(default_factory=utc_now)
    created_by: str


class SignInLink(SQLModel, table=True):
    """A link that signs somebody in, once."""

    __tablename__ = "sign_in_link"

    hash: str = Field(sa_column=Column(String, primary_key=True))
    person_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("access_person.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    created_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime
    used_at: datetime | None = None


class AccessSession(SQLModel, table=True):
    """A browser that is signed in: by a key, as a person, or as whom the identity provider vouches for."""

    __tablename__ = "access_session"
    __table_args__ = (
        CheckConstraint("num_nonnulls(key_id, person_id, vouched_role) = 1", name="one_source"),
        CheckConstraint("vouched_role IS NULL OR vouched_role IN ('admin', 'reader')", name="vouched_role"),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    hash: str = Field(sa_column=Column(String, nullable=False, unique=True))
    key_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("access_key.id", ondelete="CASCADE"), index=True)
    )
    person_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("access_person.id", ondelete="CASCADE"), index=True)
    )
    vouched_role: str | None = None
    vouched_for: str | None = Field(default=None, description="How the identity provider names them")
    created_at: datetime = Field(default_factory=utc_now)
    last_seen_at: datetime = Field(default_factory=utc_now)
    ends_at: datetime


class KeyPublic(Shape):
    """A key as answered: everything but the key."""

    id: int
    name: str
    role: KeyRole
    events: list[int]
    creates: bool = Field(description="May create events, and runs those it created")
    begins: str = Field(description="The first characters, to tell keys apart")
    state: Literal["active", "expired", "revoked"]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")
    rotated_from: int | None = Field(description="The key that this one follows")


class KeyShown(KeyPublic):
    """A new key, shown this once."""

    key: str = Field(description="Keep it now: it is not stored and cannot be shown again")


class KeyRotate(Shape):
    """How long the old key still works beside the new one."""

    grace_hours: float = Field(default=24, ge=0, le=24 * 90)


class PersonPublic(Shape):
    """Somebody who may sign in."""

    id: int
    email: str
    role: KeyRole
    events: list[int]
    creates: bool = Field(description="May create events, and runs those it created")
    created_at: datetime
    created_by: str


class SessionPublic(Shape):
    """A browser that is signed in."""

    id: int
    who: str
    role: KeyRole
    by: Literal["key", "link", "provider"]
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime


class Me(Shape):
    """Who is asking."""

    role: Literal["admin", "organiser", "reader", "participant", "public"]
    name: str = Field(description="Such as key:3")
    events: list[int] = Field(description="Events an organiser runs")
    creates: bool = Field(description="Whether it may create events")
