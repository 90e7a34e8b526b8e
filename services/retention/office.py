"""What retention's routes need, put together by `wiring`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.retention import erasure_store, store
from services.retention.domain.programme_file import Complaint, parse
from services.retention.domain.staff import EVERY_PROGRAMME
from services.retention.domain.state import State, state_of_handling
from services.retention.domain.ticks import Tick
from services.retention.handlers import clock, programmes
from services.retention.handlers.signin import SignIns
from services.retention.settings import RetentionSettings
from services.retention.staff_office import StaffOffice, refuse_foreign
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.programmes import UnknownProgramme
from shared.platform.register import Person
from shared.platform.service import Service


@dataclass(frozen=True)
class Office:
    """The records office: decisions that pages and API share."""

    service: Service
    settings: RetentionSettings
    sign_ins: SignIns
    staff: StaffOffice

    def now(self, programme: str = EVERY_PROGRAMME) -> datetime:
        """The programme's time; the machine's for what concerns all."""
        return self.service.clock.now(programme)

    async def publish(self, text: str, officer: Person) -> programmes.Published:
        """Publishes a programme file. Raises `programmes.Refused` with what is wrong."""
        found = parse(text)
        if not isinstance(found, Programme):
            raise programmes.Refused(found)
        refuse_foreign(officer, (found.id,))
        now = self.now(found.id)
        return await self.service.transactions.run(
            lambda tx: programmes.publish(tx, found, text, officer.staff, now))

    async def tick(self, programme: str, at: datetime) -> Tick:
        """Moves a programme's time. Raises `TickRefused`, `UnknownProgramme`."""
        row = await self.service.database[store.PROGRAMMES].find_one({"_id": programme})
        if row is None:
            raise UnknownProgramme(programme)
        return await self.service.transactions.run(lambda tx: clock.tick(tx, store.programme_of(row), at))

    async def state(self, programme: str) -> State:
        """The state of handling of a programme (S28)."""
        definition = self.service.programmes.get(programme)
        database = self.service.database
        gone = await erasure_store.removed_batches(database, programme)
        return state_of_handling(
            definition, await store.counts(database, programme, gone), await store.register(database),
            await erasure_store.standings(database, programme))


def refused_file(complaints: tuple[Complaint, ...]) -> Problem:
    """422 with every fault by line."""
    return Problem(
        422, "programme-refused", "This programme file cannot be published",
        "Mend the lines named in `errors` and send the file again. Nothing was changed.",
        errors=[{"line": one.line, "field": one.field, "reason": one.reason} for one in complaints],
    )
