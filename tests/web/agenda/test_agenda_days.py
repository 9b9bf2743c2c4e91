"""An agenda that is open before the schedule is out, and one of an event that lasts longer than a day."""

import re

from agenda_pages import address, publish, text_of
from fastapi.testclient import TestClient
from sqlmodel import Session

TWO_DAYS = [f"2027-03-09T{h}:00+01:00" for h in ("23:00", "23:25")] + ["2027-03-10T09:00:00+01:00"]


def parts(text: str) -> set[str]:
    """The parts of a page that are exchanged when it changes."""
    return {re.search(r'\sid="([^"]+)"', tag)[1] for tag in re.findall(r"<[^>]*\sdata-live-part[^>]*>", text)}


def test_every_part_of_the_schedule_is_there_before_the_schedule_is(
    client: TestClient, event: str, session: Session, mine: str
) -> None:
    before = parts(client.get(mine).text)
    publish(session, [(1, 2, 0, 0, None)])
    after = client.get(mine).text
    assert "Vuurlab" in after
    assert parts(after) == before >= {"next", "day", "room"}


def test_a_part_with_nothing_in_it_is_hidden(client: TestClient, event: str, mine: str) -> None:
    section = re.search(r'<section id="day"([^>]*)>(.*?)</section>', client.get(mine).text, re.DOTALL)
    assert (section[1], section[2].strip()) == (" data-live-part hidden", "")


def test_days_have_names_where_there_are_several(client: TestClient, event: str, session: Session) -> None:
    client.put(f"{event}/rounds", json=[{"starts_at": at, "minutes": 20} for at in TWO_DAYS])
    publish(session, [(1, 2, 0, 0, None), (1, 3, 2, 1, "0")])
    text = client.get(address(session, 1)).text
    day = re.search(r'<section id="day".*?</section>', text, re.DOTALL)[0]
    told = [re.sub(r"<[^>]+>", "", line).strip() for line in re.findall(r"<h3>.*?</h3>", day)]
    assert told == ["Tuesday, 9 March 2027", "Vuurlab", "Wednesday, 10 March 2027", "Brandlab"]
    assert "A break until" not in day
    assert "Tuesday, 9 March 2027 – Wednesday, 10 March 2027" in text
    assert "<span>10 Mar 2027</span> <span>09:00–09:20</span>" in text
    assert "<span>10 Mar 2027, 09:00</span>" in re.search(r'<form[^>]*/details".*?</form>', text, re.DOTALL)[0]


def test_a_meeting_that_moved_to_another_day_is_told_with_both_days(
    client: TestClient, event: str, session: Session, mine: str
) -> None:
    client.put(f"{event}/rounds", json=[{"starts_at": at, "minutes": 20} for at in TWO_DAYS])
    publish(session, [(1, 2, 0, 0, None)])
    client.get(mine)
    publish(session, [(1, 2, 2, 0, None)])
    assert "Moved: Vuurlab, now 10 Mar 2027, 09:00, Table 1 (before: 9 Mar 2027, 23:00)" in text_of(
        client.get(mine), "changes"
    )


def test_a_single_day_is_named_once(client: TestClient, published: str, mine: str) -> None:
    text = client.get(mine).text
    assert text.count("9 March 2027") == 1
