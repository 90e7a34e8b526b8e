"""The call list: whoever must be told of a cancellation, and not in time by mail or card, is called (B17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from services.notifier.domain.content import Content, content_of
from services.notifier.domain.delivery import Called, GiveUp, Outcome, TryAgain
from services.notifier.domain.notices import Draw
from services.notifier.handlers.erasing import Erased
from services.notifier.handlers.outcomes import Outcomes
from services.notifier.store import Store
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transactions
from shared.platform.clock import Clock
from shared.platform.problems import Problem
from shared.platform.programmes import Programmes
from shared.platform.register import Person
from shared.privacy.door import Door, RecordMissing

Answer = Literal["told", "no-answer", "wrong-number"]
AGAIN_AFTER = timedelta(hours=1)
ITEMS = ("name", "telephone")


@dataclass(frozen=True)
class Opened:
    """Whom to call, and what to say."""

    name: str
    telephone: str
    content: Content


class Calling:
    """Works the call list off, one call after the other."""

    def __init__(
        self, store: Store, transactions: Transactions, programmes: Programmes, clock: Clock, door: Door,
        outcomes: Outcomes, erased: Erased,
    ) -> None:
        self._store, self._transactions, self._programmes, self._clock = store, transactions, programmes, clock
        self._door, self._outcomes, self._erased = door, outcomes, erased

    async def waiting(self, programme: str, skip: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """A page of the list, without names: those that were tried least come first, then the most urgent."""
        self._programmes.get(programme)
        return await self._store.call_list(programme, skip, limit)

    async def notice(self, programme: str, notice: Id) -> dict[str, Any]:
        """One call. Raises `Problem` 404, and 409 where somebody has told the applicant already."""
        found = next(iter(await self._store.notices_by_id([notice])), None)
        if found is None or found["programme"] != programme:
            raise Problem(404, "unknown-call", "There is no such call", "Choose it from the call list.")
        if found["state"] != "to-call":
            raise Problem(409, "not-to-call", "This applicant needs no call any more",
                          "Somebody told them meanwhile, or they were erased. Go on with the next one.")
        return found

    async def open(self, person: Person, programme: str, notice: Id) -> Opened:
        """Name and number through the door, and the words to say. Raises `Problem` 409 while the record is not here."""
        found = await self.notice(programme, notice)
        try:
            record = await self._door.open(person, "notices", programme, "notice", found["to"], ITEMS)
        except RecordMissing:
            if await self._erased.among([found["to"]]):
                await self._erased.end_all([found])
            raise Problem(409, "record-missing", "The number of this applicant is not here",
                          "Try again in a minute. If they were erased, the call has left the list.") from None
        content = content_of(found, self._programmes.get(programme), Draw(), {})
        return Opened(record["name"], record["telephone"], content)

    async def record(self, person: Person, programme: str, notice: Id, answer: Answer) -> None:
        """What came of a call. Told: done. No answer: again in an hour. Wrong number: the other channel, if any."""
        found = await self.notice(programme, notice)
        await self._transactions.run(partial(
            self._outcomes.record, notice=found, attempt=found["attempt"] + 1,
            outcome=self._outcome(person, programme, found, answer), states=("to-call",)))

    def _outcome(self, person: Person, programme: str, notice: dict[str, Any], answer: Answer) -> Outcome:
        match answer:
            case "told":
                return Called(person.staff)
            case "no-answer":
                return TryAgain(self._clock.now(programme) + AGAIN_AFTER, answer)
            case "wrong-number":
                return GiveUp(answer, self._outcomes.next_way(self._programmes.get(programme), notice))
