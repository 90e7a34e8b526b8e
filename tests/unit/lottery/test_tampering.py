"""B01: whatever is changed in a transcript, both verifiers refuse it, at the same line.

Every field of every record is changed, one at a time, and every line dropped, doubled and moved, in both vectors. No
sampling: the costly signature checks are remembered between runs, the rest is quick.
"""

import hashlib
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.unit.lottery.campaign import VECTORS, Record, vector_lines, vector_records
from tests.unit.lottery.javascript import both_refuse

pytestmark = pytest.mark.parametrize("name", VECTORS)
DECIDED = ("seed", "result", "outcome", "revoked", "promotion")


def line_of(record: Record) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def changed(value: Any) -> Iterator[Any]:
    """Other values of the same form, each differing in one place."""
    if isinstance(value, dict):
        yield from ({**value, key: other} for key in value for other in changed(value[key]))
    elif isinstance(value, list):
        yield from changed_list(value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    else:
        yield "x" if value is None else changed_text(value)


def changed_list(value: list[Any]) -> Iterator[list[Any]]:
    for position, item in enumerate(value):
        yield from ([*value[:position], other, *value[position + 1 :]] for other in changed(item))
    if value:
        yield value[:-1]
    if len(value) > 1:
        yield value[::-1]


def changed_text(value: str) -> str:
    if value[-1:] == "Z" and value[4:5] == "-":
        return value[:-2] + ("1Z" if value[-2] != "1" else "2Z")
    return ("0" if value[0] != "0" else "1") + value[1:]


def with_line(lines: list[bytes], position: int, record: Record) -> list[bytes]:
    return [*lines[:position], line_of(record), *lines[position + 1 :]]


def test_every_change_of_a_field_is_refused(name: str, verifier: ModuleType) -> None:
    """B01."""
    lines = vector_lines(name)
    both_refuse(verifier, [
        with_line(lines, position, other)
        for position, record in enumerate(vector_records(name))
        for other in changed(record)
    ])  # fmt: skip


def misshapen(value: Any) -> Iterator[Any]:
    """The value with another kind of thing in its own place, and in each place within it."""
    others: tuple[Any, ...] = ({}, [{}], None, 7, "x")
    yield from (other for other in others if other != value)
    if isinstance(value, dict):
        yield from ({**value, key: other} for key in value for other in misshapen(value[key]))
    elif isinstance(value, list) and value:
        yield from ([other, *value[1:]] for other in misshapen(value[0]))


def test_every_field_of_another_kind_is_refused(name: str, verifier: ModuleType) -> None:
    """B01: in the first record of each type."""
    lines, records = vector_lines(name), vector_records(name)
    firsts = {record["type"]: position for position, record in reversed(list(enumerate(records)))}
    both_refuse(verifier, [
        with_line(lines, position, {**records[position], field: other})
        for position in firsts.values()
        for field, value in records[position].items()
        for other in misshapen(value)
    ])  # fmt: skip


def test_every_unknown_and_missing_field_is_refused(name: str, verifier: ModuleType) -> None:
    """B01: at its own line."""
    lines, mutants, expected = vector_lines(name), [], []
    for position, record in enumerate(vector_records(name)):
        others = [{**record, "note": "x"}] + [{k: v for k, v in record.items() if k != key} for key in record]
        mutants += [with_line(lines, position, other) for other in others]
        expected += [position + 1] * len(others)
    assert both_refuse(verifier, mutants) == expected


def test_every_line_dropped_doubled_or_moved_is_refused(name: str, verifier: ModuleType) -> None:
    """B01."""
    lines, mutants = vector_lines(name), []
    for position, line in enumerate(lines):
        rest = [*lines[:position], *lines[position + 1 :]]
        mutants += [rest, [*lines[: position + 1], *lines[position:]]]
        mutants += [[*rest[:to], line, *rest[to:]] for to in (position - 1, position + 1) if 0 <= to <= len(rest)]
    both_refuse(verifier, mutants)


def test_results_changed_under_a_new_end_are_refused_at_their_line(name: str, verifier: ModuleType) -> None:
    """B01: whoever can write the end record again still can't change what the seed and the rules decided."""
    lines, records, mutants, expected = vector_lines(name), vector_records(name), [], []
    for position, record in enumerate(records):
        if record["type"] in DECIDED:
            for other in changed(record):
                mutant = with_line(lines, position, other)[:-1]
                end = {**records[-1], "digest": hashlib.sha256(b"".join(mutant)).hexdigest()}
                mutants.append([*mutant, line_of(end)])
                expected.append(position + 1)
    assert both_refuse(verifier, mutants) == expected


def test_cut_off_anywhere_is_refused(name: str, verifier: ModuleType) -> None:
    """B01: a file that stops early is never true, also in the middle of a line."""
    lines = vector_lines(name)
    both_refuse(verifier, [lines[:stop] for stop in range(1, len(lines))] + [[*lines[:-1], lines[-1][:-1]]])
