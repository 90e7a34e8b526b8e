"""In a rush a few traces a second are recorded whole, and all have their ids."""

from __future__ import annotations

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased

from shared.platform.telemetry import FewASecond


def test_b13_so_many_new_traces_a_second_are_recorded_and_what_belongs_to_them_always_is() -> None:
    now = [7.0]
    tracer = TracerProvider(sampler=ParentBased(FewASecond(2, lambda: now[0]))).get_tracer("test")
    begun = []
    for _ in range(5):
        with tracer.start_as_current_span("request") as request, tracer.start_as_current_span("inside") as inside:
            assert inside.get_span_context().trace_id == request.get_span_context().trace_id
            assert inside.is_recording() == request.is_recording()
            begun.append(request)
    assert [hasattr(one, "end_time") for one in begun] == [True, True, False, False, False]
    assert all(one.get_span_context().is_valid for one in begun)
    now[0] = 8.2
    assert tracer.start_span("request").is_recording()
