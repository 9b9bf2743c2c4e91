"""A sentence of the service by its code and values, so that every door can say it in the reader's language."""

from typing import Union

from sqlmodel import Field

from models.actor import Shape


class Remark(Shape):
    """What is said: a code that stays, and what stands in the sentence."""

    code: str = Field(default="", description="What is said; it stays while the English words may change")
    values: dict[str, Union[str, int, "Remark"]] = Field(
        default_factory=dict, description="What stands in the sentence; a value may be a sentence of its own"
    )
