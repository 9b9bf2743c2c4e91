"""The load generator: a process that behaves like phones, organisers' browsers and front ends on the day of an event.

Started by bench/load.py with one JSON object on its standard input; writes what it saw to the file named there.
"""

import asyncio
import itertools
import json
import random
import re
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from load_line import Answer, Line

GAP_S, POLL_S, REST = 0.4, 10.0, 5
"""As live.js has it: the least between two looks, when a page without a stream looks again, and how many times as long
as a look took it rests."""
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
_ANSWERS = re.compile(r'action="/agenda/[^"]+/answers/(\d+)"')
_SINCE = re.compile(r'data-live-since="(\d+)"')
_TOPICS = re.compile(r'data-live-topics="([^"]*)"')


@dataclass
class Seen:
    """What happened: (kind, moment it was asked, milliseconds, status, how it ended)."""

    rows: list[tuple[str, float, float, int, str]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    lag: list[float] = field(default_factory=list)

    async def time(
        self, kind: str, asking: Awaitable[Answer], right: Callable[[Answer], str] | None = None
    ) -> Answer | None:
        """Wait for an answer and note it; None when it is none that the asker can go on with."""
        began, answer, how = time.monotonic(), None, ""
        try:
            answer = await asking
            if answer.status in {429, 503}:
                how = "away" if answer.headers.get("retry-after") else "away without Retry-After"
            elif answer.status >= 400:
                how = f"status {answer.status}"
            elif right is not None:
                how = right(answer)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            how = f"{type(error).__name__}"
        ms = 1000 * (time.monotonic() - began)
        self.rows.append((kind, began, ms, answer.status if answer else 0, how))
        return answer if not how else None


@dataclass
class Crowd:
    """Everybody whom this process plays."""

    port: int
    until: float
    rng: random.Random
    seen: Seen = field(default_factory=Seen)

    @property
    def over(self) -> bool:
        """Whether it is time to go home."""
        return time.monotonic() >= self.until

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        await asyncio.sleep(max(0.0, min(seconds, self.until - time.monotonic())))

    async def page(self, crowd_kind: str, path: str, headers: dict[str, str], holds: str) -> Answer | None:
        """Load a page on a connection of its own: a phone that looks once a minute has no open one."""

        def right(answer: Answer) -> str:
            return "" if answer.status == 304 or holds in answer.text else "another page"

        async with Line(self.port, {"Accept-Encoding": "gzip", **headers}, keep=False) as line:
            return await self.seen.time(crowd_kind, line.ask("GET", path), right)


@dataclass
class LivePage:
    """A page with live parts, as live.js keeps it."""

    crowd: Crowd
    kind: str
    path: str
    stream: str
    holds: str
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    version: str = ""
    """What it says now: a page that is still the same is not sent again."""
    busy: bool = False
    again: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def live(self) -> None:
        """Open, listen, look again after each change, until the day is over."""
        while not self.text and not self.crowd.over:
            await self.look()
            if not self.text:
                await self.crowd.pause(self.crowd.rng.uniform(1, POLL_S))
        since = _SINCE.search(self.text)
        while not self.crowd.over:
            heard = await self._listen(int(since[1]) if since else 0)
            # A page without a stream asks by itself.
            await self.crowd.pause(self.crowd.rng.uniform(0.5, 1.5) if heard else POLL_S)
            since = None
            if not self.crowd.over:
                await self.look()

    async def _listen(self, since: int) -> bool:
        line = Line(self.crowd.port, self.headers)
        try:
            began = time.monotonic()
            answer = await asyncio.wait_for(line.begin("GET", f"{self.stream}?since={since}"), 30)
            how = (
                ""
                if answer.status == 200
                else "away"
                if answer.headers.get("retry-after")
                else f"status {answer.status}"
            )
            self.crowd.seen.rows.append(("stream", began, 1000 * (time.monotonic() - began), answer.status, how))
            if answer.status != 200:
                return False
            while not self.crowd.over:
                told = await asyncio.wait_for(line.lines(), min(40, max(0.1, self.crowd.until - time.monotonic())))
                if not told:
                    break
                if told.startswith(b"event: change"):
                    self._change(json.loads((await line.lines())[6:]))
        except TimeoutError:
            # Who goes home hears no more, and that may be a moment before.
            if time.monotonic() < self.crowd.until - 1:
                self.crowd.seen.rows.append(("stream", time.monotonic(), 0, 0, "silent"))
        except (OSError, EOFError, ValueError) as error:
            self.crowd.seen.rows.append(("stream", time.monotonic(), 0, 0, type(error).__name__))
        finally:
            line.close()
        return True

    def _change(self, told: dict[str, Any]) -> None:
        named = _TOPICS.search(self.text)
        topics = named[1].split() if named else []
        if topics and not {"all", *topics} & set(told["topics"]):
            return
        task = asyncio.create_task(self._look_soon(told.get("within", 0) / 1000))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _look_soon(self, within: float) -> None:
        heard = time.monotonic()
        if self.busy:
            self.again = True
            return
        self.busy = True
        await self.crowd.pause(self.crowd.rng.uniform(0, within))
        while not self.crowd.over:
            self.again, began = False, time.monotonic()
            if await self.look() is None:
                await self.crowd.pause(self.crowd.rng.uniform(1, 2))
                continue
            self.crowd.seen.rows.append((f"{self.kind} is fresh", heard, 1000 * (time.monotonic() - heard), 200, ""))
            await self.crowd.pause(max(GAP_S, min(REST * (time.monotonic() - began), POLL_S)))
            if not self.again:
                break
            heard = time.monotonic()
        self.busy = False

    async def look(self) -> Answer | None:
        """Load the page."""
        known = {"X-Live": "1", "If-None-Match": self.version} if self.version else {}
        answer = await self.crowd.page(self.kind, self.path, self.headers | known, self.holds)
        if answer is not None and answer.status != 304:
            self.text, self.version = answer.text, answer.headers.get("etag", "")
        return answer


async def participant(crowd: Crowd, who: dict[str, Any], every_s: float) -> None:
    """A phone: the agenda stays open, and after meetings the form is filled in."""
    headers = {"Accept-Language": who["lang"]}
    page = LivePage(crowd, "agenda", f"/agenda/{who['token']}", f"/live/agenda/{who['token']}", who["name"], headers)
    await crowd.pause(crowd.rng.uniform(0, who["spread"]))
    open_page = asyncio.create_task(page.live())
    await crowd.pause(crowd.rng.uniform(0, every_s))
    while not crowd.over:
        targets = _ANSWERS.findall(page.text)
        if targets:
            await _answer(crowd, who, int(crowd.rng.choice(targets)), page)
        await crowd.pause(crowd.rng.expovariate(1 / every_s))
    await open_page


async def _answer(crowd: Crowd, who: dict[str, Any], target: int, page: LivePage) -> None:
    again = crowd.rng.choice(("yes", "no"))
    body = urlencode({"again": again, "note": f"n{crowd.rng.randrange(10**6)}", "age": 0})
    async with Line(crowd.port, keep=False) as line:
        path = f"/agenda/{who['token']}/answers/{target}"
        more = FORM | {"Accept": "application/json"}
        done = await crowd.seen.time("answer", line.ask("POST", path, body.encode(), more))
    key = f"{who['actor']}-{target}"
    kept = crowd.seen.kept.setdefault("answers", {})
    # Without an answer nobody knows whether it arrived: either may stand.
    kept[key] = [again] if done else [*kept.get(key, [None]), again]
    if done:
        await page.look()


async def organiser(crowd: Crowd, who: dict[str, Any]) -> None:
    """A browser at the desk or at the board, with its page open."""
    headers = {"Cookie": who["cookie"]}
    home = f"/console/events/{who['event']}"
    where = "board" if who["plan"] else "desk"
    path = f"{home}/schedule?plan={who['plan']}" if who["plan"] else f"{home}/day"
    page = LivePage(crowd, where, path, f"/live/events/{who['event']}", "data-live=", headers)
    open_page = asyncio.create_task(page.live())
    await (board(crowd, who) if who["plan"] else desk(crowd, who, headers))
    await open_page


async def desk(crowd: Crowd, who: dict[str, Any], headers: dict[str, str]) -> None:
    """Ticks people off, and now and then notes a wish."""
    kept = crowd.seen.kept.setdefault("marks", {})
    home = f"/console/events/{who['event']}"
    for number in itertools.count():
        await crowd.pause(crowd.rng.expovariate(1 / who["every_s"]))
        if crowd.over:
            return
        async with Line(crowd.port, headers | FORM, keep=False) as line:
            if number % 5 == 4:
                a, b = crowd.rng.sample(who["people"], 2)
                body = urlencode({"actor_id": a, "target_id": b, "kind": "wish", "instead_of": "wish"})
                await crowd.seen.time("wish", line.ask("POST", f"{home}/wishes", body.encode()))
            else:
                actor, state = crowd.rng.choice(who["people"]), crowd.rng.choice(("here", "expected", "absent"))
                body = urlencode({"mark": f"{actor}:{state}"})
                done = await crowd.seen.time(
                    "mark", line.ask("POST", f"{home}/day/mark", body.encode(), {"X-Live": "1"})
                )
                kept[str(actor)] = [state] if done else [*kept.get(str(actor), ["expected"]), state]


async def board(crowd: Crowd, who: dict[str, Any]) -> None:
    """Moves meetings to free places of their round, publishes now and then, and goes on in the new draft."""
    published, plan, revision = time.monotonic(), who["plan"], who["revision"]
    free = {int(r): list(places) for r, places in who["free"].items()}
    meetings = who["meetings"]
    api = {"Authorization": f"Bearer {who['key']}", "Content-Type": "application/json"}
    at = f"/events/{who['event']}/plans"
    while True:
        await crowd.pause(crowd.rng.expovariate(1 / who["every_s"]))
        if crowd.over:
            return
        if who["publish_s"] and time.monotonic() - published > who["publish_s"]:
            published = time.monotonic()
            async with Line(crowd.port, api, keep=False) as line:
                await crowd.seen.time("publish", line.ask("POST", f"{at}/{plan}/publish"))
        one = crowd.rng.choice(meetings)
        if not free.get(one["round"]):
            continue
        place = free[one["round"]].pop(0)
        edit = {"op": "move", "revision": revision, "a": one["a"], "b": one["b"], "round": one["round"], "place": place}
        async with Line(crowd.port, api, keep=False) as line:
            done = await crowd.seen.time("edit", line.ask("POST", f"{at}/{plan}/edits", json.dumps(edit).encode()))
            if done is None:
                # Somebody who is not answered looks what became of it.
                read = await crowd.seen.time("plan read", line.ask("GET", f"{at}/{plan}"))
                if read is None:
                    free[one["round"]].append(place)
                    continue
                told = json.loads(read.text)
                revision, meetings = told["revision"], [m for m in told["meetings"] if not m["locked"]]
                taken = {m["place"] for m in told["meetings"] if m["round"] == one["round"]}
                if place not in taken:
                    free[one["round"]].append(place)
                continue
        told = json.loads(done.text)
        plan, revision = told["number"], told["revision"]
        free[one["round"]].append(one["place"])
        one["place"] = place
        crowd.seen.kept.setdefault("edits", {})[str(plan)] = revision


async def planner(crowd: Crowd, who: dict[str, Any]) -> None:
    """One plan is always being computed."""
    api = {"Authorization": f"Bearer {who['key']}", "Content-Type": "application/json"}
    at, body = f"/events/{who['event']}/plans", json.dumps({"wait": False, "time_limit_s": who["plan_s"]}).encode()
    while not crowd.over:
        async with Line(crowd.port, api, keep=False) as line:
            begun = await crowd.seen.time("plan begun", line.ask("POST", at, body))
            number = json.loads(begun.text)["number"] if begun else None
            while number and not crowd.over:
                await crowd.pause(2)
                read = await crowd.seen.time("plan read", line.ask("GET", f"{at}/{number}"))
                if read and json.loads(read.text)["state"] != "computing":
                    state = json.loads(read.text)["state"]
                    crowd.seen.kept[f"plan {number}"] = state
                    break
        await crowd.pause(0.5)


async def front_end(crowd: Crowd, who: dict[str, Any]) -> None:
    """Questions to /match at a steady rate whether or not they are answered, over a few connections that stay open."""
    idle = [Line(crowd.port, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
            for key in itertools.islice(itertools.cycle(who["keys"]), who["lines"])]  # fmt: skip
    tasks: set[asyncio.Task[None]] = set()
    at = time.monotonic()
    while not crowd.over:
        at += crowd.rng.expovariate(who["rate"])
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        question = crowd.rng.choice(who["questions"])
        line = idle.pop() if idle else Line(crowd.port, {"Authorization": f"Bearer {who['keys'][0]}"}, keep=False)
        task = asyncio.create_task(_match(crowd, line, question, idle))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def _match(crowd: Crowd, line: Line, question: dict[str, Any], idle: list[Line]) -> None:
    body, expected = question["body"], question["expected"]
    if question["fresh"]:
        # Words that nobody has asked before: nothing of them is remembered.
        body, expected = body.replace("%", str(crowd.rng.randrange(10**9))), None

    def right(answer: Answer) -> str:
        suggestions = json.loads(answer.text)["suggestions"]
        found, scores = [s["actor"]["id"] for s in suggestions], [s["score"] for s in suggestions]
        if scores != sorted(scores, reverse=True) or len(set(found)) != len(found) or len(found) > 10:
            return "no ranking"
        # What participants answer changes who is suggested to them, not what free words find.
        return "" if expected in (None, found) else "another answer"

    await crowd.seen.time(
        "match", line.ask("POST", "/match", body.encode(), {"Content-Type": "application/json"}), right
    )
    if line.keep:
        idle.append(line)


async def visitor(crowd: Crowd, who: dict[str, Any]) -> None:
    """Somebody who browses."""
    headers = {"Cookie": who["cookie"]}
    while not crowd.over:
        await crowd.page("browse", crowd.rng.choice(who["paths"]), headers, "</html>")
        await crowd.pause(crowd.rng.expovariate(1 / who["every_s"]))


async def watch_lag(crowd: Crowd) -> None:
    """How late this process itself is: what it measures is late by as much."""
    while not crowd.over:
        began = time.monotonic()
        await asyncio.sleep(0.05)
        crowd.seen.lag.append(1000 * (time.monotonic() - began - 0.05))


async def play(asked: dict[str, Any]) -> Seen:
    """Everybody at once."""
    crowd = Crowd(asked["port"], asked["until"], random.Random(asked["seed"]))
    works: list[Awaitable[None]] = [participant(crowd, who, asked["answer_s"]) for who in asked["participants"]]
    works += [organiser(crowd, who) for who in asked["organisers"]]
    works += [planner(crowd, who) for who in asked["planners"]]
    works += [front_end(crowd, who) for who in asked["front_ends"]]
    works += [visitor(crowd, who) for who in asked["visitors"]]
    with suppress(asyncio.CancelledError):
        await asyncio.gather(watch_lag(crowd), *works)
    return crowd.seen


def main() -> None:
    """Play, write down, end."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asked = json.load(sys.stdin)
    import uvloop

    time.sleep(max(0.0, asked["since"] - time.monotonic()))
    seen = uvloop.run(play(asked))
    lag = sorted(seen.lag)
    told = {
        "rows": seen.rows,
        "kept": seen.kept,
        "cpu_s": time.process_time(),
        "lag_p99": lag[int(0.99 * (len(lag) - 1))] if lag else 0.0,
    }
    Path(asked["out"]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
