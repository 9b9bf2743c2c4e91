"""A participant's agenda: the links that open it, what was said of meetings, and what the participant has seen."""

import datetime as dt
from typing import Any, Literal, Self

from pydantic import model_validator
from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.actor import Language, PlainText, Shape, Texts
from models.base import owner_key, utc_now
from models.moment import Moment

Purpose = Literal["link", "mail", "paper", "desk"]
Again = Literal["yes", "no", "missed"]
Useful = Literal["very", "partly", "not"]
NextStep = Literal["contact", "project", "nothing"]


def _of_participant() -> ForeignKeyConstraint:
    """Rows that live and die with a registration."""
    return ForeignKeyConstraint(
        ["event_id", "actor_id"], ["participant.event_id", "participant.actor_id"], ondelete="CASCADE"
    )


def _key(target: str) -> Any:
    return Column(BigInteger, ForeignKey(target, ondelete="CASCADE"), primary_key=True, autoincrement=False)


class AgendaLink(SQLModel, table=True):
    """A link that opens a participant's agenda. The link itself is not stored: only its hash is."""

    __tablename__ = "agenda_link"
    __table_args__ = (
        _of_participant(),
        Index("uq_agenda_link_event_id_digest", "event_id", "digest", unique=True),
        Index("ix_agenda_link_event_id_actor_id", "event_id", "actor_id"),
    )

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    actor_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    digest: str = Field(description="SHA-256 of the secret part, hexadecimal")
    purpose: str = "link"
    language: str | None = None
    created_at: dt.datetime = Field(default_factory=utc_now)
    expires_at: dt.datetime | None = Field(default=None, description="Absent: 90 days after the event's last round")
    revoked_at: dt.datetime | None = None
    opened_at: dt.datetime | None = Field(default=None, description="When it was first opened")


class MeetingAnswer(SQLModel, table=True):
    """What a participant says of a meeting, as it stands now."""

    __tablename__ = "meeting_answer"

    event_id: int = Field(sa_column=_key("event.id"))
    actor_id: int = Field(sa_column=_key("actor.id"))
    target_id: int = owner_key("actor", index=True)
    again: str
    useful: str | None = None
    next_step: str | None = None
    follow_up: dt.date | None = None
    note: str | None = Field(default=None, sa_type=Text)
    quote: bool = False
    quote_at: dt.datetime | None = Field(default=None, description="When the consent to be quoted was given")
    said_at: dt.datetime = Field(default_factory=utc_now, description="When the person said it, perhaps offline")
    created_at: dt.datetime = Field(default_factory=utc_now)


class AgendaState(SQLModel, table=True):
    """What a participant has seen of the schedule, and whether it has left the event."""

    __tablename__ = "agenda_state"
    __table_args__ = (_of_participant(),)

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    actor_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    seen: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    seen_at: dt.datetime | None = None
    left_at: dt.datetime | None = None
    left_note: str | None = Field(default=None, sa_type=Text)
    available_before: list[int] | None = Field(
        default=None, sa_column=Column(ARRAY(Integer)), description="Rounds to give back when it comes after all"
    )


class AgendaRules(SQLModel, table=True):
    """What an organiser lets participants do in their agendas; without a row, everything."""

    __tablename__ = "agenda_rules"

    event_id: int = Field(sa_column=_key("event.id"))
    wishes: bool = True
    details: bool = True
    until: dt.datetime | None = None
    contacts: bool = True
    consent: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class AgendaRulesFields(Shape):
    """What participants may do in their agendas."""

    wishes: bool = Field(default=True, description="Say whom they would like to meet, and whom rather not")
    details: bool = Field(default=True, description="Change their languages and the rounds they are there for")
    until: Moment | None = Field(
        default=None,
        description="Until when wishes and details are taken, ISO 8601 with offset; absent, or later than the event: "
        "until its first round begins",
    )
    contacts: bool = Field(
        default=True, description="Contact details open once both said yes; false: the organiser puts people in touch"
    )
    consent: Texts = Field(
        default_factory=list,
        max_length=20,
        description="What they read where they say something: who keeps it, what for and how long; one text a language",
    )

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        tags = [text.lang for text in self.consent]
        if None in tags or len(set(tags)) < len(tags):
            raise ValueError("consent needs a language for each text, and one text a language")
        return self


class LinkRequest(Shape):
    """Links for everybody, or for some."""

    actor_ids: list[int] | None = Field(default=None, max_length=5000, description="Absent: every participant")
    language: Language | None = Field(default=None, description="Language of the agenda; absent: the browser's")
    expires_at: Moment | None = Field(default=None, description="Absent: 90 days after the event's last round")
    purpose: Purpose = Field(default="link", description="What the links are handed out by, for your own overview")


class LinkChoice(Shape):
    """Whose links are meant."""

    actor_ids: list[int] | None = Field(default=None, max_length=5000, description="Absent: every participant")


class LinkMade(Shape):
    """A new link. The token is told this once; later only its hash is known."""

    actor_id: int
    name: str
    token: str
    url: str
    expires_at: dt.datetime


class LinkPublic(Shape):
    """A link in a list: what became of it, not the link itself."""

    id: int
    actor_id: int
    name: str
    purpose: Purpose
    language: str | None
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    opened_at: dt.datetime | None
    live: bool = Field(description="Whether it opens the agenda now")


class LinksRevoked(Shape):
    """How many links were alive and are not any more."""

    revoked: int


class AnswerFields(Shape):
    """What a participant says of a meeting."""

    again: Again = Field(description="Would you meet again? missed: the meeting did not take place")
    useful: Useful | None = None
    next_step: NextStep | None = None
    follow_up: dt.date | None = None
    note: PlainText | None = Field(default=None, max_length=2000)
    quote: bool = Field(default=False, description="The note may be quoted in reports")


class AnswerPublic(AnswerFields):
    """An answer as told to the organiser."""

    actor_id: int
    actor_name: str
    target_id: int
    target_name: str
    said_at: dt.datetime
    mutual: bool = Field(description="Both would meet again")
