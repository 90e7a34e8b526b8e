"""Retention over HTTP for programs: sign-in, programmes, clock, staff register, state of handling."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.retention import store
from services.retention.domain.ticks import TickRefused
from services.retention.handlers.programmes import Refused
from services.retention.handlers.signin import SignedIn, SignInRefused, TooManyTries
from services.retention.office import Office, refused_file
from services.retention.report import state_document
from shared.contracts.envelope import Moment, moment_text
from shared.contracts.programme import Name
from shared.contracts.retention import Role, StaffDesignated
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
ServiceName = Literal["intake", "lottery", "notifier", "checkin", "retention"]
StaffId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Body(BaseModel):
    """Unknown fields are refused (S13)."""

    model_config = ConfigDict(extra="forbid")


class Credentials(Body):
    """Who wants to work where."""

    staff: Annotated[str, StringConstraints(max_length=64)]
    password: Annotated[str, StringConstraints(max_length=200)]
    service: ServiceName


class TickWanted(Body):
    """The programme's time from now on."""

    at: Moment


class Designation(Body):
    """A person and what they may do. Without `valid_from` it is valid as of now."""

    staff: StaffId
    name: PersonName
    employer: Name
    roles: tuple[Role, ...]
    programmes: tuple[Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9-]{1,64})$")], ...] = Field(max_length=50)
    trained_on: date | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None


def router(office: Office) -> APIRouter:
    """Routes under `/retention/api`."""
    routes = APIRouter(prefix="/api")
    _sign_in(routes, office)
    _programmes(routes, office)
    _clock(routes, office)
    _staff(routes, office)

    @routes.get("/state/{programme}")
    async def state(programme: str, _: Reader) -> dict[str, Any]:
        return state_document(await office.state(programme), office.now(programme))

    return routes


async def signed_in(office: Office, who: Credentials, request: Request) -> SignedIn:
    """The token, or the one answer to whatever was wrong (S24)."""
    address = request.client.host if request.client else "?"
    try:
        return await office.sign_ins.sign_in(who.staff, who.password, who.service, address)
    except TooManyTries as refused:
        raise Problem(
            429, "too-many-tries", "Too many wrong passwords came from here", "Wait a few minutes and try again.",
            headers={"Retry-After": str(int(refused.wait.total_seconds()) + 1)},
        ) from None
    except SignInRefused:
        raise Problem(
            401, "sign-in-refused", "The sign-in failed",
            "Check id and password. After five wrong passwords an id rests for a quarter of an hour.",
        ) from None


def _sign_in(routes: APIRouter, office: Office) -> None:
    @routes.post("/signin")
    async def sign_in(who: Credentials, request: Request) -> dict[str, Any]:
        done = await signed_in(office, who, request)
        return {"token": done.token, "expires_at": moment_text(done.expires_at), "staff": done.designation.staff,
                "roles": sorted(done.designation.roles)}


def _programmes(routes: APIRouter, office: Office) -> None:
    @routes.post("/programmes", status_code=201)
    async def publish(request: Request, response: Response, officer: Officer) -> dict[str, Any]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/toml":
            raise Problem(415, "not-toml", "A programme is a TOML file", "Send it with content-type application/toml.")
        try:
            text = (await request.body()).decode()
        except UnicodeDecodeError:
            raise Problem(415, "not-utf-8", "The file is not UTF-8", "Save it as UTF-8 and send it again.") from None
        try:
            done = await office.publish(text, officer)
        except Refused as refused:
            raise refused_file(refused.complaints) from None
        response.status_code = 201 if done.new else 200
        return {"id": done.programme, "version": done.version, "digest": done.digest}

    @routes.get("/programmes")
    async def listed() -> list[dict[str, Any]]:
        rows = await store.published(office.service.database)
        return [{"id": row["_id"], "version": row["version"], "digest": row["digest"]} for row in rows]


def _clock(routes: APIRouter, office: Office) -> None:
    @routes.post("/programmes/{programme}/clock", status_code=202)
    async def tick(programme: str, wanted: TickWanted, _: Officer) -> dict[str, Any]:
        if not office.settings.allow_ticks:
            raise Problem(403, "ticks-not-allowed", "This deployment lives in real time",
                          "Time can be driven only where the deployment allows it (KUJIBIKI_ALLOW_TICKS).")
        try:
            done = await office.tick(programme, wanted.at)
        except TickRefused as refused:
            raise _refused_tick(refused) from None
        return {"number": done.number, "at": moment_text(done.at)}

    @routes.get("/programmes/{programme}/clock")
    async def time(programme: str) -> dict[str, Any]:
        last = await store.last_tick(office.service.database, programme)
        return {
            "number": last.number if last else 0,
            "at": moment_text(last.at if last else office.now(programme)),
            "parts": await store.parts_done(office.service.database, programme),
        }


def _refused_tick(refused: TickRefused) -> Problem:
    if refused.code == "backwards":
        return Problem(409, "time-runs-forward", "Time never runs backwards",
                       "Send the same moment as the last tick's, or a later one.")
    return Problem(422, "far-away", "That is more than a year away from the programme's contract",
                   "A tick can't be taken back: check the year.")


def _staff(routes: APIRouter, office: Office) -> None:
    @routes.post("/staff", status_code=201)
    async def designate(wanted: Designation, response: Response, officer: Officer) -> dict[str, Any]:
        password = await office.designate(await designated(office, wanted), wanted.name, officer)
        response.status_code = 201 if password else 200
        return {"staff": wanted.staff, "password": password}

    @routes.get("/staff")
    async def register(_: Reader) -> list[dict[str, Any]]:
        return [_person(one) for one in await store.register(office.service.database)]

    @routes.delete("/staff/{staff_id}", status_code=204)
    async def dismiss(staff_id: str, officer: Officer) -> None:
        await office.dismiss(staff_id, officer)

    @routes.post("/staff/{staff_id}/password")
    async def reset(staff_id: str, officer: Officer) -> dict[str, str]:
        return {"staff": staff_id, "password": await office.reset_password(staff_id, officer)}


async def designated(office: Office, wanted: Designation) -> StaffDesignated:
    """The fact that follows from what was asked for."""
    since: datetime = wanted.valid_from or await office.since(wanted.programmes)
    return StaffDesignated(
        staff=wanted.staff, roles=tuple(sorted(set(wanted.roles))), programmes=tuple(sorted(set(wanted.programmes))),
        trained_on=wanted.trained_on, valid_from=since, valid_until=wanted.valid_until, employer=wanted.employer,
    )


def _person(one: StaffDesignated) -> dict[str, Any]:
    return one.model_dump(mode="json", include={
        "staff", "roles", "programmes", "trained_on", "employer", "valid_from", "valid_until"})
