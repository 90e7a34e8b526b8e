"""B01, S24: a line made to cost time is refused in the time of its length, by the service and by the verifier."""

from collections.abc import Callable
from time import perf_counter
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.lottery.domain import canonical
from services.lottery.domain.faults import Refused

QUOTES = 4_000
"""Of one line: beginning again at each of them costs over a thousand times as much as going on."""
MUCH_SLOWER = 100


def depth_by_steps(line: bytes) -> int:
    """The deepest nesting, byte by byte: brackets count outside of strings, and a string may go on to the end."""
    level = deepest = 0
    in_string = escaped = False
    for byte in line:
        character = chr(byte)
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
    return deepest


@given(st.lists(st.sampled_from(list(b'"\\[]{}a\n')), max_size=40).map(bytes))
def test_s24_depth_is_that_of_the_brackets_outside_of_strings(verifier: ModuleType, line: bytes) -> None:
    assert canonical._depth(line) == verifier.depth(line) == depth_by_steps(line)


def fastest(parse: Callable[[bytes], object], line: bytes, faults: tuple[type[Exception], ...]) -> float:
    """Seconds until the line is refused, the best of three."""
    times = []
    for _ in range(3):
        start = perf_counter()
        with pytest.raises(faults):
            parse(line)
        times.append(perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("end", [b"", b"\\"], ids=["nothing ends the string", "a backslash ends the line"])
def test_s24_a_string_without_end_costs_no_more_than_one_that_ends(verifier: ModuleType, end: bytes) -> None:
    begun = b'{"a":"' + rb"\"" * QUOTES
    readers: list[Callable[[bytes], object]] = [lambda line: canonical.parse_line(line + b"\n"),
                                                lambda line: verifier.parse(line, 1)]  # fmt: skip
    for reader in readers:
        ended = fastest(reader, begun + b'"]', (Refused, verifier.Fault))
        assert fastest(reader, begun + end, (Refused, verifier.Fault)) < MUCH_SLOWER * ended
