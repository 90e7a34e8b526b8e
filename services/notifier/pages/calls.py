"""The call list: who must be told of a cancellation by telephone, one after the other (B17)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.notifier import wording
from services.notifier.api import HexId
from services.notifier.handlers.calling import Answer, Calling
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

Reader = Annotated[Person, Depends(staff("notices", "officer"))]
Clerk = Annotated[Person, Depends(staff("notices"))]
PAGE = 100
_SAID = ("told", "no-answer", "wrong-number")


def router(service: Service, calling: Calling) -> APIRouter:
    """`/notifier/{programme}/calls`"""
    routes = APIRouter(prefix="/{programme}/calls", include_in_schema=False)

    @routes.get("")
    async def listing(
        request: Request, programme: str, person: Reader, page: Annotated[int, Query(ge=1, le=100_000)] = 1
    ) -> HTMLResponse:
        known = service.programmes.get(programme)
        rows, total = await calling.waiting(programme, (page - 1) * PAGE, PAGE)
        said = next((answer for answer in _SAID if answer in request.query_params), None)
        return service.pages.render(
            request, "calls.html", rows=rows, total=total, number=page, pages=max(1, -(-total // PAGE)), said=said,
            clerk="notices" in person.roles, here=_here(known), offset=known.zone.utcoffset(None))

    @routes.post("/{notice}")
    async def call(request: Request, programme: str, notice: HexId, person: Clerk) -> HTMLResponse:
        known = service.programmes.get(programme)
        opened = await calling.open(person, programme, notice)
        row = await calling.notice(programme, notice)
        with wording.words():
            says = [wording.sentence(opened.content), *wording.lost_slots(opened.content.lost)]
        return service.pages.render(
            request, "call.html", row=row, opened=opened, says=says, reason=opened.content.reason, here=_here(known),
            offset=known.zone.utcoffset(None))

    @routes.post("/{notice}/answer")
    async def answered(
        programme: str, notice: HexId, person: Clerk, answer: Annotated[Answer, Form()]
    ) -> RedirectResponse:
        await calling.record(person, programme, notice, answer)
        return RedirectResponse(f"/notifier/{programme}/calls?{answer}=1", 303)

    return routes


def _here(programme: Programme) -> str:
    return f"/notifier/{programme.id}"
