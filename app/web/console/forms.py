"""Forms: what was sent is read field by field; what does not fit is kept beside its field, to be told in its words."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Annotated, Any, TypeVar
from zoneinfo import available_timezones

from fastapi import Depends, Request, UploadFile
from pydantic import BaseModel, ValidationError

from app.errors import BadInput
from app.services.editions import Edition
from app.services.language_names import country_code, language_code
from models.moment import YEARS

S = TypeVar("S", bound=BaseModel)

EDITION = "edition"
"""The hidden field that names the edition a form was filled from."""
_ASIDE = frozenset({EDITION, "holds", "more", "word"})
"""Fields that say how to save, not what is saved."""
MOST_FIELDS = 20_000
"""Fields of one form: 2,000 places with their rounds, and room to spare."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a field: a code that the templates have words for, and what to fill into them."""

    code: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Overtaken:
    """Somebody else changed what a form shows since it was opened: when, who, and what stands there now."""

    edition: Edition
    now: dict[str, str]
    """Of the fields that say something else now than the form does; "" where nothing stands any more."""
    by: str = ""
    zone: str = "UTC"


@dataclass
class Fields:
    """The fields of a form: what to show in them, and what is wrong with them."""

    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, Trouble] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    """Labels of the fields that a template has shown, so that a summary can name them."""
    overtaken: "Overtaken | None" = None
    """Who else changed this meanwhile, and what."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Fields":
        """A form as it is shown first."""
        return cls({name: _written(value) for name, value in values.items()})

    def shown(self, name: str, default: str = "") -> str:
        """What stands in a field."""
        return (self.values.get(name) or [default])[0]

    def saw(self) -> frozenset[int] | None:
        """The edition that the form was filled from; None for a form that carries none."""
        words = self.shown(EDITION)
        return frozenset({int(words)}) if re.fullmatch(r"[0-9]{1,18}", words) else None

    def overtake(self, edition: Edition, stored: Mapping[str, Any], by: str, zone: str = "UTC") -> "Overtaken":
        """Keep what was typed, note what stands there now; sent once more, the form replaces it knowingly."""
        written = {name: _written(value) for name, value in stored.items()}
        differing = (n for n in self.values | written if n not in _ASIDE)
        now = {n: ", ".join(written.get(n, [])) for n in differing if _said(self.values, n) != _said(written, n)}
        self.values[EDITION] = [str(edition.n)]
        self.overtaken = Overtaken(edition, now, by, zone)
        return self.overtaken

    def has(self, name: str, value: str = "on") -> bool:
        """Whether a box is ticked or an option chosen."""
        return value in self.values.get(name, [])

    def sent(self, prefix: str) -> list[int]:
        """The numbers of the rows whose fields begin so (`place-3` → 3), in their order."""
        found = (re.fullmatch(rf"{re.escape(prefix)}-(\d{{1,6}})", name) for name in self.values)
        return sorted({int(match[1]) for match in found if match})

    def refuse(self, name: str, code: str, **figures: Any) -> None:
        """Note what is wrong with a field; the first trouble stays."""
        self.errors.setdefault(name, Trouble(code, figures))

    def blame(self, error: BadInput | ValidationError, names: Mapping[str, str], otherwise: str) -> None:
        """Put what a service or a shape refused beside its field; `names` leads from theirs to the form's."""
        found = (
            [(str(e["loc"][0]) if e["loc"] else "", e["msg"]) for e in error.errors()]
            if isinstance(error, ValidationError)
            else [(e.field, e.reason) for e in error.errors]
        )
        for where, reason in found:
            self.refuse(names.get(where, otherwise), "said", reason=reason.removeprefix("Value error, "))

    def fit(self, shape: type[S], said: Mapping[str, Any], otherwise: str, **names: str) -> S | None:
        """What the form says as a shape; None when something of it does not fit, which is noted beside its field.

        `names` leads from the shape's fields to the form's; what is wrong with any other stands beside `otherwise`.
        """
        if self.errors:
            return None
        try:
            return shape.model_validate(said)
        except ValidationError as error:
            self.blame(error, names, otherwise)
            return None

    def text(self, name: str, *, longest: int = 300, required: bool = False) -> str | None:
        """Words, or None when there are none."""
        words = self.shown(name).replace("\x00", "").strip()
        if not words:
            if required:
                self.refuse(name, "required")
            return None
        if len(words) > longest:
            self.refuse(name, "long", high=longest)
        return words

    def whole(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number within its limits, or None."""
        words = self.text(name, longest=20, required=required)
        if words is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,15}", words):
            self.refuse(name, "number")
            return None
        number = int(words)
        if not low <= number <= high:
            self.refuse(name, "between", low=low, high=high)
        return number

    def decimal(self, name: str, low: float, high: float) -> float | None:
        """A number with a point or a comma, or None."""
        words = self.text(name, longest=30)
        if words is None:
            return None
        try:
            number = float(words.replace(",", "."))
        except ValueError:
            self.refuse(name, "decimal")
            return None
        if not low <= number <= high:
            self.refuse(name, "between", low=low, high=high)
        return number

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date as browsers send it."""
        words = self.text(name, longest=40, required=required)
        try:
            day = date.fromisoformat(words) if words else None
        except ValueError:
            day = date.min
        if day is not None and day.year not in YEARS:
            self.refuse(name, "date")
            return None
        return day

    def clock(self, name: str, *, required: bool = False) -> time | None:
        """A time of the day as browsers send it."""
        words = self.text(name, longest=20, required=required)
        try:
            return time.fromisoformat(words).replace(tzinfo=None) if words else None
        except ValueError:
            self.refuse(name, "time")
            return None

    def zone(self, name: str) -> str:
        """An IANA zone."""
        words = self.text(name, required=True) or ""
        if words and words not in available_timezones():
            self.refuse(name, "zone")
        return words

    def choice(self, name: str, known: Iterable[str]) -> str | None:
        """One of the values known, or None when nothing is chosen."""
        words = self.text(name)
        if words is not None and words not in known:
            self.refuse(name, "choice")
            return None
        return words

    def lines(self, name: str, *, longest: int = 300) -> list[str]:
        """One entry a line; empty lines are nothing."""
        found = [line.strip() for line in self.shown(name).replace("\x00", "").splitlines() if line.strip()]
        for line in found:
            if len(line) > longest:
                self.refuse(name, "long", high=longest)
        return found

    def numbers(self, name: str, count: int) -> list[int] | None:
        """Numbers that people count from 1, written like "1-4, 7", as indices from 0; empty: None, all of them."""
        words = self.text(name, longest=2000)
        if words is None:
            return None
        found: set[int] = set()
        for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–—]\s*", "-", words)):
            match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if part and not 1 <= first <= last <= count:
                self.refuse(name, "numbers", high=count)
                return None
            found |= set(range(first - 1, last))
        return sorted(n for n in found if n >= 0)

    def languages(self, name: str, lang: str) -> list[str]:
        """Languages by their code or by their name in any language of the interface."""
        return self._codes(name, lambda word: language_code(word, lang), "language")

    def countries(self, name: str, lang: str) -> list[str]:
        """Countries by their code or by their name in any language of the interface."""
        return self._codes(name, lambda word: country_code(word, lang), "unknown")

    def _codes(self, name: str, code_of: Callable[[str], str | None], trouble: str) -> list[str]:
        found: list[str] = []
        for word in re.split(r"[,;/\n]+", self.text(name, longest=500) or ""):
            if not word.strip():
                continue
            code = code_of(word.strip())
            if code is None:
                self.refuse(name, trouble, word=word.strip())
            elif code not in found:
                found.append(code)
        return found


def write_numbers(indices: Iterable[int] | None) -> str:
    """Indices from 0 as people write them: [0, 1, 2, 5] → "1-3, 6"; None (all): nothing."""
    runs: list[list[int]] = []
    for index in sorted(indices or ()):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs)


def _said(values: Mapping[str, list[str]], name: str) -> list[str]:
    return sorted(" ".join(word.split()) for word in values.get(name, []) if word.strip())


def _written(value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return ["on"]
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return [str(value)]


async def read_form(request: Request) -> Fields:
    """The form that was sent, whatever its encoding."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=5)
    values: dict[str, list[str]] = defaultdict(list)
    files: dict[str, bytes] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values[name].append(value)
        elif isinstance(value, UploadFile) or hasattr(value, "read"):
            files[name] = await value.read()
    await form.close()
    return Fields(dict(values), files=files)


FormDep = Annotated[Fields, Depends(read_form)]
