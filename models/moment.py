"""Moments as somebody sends them: with an offset, and of a time that somebody can mean."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

YEARS = range(1900, 2200)
"""A year beyond them is a slip of the pen, and near the ends of the calendar no time can be added to it."""


def check_moment(value: datetime) -> datetime:
    """The same; ValueError for one without an offset or of a year that nobody means."""
    if value.tzinfo is None:
        raise ValueError("needs an offset, such as 2027-03-09T09:00:00+01:00")
    if value.year not in YEARS:
        raise ValueError(f"the year is expected to be from {YEARS[0]} to {YEARS[-1]}")
    return value


Moment = Annotated[datetime, AfterValidator(check_moment)]
