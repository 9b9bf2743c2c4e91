"""Tracing, as an option: requests as spans to a collector (OTLP over HTTP), named by their routes and nothing more.

FastAPI makes the spans itself. Left alone it would put the address of every request into them, and an address can hold
a token or what somebody searched for: what leaves here is a list of attributes that say neither.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig

from app import __version__
from app.errors import Unavailable
from app.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

KEPT = frozenset(
    {"http.route", "http.request.method", "http.response.status_code", "network.protocol.version", "url.scheme",
     "error.type", "code.function.name", "viaduc.request"}
)  # fmt: skip
"""Attributes that leave; `viaduc.request` is the id that answers and log lines name."""
_PROBES = ("/health", "/ready", "/metrics", "/static/")
_EXTRA = "VIADUC_TRACES_URL needs packages that are not installed: pip install 'viaduc[tracing]'"
_PATIENCE_S = 5.0
"""How long a collector may take; it is never waited for in a request."""


class Tracing:
    """Off unless a collector is named. Its thread is of the process that serves: `begin` and `end` are called there."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.traces_url
        self._provider = _provider(settings.traces_share) if self._url else None

    @property
    def config(self) -> TelemetryConfig:
        """What FastAPI is to do: without a collector nothing, whatever the environment of the process says."""
        off = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
        if self._provider is None:
            return off
        return {**off, "tracing": True, "tracer_provider": self._provider, "exclude": _is_probe}

    def begin(self) -> None:
        """Send from now on."""
        if self._provider is not None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - optional
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - optional

            exporter = discreet(OTLPSpanExporter(endpoint=self._url, timeout=_PATIENCE_S))
            self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def end(self) -> None:
        """Send what waits, and stop."""
        if self._provider is not None:
            self._provider.shutdown()


def _provider(share: float) -> "TracerProvider":
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - optional
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - optional
        from opentelemetry.sdk.trace.sampling import TraceIdRatioBased  # noqa: PLC0415 - optional
    except ImportError as error:
        raise Unavailable(_EXTRA) from error
    told = Resource.create({"service.name": "viaduc", "service.version": __version__})
    # By its share alone: who sends a header from outside does not decide what is traced.
    return TracerProvider(sampler=TraceIdRatioBased(share), resource=told, shutdown_on_exit=False)


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return str(scope.get("path", "")).startswith(_PROBES)


def discreet(exporter: "SpanExporter") -> "SpanExporter":
    """An exporter that passes on what may leave: names, times and the attributes in KEPT; no events, no links."""
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415 - optional
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult  # noqa: PLC0415 - optional

    def bare(span: "ReadableSpan") -> "ReadableSpan":
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=kept(span.attributes or {}),
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    class Discreet(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([bare(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

    return Discreet()


def kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that may leave."""
    return {name: value for name, value in attributes.items() if name in KEPT}
