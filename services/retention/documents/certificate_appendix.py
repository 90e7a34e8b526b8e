"""The certificate's appendices: every order, topic with its offsets, store and trial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.retention.documents.blocks import Block, Grid, Heading
from services.retention.documents.words import WORDS, count, short

Said = dict[str, Any]


def blocks(said: Said) -> Iterator[Block]:
    """All appendices; the one of other orders only where there are some."""
    yield from _orders(said)
    yield from _topics(said)
    yield from _stores(said)
    yield from _trials(said)
    yield from _batches(said)
    yield from _beside(said)


def _head(name: str, *, new_page: bool = False) -> Heading:
    return Heading(WORDS["appendix"][name], new_page)


def _columns(name: str) -> tuple[str, ...]:
    return tuple(WORDS["appendix"][f"{name}-columns"])


def _service(code: str) -> str:
    name: str = WORDS["service"][code]
    return name


def _orders(said: Said) -> Iterator[Block]:
    minutes, none = said["programme"]["utc_offset_minutes"], WORDS["none"]
    rows = []
    for order in said["attested"]["orders"]:
        for number, one in enumerate(order["receipts"]):
            rows.append((
                "" if number else order["id"], "" if number else count(order["subjects"]), _service(one["service"]),
                "、".join(f"{name} {count(rows)}" for name, rows in sorted(one["rows"].items())) or none,
                count(one["records"]),
                " ".join(f"{partition}:{end}" for partition, end in sorted(one["reread"].items())) or "－",
                short(one["at"], minutes),
            ))
    yield _head("orders", new_page=True)
    yield Grid(_columns("orders"), tuple(rows), (7, 2, 4, 8, 2, 6, 6), frozenset({1, 4}))


def _topics(said: Said) -> Iterator[Block]:
    yield _head("topics")
    yield Grid(_columns("topics"), tuple(
        (one["topic"], str(one["partition"]), *(count(one[name]) for name in (
            "first", "end", "records", "living", "erased", "tombstones")))
        for one in said["seen"]["topics"]), (8, 3, 3, 3, 3, 3, 4, 4), frozenset(range(1, 8)))


def _stores(said: Said) -> Iterator[Block]:
    yield _head("stores")
    yield Grid(_columns("stores"), tuple(
        (_service(one["service"]), one["collection"], count(one["rows"]), count(one["erased"]))
        for one in said["seen"]["stores"]), (3, 4, 2, 2), frozenset({2, 3}))


def _trials(said: Said) -> Iterator[Block]:
    yield _head("trials")
    yield Grid(_columns("trials"), tuple(
        (_service(one["service"]), *(count(one[name]) for name in (
            "old_copies", "old_opened", "canaries", "canaries_opened")))
        for one in said["seen"]["trials"]), (3, 2, 2, 2, 2), frozenset({1, 2, 3, 4}))


def _batches(said: Said) -> Iterator[Block]:
    words = WORDS["appendix"]
    yield _head("batches")
    yield Grid(_columns("batches"), tuple(
        (one["id"], one["rule"], "、".join(one["decided_by"]) or words["schedule"], count(len(one["orders"])),
         one["archive"] or WORDS["none"])
        for one in said["batches"]), (6, 4, 4, 2, 6), frozenset({3}))


def _beside(said: Said) -> Iterator[Block]:
    if said["orders_beside"]:
        words = WORDS["appendix"]
        yield _head("beside")
        yield Grid(_columns("beside"), tuple(
            (one["id"], count(one["subjects"]), words["certified" if one["certified"] else "not-final"])
            for one in said["orders_beside"]), (5, 2, 2), frozenset({1}))
