"""Calendar and erasure as a page: what falls due, how far each batch is, requests, holds, keys (S17, S28, B10)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from services.retention.erasure_office import MOST_HELD, ErasureOffice
from services.retention.handlers.holds import Basis
from services.retention.pages import show
from services.retention.pages.erasure_show import Showing
from shared.contracts.programme_base import Decision
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form, form_of

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Keeper = Annotated[Person, Depends(staff("officer", "records"))]
Officer = Annotated[Person, Depends(staff("officer"))]
_DECISION: TypeAdapter[str] = TypeAdapter(Decision)


class Wrong(Exception):
    """What was typed cannot be used: the field, and the code of the words that say why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code


def router(office: ErasureOffice) -> APIRouter:
    """`/retention/erasure/{programme}`"""
    routes = APIRouter(include_in_schema=False, prefix="/erasure/{programme}")

    @routes.get("")
    async def look(programme: str, request: Request, person: Reader) -> HTMLResponse:
        return await _page(office, request, programme, person, Form())

    @routes.post("/requests/{application}")
    async def decide(programme: str, application: str, request: Request, officer: Officer) -> Response:
        typed = await _typed(request)
        return await _done(office, request, programme, officer, typed,
                           _decided(office, programme, application, typed, officer), f"decision-{application}")

    @routes.post("/holds")
    async def propose(programme: str, request: Request, person: Keeper) -> Response:
        typed = await _typed(request)
        return await _done(office, request, programme, person, typed, _proposed(office, programme, typed, person),
                           "receipts")

    @routes.post("/holds/{hold}/confirmation")
    async def confirm(programme: str, hold: str, request: Request, officer: Officer) -> Response:
        return await _done(office, request, programme, officer, Form(),
                           office.confirm_hold(programme, hold, officer), "holds")

    @routes.post("/holds/{hold}/lifting")
    async def lift(programme: str, hold: str, request: Request, person: Keeper) -> Response:
        return await _done(office, request, programme, person, Form(), office.lift_hold(programme, hold, person),
                           "holds")

    @routes.post("/holds/{hold}/withdrawal")
    async def withdraw(programme: str, hold: str, request: Request, person: Keeper) -> Response:
        return await _done(office, request, programme, person, Form(), office.drop_proposal(programme, hold), "holds")

    @routes.post("/rotation")
    async def rotate(programme: str, request: Request, officer: Officer) -> Response:
        typed = await _typed(request)
        return await _done(office, request, programme, officer, typed, _rotated(office, typed, officer), "understood")

    return routes


async def _typed(request: Request) -> Form:
    return form_of((await request.form()).multi_items())


async def _done(
    office: ErasureOffice, request: Request, programme: str, person: Person, typed: Form, work: Awaitable[Any],
    field: str,
) -> Response:
    """Back to the page, where it says what came of it; or the page with what was typed and why it was refused."""
    say = office.office.service.pages.words_for(request)
    try:
        await work
    except Wrong as wrong:
        errors, status = {wrong.field: say(f"erasure.fault.{wrong.code}")}, 422
    except Problem as refused:
        if refused.status == 404:
            raise
        which = "、".join(refused.extra.get("receipts", ()))
        errors, status = {field: say(f"erasure.fault.{refused.type}", which=which)}, refused.status
    else:
        return RedirectResponse(f"/retention/erasure/{programme}", 303)
    return await _page(office, request, programme, person, Form(typed.values, errors), status)


async def _decided(
    office: ErasureOffice, programme: str, application: str, typed: Form, officer: Person
) -> None:
    decision, reason = typed.value(f"decision-{application}").strip(), typed.value(f"reason-{application}")
    if typed.value("answer") == "grant":
        try:
            _DECISION.validate_python(decision)
        except ValidationError:
            raise Wrong(f"decision-{application}", "decision") from None
        await office.grant(programme, application, decision, officer)
    elif reason:
        await office.decline(programme, application, reason, officer)
    else:
        raise Wrong(f"reason-{application}", "reason")


async def _proposed(office: ErasureOffice, programme: str, typed: Form, person: Person) -> None:
    receipts, whole = typed.value("receipts").replace("、", " ").replace(",", " ").split(), bool(typed.value("whole"))
    if bool(receipts) is whole or len(receipts) > MOST_HELD:
        raise Wrong("receipts", "receipts")
    basis = typed.value("basis")
    if basis not in get_args(Basis):
        raise Wrong("basis", "basis")
    await office.propose_hold(programme, basis, person, receipts=receipts)  # type: ignore[arg-type]


async def _rotated(office: ErasureOffice, typed: Form, officer: Person) -> None:
    if not typed.value("understood"):
        raise Wrong("understood", "understood")
    await office.rotate(officer)


async def _page(
    office: ErasureOffice, request: Request, programme: str, person: Person, form: Form, status: int = 200
) -> HTMLResponse:
    service = office.office.service
    definition, found, say = service.programmes.get(programme), await office.see(programme), \
        service.pages.words_for(request)
    named = [row["_id"] for row in found.requests] + [one for row in found.holds for one in row["subjects"]]
    showing = Showing(definition, await office.receipts_of(named), say)
    return service.pages.render(
        request, "erasure.html", chrome=show.chrome(office.office, request), status_code=status, form=form,
        programme=programme, title=definition.title.ja, as_of=found.as_of, offset=showing.offset, person=person.staff,
        officer="officer" in person.roles, keeper=bool({"officer", "records"} & set(person.roles)),
        everywhere="*" in person.programmes, reasons=[(code, words.ja) for code, words in definition.reasons.items()],
        bases=[(code, say(f"erasure.basis.{code}")) for code in get_args(Basis)], **showing.tables(found))
