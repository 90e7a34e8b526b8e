"""The staff register's decisions that pages and API share: designations, trainings, shifts, tablets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.retention import staff_store, store
from services.retention.domain import roster
from services.retention.domain.staff import EVERY_PROGRAMME, Fault, faults, new_password, valid_from
from services.retention.handlers import staff as handlers
from services.retention.handlers import terminals
from services.retention.passwords import Passwords
from services.retention.settings import RetentionSettings
from shared.contracts.envelope import Id
from shared.contracts.retention import Shift, StaffDesignated, StaffTrained
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service


@dataclass(frozen=True)
class StaffOffice:
    """Who may decide what about whom."""

    service: Service
    settings: RetentionSettings
    register: handlers.Register
    passwords: Passwords

    async def designate(self, wanted: StaffDesignated, name: str, officer: Person) -> str | None:
        """Puts a person on the register; returns the password of somebody who is new on it.

        With `trained_on` the officer records all required trainings as taken on that day.
        """
        await self._refuse_faults(wanted)
        refuse_foreign(officer, wanted.programmes)
        password = new_password()
        hashed, now = await self.passwords.hash(password), self._now()
        trained = tuple(
            StaffTrained(staff=wanted.staff, course=course, day=wanted.trained_on, recorded_by=officer.staff)
            for course in self.settings.courses) if wanted.trained_on and not wanted.vouched else ()
        new = await self.service.transactions.run(
            lambda tx: self.register.designate(tx, wanted, name, hashed, now, trained))
        return password if new else None

    async def since(self, programmes: tuple[str, ...]) -> datetime:
        """Since when a designation for `programmes` that is made now is valid."""
        known = [found for found in map(self.service.programmes.find, programmes) if found]
        return valid_from(known, everywhere=EVERY_PROGRAMME in programmes, simulated=self.settings.allow_ticks,
                          now=self._now())

    async def dismiss(self, staff: str, officer: Person) -> None:
        """Ends a designation."""
        self._refuse_about(staff, officer)
        now = self._now()
        try:
            there = await self.service.transactions.run(lambda tx: self.register.dismiss(tx, staff, now))
        except handlers.LastOfficer:
            raise Problem(409, "last-officer", "The last officer cannot be dismissed",
                          "Designate another officer first.") from None
        if not there:
            raise no_such_person()

    async def reset_password(self, staff: str, officer: Person) -> str:
        """A new password for somebody who lost theirs."""
        self._refuse_about(staff, officer)
        password = new_password()
        hashed = await self.passwords.hash(password)
        if not await self.service.transactions.run(
                lambda tx: handlers.new_password_hash(tx, staff, hashed)):
            raise no_such_person()
        await store.forget_tries(self.service.database, staff)
        return password

    async def train(self, staff: str, course: str, day: date, officer: Person) -> None:
        """Puts a training on record (S20)."""
        self._refuse_about(staff, officer)
        if course not in self.settings.courses:
            raise _refused([Fault("course", "unknown-course")])
        trained, now = StaffTrained(staff=staff, course=course, day=day, recorded_by=officer.staff), self._now()
        if not await self.service.transactions.run(lambda tx: self.register.record_training(tx, trained, now)):
            raise no_such_person()

    async def enter_shift(self, staff: str, shift: Shift, officer: Person) -> None:
        """Puts a person on the roster of a day (B20)."""
        person = await self._on_register(staff)
        refuse_foreign(officer, (shift.programme,))
        _refuse(roster.faults(shift, person, self.service.programmes.get(shift.programme)))
        await self._change(staff, lambda one: one.model_copy(update={
            "shifts": (*(other for other in one.shifts or () if other != shift), shift)}))

    async def drop_shift(self, staff: str, shift: Shift, officer: Person) -> None:
        """Takes a person off the roster. With no shift left they may not act at all, until a new one is entered."""
        refuse_foreign(officer, (shift.programme,))
        await self._change(staff, lambda one: one.model_copy(update={
            "shifts": tuple(other for other in one.shifts or () if other != shift)}))

    async def replace(
        self, programme: str, wanted: StaffDesignated, name: str, absent: str, shift: Shift, officer: Person
    ) -> str | None:
        """Designates `wanted` for the shift of somebody who cannot come, who is taken off it (B20).

        Returns the password of somebody who is new on the register.
        """
        refuse_foreign(officer, (programme,))
        missing = await self._on_register(absent)
        if shift not in (missing.shifts or ()):
            raise _refused([Fault("absent", "not-on-this-shift")])
        stands_in = roster.stood_in(shift, absent)
        _refuse(roster.faults(stands_in, wanted, self.service.programmes.get(programme)))
        wanted = wanted.model_copy(update={"shifts": (*(wanted.shifts or ()), stands_in)})
        password = await self.designate(wanted, name, officer)
        await self.drop_shift(absent, shift, officer)
        return password

    def today(self, programme: str) -> date:
        """The programme's local day."""
        return (self.service.clock.now(programme) + self.service.programmes.offset(programme)).date()

    async def enrol(self, name: str, officer: Person) -> terminals.Enrolled:
        """Enrols a shared tablet (S21)."""
        now = self._now()
        try:
            return await self.service.transactions.run(lambda tx: terminals.enrol(tx, name, officer.staff, now))
        except terminals.NameTaken:
            raise _refused([Fault("name", "name-taken")]) from None

    async def revoke(self, terminal: Id, officer: Person) -> None:
        """Takes a tablet out of use, everywhere and at once."""
        now = self._now()
        if not await self.service.transactions.run(lambda tx: terminals.revoke(tx, terminal, officer.staff, now)):
            raise Problem(404, "no-such-terminal", "No tablet of that id is in use", "List them with GET.")

    async def names(self, staff: Collection[str], officer: Person) -> dict[str, str]:
        """Names of staff for the report to the ward (S19): each is opened through the door, and on record."""
        subjects = {one: subject for one, subject in (await staff_store.subjects(self.service.database)).items()
                    if one in staff}
        opened = await self.service.door.open_many(
            officer, "officer", EVERY_PROGRAMME, "register", list(subjects.values()), ["name"])
        return {one: str(opened[subject]["name"]) for one, subject in subjects.items() if subject in opened}

    def _now(self) -> datetime:
        return self.service.clock.now(EVERY_PROGRAMME)

    def _refuse_about(self, staff: str, officer: Person) -> None:
        person = self.service.register.person(staff)
        refuse_foreign(officer, tuple(person.programmes) if person else ())

    async def _on_register(self, staff: str) -> StaffDesignated:
        person = await staff_store.designation(self.service.database, staff)
        if person is None:
            raise no_such_person()
        return person

    async def _change(self, staff: str, change: Callable[[StaffDesignated], StaffDesignated]) -> None:
        now = self._now()
        if not await self.service.transactions.run(lambda tx: self.register.change(tx, staff, change, now)):
            raise no_such_person()

    async def _refuse_faults(self, wanted: StaffDesignated) -> None:
        known = [row["_id"] for row in await store.published(self.service.database)]
        _refuse(faults(wanted.roles, wanted.programmes, wanted.employer, known_programmes=known,
                       employers=self.settings.employers, responsible=wanted.responsible))


def refuse_foreign(officer: Person, programmes: tuple[str, ...]) -> None:
    """An officer decides only about programmes that their own designation covers."""
    if EVERY_PROGRAMME not in officer.programmes and not set(programmes) <= officer.programmes:
        raise Problem(403, "not-permitted", "You may not do this",
                      "You are not designated for this programme. Ask the responsible person.", reason="programme")


def no_such_person() -> Problem:
    return Problem(404, "no-such-person", "Nobody of that id is on the register", "Check the id.")


def _refuse(found: Iterable[Fault]) -> None:
    several = list(found)
    if several:
        raise _refused(several)


def _refused(found: Collection[Fault]) -> Problem:
    return Problem(422, "designation-refused", "This designation is not possible",
                   "Mend the fields named in `errors`. Nothing was stored.",
                   errors=[{"field": fault.field, "reason": fault.code} for fault in found])
