"""Routes of the notice desk: what is told, what is left, what needs a human."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.api import Clerk, HexId, ListState, query_of, within
from services.notifier.domain.ledger import Ledger, burn_down, days_left
from services.notifier.handlers.printing import MOST_CARDS, Printing
from services.notifier.store import Store
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff
from shared.ui import formats
from shared.ui.language import DEFAULT, speaking

Reader = Annotated[Person, Depends(staff("notices", "officer"))]
PAGE = 100
RUNS_SHOWN = 50

_FIGURES = ("due", "failed", "printed", "sent", "posted", "to_call", "called", "unreached", "undecided")
_BAD_IF_ANY = frozenset({"failed", "unreached"})
_IF_ANY = frozenset({"to_call", "called"})
"""Shown only where something was cancelled so late that people must be called."""


def router(service: Service, store: Store, printing: Printing) -> APIRouter:
    """The pages under `/notifier`."""
    desk = _Desk(service, store)
    routes = APIRouter(prefix="/{programme}", include_in_schema=False)
    _reading(routes, service, desk)
    _printing(routes, service, desk, printing)
    return routes


def _reading(routes: APIRouter, service: Service, desk: _Desk) -> None:
    @routes.get("/desk")
    async def show(request: Request, programme: str, person: Reader) -> HTMLResponse:
        return await desk.page(request, service.programmes.get(programme), person)

    @routes.get("/notices")
    async def notices(
        request: Request, programme: str, person: Reader, state: ListState | None = None, page: _Page = 1
    ) -> HTMLResponse:
        return await desk.listing(request, service.programmes.get(programme), person, state, page)

    @routes.get("/notices/undecided")
    async def undecided(request: Request, programme: str, _: Reader, page: _Page = 1) -> HTMLResponse:
        return await desk.undecided(request, service.programmes.get(programme), page)


def _printing(routes: APIRouter, service: Service, desk: _Desk, printing: Printing) -> None:
    @routes.post("/print-runs")
    async def begin(programme: str, person: Clerk) -> RedirectResponse:
        await printing.begin(person, programme)
        return _back(programme)

    @routes.get("/print-runs/{run}/cards.pdf")
    async def cards(request: Request, programme: str, run: HexId, person: Clerk) -> Response:
        try:
            document = await printing.cards(person, programme, run)
        except Problem as problem:
            if problem.type != "card-stopped":
                raise
            stopped = {**problem.extra, "run": run}
            return await desk.page(request, service.programmes.get(programme), person, stopped, problem.status)
        headers = {"Content-Disposition": f'inline; filename="cards-{run[:8]}.pdf"', "Cache-Control": "no-store"}
        return Response(document, media_type="application/pdf", headers=headers)

    @routes.post("/print-runs/{run}/posting")
    async def posting(programme: str, run: HexId, person: Clerk) -> RedirectResponse:
        await printing.post(person, programme, run)
        return _back(programme)

    @routes.post("/print-runs/{run}/aside")
    async def aside(programme: str, run: HexId, person: Clerk, notice: Annotated[HexId, Form()]) -> RedirectResponse:
        await printing.set_aside(person, programme, run, notice)
        return _back(programme)

    @routes.post("/returns")
    async def returns(programme: str, _: Clerk, notice: Annotated[HexId, Form()]) -> RedirectResponse:
        await printing.returned(programme, notice)
        return _back(programme)


_Page = Annotated[int, Query(ge=1, le=100_000)]


class _Desk:
    """Gathers what the pages show."""

    def __init__(self, service: Service, store: Store) -> None:
        self._service, self._store = service, store

    async def page(
        self, request: Request, programme: Programme, person: Person, stopped: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        now, offset = self._service.clock.now(programme.id), _offset(programme)
        sums = await self._store.ledger(programme.id, within(programme))
        labels, left = await self._burn_down(programme, sums, now)
        _, to_print = await self._store.list_notices(programme.id, {"state": "to-print"}, 0, 1)
        return self._service.pages.render(
            request, "desk.html", status_code=status, sums=sums, labels=labels, left=left, to_print=to_print,
            runs=await self._runs(programme.id), aside=stopped, most_cards=MOST_CARDS, figures=_figures(sums),
            days_left=days_left(sums.due_by, now) if sums.due_by else None, here=_here(programme), offset=offset,
            clerk="notices" in person.roles)

    async def listing(
        self, request: Request, programme: Programme, person: Person, state: ListState | None, number: int
    ) -> HTMLResponse:
        rows, total = await self._store.list_notices(programme.id, query_of(state), (number - 1) * PAGE, PAGE)
        return self._list(request, programme, rows, total, number, state, clerk="notices" in person.roles)

    async def undecided(self, request: Request, programme: Programme, number: int) -> HTMLResponse:
        rows, total = await self._store.untold(programme.id, (number - 1) * PAGE, PAGE)
        return self._list(request, programme, rows, total, number, "undecided", clerk=False)

    def _list(
        self, request: Request, programme: Programme, rows: list[dict[str, Any]], total: int, number: int,
        state: str | None, *, clerk: bool,
    ) -> HTMLResponse:
        return self._service.pages.render(
            request, "notices.html", rows=rows, total=total, state=state, number=number, clerk=clerk,
            pages=max(1, -(-total // PAGE)), here=_here(programme), offset=_offset(programme))

    async def _runs(self, programme: str) -> list[dict[str, Any]]:
        found = self._store.runs.find({"programme": programme}).sort([("made_at", -1), ("_id", 1)])
        runs: list[dict[str, Any]] = await found.limit(RUNS_SHOWN).to_list(None)
        return runs

    async def _burn_down(
        self, programme: Programme, sums: Ledger, now: datetime
    ) -> tuple[list[str], list[int | None]]:
        draws = await self._store.draws_of(programme.id)
        drawn = max((draw.drawn_at for draw in draws.values() if draw.drawn_at), default=None)
        if drawn is None or not sums.total:
            return [], []
        told = await self._store.told_by_day(programme.id, _offset(programme))
        days = _days(programme.local(drawn).date(), programme.local(drawn + within(programme)).date())
        before = sum(count for day, count in told.items() if day < days[0])
        with speaking(self._service.pages.words, DEFAULT):
            labels = [formats.short_day(day) for day in days]
        return labels, burn_down(told, sums.total - before, days, programme.local(now).date())


def _figures(sums: Ledger) -> list[tuple[str, int, str]]:
    values = [(figure, int(getattr(sums, figure))) for figure in _FIGURES]
    values = [(figure, value) for figure, value in values if value or figure not in _IF_ANY]
    return [(figure, value, "bad" if value and figure in _BAD_IF_ANY else "neutral") for figure, value in values]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _offset(programme: Programme) -> timedelta:
    return timedelta(minutes=programme.utc_offset_minutes)


def _here(programme: Programme) -> str:
    return f"/notifier/{programme.id}"


def _back(programme: str) -> RedirectResponse:
    return RedirectResponse(f"/notifier/{programme}/desk", 303)
