"""Mails: opened many at once, sent over few connections, each outcome recorded as it comes (S07, S22, S23).

The intent is recorded before the act. SMTP knows no exactly-once: if the process dies between the relay's 250 and the
commit, the mail goes out again, under the same Message-ID and notice header, so that the copy can be told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from services.notifier.domain.addressees import Addressee
from services.notifier.domain.content import Content, content_of
from services.notifier.domain.delivery import GiveUp, Outcome, after_answer, message_id
from services.notifier.domain.notices import Draw
from services.notifier.handlers.erasing import Erased
from services.notifier.handlers.opening import addressees
from services.notifier.handlers.outcomes import Outcomes
from services.notifier.mail import Sender, compose
from services.notifier.smtp import TIMEOUT_SECONDS, Outbound, RelayAway
from services.notifier.store import Store
from shared.contracts.envelope import Id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transactions
from shared.platform.clock import Clock
from shared.platform.programmes import Programmes
from shared.platform.telemetry import PROGRAMME, span
from shared.privacy.door import Door, ServiceActor

BATCH = 100
LEASE_SECONDS = 120
ITEMS = ("name", "email")
PATIENT_TRIES = 60
RECORD_PAUSE = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass
class Batch:
    """The mails of one claim: what is left to do, until when the claim surely holds, and whether the relay is there."""

    programme: Programme
    notices: Iterator[dict[str, Any]]
    opened: dict[Id, Addressee]
    draws: dict[str, Draw]
    until: float
    away: RelayAway | None = None

    def next(self) -> dict[str, Any] | None:
        """The next notice, None when there is none, the relay is away or the claim runs out."""
        if self.away or time.monotonic() > self.until:
            return None
        return next(self.notices, None)


class Sending:
    """Sends the mails that are due."""

    def __init__(
        self, store: Store, transactions: Transactions, programmes: Programmes, clock: Clock, door: Door,
        outbound: Outbound, outcomes: Outcomes, erased: Erased, sender: Sender, urls: dict[str, str], connections: int,
    ) -> None:
        self._store, self._transactions, self._door = store, transactions, door
        self._programmes, self._clock, self._outcomes, self._erased = programmes, clock, outcomes, erased
        self._outbound, self._sender, self._urls, self._connections = outbound, sender, urls, connections

    async def send(self, notices: list[dict[str, Any]]) -> None:
        """Work of `DueWork` on `notices`. Raises `RelayAway`: what was not sent stays due."""
        until = time.monotonic() + LEASE_SECONDS - 2 * TIMEOUT_SECONDS
        programme = self._programmes.get(notices[0]["programme"])
        items = sorted(set(ITEMS) & programme.items_for("notifier") & programme.items_for_purpose("notice"))
        opened = await addressees(
            self._door, ServiceActor("notifier"), "service", programme.id, notices, items)
        there = [notice for notice in notices if "name" in opened.get(notice["_id"], {})]
        await self._without_record([notice for notice in notices if notice not in there], programme.id)
        await self._intend(there, programme.id)
        batch = Batch(programme, iter(there), opened, await self._store.draws_of(programme.id), until)
        await asyncio.gather(*(self._work(batch) for _ in range(self._connections)))
        if batch.away:
            raise batch.away

    async def _intend(self, notices: list[dict[str, Any]], programme: str) -> None:
        again = sum(1 for notice in notices if notice.get("intent_at"))
        if again:
            log.warning("%d mails may have gone out before a crash; sent again under their Message-IDs", again)
        await self._store.notices.update_many(
            {"_id": {"$in": [notice["_id"] for notice in notices]}, "state": "due"},
            {"$set": {"intent_at": self._clock.now(programme)}})

    async def _work(self, batch: Batch) -> None:
        while notice := batch.next():
            with span("notifier sends a notice", traceparent=notice.get("traceparent"),
                      attributes={PROGRAMME: batch.programme.id}):
                # Opened a moment ago, with many others: an order may have come since.
                if await self._erased.among([notice["to"]]):
                    continue
                try:
                    outcome = await self._one(batch, notice)
                except RelayAway as away:
                    batch.away = away
                    return
                await self._transactions.grouped(partial(
                    self._outcomes.record, notice=notice, attempt=notice["attempt"] + 1, outcome=outcome))

    async def _one(self, batch: Batch, notice: dict[str, Any]) -> Outcome:
        person, attempt = batch.opened[notice["_id"]], notice["attempt"] + 1
        next_way = self._outcomes.next_way(batch.programme, notice)
        if not person.get("email"):
            return GiveUp("no-mail-address", next_way)
        mail = compose(
            self._content(batch, notice), notice=notice["_id"], sender=self._sender, to=person["email"],
            name=person["name"], message_id=message_id(notice["_id"], attempt, self._sender.domain),
            at=datetime.now(UTC))
        code = await self._outbound.send(self._sender.address, person["email"], mail)
        return after_answer(code, attempt, now=self._clock.now(batch.programme.id), due_by=notice["due_by"],
                            next_way=next_way)

    def _content(self, batch: Batch, notice: dict[str, Any]) -> Content:
        return content_of(notice, batch.programme, batch.draws.get(notice["draw"], Draw()), self._urls,
                          secret=batch.opened[notice["_id"]].get("secret"))

    async def _without_record(self, notices: list[dict[str, Any]], programme: str) -> None:
        """No record and an order to erase: erased. No record and no order: it is on its way."""
        erased = await self._erased.among({notice["to"] for notice in notices}) if notices else frozenset()
        await self._erased.end_all(notice for notice in notices if notice["to"] in erased)
        await self._wait_for_records([notice for notice in notices if notice["to"] not in erased], programme)

    async def _wait_for_records(self, notices: list[dict[str, Any]], programme: str) -> None:
        """Without a record nothing is guessed: soon again, and after some tries once an hour of the programme."""
        for notice in notices:
            patient = notice.get("tries", 1) < PATIENT_TRIES
            pause = {"lease_until": datetime.now(UTC) + timedelta(seconds=2)} if patient else {
                "due_at": self._clock.now(programme) + RECORD_PAUSE, "tries": 0, "lease_until": None}
            await self._store.notices.update_one(
                {"_id": notice["_id"], "state": "due"}, {"$set": {**pause, "cause": "no-record-yet"}})
