"""The staff register over HTTP for programs: designations, trainings, shifts (S19, S20, S33, B20)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from services.retention import staff_store, store
from services.retention.bodies import Body, Officer, PersonName, Reader, StaffId
from services.retention.domain import roster
from services.retention.domain.staff import without_responsible
from services.retention.domain.training import missing
from services.retention.office import Office
from shared.contracts.envelope import Moment
from shared.contracts.programme_base import Name
from shared.contracts.retention import Role, Shift, StaffDesignated
from shared.platform.mongo import Document
from shared.platform.register import Person

ProgrammeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class Designation(Body):
    """A person and what they may do. Without `valid_from` it is valid as of now.

    `trained_on` puts all required trainings on record as taken that day; without it those on record stay, as do shifts,
    and without `responsible` whether the person is.
    """

    staff: StaffId
    name: PersonName
    employer: Name
    roles: tuple[Role, ...]
    programmes: tuple[Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9-]{1,64})$")], ...] = Field(max_length=50)
    trained_on: date | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    responsible: bool | None = None


class Training(Body):
    """A training that took place: one of the required courses (`KUJIBIKI_COURSES`)."""

    course: Name
    day: date


class ShiftBody(Body):
    """A shift, in the programme's local time."""

    programme: ProgrammeName
    day: date
    begins: time
    ends: time
    venue: Name | None = None
    stands_in_for: StaffId | None = None

    def shift(self) -> Shift:
        """The shift as the register keeps it."""
        return Shift(**self.model_dump())


class ReplacementBody(Body):
    """Who stands in for `absent` in their `shift` (B20); `trained_today`: the trainings were taken before this."""

    staff: StaffId
    name: PersonName
    employer: Name
    absent: StaffId
    shift: ShiftBody
    trained_today: bool = False


def add(routes: APIRouter, office: Office) -> None:
    """Adds the register's routes."""
    desk = office.staff

    @routes.post("/staff", status_code=201)
    async def designate(wanted: Designation, response: Response, officer: Officer) -> dict[str, Any]:
        password = await desk.designate(await designated(office, wanted), wanted.name, officer)
        response.status_code = 201 if password else 200
        return {"staff": wanted.staff, "password": password}

    @routes.get("/staff")
    async def register(_: Reader) -> list[dict[str, Any]]:
        trainings = await staff_store.all_trainings(office.service.database)
        return [_person(one, trainings.get(one.staff, []), office.settings.courses)
                for one in await store.register(office.service.database)]

    @routes.delete("/staff/{staff_id}", status_code=204)
    async def dismiss(staff_id: str, officer: Officer) -> None:
        await desk.dismiss(staff_id, officer)

    @routes.post("/staff/{staff_id}/password")
    async def reset(staff_id: str, officer: Officer) -> dict[str, str]:
        return {"staff": staff_id, "password": await desk.reset_password(staff_id, officer)}

    @routes.post("/staff/{staff_id}/trainings", status_code=201)
    async def train(staff_id: str, training: Training, officer: Officer) -> dict[str, Any]:
        await desk.train(staff_id, training.course, training.day, officer)
        return {"staff": staff_id, **training.model_dump(mode="json"), "recorded_by": officer.staff}

    @routes.post("/staff/{staff_id}/shifts", status_code=201)
    async def enter_shift(staff_id: str, wanted: ShiftBody, officer: Officer) -> dict[str, Any]:
        await desk.enter_shift(staff_id, wanted.shift(), officer)
        return {"staff": staff_id, **wanted.model_dump(mode="json")}

    @routes.post("/staff/{staff_id}/shifts/removal", status_code=204)
    async def drop_shift(staff_id: str, wanted: ShiftBody, officer: Officer) -> None:
        await desk.drop_shift(staff_id, wanted.shift(), officer)

    @routes.post("/roster/{programme}/replacements", status_code=201)
    async def replace(programme: str, wanted: ReplacementBody, response: Response, officer: Officer) -> dict[str, Any]:
        password = await replaced(office, programme, wanted, officer)
        response.status_code = 201 if password else 200
        return {"staff": wanted.staff, "password": password}

    @routes.get("/roster/{programme}")
    async def on_duty(programme: str, _: Reader, day: Annotated[date, Query()]) -> dict[str, Any]:
        people = await store.register(office.service.database)
        return {
            "programme": programme, "day": day.isoformat(),
            "no_responsible_person": bool(without_responsible([programme], people)),
            "shifts": [
                {"staff": line.person.staff, "trained": line.ready, **line.shift.model_dump(mode="json"),
                 "deputies": [one.staff for one in roster.deputies(people, line)]}
                for line in roster.on_duty(people, programme, day)
            ],
        }


async def replaced(office: Office, programme: str, wanted: ReplacementBody, officer: Person) -> str | None:
    """Puts somebody in another's place: for the same work, this programme and that shift; what they had stays."""
    absent = await staff_store.designation(office.service.database, wanted.absent)
    known = await staff_store.designation(office.service.database, wanted.staff)
    work = roster.BY_ROSTER & set(absent.roles if absent else ())
    trained_on = office.staff.today(programme) if wanted.trained_today else None
    designation = await designated(office, Designation(
        staff=wanted.staff, name=wanted.name, employer=wanted.employer, trained_on=trained_on,
        roles=tuple(sorted(work | set(known.roles if known else ()))),
        programmes=tuple({programme, *(known.programmes if known else ())}),
    ))
    return await office.staff.replace(
        programme, designation, wanted.name, wanted.absent, wanted.shift.shift(), officer)


async def designated(office: Office, wanted: Designation) -> StaffDesignated:
    """The fact that follows from what was asked for, and from what is known of the person."""
    known = await staff_store.designation(office.service.database, wanted.staff)
    since: datetime = wanted.valid_from or await office.staff.since(wanted.programmes)
    vouched = known is not None and known.vouched and wanted.trained_on is None
    responsible = wanted.responsible if wanted.responsible is not None else known is not None and known.responsible
    return StaffDesignated(
        staff=wanted.staff, roles=tuple(sorted(set(wanted.roles))), programmes=tuple(sorted(set(wanted.programmes))),
        trained_on=known.trained_on if known and vouched else wanted.trained_on, vouched=vouched, valid_from=since,
        valid_until=wanted.valid_until, employer=wanted.employer, responsible=responsible,
        shifts=known.shifts if known else None,
    )


def _person(one: StaffDesignated, trainings: list[Document], courses: tuple[str, ...]) -> dict[str, Any]:
    on_record = [(training["course"], training["day"]) for training in trainings]
    return {
        **one.model_dump(mode="json", exclude={"trained_on"}),
        # A day that nobody put on record is not shown as one: the deployment vouches for the first officer.
        "trained_on": None if one.vouched or one.trained_on is None else one.trained_on.isoformat(),
        "trainings": [{"course": training["course"], "day": training["day"].isoformat(),
                       "recorded_by": training["recorded_by"]} for training in trainings],
        "missing": [] if one.vouched else list(missing(on_record, courses)),
    }
