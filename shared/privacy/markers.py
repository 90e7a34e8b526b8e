"""Markers on a personal topic: a keyed record in each partition, which rolls its segment so that compaction goes on."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from itertools import count

from shared.contracts.envelope import Id
from shared.contracts.erasure import PersonalMarked
from shared.contracts.partitions import partition_of
from shared.contracts.topics import TOPIC
from shared.messaging.transaction import Transaction

NO_PROGRAMME = "-"


@cache
def marker_keys(topic: str) -> tuple[str, ...]:
    """One key a partition, the same ones always: compaction keeps the last marker only."""
    keys: dict[int, str] = {}
    for number in count():
        keys.setdefault(partition_of(f"marker-{number}", topic), f"marker-{number}")
        if len(keys) == TOPIC[topic].partitions:
            return tuple(keys[partition] for partition in sorted(keys))
    raise AssertionError("unreachable")


def mark(tx: Transaction, topic: str, at: datetime, rotation: Id | None = None) -> None:
    """Says a marker in every partition of `topic`."""
    for partition, key in enumerate(marker_keys(topic)):
        tx.say(PersonalMarked(partition=partition, rotation=rotation), topic=topic, subject=key,
               programme=NO_PROGRAMME, at=at)
