"""Traces: one application's way from form to certificate is one trace, without personal data (B13).

Attribute names are kept here, in one place: the conventions are renaming them. Spans of requests are our own and not
an instrumentation's, because those record client addresses and full URLs, which must not be stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROGRAMME = "kujibiki.programme"
EVENT_TYPE = "messaging.message.type"
TOPIC_NAME = "messaging.destination.name"
ROUTE = "http.route"
STATUS = "http.response.status_code"

TRACES_A_SECOND = 100
"""New traces that a process records in a second."""

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("kujibiki")


def set_up(service: str, zipkin_endpoint: str) -> TracerProvider:
    """Sends spans to a Zipkin-compatible endpoint; without one, spans are made and dropped."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), sampler=ParentBased(FewASecond(TRACES_A_SECOND)))
    if zipkin_endpoint:
        from opentelemetry.exporter.zipkin.json import ZipkinExporter

        provider.add_span_processor(BatchSpanProcessor(ZipkinExporter(endpoint=zipkin_endpoint)))
    trace.set_tracer_provider(provider)
    return provider


class FewASecond(Sampler):
    """Records so many new traces a second, each whole; in a rush the others have their ids and are not recorded.

    Whether it is recorded travels with a trace, so that every service does alike.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._second, self._begun = 0, 0

    def should_sample(self, *_: Any, **__: Any) -> SamplingResult:
        """Whether a trace that begins now is recorded."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._begun = second, 0
        self._begun += 1
        return SamplingResult(Decision.RECORD_AND_SAMPLE if self._begun <= self._most else Decision.DROP)

    def get_description(self) -> str:
        """How OpenTelemetry names it."""
        return f"FewASecond{{{self._most}}}"


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


def _unrecorded(parent: context.Context | None) -> Span | None:
    told = trace.get_current_span(parent) if parent is not None else trace.INVALID_SPAN
    of = told.get_span_context()
    return told if of.is_valid and not of.trace_flags.sampled else None


@contextmanager
def span(
    name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL,
    attributes: dict[str, str] | None = None, links: Sequence[str] = (),
) -> Iterator[Span]:
    """A span under `traceparent`, or under the current one; a batch links to what it was made of.

    A trace that is not recorded goes on under its own ids.
    """
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    current = _unrecorded(parent) or _tracer.start_span(
        name, context=parent, kind=kind, attributes=attributes, links=_links(links))
    token = context.attach(trace.set_span_in_context(current))
    try:
        # An exception is not recorded: its text may quote what was typed.
        yield current
    finally:
        context.detach(token)
        current.end()
