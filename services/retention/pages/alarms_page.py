"""Alarms as a page: what is open, newest first, what it says; an officer has seen it and decides (S24, S25)."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.retention import store
from services.retention.alarm_desk import AlarmDesk
from services.retention.office import Office
from services.retention.pages import show
from shared.contracts.erasure import AlarmDecision
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.formats import moment

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]
MOST_DECIDED = 50
_REMINDERS = frozenset({"duty-near", "no-archive-key"})
_NOBODYS = _REMINDERS | {"erasure-overdue", "notices-late", "set-aside"}
"""Alarms about what is late or to come, not about what somebody did."""


def add(routes: APIRouter, office: Office) -> None:
    """Adds `/retention/alarms`."""
    pages, desk = office.service.pages, AlarmDesk(office.service)

    @routes.get("/alarms")
    async def look(request: Request, person: Reader) -> HTMLResponse:
        say, database = pages.words_for(request), office.service.database
        found = await store.open_alarms(database, person.programmes)
        shown = [dict(zip(("title", "at", "text"), row, strict=True))
                 | {"id": one["_id"], "decisions": _decisions(one["kind"], say)}
                 for one, row in zip(found, show.alarms(found, say), strict=True)]
        past = await store.decided_alarms(database, person.programmes, MOST_DECIDED)
        return pages.render(
            request, "alarms.html", chrome=show.chrome(office, request), alarms=shown,
            officer="officer" in person.roles,
            decided=[[*row, _decision(one["kind"], one["decided"]["decision"], say), one["decided"]["by"],
                      moment(one["decided"]["at"])]
                     for one, row in zip(past, show.alarms(past, say), strict=True)])

    @routes.post("/alarms")
    async def decide(
        officer: Officer, alarm: Annotated[str, Form(max_length=300)], decision: Annotated[AlarmDecision, Form()]
    ) -> Response:
        await desk.decide(alarm, decision, officer)
        return RedirectResponse("/retention/alarms", 303)


def _decisions(kind: str, say: show.Say) -> list[tuple[str, object]]:
    """What an officer can say about an alarm: about a reminder only that it was seen."""
    codes = ("explained",) if kind in _REMINDERS else get_args(AlarmDecision)
    return [(code, _decision(kind, code, say)) for code in codes]


def _decision(kind: str, code: str, say: show.Say) -> object:
    return say("alarms.decision.noted" if code == "explained" and kind in _NOBODYS else f"alarms.decision.{code}")
