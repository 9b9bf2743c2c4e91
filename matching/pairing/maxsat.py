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
from typing import Any, Literal

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

    Two processes run side by side: one proves lower bounds by cores, the other decides whether a model as cheap as the
    bound exists; either may end the search. How long a search takes varies wildly with its order, so one that has used
    up its slice of CPU time is replaced by another order (restarts, Gomes, Selman & Kautz 1998).

    Raises:
        RuntimeError: a solver process failed; its last words are in the message.
    """
    lines: Queue[tuple[int, str]] = Queue()
    best = _Best(on_lower)
    running: dict[_Role, _Runner] = {}
    tries = {"prove": 0, "decide": 0}
    try:
        while not stop(-float(best.lower)):
            for role in _ROLES:
                if role not in running:
                    search = _Search(role, tries[role], best.lower)
                    running[role] = _Runner(sum(tries.values()), formula, shown, search, lines)
                    tries[role] += 1
            try:
                number, line = lines.get(timeout=max(0.0, min(0.1, stop.remaining())))
            except Empty:
                continue
            known = best.lower
            if line and best.hear(line):
                break
            _retire(running, number if not line else None, raised=best.lower > known)
        return best.answer()
    finally:
        for runner in running.values():
            runner.end()


def _retire(running: "dict[_Role, _Runner]", silent: int | None, *, raised: bool) -> None:
    """Take out a process that has said its last word, and a decision about a bound that was raised since."""
    for role, runner in list(running.items()):
        if runner.number == silent:
            runner.check_end()
        elif not (raised and role == "decide"):
            continue
        runner.end()
        del running[role]


_Role = Literal["prove", "decide"]
_ROLES: tuple[_Role, ...] = ("prove", "decide")


@dataclass(frozen=True, slots=True)
class _Search:
    """What one process does: prove bounds by cores, or decide whether a model costs at most `most`."""

    role: _Role
    attempt: int
    most: int

    @property
    def order(self) -> int:
        """Seed of the order of the clauses; 0 leaves them as given."""
        return self.attempt

    @property
    def cpu_seconds(self) -> float:
        """The slice of CPU time after which it is replaced."""
        first, per_length = (60.0, 2) if self.role == "prove" else (22.0, 6)
        return first * float(2 ** (self.attempt // per_length))


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

    def __init__(
        self, number: int, formula: Formula, shown: int, search: _Search, lines: "Queue[tuple[int, str]]"
    ) -> None:
        self.number = number
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        message = (formula.variables, formula.hard, formula.costs, shown, search)
        self.threads = [
            threading.Thread(target=_read, args=(number, self.process.stdout, lines), daemon=True),
            threading.Thread(target=_feed, args=(self.process.stdin, message), daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def check_end(self) -> None:
        """The process has ended as it should: it has said all, or its slice is used up.

        Raises:
            RuntimeError: it ended for another reason.
        """
        words = self.process.stderr.read().decode(errors="replace").strip() if self.process.stderr else ""
        if self.process.wait() not in (0, -signal.SIGPROF):
            raise RuntimeError(f"the MaxSAT process ended early: {words[-300:] or 'without a word'}")

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
    variables, hard, costs, shown, search = pickle.load(sys.stdin.buffer)
    signal.setitimer(signal.ITIMER_PROF, search.cpu_seconds)  # ends the process, whatever the SAT engine is doing
    if search.role == "decide":
        narrowed = Formula(variables, hard)
        narrowed.at_most(costs, search.most)
    if search.order:
        Random(search.order).shuffle(hard)
        Random(search.order).shuffle(costs)
    voice = _Voice(frozenset(costs), shown)
    if search.role == "decide":
        _decide(hard, search.most, voice)
    elif _first(hard, voice):
        _prove(hard, costs, voice, exhaust=search.attempt % 2 == 0)


@dataclass(frozen=True, slots=True)
class _Voice:
    """How a solver process speaks."""

    costs: frozenset[int]
    shown: int

    def say(self, word: str, number: int, model: list[int]) -> None:
        """One line: a word, a number, the shown variables that are true."""
        true = " ".join(str(x) for x in model if 0 < x <= self.shown)
        sys.stdout.write(f"{word} {number} {true}\n")
        sys.stdout.flush()

    def tell(self, word: str, model: list[int]) -> None:
        """A model with its cost."""
        self.say(word, len(self.costs.intersection(model)), model)


def _first(hard: list[list[int]], voice: _Voice) -> bool:
    """Any model at all; False when the clauses contradict each other."""
    from pysat.solvers import Solver  # noqa: PLC0415 - optional dependency

    with Solver(name=_ENGINE, bootstrap_with=hard) as solver:
        if solver.solve():
            voice.tell("model", solver.get_model())
            return True
    voice.say("none", 0, [])
    return False


def _decide(hard: list[list[int]], most: int, voice: _Voice) -> None:
    """A model within a cost, or one more for the bound."""
    from pysat.solvers import Solver  # noqa: PLC0415 - optional dependency

    with Solver(name=_ENGINE, bootstrap_with=hard) as solver:
        if solver.solve():
            voice.tell("model", solver.get_model())
        else:
            voice.say("lower", most + 1, [])


def _prove(hard: list[list[int]], costs: list[int], voice: _Voice, *, exhaust: bool) -> None:
    """Raise the bound core by core until a model attains it."""
    from pysat.examples.rc2 import RC2  # noqa: PLC0415 - optional dependency
    from pysat.formula import WCNF  # noqa: PLC0415 - optional dependency

    formula = WCNF()
    formula.extend(hard)
    for literal in costs:
        formula.append([-literal], weight=1)

    class Telling(RC2):  # type: ignore[misc]
        def process_core(self) -> None:
            super().process_core()
            voice.say("lower", self.cost, [])

    with Telling(formula, solver=_ENGINE, adapt=True, exhaust=exhaust, minz=True, trim=5) as search:
        voice.tell("optimal", search.compute())


_ENGINE = "cadical153"
