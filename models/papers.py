"""Shapes of papers and files: what to print, in which languages, how large."""

from typing import Literal

from sqlmodel import Field

from models.actor import Shape

PaperKind = Literal["participants", "places", "rounds", "interpreters", "badges", "signs"]
"""What can be printed; `participants` and the three after it are sheets of A4."""
SecondLanguage = Literal["partner", "none", "en", "fr", "nl", "de", "da", "es", "eu"]


class PaperOptions(Shape):
    """How papers are made. The defaults are what most events want."""

    plan: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Absent: the published plan, else the newest draft"
    )
    first: Literal["own", "en", "fr", "nl", "de", "da", "es", "eu"] = Field(
        default="own", description="Language that comes first; own: the participant's"
    )
    second: SecondLanguage = Field(
        default="partner", description="Language beside it; partner: that of whom they meet, else the event's second"
    )
    badge_width_mm: int = Field(default=90, ge=50, le=190, description="Width of a badge")
    badge_height_mm: int = Field(default=55, ge=35, le=140, description="Height of a badge")
    badge_code: Literal["profile", "agenda", "none"] = Field(
        default="profile",
        description="What the code on a badge opens: the public profile, or the personal agenda (whoever scans it may "
        "answer there)",
    )
    badge_names: Literal["pseudonym", "name"] = Field(
        default="pseudonym", description="What stands on the badges of anonymous participants"
    )
    actor_ids: list[int] | None = Field(
        default=None, max_length=5000, description="Only these participants' sheets or badges; absent: everybody's"
    )
