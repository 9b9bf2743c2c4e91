"""A thread reads ahead: the same items, the same failures, and nobody goes on reading for nobody."""

import threading
from collections.abc import Iterator

import pytest

from app.services.importing.ahead import ahead


def reading_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "reading ahead"]


def test_the_same_items_in_the_same_order():
    assert list(ahead(range(1000))) == list(range(1000))
    assert list(ahead([])) == []
    assert reading_threads() == []


def test_what_reading_raises_comes_after_what_was_read():
    def broken() -> Iterator[int]:
        yield from (1, 2, 3)
        raise ValueError("line 4")

    items = ahead(broken())
    assert [next(items) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(ValueError, match="line 4"):
        next(items)
    assert reading_threads() == []


def test_it_reads_no_further_than_a_little_ahead_and_stops_with_who_takes():
    read: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            read.append(len(read))
            yield len(read)

    items = ahead(endless())
    assert [next(items), next(items)] == [1, 2]
    items.close()
    assert reading_threads() == []
    assert len(read) <= 6
