"""The process that computes for the service (app/services/apart.py): questions come on its input, answers go out."""

import math
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from app.services import solving  # read before the first question, not during it
from app.services.apart import IDLE_S, receive, send
from matching.pairing.stop import MaxRuntime, Progress, StopFlag

_FIRST_TO_GO = 500
"""Where the machine's memory ends, the system ends this process rather than the service: one computation is lost."""

Asked = tuple[Any, tuple[Any, ...], StopFlag]


def main() -> None:
    """Compute what is asked, one after the other, until nobody asks any more."""
    _stand_behind(int(sys.argv[1]))
    for asked_of_all in (signal.SIGINT, signal.SIGTERM):
        # Whoever ends all processes of a service at once (systemd) means this one last: it ends with its input.
        signal.signal(asked_of_all, signal.SIG_IGN)
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO), encoding="ascii")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    while True:
        try:
            work, args, flag = asked.get(timeout=IDLE_S)
        except queue.Empty:
            os._exit(0)  # past the thread that reads: it cannot be woken
        try:
            send(answers, _answer(work, args, flag, answers))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            send(answers, ("failed", RuntimeError(f"an answer that cannot be sent: {error}")))


def _stand_behind(nicer: int) -> None:
    """Have what is left of the processor: `nicer` alone still makes whoever wakes wait for the end of a turn."""
    os.nice(nicer)
    if nicer and hasattr(os, "SCHED_IDLE"):  # only Linux has it
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _answer(work: Any, args: tuple[Any, ...], flag: StopFlag, answers: IO[bytes]) -> tuple[str, Any]:
    def tell(progress: Progress) -> None:
        send(answers, ("progress", progress))

    try:
        return "done", work(*args, flag, tell)
    except Exception as error:
        error.add_note(f"in the process that computed:\n{traceback.format_exc()}")  # the way here is not sent along
        return "failed", error


def _listen(questions: IO[bytes], asked: "queue.SimpleQueue[Asked]") -> None:
    """Hand on what comes in; when nobody is there any more, end at once."""
    flag = StopFlag()
    try:
        while (message := receive(questions)) is not None:
            if message == "stop":
                flag.set()
                continue
            work, args, seconds = message
            flag = StopFlag(MaxRuntime(seconds) if math.isfinite(seconds) else None)
            asked.put((work, args, flag))
    except Exception:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    assert solving
    main()
