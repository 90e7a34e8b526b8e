"""Canaries: a record of nobody on each personal topic that is in use, sealed and rotated as everybody's is.

An audit has its parts opened by their recipients: only beside a canary that opens do records that do not open prove
anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime

from shared.contracts.envelope import new_id
from shared.contracts.privacy import CanaryRecorded
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Database
from shared.privacy.erasing import OWNED
from shared.privacy.markers import NO_PROGRAMME
from shared.privacy.records import Records
from shared.privacy.sealing import Sealer

CANARIES = "canaries"


class Canaries:
    """The canary of the service's own personal topic: `canaries` is `{_id: topic, subject, version, recipients}`."""

    def __init__(
        self, service: str, database: Database, transactions: Transactions, sealer: Sealer, records: Records
    ) -> None:
        self._database, self._transactions, self._sealer, self._records = database, transactions, sealer, records
        self._topic = OWNED.get(service, ("", None))[1]
        self._sealed_for: frozenset[str] = frozenset()

    async def keep(self, recipients: Collection[str]) -> None:
        """Sets the canary free, or seals it anew where there are new recipients."""
        wanted = frozenset(recipients)
        if self._topic is None or wanted <= self._sealed_for:
            return
        self._sealed_for = await self._transactions.run(lambda tx: self._keep(tx, wanted))

    async def _keep(self, tx: Transaction, recipients: frozenset[str]) -> frozenset[str]:
        assert self._topic is not None
        known = await self._database[CANARIES].find_one({"_id": self._topic}, session=tx.session)
        if known is not None and recipients <= set(known["recipients"]):
            return frozenset(known["recipients"])
        subject, version = (known["subject"], known["version"] + 1) if known else (new_id(), 1)
        shares = {name: {"canary": secrets.token_hex(24)} for name in sorted(recipients)}
        record = self._sealer.seal_shares(CanaryRecorded, NO_PROGRAMME, subject, version, shares)
        await self._records.keep(tx, NO_PROGRAMME, record)
        tx.say(record, topic=self._topic, subject=subject, programme=NO_PROGRAMME, at=datetime.now(UTC))
        await self._database[CANARIES].update_one(
            {"_id": self._topic}, {"$set": {"subject": subject, "version": version, "recipients": sorted(recipients)}},
            upsert=True, session=tx.session)
        return recipients
