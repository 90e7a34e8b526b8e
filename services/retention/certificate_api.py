"""Audits and certificates of erasure over HTTP (S18, B11). Certificates hold no personal data: they are public."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict

from services.retention.certificates import VERIFIER, Certificates, Open, shown
from shared.contracts.audit import AuditReport
from shared.contracts.envelope import moment_text
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.platform.signin import staff

Auditor = Annotated[Person, Depends(staff("auditor"))]
Officer = Annotated[Person, Depends(staff("officer"))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Number = Annotated[str, Path(pattern=r"^[A-Z]{1,16}-[0-9]{4}-[0-9]{4,}$")]


class Nothing(BaseModel):
    """An empty body: what is to be certified is decided by what is final."""

    model_config = ConfigDict(extra="forbid")


def router(office: Certificates) -> APIRouter:
    """`/retention/api/programmes/{programme}/audits` and `…/certificates`, and the verifier."""
    routes = APIRouter(tags=["certificates of erasure"])
    base = "/api/programmes/{programme}"

    @routes.post(f"{base}/audits", status_code=201)
    async def hand_in(programme: str, report: AuditReport, auditor: Auditor) -> dict[str, Any]:
        return await office.take_report(programme, report, auditor.staff)

    @routes.get(f"{base}/certificates")
    async def listed(programme: str, _: Reader) -> dict[str, Any]:
        return {"certificates": [_issued(row) for row in await office.issued(programme)],
                "open": _open(await office.open(programme)), "public_key": office.public_key}

    @routes.post(f"{base}/certificates", status_code=201)
    async def issue(programme: str, _: Nothing, officer: Officer) -> dict[str, Any]:
        return await office.issue(programme, officer.staff)

    @routes.get(f"{base}/certificates/{{number}}.json")
    async def signed(programme: str, number: Number) -> Response:
        """The signed JSON."""
        return Response(await office.signed(programme, number), media_type="application/json",
                        headers=_as_file(f"{number}.json"))

    @routes.get(f"{base}/certificates/{{number}}.pdf")
    async def printed(programme: str, number: Number) -> Response:
        """The same on paper."""
        return Response(await office.printed(programme, number), media_type="application/pdf",
                        headers=_as_file(f"{number}.pdf"))

    @routes.get("/verify_certificate.py", response_class=FileResponse)
    async def verifier() -> Response:
        """The stand-alone verifier."""
        return FileResponse(VERIFIER, media_type="text/x-python", filename=VERIFIER.name)

    return routes


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _issued(row: Document) -> dict[str, Any]:
    return {"number": row["number"], "subjects": row["subjects"], "digest": row["digest"], "batches": row["batches"],
            "issued_at": moment_text(row["issued_at"]), "by": row["by"]}


def _open(found: Open) -> dict[str, Any]:
    return {
        "batches": [{"batch": batch.id, "subjects": batch.subjects, "final": batch.final_at is not None}
                    for batch in found.evidence.batches],
        "ready": found.ready, "missing": [shown(gap) for gap in found.missing],
    }
