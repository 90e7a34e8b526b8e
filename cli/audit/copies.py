"""Sealed copies that an auditor keeps from before an erasure, and their trial opening afterwards.

A copy is ciphertext as it stood on a topic: whoever keeps the file can open nothing. After the erasure each key holder
is asked to open its part. A canary, a living record of nobody, must open beside it, or the failure proves nothing.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.audit.orders import Orders
from cli.interfaces import Interfaces
from shared.contracts.audit import TrialSeen
from shared.contracts.envelope import Envelope
from shared.contracts.privacy import CanaryRecorded, PersonalRecord

TRIALS_AT_ONCE = 50


@dataclass
class Sample:
    """At most `size` records, each with the same chance, of a stream whose length nobody knows before (reservoir)."""

    size: int
    random: random.Random = field(default_factory=random.SystemRandom)
    seen: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, message: Envelope[Any]) -> None:
        """One record; canaries are left out."""
        if isinstance(message.data, CanaryRecorded):
            return
        self.seen += 1
        if len(self.kept) < self.size:
            self.kept.append(copy_of(message))
        elif (place := self.random.randrange(self.seen)) < self.size:
            self.kept[place] = copy_of(message)

    def write(self, path: Path) -> None:
        """One copy a line."""
        path.write_text("".join(json.dumps(one) + "\n" for one in self.kept), encoding="utf-8")
        path.chmod(0o600)


def copy_of(message: Envelope[Any]) -> dict[str, Any]:
    """What a trial needs of a record, all of it sealed or random."""
    record: PersonalRecord = message.data
    return {"programme": message.programme, "subject": record.subject, "version": record.version,
            "parts": [part.model_dump() for part in record.parts]}


def read_copies(path: Path) -> Iterator[dict[str, Any]]:
    """The copies of a file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


class Trials:
    """Asks key holders; answers are only whether something opens."""

    def __init__(self, interfaces: Interfaces, auditor: str) -> None:
        self._interfaces, self._auditor = interfaces, auditor
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(
            ("old_copies", "old_opened", "canaries", "canaries_opened"), 0))

    async def old(self, copies: Iterable[dict[str, Any]], orders: Orders) -> None:
        """Copies of those who were erased since; others are none of this audit's business."""
        for some in _some(copies):
            gone = orders.among([one["subject"] for one in some])
            await self._try([one for one in some if one["subject"] in gone], "old_copies", "old_opened")

    async def canaries(self, canaries: Iterable[dict[str, Any]]) -> None:
        """Living records of nobody."""
        for some in _some(canaries):
            await self._try(some, "canaries", "canaries_opened")

    async def _try(self, copies: list[dict[str, Any]], tried: str, opened: str) -> None:
        by_holder: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in copies:
            for part in one["parts"]:
                by_holder[part["recipient"]].append({
                    "programme": one["programme"], "subject": one["subject"], "version": one["version"], "part": part})
        for service, trials in by_holder.items():
            answer = await self._interfaces.call(
                "POST", service, f"/{service}/api/trials", staff=self._auditor, json={"trials": trials})
            self._counts[service][tried] += len(trials)
            self._counts[service][opened] += sum(answer["opened"])

    def seen(self) -> tuple[TrialSeen, ...]:
        """What came of it, by key holder."""
        return tuple(TrialSeen(service=service, **counts) for service, counts in sorted(self._counts.items()))


def _some(copies: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for one in copies:
        batch.append(one)
        if len(batch) == TRIALS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
