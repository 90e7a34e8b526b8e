"""The alarm: notices that threaten to miss their day are said once a day until none is open (S07)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.notifier.domain.delivery import OPEN
from services.notifier.domain.ledger import Term, next_look
from services.notifier.store import Store
from shared.contracts.envelope import derived_id
from shared.contracts.notifier import NoticesLate
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.programmes import Programmes


class Watching:
    """Looks at the terms of what is open."""

    def __init__(self, store: Store, transactions: Transactions, programmes: Programmes, clock: Clock) -> None:
        self._store, self._transactions = store, transactions
        self._programmes, self._clock = programmes, clock

    async def look(self, watch: dict[str, Any]) -> None:
        """Work of `DueWork` on `watches`."""
        await self._transactions.run(lambda tx: self._look(tx, watch["programme"]))

    async def _look(self, tx: Transaction, programme: str) -> None:
        now = self._clock.now(programme)
        open_ = self._store.notices.find(
            {"programme": programme, "state": {"$in": list(OPEN)}}, {"due_by": 1, "made_at": 1}, session=tx.session)
        terms = [Term(row["made_at"], row["due_by"]) async for row in open_] + await self._untold(tx, programme)
        late = [term.due_by for term in terms if term.threatens(now)]
        if late:
            tx.say(NoticesLate(open=len(late), due_by=min(late)), subject=programme, programme=programme, at=now,
                   event_id=derived_id("notices-late", programme, now.isoformat()))
        look = next_look(terms, now)
        await self._store.watches.update_one(
            {"_id": programme},
            {"$set": {"state": "due" if look else "idle", **({"due_at": look} if look else {})},
             "$unset": {"lease_until": "", "leased_by": ""}}, session=tx.session)

    async def _untold(self, tx: Transaction, programme: str) -> list[Term]:
        """The terms of applications that no notice was made for although the draw is over."""
        draws = (await self._store.draws_of(programme, tx.session)).values()
        drawn = [draw.drawn_at for draw in draws if draw.drawn_at]
        if not drawn:
            return []
        untold = await self._store.applications.count_documents(
            {"programme": programme, "told": None}, session=tx.session)
        within = timedelta(days=self._programmes.get(programme).notices.within_days)
        return [Term(max(drawn), max(drawn) + within)] * untold
