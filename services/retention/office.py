"""What retention's routes need, put together by `wiring`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.retention import store
from services.retention.domain.programme_file import Complaint, parse
from services.retention.domain.staff import EVERY_PROGRAMME, faults, new_password, valid_from
from services.retention.domain.state import State, state_of_handling
from services.retention.domain.ticks import Tick
from services.retention.handlers import clock, programmes
from services.retention.handlers import staff as staff_handlers
from services.retention.handlers.signin import SignIns
from services.retention.passwords import Passwords
from services.retention.settings import RetentionSettings
from shared.contracts.programme import Programme
from shared.contracts.retention import StaffDesignated
from shared.platform.problems import Problem
from shared.platform.programmes import UnknownProgramme
from shared.platform.register import Person
from shared.platform.service import Service


@dataclass(frozen=True)
class Office:
    """The records office: decisions that pages and API share."""

    service: Service
    settings: RetentionSettings
    register: staff_handlers.Register
    passwords: Passwords
    sign_ins: SignIns

    def now(self, programme: str = EVERY_PROGRAMME) -> datetime:
        """The programme's time; the machine's for what concerns all."""
        return self.service.clock.now(programme)

    async def publish(self, text: str, officer: Person) -> programmes.Published:
        """Publishes a programme file. Raises `programmes.Refused` with what is wrong."""
        found = parse(text)
        if not isinstance(found, Programme):
            raise programmes.Refused(found)
        _refuse_foreign(officer, (found.id,))
        now = self.now(found.id)
        return await self.service.transactions.run(
            lambda tx: programmes.publish(tx, found, text, officer.staff, now))

    async def tick(self, programme: str, at: datetime) -> Tick:
        """Moves a programme's time. Raises `TickRefused`, `UnknownProgramme`."""
        row = await self.service.database[store.PROGRAMMES].find_one({"_id": programme})
        if row is None:
            raise UnknownProgramme(programme)
        return await self.service.transactions.run(lambda tx: clock.tick(tx, store.programme_of(row), at))

    async def designate(self, wanted: StaffDesignated, name: str, officer: Person) -> str | None:
        """Puts a person on the register; returns the password of somebody who is new on it."""
        await self._refuse_faults(wanted)
        _refuse_foreign(officer, wanted.programmes)
        password = new_password()
        hashed, now = await self.passwords.hash(password), self.now()
        new = await self.service.transactions.run(
            lambda tx: self.register.designate(tx, wanted, name, hashed, now))
        return password if new else None

    async def since(self, programmes: tuple[str, ...]) -> datetime:
        """Since when a designation for `programmes` that is made now is valid."""
        known = [found for found in map(self.service.programmes.find, programmes) if found]
        return valid_from(known, everywhere=EVERY_PROGRAMME in programmes, simulated=self.settings.allow_ticks,
                          now=self.now())

    async def dismiss(self, staff: str, officer: Person) -> None:
        """Ends a designation."""
        person = self.service.register.person(staff)
        _refuse_foreign(officer, tuple(person.programmes) if person else ())
        now = self.now()
        try:
            there = await self.service.transactions.run(lambda tx: self.register.dismiss(tx, staff, now))
        except staff_handlers.LastOfficer:
            raise Problem(409, "last-officer", "The last officer cannot be dismissed",
                          "Designate another officer first.") from None
        if not there:
            raise _no_such_person()

    async def reset_password(self, staff: str, officer: Person) -> str:
        """A new password for somebody who lost theirs."""
        person = self.service.register.person(staff)
        _refuse_foreign(officer, tuple(person.programmes) if person else ())
        password = new_password()
        hashed = await self.passwords.hash(password)
        if not await self.service.transactions.run(
                lambda tx: staff_handlers.new_password_hash(tx, staff, hashed)):
            raise _no_such_person()
        await store.forget_tries(self.service.database, staff)
        return password

    async def state(self, programme: str) -> State:
        """The state of handling of a programme (S28)."""
        definition = self.service.programmes.get(programme)
        database = self.service.database
        return state_of_handling(definition, await store.counts(database, programme), await store.register(database))

    async def _refuse_faults(self, wanted: StaffDesignated) -> None:
        known = [row["_id"] for row in await store.published(self.service.database)]
        found = list(faults(wanted.roles, wanted.programmes, wanted.employer, known_programmes=known,
                            employers=self.settings.employers))
        if found:
            raise Problem(422, "designation-refused", "This designation is not possible",
                          "Mend the fields named in `errors`. Nothing was stored.",
                          errors=[{"field": fault.field, "reason": fault.code} for fault in found],
                          employers=list(self.settings.employers))


def _refuse_foreign(officer: Person, programmes: tuple[str, ...]) -> None:
    """An officer decides only about programmes that their own designation covers."""
    if EVERY_PROGRAMME not in officer.programmes and not set(programmes) <= officer.programmes:
        raise Problem(403, "not-permitted", "You may not do this",
                      "You are not designated for this programme. Ask the responsible person.", reason="programme")


def _no_such_person() -> Problem:
    return Problem(404, "no-such-person", "Nobody of that id is on the register", "Check the id.")


def refused_file(complaints: tuple[Complaint, ...]) -> Problem:
    """422 with every fault by line."""
    return Problem(
        422, "programme-refused", "This programme file cannot be published",
        "Mend the lines named in `errors` and send the file again. Nothing was changed.",
        errors=[{"line": one.line, "field": one.field, "reason": one.reason} for one in complaints],
    )
