"""What is asked and answered when somebody wants to see or be rid of what is stored of them."""

from typing import Any, Self

from pydantic import model_validator
from sqlmodel import Field

from models.access import Email
from models.actor import Name, Shape


class Subject(Shape):
    """A person, by e-mail address, or an organisation, by its number."""

    email: Email | None = None
    actor_id: int | None = Field(default=None, ge=1, lt=2**63)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.email is None) == (self.actor_id is None):
            raise ValueError("name either an e-mail address (email) or an organisation (actor_id)")
        return self


class EraseRequest(Subject):
    """Whom to erase."""

    dry_run: bool = Field(default=True, description="Count only; false erases, for good")
    names: list[Name] = Field(
        default_factory=list, max_length=20, description="Other words for the person, such as a delegate's name"
    )


class PrivacyExport(Shape):
    """Everything that is stored of a person or an organisation."""

    tables: dict[str, list[dict[str, Any]]] = Field(description="Table → its rows about them")
    mentions: dict[str, list[str]] = Field(description="table.column → texts in which they are named")
    uploads: list[int] = Field(description="Stored files in which they are named: numbers of imports")


class PrivacyErased(Shape):
    """What was erased, or would be."""

    dry_run: bool
    rows: dict[str, int] = Field(description="Table → rows removed; table.column → rows in which words were masked")
    uploads: list[int] = Field(description="Imports whose stored file was emptied")
    left: dict[str, int] = Field(description="table.column → texts that name them still, for a person to read")


class Swept(Shape):
    """What was over its period and is gone, or would be."""

    dry_run: bool
    rows: dict[str, int]
