"""What a page shows of a ranked answer: those worth a meeting, and the closest of the others when there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from models.match import MatchAnswer, Reason, Suggestion

CLOSEST = 3
"""How many too faint ones a page shows when nobody reaches the threshold."""
_EXCHANGE = ("need_offer", "offer_need")


@dataclass(frozen=True)
class Shown:
    """A ranked answer, split at its threshold."""

    threshold: float
    worth: list[Suggestion]
    faint: list[Suggestion]
    hidden: int


def shown(answer: MatchAnswer, *, everything: bool = False) -> Shown:
    """Split an answer that was asked for without a threshold (`min_score` 0)."""
    worth = [s for s in answer.suggestions if s.score >= answer.threshold]
    faint = [s for s in answer.suggestions if s.score < answer.threshold]
    kept = faint if everything else faint[: 0 if worth else CLOSEST]
    return Shown(answer.threshold, worth, kept, len(faint) - len(kept))


def quoted(reasons: list[Reason]) -> list[Reason]:
    """The reasons that quote both sides, an exchange of need and offer before a likeness; no pair of quotes twice."""
    kept: dict[tuple[str, str], Reason] = {}
    for reason in sorted(reasons, key=lambda r: r.part not in _EXCHANGE):
        if reason.evidence:
            kept.setdefault((reason.evidence.yours.text, reason.evidence.theirs.text), reason)
    return [*kept.values()]


def unquoted(reasons: list[Reason]) -> list[Reason]:
    """The reasons that need no quotation."""
    return [r for r in reasons if not r.evidence]


def shown_parts(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """The parts that are known, in their order; being too alike is told only where it cost something."""
    return [(part, value) for part, value in parts.items() if not isnan(value) and (part != "twin" or value >= 0.005)]
