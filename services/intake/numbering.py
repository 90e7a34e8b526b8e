"""Numbers all facts of a (programme, partition) 1…n, one update a partition and transaction.

With the numbers lottery knows that it heard everything: the closing of the window states n.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.intake.store import CLOSED, OPEN, WINDOWS, window_id
from shared.contracts.envelope import Id
from shared.contracts.intake import ApplicationFact
from shared.contracts.partitions import partition_of
from shared.messaging.transaction import Transaction
from shared.platform.mongo import AFTER

_SCRATCH = "numbered facts"


class WindowShut(Exception):
    """The window of this programme takes no such fact any more."""


@dataclass(frozen=True)
class Numbered:
    """A fact that gets its number when the transaction commits. `taking`: it brings a new application."""

    application: Id
    programme: str
    at: datetime
    fact: Callable[[int], ApplicationFact]
    taking: bool = False
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
    # In one order, so that two transactions never wait for each other.
    for window, numbered in sorted(facts.items()):
        first = await _reserve(tx, window, numbered)
        for number, one in enumerate(numbered, first):
            tx.say(
                one.fact(number), subject=one.application, programme=one.programme, at=one.at,
                event_id=one.event_id, traceparent=one.traceparent,
            )


async def _reserve(tx: Transaction, window: str, numbered: list[Numbered]) -> int:
    """The first of as many numbers as there are facts."""
    taken = sum(one.taking for one in numbered)
    state = {"$eq": OPEN} if taken else {"$ne": CLOSED}
    document = await tx.database[WINDOWS].find_one_and_update(
        {"_id": window, "state": state}, {"$inc": {"facts": len(numbered), "applications": taken}},
        session=tx.session, return_document=AFTER,
    )
    if document is None:
        raise WindowShut(window)
    return int(document["facts"]) - len(numbered) + 1
