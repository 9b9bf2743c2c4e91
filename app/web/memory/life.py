"""The life of a tandem as steps: what was reached and when, what was passed over, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from models.tandem import TandemStatus, TandemStepPublic

WAY: tuple[TandemStatus, ...] = ("suggested", "met", "in_discussion", "agreement", "active")
"""The way of a partnership; every other status leaves it."""
State = Literal["done", "here", "passed", "ahead", "left"]


@dataclass(frozen=True)
class Stage:
    """One stage of a life: done, here now, passed over, still ahead, or (`left`) how it went off the way."""

    status: TandemStatus
    state: State
    since: date | None = None


def life(history: Sequence[TandemStepPublic]) -> list[Stage]:
    """The stages of a tandem from its history, oldest step first; a tandem off its way has one more at the end."""
    since = {step.status: step.since for step in history}
    now = history[-1].status
    reached = max((WAY.index(status) for status in since if status in WAY), default=-1)
    if now in WAY:
        # After another try the newest step decides how far it is.
        reached = WAY.index(now)
    stages = [Stage(status, _state(status, now, since, reached), _when(status, since, reached)) for status in WAY]
    return stages if now in WAY else [*stages, Stage(now, "left", since[now])]


def short_life(status: str) -> int:
    """How many stages of the way are reached, for a tandem whose history is not at hand; 0: it left the way."""
    return WAY.index(status) + 1 if status in WAY else 0


def _state(status: TandemStatus, now: str, since: dict[TandemStatus, date | None], reached: int) -> State:
    place = WAY.index(status)
    if status == now:
        return "here"
    if place > reached:
        return "ahead"
    return "done" if status in since else "passed"


def _when(status: TandemStatus, since: dict[TandemStatus, date | None], reached: int) -> date | None:
    return since.get(status) if WAY.index(status) <= reached else None
