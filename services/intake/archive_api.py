"""Downloading an archive that is sealed to the ward's key; each download is on record (S17, S26)."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import StreamingResponse

from services.intake import answers as answer
from services.intake import archive_store
from services.intake.archive_store import ACKNOWLEDGED, MADE, REPLACED
from services.intake.handlers.returning import SERVICE
from shared.contracts.privacy import AccessExported
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.openapi import ProgrammeName, refuses
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

MEDIA_TYPE = "application/x-ndjson"
ROLES = ("officer", "records")
ArchiveId = Annotated[str, Path(
    description="As the records office names it.", examples=["7d" * 16],
    json_schema_extra={"pattern": "^[0-9a-f]{32}$"})]


def routes(service: Service) -> APIRouter:
    """Routes under `/intake`."""
    router, database = APIRouter(tags=["archives"]), service.database

    @router.get(
        "/{programme}/api/archives/{archive}", summary="Fetch an archive that is sealed to the ward's key",
        response_class=StreamingResponse,
        responses={200: {"description": "The file; that it was fetched is on record.",
                         "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
        openapi_extra=refuses("no-such-archive", "archive-not-made", "archive-incomplete", "archive-returned",
                              "archive-replaced"))
    async def download(
        programme: ProgrammeName, archive: ArchiveId, person: Annotated[Person, Depends(staff(*ROLES))],
    ) -> StreamingResponse:
        service.programmes.get(programme)
        row = await archive_store.archive(database, archive)
        refuse_unmade(row, programme)
        assert row is not None
        # An erasure at a person's request may have taken a line out: such a file could not be verified.
        if await archive_store.count_lines(database, archive) != row["records"] + 2:
            raise Problem(409, "archive-incomplete", "A record of this archive was erased since it was made",
                          "Have the records office order it anew.")
        await service.transactions.run(lambda tx: _on_record(tx, row, person))
        return StreamingResponse(archive_store.lines(database, archive), media_type=MEDIA_TYPE, headers={
            "Content-Disposition": f'attachment; filename="{programme}-{archive}.archive"',
            "Content-Length": str(row["bytes"]),
            "Repr-Digest": f"sha-256=:{b64encode(bytes.fromhex(row['digest'])).decode()}:",  # RFC 9530
        })

    async def _on_record(tx: Transaction, row: Document, person: Person) -> None:
        now = service.clock.now(row["programme"])
        role = next(role for role in ROLES if role in person.roles)
        archive_store.keep_download(tx, row["_id"], row["programme"], person.staff, role, now)
        tx.say(
            AccessExported(
                actor=person.staff, actor_kind="staff", role=role, service=SERVICE, purpose="return", at=now,
                subject=row["_id"], items=tuple(row["items"]), records=row["records"]),
            subject=row["_id"], programme=row["programme"], at=now)

    @router.get("/{programme}/api/archives/{archive}/downloads", summary="Who fetched it, and when",
                openapi_extra=refuses("no-such-archive"))
    async def downloads(
        programme: ProgrammeName, archive: ArchiveId,
        _: Annotated[Person, Depends(staff("officer", "records", "auditor"))],
    ) -> list[answer.Download]:
        service.programmes.get(programme)
        row, fetched = await archive_store.archive(database, archive), await archive_store.downloads(
            database, programme, archive)
        if not fetched and (row is None or row["programme"] != programme):
            raise _no_such_archive()
        return [answer.Download(**one) for one in fetched]

    return router


def refuse_unmade(row: Document | None, programme: str) -> None:
    """Raises the problem with a file that isn't there, not yet or not any more."""
    if row is None or row["programme"] != programme:
        raise _no_such_archive()
    if row["state"] == ACKNOWLEDGED:
        raise Problem(410, "archive-returned", "The ward has acknowledged this archive", "It was deleted here.")
    if row["state"] == REPLACED:
        raise Problem(410, "archive-replaced", "Another archive was made in place of this one",
                      "Fetch that one: the records office shows it.")
    if row["state"] != MADE:
        raise Problem(409, "archive-not-made", "This archive is still being made", "Try again in a minute.",
                      headers={"Retry-After": "60"})


def _no_such_archive() -> Problem:
    return Problem(404, "no-such-archive", "There is no such archive", "Check the address.")
