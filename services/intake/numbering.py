"""Numbers all facts of a (programme, partition) 1…n, one update a partition and transaction, all in one command.

With the numbers lottery knows that it heard everything: the closing of the window states n.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from services.intake.store import CLOSED, FENCE, OPEN, WINDOWS, window_id
from shared.contracts.envelope import Id
from shared.contracts.intake import ApplicationFact
from shared.contracts.partitions import partition_of
from shared.messaging.transaction import Busy, Transaction

_SCRATCH = "numbered facts"


class WindowShut(Exception):
    """The window of this programme takes no such fact any more."""


class KeysOutdated(Busy):
    """What came with the fact was sealed under keys that are to be destroyed: this replica has yet to hear of it."""


@dataclass(frozen=True)
class Numbered:
    """A fact that gets its number when the transaction commits.

    `taking`: it brings a new application. `while_open`: not while the window is being closed, as `taking` too.
    `sealed_under`: the epochs (service → epoch) of what is written with it, where something sealed is.
    """

    application: Id
    programme: str
    at: datetime
    fact: Callable[[int], ApplicationFact]
    taking: bool = False
    while_open: bool = False
    traceparent: str | None = None
    event_id: Id | None = None
    sealed_under: Mapping[str, int] = field(default_factory=dict)


def say_numbered(tx: Transaction, numbered: Numbered) -> None:
    """Says the fact with the commit. The commit raises `WindowShut` when the window no longer takes it, and
    `KeysOutdated`."""
    tx.scratch.setdefault(_SCRATCH, []).append(numbered)
    tx.before_commit(_number, _SCRATCH)


async def write_sealed(tx: Transaction, programme: str, application: Id, epochs: Mapping[str, int]) -> None:
    """For what is sealed and comes with no numbered fact. Raises `KeysOutdated`."""
    window = window_id(programme, partition_of(application, ApplicationFact.TOPIC))
    # A change, however small: what was only read could be overtaken by the fence.
    found = await tx.database[WINDOWS].update_one(
        {"_id": window, **_not_fenced(epochs)}, {"$inc": {"sealed": 1}}, session=tx.session)
    if not found.matched_count:
        raise KeysOutdated


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
        raise await _refusal(tx, facts)
    rows = windows.find({"_id": {"$in": list(facts)}}, {"facts": 1}, session=tx.session)
    return {row["_id"]: int(row["facts"]) async for row in rows}


def _counting(window: str, numbered: list[Numbered]) -> UpdateOne:
    taken = sum(one.taking for one in numbered)
    return UpdateOne({"_id": window, "state": _wanted(numbered), **_not_fenced(_least(numbered))},
                     {"$inc": {"facts": len(numbered), "applications": taken}})


async def _refusal(tx: Transaction, facts: Mapping[str, list[Numbered]]) -> Exception:
    """Why not all windows took their facts."""
    open_ = await tx.database[WINDOWS].count_documents(
        {"$or": [{"_id": window, "state": _wanted(numbered)} for window, numbered in facts.items()]},
        session=tx.session)
    return KeysOutdated() if open_ == len(facts) else WindowShut()


def _wanted(numbered: list[Numbered]) -> dict[str, str]:
    return {"$eq": OPEN} if any(one.taking or one.while_open for one in numbered) else {"$ne": CLOSED}


def _least(numbered: list[Numbered]) -> dict[str, int]:
    least: dict[str, int] = {}
    for one in numbered:
        for service, epoch in one.sealed_under.items():
            least[service] = min(epoch, least.get(service, epoch))
    return least


def _not_fenced(epochs: Mapping[str, int]) -> dict[str, Any]:
    """Asked in the very update that gives the numbers: a replica that was paused can't write past it when it wakes."""
    return {f"{FENCE}.{service}": {"$not": {"$gt": epoch}} for service, epoch in epochs.items()}
