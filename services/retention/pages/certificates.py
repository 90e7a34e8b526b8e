"""Certificates of erasure as a page: what was issued, what is open, and what keeps it back (S18, B11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from services.retention.certificate_store import audit_of
from services.retention.certificates import Certificates, shown
from services.retention.documents.words import grouped
from services.retention.office import Office
from services.retention.pages import show
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.formats import moment, number

Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]


def router(office: Office, certificates: Certificates) -> APIRouter:
    """`/retention/certificates/{programme}`"""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/certificates/{programme}")
    async def look(programme: str, request: Request, person: Reader) -> HTMLResponse:
        return await _page(office, certificates, request, programme, person)

    @routes.post("/certificates/{programme}")
    async def issue(programme: str, request: Request, officer: Officer) -> Response:
        try:
            await certificates.issue(programme, officer.staff)
        except Problem as refused:
            if refused.type != "certificate-kept-back":
                raise
            return await _page(office, certificates, request, programme, officer, status=409)
        return RedirectResponse(f"/retention/certificates/{programme}", 303)

    return routes


async def _page(
    office: Office, certificates: Certificates, request: Request, programme: str, person: Person, status: int = 200
) -> HTMLResponse:
    pages, definition = office.service.pages, office.service.programmes.get(programme)
    offset = timedelta(minutes=definition.utc_offset_minutes)
    found = await certificates.open(programme)
    return pages.render(
        request, "certificates.html", chrome=show.chrome(office, request), status_code=status, programme=programme,
        refused=status == 409, officer="officer" in person.roles, ready=found.ready,
        people=sum(batch.subjects for batch in found.evidence.batches if batch.final_at),
        public_key=grouped(certificates.public_key),
        issued=[_issued(row, programme, offset) for row in await certificates.issued(programme)],
        missing=[shown(gap)["ja"] for gap in found.missing] if found.evidence.batches else [],
        audits=[_audit(row, offset, pages.words_for(request)) for row in await certificates.audits(programme)],
    )


def _issued(row: dict[str, Any], programme: str, offset: timedelta) -> show.Row:
    base = f"/retention/api/programmes/{programme}/certificates/{row['number']}"
    files = Markup('<a href="{}.pdf">PDF</a>　<a href="{}.json">JSON</a>').format(base, base)
    return [row["number"], files, moment(row["issued_at"], offset), number(row["subjects"]), row["by"],
            grouped(row["digest"])]


def _audit(row: dict[str, Any], offset: timedelta, say: show.Say) -> show.Row:
    report = audit_of(row).report
    verdict = say("certificates.clean")
    if not report.clean:
        verdict = say("certificates.not-clean", codes="、".join(report.missing))
    return [moment(report.ended_at, offset), row["by"], number(report.orders), number(report.subjects), verdict]
