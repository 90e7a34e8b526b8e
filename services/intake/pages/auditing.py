"""The auditor's page: an entry of the sample is traced to its application and card, and what was found is recorded."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.intake import audit_store
from services.intake.domain.auditing import FINDINGS, AuditRefused
from services.intake.front import Front
from services.intake.handlers.auditing import Trace, entry_of, record, trace
from services.intake.pages.desk_frame import Answer, framed
from shared.contracts.intake import TraceFinding
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import Form, form_of

Auditor = Annotated[Person, Depends(staff("auditor"))]


def routes(front: Front, draw_url: str) -> APIRouter:
    """`/intake/{programme}/audit`."""
    router = APIRouter(prefix="/{programme}/audit", include_in_schema=False)

    async def shown(
        request: Request, programme: Programme, answer: Answer, traced: Trace | None = None
    ) -> HTMLResponse:
        return framed(
            front, request, programme, "audit.html", answer, traced=traced, findings=_choices(front, request, traced),
            done_so_far=await audit_store.all_traced(front.means.store.database, programme.id),
            drawn=front.means.draws.standing(programme.id).drawn_at is not None,
            draw_url=f"{draw_url}/lottery/{programme.id}/audit")

    @router.get("", response_class=HTMLResponse)
    async def show(request: Request, programme: str, _: Auditor, done: str = "") -> HTMLResponse:
        return await shown(request, front.programme(programme), Answer(done={"recorded": True} if done else None))

    @router.post("", response_class=HTMLResponse)
    async def open_one(request: Request, programme: str, auditor: Auditor) -> HTMLResponse:
        known = front.programme(programme)
        form = form_of((await request.form(max_fields=5)).multi_items())
        try:
            found = await trace(front.means, front.door, known, auditor, entry_of(form.value("entry")))
        except AuditRefused as refused:
            return await shown(request, known, _refused(front, request, form, refused))
        return await shown(request, known, Answer(form), found)

    @router.post("/findings", response_model=None)
    async def find(request: Request, programme: str, auditor: Auditor) -> HTMLResponse | RedirectResponse:
        known = front.programme(programme)
        form = form_of((await request.form(max_fields=5)).multi_items())
        finding = form.value("finding")
        if finding not in FINDINGS:
            errors = {"finding": front.say(request)("audit.choose-finding")}
            found = await _again(front, known, auditor, form)
            return await shown(request, known, Answer(Form(form.values, errors), status=422), found)
        try:
            await record(front.means, known, entry_of(form.value("entry")), finding, auditor.staff)
        except AuditRefused as refused:
            return await shown(request, known, _refused(front, request, form, refused))
        return RedirectResponse(f"/intake/{known.id}/audit?done=1", 303)

    return router


async def _again(front: Front, programme: Programme, auditor: Person, form: Form) -> Trace | None:
    """The application once more, so that the finding can be chosen after all: a further opening, and logged as one."""
    try:
        return await trace(front.means, front.door, programme, auditor, entry_of(form.value("entry")))
    except AuditRefused:
        return None


def _choices(front: Front, request: Request, traced: Trace | None) -> list[tuple[str, str]]:
    """The findings that this trace can have."""
    if traced is None:
        return []
    say, application = front.say(request), traced.application
    fits = [one for one in get_args(TraceFinding) if (one == "no-application") == (application is None)]
    if application is not None and application["channel"] != "postcard":
        fits.remove("card-missing")
    return [(one, str(say(f"audit.finding.{one}"))) for one in fits]


def _refused(front: Front, request: Request, form: Form, refused: AuditRefused) -> Answer:
    say = front.say(request)
    words = str(say(f"audit.refused.{refused.code}")), str(say(f"audit.refused.{refused.code}-do"))
    if refused.code == "entry":
        return Answer(Form(form.values, {"entry": words[0]}), status=422)
    return Answer(form, refused=words, status=409)
