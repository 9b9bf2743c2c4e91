"""Weighted clauses in, cheapest model out: core-guided MaxSAT (RC2, Ignatiev, Morgado & Marques-Silva 2019).

The SAT engine cannot be interrupted, so it runs in a process of its own that is ended when the stop says so; what it
found until then (a model, a lower bound) is kept. python-sat is imported there only.
"""

import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from random import Random
from typing import Any

from matching.pairing.stop import Stop

_ROOT = str(Path(__file__).resolve().parents[2])
_WORKER = f"import sys; sys.path.insert(0, {_ROOT!r}); from matching.pairing.maxsat import serve; serve()"


@dataclass(slots=True)
class Formula:
    """Hard clauses over variables 1, 2, …, and literals that cost 1 each when true."""

    variables: int = 0
    hard: list[list[int]] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    guard: int = 0  # while set, clauses hold only if this variable is true

    def fresh(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def add(self, *literals: int) -> None:
        """At least one of these literals is true."""
        self.hard.append([*literals, -self.guard] if self.guard else list(literals))

    def at_most(self, literals: list[int], most: int) -> None:
        """At most so many of these literals are true (sequential counter, Sinz 2005; pairwise when short)."""
        if most >= len(literals):
            return
        if most == 1 and len(literals) <= 6:
            for k, one in enumerate(literals):
                for other in literals[:k]:
                    self.add(-one, -other)
            return
        if most <= 0:
            for one in literals:
                self.add(-one)
            if most < 0:
                self.add()
            return
        self._counter(literals, most)

    def _counter(self, literals: list[int], most: int) -> None:
        """`level[j]` = more than j of the literals so far; only levels from which `most` can still be passed."""
        level: dict[int, int] = {}
        for position, one in enumerate(literals):
            left = len(literals) - position - 1
            now = {j: self.fresh() for j in range(max(0, most - left), min(most, position + 1))}
            if 0 in now:
                self.add(-one, now[0])
            for j, before in level.items():
                if j in now:
                    self.add(-before, now[j])
                if j + 1 in now:
                    self.add(-one, -before, now[j + 1])
                elif j + 1 == most:
                    self.add(-one, -before)
            level = now

    def exactly(self, literals: list[int], count: int) -> None:
        """Exactly so many of these literals are true. Two one-way counters: one counter read both ways is smaller, but
        the search was several times slower with it."""
        self.at_least(literals, count)
        self.at_most(literals, count)

    def at_least(self, literals: list[int], least: int) -> None:
        """At least so many of these literals are true."""
        self.at_most([-x for x in literals], len(literals) - least)


@dataclass(frozen=True, slots=True)
class Answer:
    """True variables of the best model (None: none found), its cost, a lower bound; `hopeless` = no model exists."""

    model: frozenset[int] | None
    cost: int
    lower: int
    hopeless: bool = False


def minimise(formula: Formula, shown: int, stop: Stop, on_lower: Callable[[int], None]) -> Answer:
    """The cheapest model, or the best known when `stop` says so. Only variables 1..`shown` come back.

    How long a proof takes varies wildly with the order of the search, so two processes run side by side with different
    settings, and one that has used up its slice of CPU time is replaced by another order with a longer slice (restarts,
    Gomes, Selman & Kautz 1998).

    Raises:
        RuntimeError: the solver process failed; its last words are in the message.
    """
    lines: Queue[tuple[int, str]] = Queue()
    best = _Best(on_lower)
    running: list[_Runner] = []
    started = 0
    try:
        while not stop(-float(best.lower)):
            while len(running) < _WIDTH:
                running.append(_Runner(started, formula, shown, lines))
                started += 1
            try:
                number, line = lines.get(timeout=max(0.0, min(0.1, stop.remaining())))
            except Empty:
                continue
            if line and best.hear(line):
                break
            if not line:
                running = [r for r in running if r.number != number or not r.used_up()]
        return best.answer()
    finally:
        for runner in running:
            runner.end()


_WIDTH = 2
_SLICE = 40.0  # CPU seconds of the first two processes; each following pair gets twice as long


class _Best:
    """What all processes together have said."""

    def __init__(self, on_lower: Callable[[int], None]) -> None:
        self.on_lower = on_lower
        self.lower = 0
        self.model: frozenset[int] | None = None
        self.cost = 0
        self.hopeless = False

    def hear(self, line: str) -> bool:
        """Take up one line; True when there is nothing more to learn."""
        word, _, rest = line.partition(" ")
        numbers = [int(x) for x in rest.split()]
        if word == "lower":
            if numbers[0] > self.lower:
                self.lower = numbers[0]
                self.on_lower(self.lower)
        elif word == "none":
            self.hopeless = True
        elif self.model is None or numbers[0] < self.cost:
            self.model, self.cost = frozenset(numbers[1:]), numbers[0]
        if word == "optimal":
            self.lower = self.cost
        return self.hopeless or (self.model is not None and self.cost <= self.lower)

    def answer(self) -> Answer:
        """The final word."""
        return Answer(self.model, self.cost, self.lower, self.hopeless)


class _Runner:
    """One solver process, ended when its slice is used up."""

    def __init__(self, number: int, formula: Formula, shown: int, lines: "Queue[tuple[int, str]]") -> None:
        self.number = number
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        # exhaust cores or not; the order of the clauses (0 = as given); CPU seconds until it is ended
        how = (number % _WIDTH == 0, number // _WIDTH, _SLICE * 2 ** (number // _WIDTH))
        message = (formula.hard, formula.costs, shown, *how)
        self.threads = [
            threading.Thread(target=_read, args=(number, self.process.stdout, lines), daemon=True),
            threading.Thread(target=_feed, args=(self.process.stdin, message), daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def used_up(self) -> bool:
        """The process has ended because its slice is used up.

        Raises:
            RuntimeError: it ended for another reason.
        """
        words = self.process.stderr.read().decode(errors="replace").strip() if self.process.stderr else ""
        if self.process.wait() != -signal.SIGPROF:
            raise RuntimeError(f"the MaxSAT process ended early: {words[-300:] or 'without a word'}")
        self.end()
        return True

    def end(self) -> None:
        """Stop the process and wait for it."""
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            _close(stream)


def _close(stream: Any) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return


def _feed(stream: Any, message: Any) -> None:
    try:
        pickle.dump(message, stream)
        stream.close()
    except (BrokenPipeError, ValueError):
        return  # the process was ended before it had read everything


def _read(number: int, stream: Any, lines: "Queue[tuple[int, str]]") -> None:
    for line in stream:
        lines.put((number, line.decode()))
    lines.put((number, ""))


def serve() -> None:
    """The solver process: clauses on stdin, lines `lower k`, `model cost x…`, `optimal cost x…`, `none` on stdout."""
    from pysat.examples.rc2 import RC2  # noqa: PLC0415 - optional dependency
    from pysat.formula import WCNF  # noqa: PLC0415 - optional dependency
    from pysat.solvers import Solver  # noqa: PLC0415 - optional dependency

    hard, costs, shown, exhaust, order, cpu_seconds = pickle.load(sys.stdin.buffer)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)  # ends the process, whatever the SAT engine is doing
    if order:
        Random(order).shuffle(hard)
        Random(order).shuffle(costs)

    def say(word: str, cost: int, model: list[int]) -> None:
        true = " ".join(str(x) for x in model if 0 < x <= shown)
        sys.stdout.write(f"{word} {cost} {true}\n")
        sys.stdout.flush()

    def cost_of(model: list[int]) -> int:
        true = {x for x in model if x > 0}
        return sum(1 for x in costs if x in true)

    with Solver(name="cadical153", bootstrap_with=hard) as solver:
        if not solver.solve():
            say("none", 0, [])
            return
        first = solver.get_model()
        say("model", cost_of(first), first)
    formula = WCNF()
    formula.extend(hard)
    for literal in costs:
        formula.append([-literal], weight=1)

    class Telling(RC2):  # type: ignore[misc]
        def process_core(self) -> None:
            super().process_core()
            say("lower", self.cost, [])

    with Telling(formula, solver="cadical153", adapt=True, exhaust=exhaust, minz=True, trim=5) as search:
        model = search.compute()
        say("optimal", cost_of(model), model)
