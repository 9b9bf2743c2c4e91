"""Steps of the day in the words of the page: who, what, when, and whether it can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.web.day.frame import DayFrame
from models.day import DayStepPublic


@dataclass(frozen=True)
class Word:
    """What was said of one person or delegate."""

    name: str
    delegate: str
    state: str
    round: int | None


@dataclass(frozen=True)
class ToldStep:
    """A step, with names for its numbers."""

    step: DayStepPublic
    words: list[Word]
    label: str = ""
    """Of the place that was lost."""


def told_steps(frame: DayFrame, steps: Sequence[DayStepPublic]) -> list[ToldStep]:
    """These steps in words."""
    return [told_step(frame, step) for step in steps]


def told_step(frame: DayFrame, step: DayStepPublic) -> ToldStep:
    """This step in words."""
    if step.kind == "attendance":
        return ToldStep(step, [_word(frame, name, said) for name, said in step.after.items()])
    if step.kind == "loss" and step.subject["kind"] == "place":
        return ToldStep(step, [], frame.labels.get(step.subject["index"], str(step.subject["index"] + 1)))
    return ToldStep(step, [])


def _word(frame: DayFrame, name: str, said: dict[str, Any]) -> Word:
    actor_id, _, delegate = name.partition("/")
    return Word(frame.names.get(int(actor_id), f"actor {actor_id}"), delegate, said["state"], said["round"])
