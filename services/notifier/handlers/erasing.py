"""People who were erased: their open notices end untold, by order; nothing is sent or printed for them (B05, B10)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from services.notifier.domain.delivery import GiveUp
from services.notifier.handlers.outcomes import Outcomes
from services.notifier.store import Store
from shared.contracts.envelope import Envelope, Id
from shared.contracts.erasure import ErasureOrdered
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.mongo import Document
from shared.privacy.records import Records

CAUSE = "erased"
_NOT_YET_OUT = ("due", "to-print", "in-run", "to-call")


class Erased:
    """Knows who was erased, and ends what was open for them."""

    def __init__(self, store: Store, transactions: Transactions, outcomes: Outcomes, records: Records) -> None:
        self._store, self._transactions, self._outcomes, self._records = store, transactions, outcomes, records

    async def before(self, tx: Transaction, message: Envelope[ErasureOrdered]) -> None:
        """With an order, the open notices of its subjects end; a card that is printed already is on its way."""
        subjects = list(message.data.subjects)
        query = {"to": {"$in": subjects}, "state": {"$in": list(_NOT_YET_OUT)}}
        for notice in await self._store.notices.find(query, session=tx.session).to_list(None):
            await self._end(tx, notice)

    async def among(self, subjects: Iterable[Id]) -> frozenset[Id]:
        """Those of `subjects` who were erased."""
        return await self._records.erased(list(subjects))

    async def end_all(self, notices: Iterable[Document]) -> None:
        """Ends notices that fell due after their addressee was erased: a withdrawal's, for example."""
        for notice in notices:
            await self._transactions.run(partial(self._end, notice=notice))

    async def end_waiting_for_print(self, programme: str) -> None:
        """Before a print run is made."""
        rows = await self._store.notices.find({"programme": programme, "state": "to-print"}).to_list(None)
        erased = await self.among({row["to"] for row in rows})
        await self.end_all(row for row in rows if row["to"] in erased)

    async def _end(self, tx: Transaction, notice: Document) -> None:
        await self._outcomes.record(tx, notice, notice["attempt"] + 1, GiveUp(CAUSE, None), _NOT_YET_OUT)
