"""What `bench/pictures.py` makes pictures of: every page, and the states that an address alone does not show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
from every_page import addresses, page_templates
from fastapi import FastAPI
from lived_event import Size, Told, ask, live_through, set_clock, sign_in_link
from sqlalchemy import Engine, text

from models.base import utc_now

Deed = Callable[[Any], None]
"""Something done on the page (Playwright's) before its picture is taken."""


@dataclass(frozen=True)
class Scene:
    """One picture: where, under which name, and what is done there first."""

    name: str
    address: str
    deed: Deed | None = None
    printed: bool = False


@dataclass
class Stage:
    """A running service with the demo border and an event in the middle of its day."""

    app: FastAPI
    engine: Engine
    url: str
    size: Size = field(default_factory=lambda: Size(10, 18, utc_now()))
    told: Told = field(default_factory=Told)

    def furnish(self) -> None:
        """The event, of actors of every side in turn; and one that nobody has touched yet."""
        with httpx.Client(base_url=self.url, timeout=200) as client:
            self.told = live_through(client, actors_in_turn(self.engine, 48), self.size)
            self.told.samples["/console/sign-in/link/{token} token"] = sign_in_link(self.engine)
            bare = ask(client, "POST", "/events", {"name": "Nothing set up yet"})["id"]
        self.told.samples["bare"] = bare

    def turn_clock(self, begun: int) -> None:
        """Move the rounds of the event, so that so many have begun by now."""
        with httpx.Client(base_url=self.url, timeout=60) as client:
            set_clock(client, int(str(self.told.samples["event_id"])), replace(self.size, now=utc_now(), begun=begun))

    def begin_tomorrow(self) -> None:
        """Before the event."""
        tomorrow = utc_now() + timedelta(days=1)
        with httpx.Client(base_url=self.url, timeout=60) as client:
            set_clock(client, int(str(self.told.samples["event_id"])), replace(self.size, now=tomorrow, begun=0))


def actors_in_turn(engine: Engine, number: int) -> list[int]:
    """Actors of every side in turn, by id."""
    turn = "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY side ORDER BY id) AS n FROM actor) AS r"
    with engine.connect() as connection:
        return [*connection.execute(text(f"{turn} ORDER BY n, id LIMIT :most"), {"most": number}).scalars()]


def every_page(app: FastAPI, samples: Mapping[str, object]) -> Iterator[Scene]:
    """Each page of the service, filled, in each of its known states."""
    quoted = {name: quote(str(value), safe="") for name, value in samples.items()}
    for template in page_templates(app):
        if template.startswith("/live/"):
            continue
        for n, address in enumerate(addresses(template, quoted)):
            name = template.strip("/").replace("{", "").replace("}", "").replace("/", ".") or "front"
            yield Scene(name + (f"~{n}" if n else ""), address)


def bare_event(samples: Mapping[str, object]) -> Sequence[Scene]:
    """An event in which nothing stands yet."""
    at = f"/console/events/{samples['bare']}"
    rooms = ("", "/setup", "/participants", "/wishes", "/invite", "/schedule", "/day", "/agendas", "/papers", "/report")
    clock = Scene("bare.clock", f"/clock/{samples['bare']}")
    return [*(Scene(f"bare.event{room.replace('/', '.')}", at + room) for room in rooms), clock]


def errors(samples: Mapping[str, object]) -> Sequence[Scene]:
    """What does not exist, and forms that do not fit."""
    event = f"/console/events/{samples['event_id']}"
    return [
        Scene("error.404", "/nope"),
        Scene("error.event", "/console/events/999"),
        Scene("error.422", "/directory/x"),
        Scene("error.agenda", "/agenda/1-" + "a" * 32),
        Scene("error.import", "/console/maps", _upload("nothing.csv", b"\x00\x01 this is no table")),
        Scene("error.wizard", "/console/events/new", _send),
        Scene("error.actor", "/console/actors/new", _send),
        Scene("error.registration", f"{event}/participants/{samples['actor_id']}", _refused_registration),
        Scene("error.sign-in", "/console/sign-in", _wrong_key),
    ]


def opened(samples: Mapping[str, object]) -> Sequence[Scene]:
    """What is folded away until somebody opens it, and what stands on paper."""
    event, agenda = f"/console/events/{samples['event_id']}", f"/agenda/{samples['token']}"
    return [
        Scene("open.agenda", agenda, _unfold),
        Scene("open.setup", f"{event}/setup", _unfold),
        Scene("open.papers", f"{event}/papers", _unfold),
        Scene("open.front", f"/?q={quote(str(samples['question']))}", _unfold),
        Scene("open.menu", "/console/events", _press("details.nav-menu summary")),
        Scene("open.free-place", f"{event}/schedule?add=0.{samples['free']}"),
        Scene("open.compact", f"{event}/schedule?zoom=compact"),
        Scene("paper.agenda", agenda, printed=True),
        Scene("paper.schedule", f"{event}/schedule", printed=True),
        Scene("paper.report", f"{event}/report", printed=True),
        Scene("paper.profile", f"/directory/{samples['actor_id']}", printed=True),
        Scene("paper.day", f"{event}/day", printed=True),
        Scene("paper.round", f"{event}/rounds/0", printed=True),
    ]


def by_the_clock(samples: Mapping[str, object], when: str) -> Sequence[Scene]:
    """The pages that follow the clock."""
    event = f"/console/events/{samples['event_id']}"
    return [
        Scene(f"{when}.agenda", f"/agenda/{samples['token']}", _unfold),
        Scene(f"{when}.clock", f"/clock/{samples['event_id']}"),
        Scene(f"{when}.desk", f"{event}/day"),
        Scene(f"{when}.overview", event),
    ]


EMPTY = (
    "/", "/?q=textile", "/directory", "/console/events", "/console/programmes", "/console/actors", "/console/explore",
    "/console/maps", "/console/maps/sectors", "/console/memory", "/console/memory/feedback", "/console/memory/weights",
    "/console/access", "/console/privacy", "/console/privacy/texts", "/console/privacy/trail",
)  # fmt: skip
"""Pages of a service that holds nothing, whose language model is still on its way."""


def nothing_yet() -> Sequence[Scene]:
    """The first minute of a new service."""
    return [Scene(f"empty.{address.strip('/').replace('/', '.') or 'front'}", address) for address in EMPTY]


def _press(selector: str) -> Deed:
    return lambda page: page.locator(selector).last.click()


def _send(page: Any) -> None:
    """The form as it is, past what the browser itself would refuse."""
    page.evaluate("for (const form of document.forms) form.noValidate = true")
    page.locator("main form button.button:not(.quiet)").last.click()
    page.wait_for_load_state()


def _unfold(page: Any) -> None:
    page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")


def _upload(name: str, data: bytes) -> Deed:
    def deed(page: Any) -> None:
        page.locator("input[type=file]").first.set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
        page.locator("main form button.button").first.click()
        page.wait_for_load_state()

    return deed


def _refused_registration(page: Any) -> None:
    page.locator("input[name=min]").fill("9")
    page.locator("input[name=max]").fill("2")
    page.locator("main form button.button:not(.quiet)").first.click()


def _wrong_key(page: Any) -> None:
    page.locator("main input:visible").first.fill("no such key")
    page.locator("main form button:visible").first.click()
