"""What imports say: remarks made here, told in English here, and by the pages in the language of their reader."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import AppError, BadInput, FieldError, TooLarge
from app.services.importing.sentences import SENTENCES
from models.competence_map import KeptActor, Rejection
from models.remark import Remark

Value = str | int | Remark
_LONGEST = 700
"""Characters of somebody's own words in a sentence."""


def remark(code: str, /, **values: Value) -> Remark:
    """A sentence with what stands in it; somebody's own words are made one line."""
    return Remark(code=code, values={name: _one_line(value) for name, value in values.items()})


def _one_line(value: Value) -> Value:
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else value


@dataclass(frozen=True)
class Teller:
    """Says remarks in one language: how its sentences, its numbers and the names of fields are written."""

    sentence: Callable[[str], str] = str
    number: Callable[[int], str] = "{:,}".format
    field: Callable[[str], str] = str

    def __call__(self, said: Remark) -> str:
        """The sentence; KeyError for a code that imports do not say."""
        values = {name: self._value(name, value) for name, value in said.values.items()}
        return self.sentence(SENTENCES[said.code]) % values

    def knows(self, said: Remark) -> bool:
        """Whether it can be said: reports from before a sentence had a code hold its English words alone."""
        return said.code in SENTENCES

    def _value(self, name: str, value: Value) -> str:
        if isinstance(value, Remark):
            return self(value)
        if isinstance(value, int):
            return self.number(value)
        return self.field(value) if name == "field" else value


english = Teller()
WHOLE_ROW = english(Remark(code="whole_row"))
"""In the place of a heading, where a row as a whole is wrong."""


def kept_in_words(actor: KeptActor, tell: Teller) -> str:
    """An actor that an undo left alone, with its reasons, in the language of the teller."""
    reasons = ", ".join(tell(reason) for reason in actor.reasons)
    return tell(remark("kept", name=actor.name, actor=str(actor.actor_id), reasons=reasons))


def at_fault(rejection: Rejection, tell: Teller) -> str:
    """The heading that a rejection is about; else that it is the whole row, or which field is missing."""
    if rejection.field == WHOLE_ROW:
        return tell(remark("whole_row"))
    return rejection.field if rejection.value else tell.field(rejection.field)


class Unreadable(ValueError):
    """A value that cannot be read, with the reason as a remark."""

    def __init__(self, code: str, /, **values: Value) -> None:
        self.remark = remark(code, **values)
        super().__init__(english(self.remark))


def refusal(field: str, said: Remark, line: int | None = None) -> BadInput:
    """BadInput of one field, with its remark."""
    error = BadInput.of(field, english(said), line)
    error.errors[0].remark = said
    return error


def oversize(said: Remark) -> TooLarge:
    """TooLarge, with its remark."""
    return TooLarge(english(said), [FieldError("file", english(said), remark=said)])


def remark_of(error: Exception) -> Remark | None:
    """The remark an expected failure carries, if it does: a refusal by code, or what is wrong with its first field."""
    if not isinstance(error, AppError):
        return None
    if error.code:
        return Remark(code=error.code, values={**error.values})
    return error.errors[0].remark if error.errors else None
