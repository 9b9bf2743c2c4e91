"""Shapes of POST /match."""

from typing import Any, Self

from pydantic import model_validator
from sqlmodel import Field

from models.actor import (
    MAX_TEXT,
    MAX_TEXTS,
    ActorBrief,
    Country,
    Kind,
    Language,
    Nuts,
    PlainText,
    Shape,
    Texts,
)


class InlineProfile(Shape):
    """A profile that is not stored: enough to ask whom it should meet."""

    name: str | None = Field(default=None, max_length=300)
    kind: Kind = "other"
    country: Country | None = None
    nuts: Nuts | None = None
    side: str | None = Field(default=None, min_length=1, max_length=40)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    size: float | None = Field(default=None, ge=0, le=10_000_000)
    languages: list[Language] = Field(default_factory=list, max_length=40)
    sectors: list[str] = Field(default_factory=list, max_length=60)
    description: Texts = Field(default_factory=list, max_length=40)
    offers: Texts = Field(default_factory=list, max_length=MAX_TEXTS)
    needs: Texts = Field(default_factory=list, max_length=MAX_TEXTS)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.description or self.offers or self.needs):
            raise ValueError("the profile has no text: give at least one description, offer or need")
        return self


class MatchFilters(Shape):
    """Which actors may be suggested; an empty list means all."""

    countries: list[Country] = Field(default_factory=list, max_length=60)
    regions: list[str] = Field(default_factory=list, max_length=200)
    kinds: list[Kind] = Field(default_factory=list, max_length=40)
    sectors: list[str] = Field(default_factory=list, max_length=60)
    languages: list[Language] = Field(default_factory=list, max_length=40)
    exclude: list[int] = Field(default_factory=list, max_length=10_000, description="Actor ids")


class MatchRequest(Shape):
    """Whom should this actor, profile or question meet? Exactly one of the three is given."""

    actor_id: int | None = None
    profile: InlineProfile | None = None
    text: PlainText | None = Field(default=None, max_length=MAX_TEXT)
    k: int = Field(default=10, ge=1, le=100)
    lang: Language = Field(default="en", description="Language of the reasons: en, fr, nl, de, da, es or eu")
    cross_side: bool = True
    sides: list[str] | None = Field(
        default=None, max_length=60, description="Sides to suggest from; absent: every other side"
    )
    min_score: float | None = Field(default=None, ge=0, le=1)
    filters: MatchFilters = Field(default_factory=MatchFilters)
    weights: dict[str, float] | None = Field(default=None, description="Overrides of the default weights, by part")
    diversity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="0: the best in order; towards 1: a list of unlike partners (maximal marginal relevance)",
    )
    explain: bool = True
    known_partners: bool = Field(
        default=False, description="Also suggest those with whom a partnership is signed or active"
    )

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        given = [name for name in ("actor_id", "profile", "text") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none"
            raise ValueError(f"give exactly one of actor_id, profile and text (got {got})")
        return self


class Fragment(Shape):
    """Words somebody wrote, in their own language; `marks` are the [start, end) of the words that carry the match."""

    lang: str
    text: str
    marks: list[tuple[int, int]] = Field(default_factory=list)


class Evidence(Shape):
    """The two fragments that met."""

    yours: Fragment
    theirs: Fragment
    similarity: float


class Reason(Shape):
    """Why a suggestion is made: one part of the score in words."""

    part: str
    text: str
    evidence: Evidence | None = None


class Suggestion(Shape):
    """One ranked answer."""

    actor: ActorBrief
    score: float = Field(description="0..1, the probability that the meeting is worth arranging")
    parts: dict[str, float]
    reasons: list[Reason]
    relation: str | None
    common_languages: list[str]
    distance_km: float | None


class MatchAnswer(Shape):
    """Suggestions, best first."""

    suggestions: list[Suggestion]
    threshold: float
    none_suitable: bool = Field(description="True when nobody reaches the threshold: an answer, not an error")
    model: str
    weights: dict[str, Any] = Field(default_factory=dict)
    weights_proposal: int | None = Field(
        default=None, description="The accepted proposal the weights come from; null: the shipped ones"
    )
    took_ms: float
