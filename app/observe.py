"""What the service tells of its requests: metrics and log lines by route. No personal data in either."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from starlette.types import Message, Receive, Scope, Send

from app.counting import is_shared
from app.layers import Layer, route_of
from app.logs import note_request

REGISTRY = CollectorRegistry()
REQUESTS = Counter("viaduc_requests", "Requests by route and status", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "viaduc_request_seconds",
    "Time to answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)


def counts() -> bytes:
    """What was counted, by all processes of this service, in Prometheus' form."""
    if not is_shared():
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def forget_process(process: int) -> None:
    """What a process had in hand is gone with it; what it counted stays."""
    if is_shared():
        multiprocess.mark_process_dead(process)  # type: ignore[no-untyped-call]


class Sent:
    """A sender that knows the status of the answer it passes on; 500 until there is one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Message) -> None:
        """ASGI."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


class Observe(Layer):
    """Counts and times every request by its route's template, never by its address."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, then count and time."""
        started, sent = time.perf_counter(), Sent(send)
        try:
            await self._app(scope, receive, sent)
        finally:
            route = route_of(scope) or "unmatched"
            REQUESTS.labels(scope["method"], route, str(sent.status)).inc()
            seconds = time.perf_counter() - started
            SECONDS.labels(scope["method"], route).observe(seconds)
            note_request(scope, sent.status, seconds)
