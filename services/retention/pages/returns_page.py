"""Returns as a page: the ward's key by two people, the archives, and the ward's acknowledgement (S17)."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import ValidationError

from services.retention import returns_store
from services.retention.domain.returns import WARD
from services.retention.handlers.returns import Returns
from services.retention.office import Office
from services.retention.pages import show
from services.retention.returns_api import AcknowledgementBody
from services.retention.returns_store import MADE
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.privacy.heldkey import grouped
from shared.ui import Form, form_of
from shared.ui.formats import moment, number

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]
_FIELDS = {"not-a-key": "key", "same-person": "fingerprint", "fingerprint-differs": "fingerprint",
           "confirmation-differs": "digest", "too-many-tries": "digest", "not-permitted": "digest"}
"""Where a refusal is said; any other is a page of its own."""


def router(office: Office, returns: Returns) -> APIRouter:
    """`/retention/returns/{programme}`"""
    routes = APIRouter(include_in_schema=False, prefix="/returns/{programme}")

    async def done(request: Request, programme: str, person: Person, typed: Form, work: Awaitable[Any]) -> Response:
        try:
            await work
        except Problem as refused:
            field = _FIELDS.get(refused.type)
            if field is None:
                raise
            error = office.service.pages.words_for(request)(f"returns.fault.{refused.type}")
            return await _page(office, request, programme, person,
                               Form(typed.values, {field: error}), refused.status)
        return RedirectResponse(f"/retention/returns/{programme}", 303)

    @routes.get("")
    async def look(programme: str, request: Request, person: Reader) -> HTMLResponse:
        return await _page(office, request, programme, person, Form())

    @routes.post("/key")
    async def register(programme: str, request: Request, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        office.service.programmes.get(programme)
        work = returns.register_key(programme, typed.value("key").strip(), officer)
        return await done(request, programme, officer, typed, work)

    @routes.post("/key/confirmation")
    async def confirm(programme: str, request: Request, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        work = returns.confirm_key(programme, typed.value("fingerprint"), officer)
        return await done(request, programme, officer, typed, work)

    @routes.post("/acknowledgement")
    async def acknowledge(programme: str, request: Request, person: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        work = _acknowledge(returns, programme, typed, person)
        return await done(request, programme, person, typed, work)

    @routes.post("/replacement")
    async def replace(programme: str, request: Request, officer: Officer) -> Response:
        typed = form_of((await request.form()).multi_items())
        return await done(request, programme, officer, typed, returns.order_anew(programme, typed.value("archive")))

    return routes


async def _acknowledge(returns: Returns, programme: str, typed: Form, person: Person) -> None:
    try:
        digest = AcknowledgementBody(digest=typed.value("digest")).digest
    except ValidationError:
        raise Problem(422, "confirmation-differs", "This is no confirmation", "It has 64 hex digits.") from None
    await returns.acknowledge(programme, typed.value("archive"), digest, person)


async def _page(
    office: Office, request: Request, programme: str, person: Person, form: Form, status: int = 200
) -> HTMLResponse:
    pages, definition, database = office.service.pages, office.service.programmes.get(programme), \
        office.service.database
    say, offset = pages.words_for(request), timedelta(minutes=definition.utc_offset_minutes)
    rows = await returns_store.of_programme(database, programme)
    officer = "officer" in person.roles
    return pages.render(
        request, "returns.html", chrome=show.chrome(office, request), status_code=status, form=form,
        programme=programme, title=definition.title.ja, officer=officer, ward=officer and person.employer == WARD,
        in_use=_key(await returns_store.key_in_use(database, programme), offset),
        to_confirm=_key(await returns_store.key_to_confirm(database, programme), offset), person=person.staff,
        returns=[_return(row, programme, offset, say) for row in rows],
        open=[(row["_id"], row["_id"]) for row in rows if row["state"] == MADE],
    )


def _key(key: Document | None, offset: timedelta) -> dict[str, Any] | None:
    if key is None:
        return None
    return {"fingerprint": grouped(key["fingerprint"]), "registered_by": key["registered_by"],
            "registered_at": moment(key["registered_at"], offset), "confirmed_by": key["confirmed_by"]}


def _return(row: Document, programme: str, offset: timedelta, say: show.Say) -> show.Row:
    link: object = ""
    if row["state"] == MADE:
        href = show.desk_link("intake", f"/intake/{programme}/api/archives/{row['_id']}")
        link = Markup('<a href="{}">{}</a>').format(href, say("returns.fetch"))
    made = moment(row["made_at"], offset) if "made_at" in row else ""
    records = say("returns.records-of", records=number(row["records"]), missing=number(row["missing"])) \
        if "records" in row else number(row["subjects"])
    return [row["_id"], say(f"returns.state.{row['state']}"), records, made, row.get("digest", ""), link]
