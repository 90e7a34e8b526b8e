"""Numbers all facts of a (programme, partition) 1…n, one update a partition and transaction, all in one command.

With the numbers lottery knows that it heard everything: the closing of the window states n.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne

from services.intake.store import CLOSED, OPEN, WINDOWS, window_id
from shared.contracts.envelope import Id
from shared.contracts.intake import ApplicationFact
from shared.contracts.partitions import partition_of
from shared.messaging.transaction import Transaction

_SCRATCH = "numbered facts"


class WindowShut(Exception):
    """The window of this programme takes no such fact any more."""


@dataclass(frozen=True)
class Numbered:
    """A fact that gets its number when the transaction commits.

    `taking`: it brings a new application. `while_open`: not while the window is being closed, as `taking` too.
    """

    application: Id
    programme: str
    at: datetime
    fact: Callable[[int], ApplicationFact]
    taking: bool = False
    while_open: bool = False
    traceparent: str | None = None
    event_id: Id | None = None


def say_numbered(tx: Transaction, numbered: Numbered) -> None:
    """Says the fact with the commit. The commit raises `WindowShut` when the window no longer takes it."""
    tx.scratch.setdefault(_SCRATCH, []).append(numbered)
    tx.before_commit(_number, _SCRATCH)


async def _number(tx: Transaction) -> None:
    facts: dict[str, list[Numbered]] = defaultdict(list)
    for one in tx.scratch[_SCRATCH]:
        partition = partition_of(one.application, ApplicationFact.TOPIC)
        facts[window_id(one.programme, partition)].append(one)
    last = await _reserve(tx, facts)
    for window, numbered in facts.items():
        for number, one in enumerate(numbered, last[window] - len(numbered) + 1):
            tx.say(
                one.fact(number), subject=one.application, programme=one.programme, at=one.at,
                event_id=one.event_id, traceparent=one.traceparent,
            )


async def _reserve(tx: Transaction, facts: Mapping[str, list[Numbered]]) -> dict[str, int]:
    """The last of as many numbers as each window has facts."""
    windows = tx.database[WINDOWS]
    # In one order, so that two transactions never wait for each other.
    counted = await windows.bulk_write(
        [_counting(window, numbered) for window, numbered in sorted(facts.items())], session=tx.session)
    if counted.matched_count < len(facts):
        raise WindowShut
    rows = windows.find({"_id": {"$in": list(facts)}}, {"facts": 1}, session=tx.session)
    return {row["_id"]: int(row["facts"]) async for row in rows}


def _counting(window: str, numbered: list[Numbered]) -> UpdateOne:
    taken = sum(one.taking for one in numbered)
    state = {"$eq": OPEN} if taken or any(one.while_open for one in numbered) else {"$ne": CLOSED}
    return UpdateOne({"_id": window, "state": state}, {"$inc": {"facts": len(numbered), "applications": taken}})
