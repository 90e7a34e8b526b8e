"""Sign-in over HTTP for programs: by password, by PIN on an enrolled tablet; the tablets themselves (S21, S24)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints

from services.retention import staff_store
from services.retention.bodies import Body, Officer, Pin, Reader, ServiceName, TerminalName
from services.retention.domain.pins import fault
from services.retention.handlers.signin import NotEnrolled, SignedIn, SignInRefused, TooManyTries
from services.retention.office import Office
from shared.contracts.envelope import moment_text
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff

Attendant = Annotated[Person, Depends(staff("attendant"))]
Password = Annotated[str, StringConstraints(max_length=200)]
TypedId = Annotated[str, StringConstraints(max_length=64)]


class Credentials(Body):
    """Who wants to work where."""

    staff: TypedId
    password: Password
    service: ServiceName


class PinCredentials(Body):
    """Who takes over the tablet that has `terminal_key`."""

    staff: TypedId
    pin: Annotated[str, StringConstraints(max_length=20)]
    terminal_key: Annotated[str, StringConstraints(max_length=100)]
    service: ServiceName = "checkin"


class PinWanted(Body):
    """A PIN of one's own; the password shows that its owner asks."""

    password: Password
    pin: Pin


class TerminalWanted(Body):
    """A name that no other tablet in use has."""

    name: TerminalName


def add(routes: APIRouter, office: Office) -> None:
    """Adds the routes of sign-in."""

    @routes.post("/signin")
    async def sign_in(who: Credentials, request: Request) -> dict[str, Any]:
        return _session(await signed_in(office, who, request))

    @routes.post("/signin/pin")
    async def sign_in_by_pin(who: PinCredentials) -> dict[str, Any]:
        return _session(await signed_in_by_pin(office, who))

    @routes.put("/pin", status_code=204)
    async def set_own_pin(wanted: PinWanted, request: Request, person: Attendant) -> None:
        await set_pin(office, person.staff, wanted, request)

    @routes.post("/terminals", status_code=201)
    async def enrol(wanted: TerminalWanted, officer: Officer) -> dict[str, str]:
        enrolled = await office.staff.enrol(wanted.name, officer)
        return {"terminal": enrolled.terminal, "name": enrolled.name, "key": enrolled.key}

    @routes.get("/terminals")
    async def terminals(_: Reader) -> list[dict[str, Any]]:
        return [
            {"terminal": row["_id"], "name": row["name"], "enrolled_by": row["enrolled_by"],
             **{name: moment_text(row[name]) if row[name] else None
                for name in ("enrolled_at", "used_at", "revoked_at")}}
            for row in await staff_store.terminals(office.service.database)
        ]

    @routes.delete("/terminals/{terminal}", status_code=204)
    async def revoke(terminal: str, officer: Officer) -> None:
        await office.staff.revoke(terminal, officer)


def _session(done: SignedIn) -> dict[str, Any]:
    return {"token": done.token, "expires_at": moment_text(done.expires_at), "staff": done.designation.staff,
            "roles": sorted(done.designation.roles)}


async def signed_in(office: Office, who: Credentials, request: Request) -> SignedIn:
    """The token, or the one answer to whatever was wrong (S24)."""
    try:
        return await office.sign_ins.sign_in(who.staff, who.password, who.service, _address(request))
    except TooManyTries as refused:
        raise _too_many(refused) from None
    except SignInRefused:
        raise _failed() from None


async def signed_in_by_pin(office: Office, who: PinCredentials) -> SignedIn:
    """The token, or the one answer to whatever was wrong; another one where no PIN opens anything."""
    try:
        return await office.sign_ins.sign_in_by_pin(who.terminal_key, who.staff, who.pin, who.service)
    except NotEnrolled:
        raise Problem(403, "not-enrolled", "A PIN is worth nothing here",
                      "This device is not enrolled for a change of person. Sign in with your password.") from None
    except TooManyTries as refused:
        raise _too_many(refused) from None
    except SignInRefused:
        raise _failed() from None


async def set_pin(office: Office, staff_id: str, wanted: PinWanted, request: Request) -> None:
    """Sets a PIN of one's own."""
    wrong = fault(wanted.pin, staff_id)
    if wrong is not None:
        raise Problem(422, "pin-refused", "This PIN is one of the first that somebody would try",
                      "Choose six digits that are no date, no row and no pattern.", reason=wrong)
    try:
        await office.sign_ins.set_pin(staff_id, wanted.password, wanted.pin, _address(request))
    except TooManyTries as refused:
        raise _too_many(refused) from None
    except SignInRefused:
        raise _failed() from None


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


def _too_many(refused: TooManyTries) -> Problem:
    return Problem(
        429, "too-many-tries", "Too many wrong passwords came from here", "Wait a few minutes and try again.",
        headers={"Retry-After": str(int(refused.wait.total_seconds()) + 1)})


def _failed() -> Problem:
    return Problem(
        401, "sign-in-refused", "The sign-in failed",
        "Check id and password. After five wrong passwords an id rests for a quarter of an hour.")
