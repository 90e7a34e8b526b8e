"""Traces: one application's way from form to certificate is one trace, without personal data (B13).

Attribute names are kept here, in one place: the conventions are renaming them. Spans of requests are our own and not
an instrumentation's, because those record client addresses and full URLs, which must not be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROGRAMME = "kujibiki.programme"
EVENT_TYPE = "messaging.message.type"
TOPIC_NAME = "messaging.destination.name"
ROUTE = "http.route"
STATUS = "http.response.status_code"

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("kujibiki")


def set_up(service: str, zipkin_endpoint: str) -> TracerProvider:
    """Sends spans to a Zipkin-compatible endpoint; without one, spans are made and dropped."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if zipkin_endpoint:
        from opentelemetry.exporter.zipkin.json import ZipkinExporter

        provider.add_span_processor(BatchSpanProcessor(ZipkinExporter(endpoint=zipkin_endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The current span as a W3C `traceparent`, or None outside of any."""
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return None
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags:02x}"


def _links(traceparents: Sequence[str]) -> list[Link]:
    contexts = (trace.get_current_span(_propagator.extract({"traceparent": text})).get_span_context()
                for text in traceparents)
    return [Link(context) for context in contexts if context.is_valid]


@contextmanager
def span(
    name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL,
    attributes: dict[str, str] | None = None, links: Sequence[str] = (),
) -> Iterator[Span]:
    """A span under `traceparent`, or under the current one; a batch links to what it was made of."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, links=_links(links),
        # An exception's text may quote what was typed.
        record_exception=False, set_status_on_exception=False,
    ) as current:
        yield current
