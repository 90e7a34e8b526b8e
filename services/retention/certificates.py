"""What the routes and pages of audits and certificates share: taking in, issuing, printing (S18, B11)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from services.retention import certificate_store
from services.retention.documents.certificate import certificate_document
from services.retention.documents.drawing import pdf
from services.retention.domain.certificate_gaps import Gap, gaps
from services.retention.domain.evidence import Evidence
from services.retention.domain.gap_words import gap_text
from services.retention.handlers import certificates
from services.retention.handlers.certificates import NotYet, ReportRefused, Times
from services.retention.seals import SealKey
from shared.contracts.audit import AuditReport
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.paper.font import MissingGlyph
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.service import Service

VERIFIER = Path(__file__).parent / "public" / "verify_certificate.py"
_PRINTED = 8
"""So many documents are kept as they were drawn: anybody may ask, and drawing takes a second."""


@dataclass(frozen=True)
class Open:
    """Batches that were ordered and stand on no certificate, and what keeps each kind of step back.

    `missing` is about all of them; `ready` says that those which are final can be certified now.
    """

    evidence: Evidence
    missing: tuple[Gap, ...]
    ready: bool


class Certificates:
    """The office's certificates."""

    def __init__(self, service: Service, seal: SealKey) -> None:
        self._service, self._seal = service, seal
        self._drawing = asyncio.Lock()

    @property
    def public_key(self) -> str:
        """The key that certificates of this replica are sealed with: 64 hex digits."""
        return self._seal.public_key

    async def take_report(self, programme: str, report: AuditReport, auditor: str) -> dict[str, Any]:
        """Keeps an audit's report; answers with its id and digest. Raises a problem where it can't be one."""
        self._service.programmes.get(programme)

        async def work(tx: Transaction) -> tuple[str, str]:
            return certificates.take_report(tx, programme, report, auditor, _machine_time())

        try:
            audit, found = await self._service.transactions.run(work)
        except ReportRefused as refused:
            raise _refused_report(refused.code) from None
        return {"audit": audit, "digest": found, "clean": report.clean}

    async def issue(self, programme: str, officer: str) -> dict[str, Any]:
        """Certifies all that is final: `{number, digest, subjects, batches}`; 409 with what is missing otherwise."""
        definition = self._service.programmes.get(programme)
        clock = self._service.clock
        times = Times(clock.now(programme), _machine_time(), clock.tick_number(programme) > 0)
        try:
            return await self._service.transactions.run(partial(
                certificates.issue, programme=definition, times=times, officer=officer, seal=self._seal))
        except NotYet as refused:
            missing = refused.missing
        if missing[0].code == "nothing-to-certify":
            # The reason is to be found with the batches that are not final yet.
            missing = (*missing, *(gap for gap in (await self.open(programme)).missing if gap != missing[0]))
        raise Problem(409, "certificate-kept-back", "The certificate can't be issued yet",
                      "Each entry of `missing` says what is still needed. Nothing was changed.",
                      missing=[shown(gap) for gap in missing])

    async def open(self, programme: str) -> Open:
        """What is not certified yet, and what is missing."""
        definition = self._service.programmes.get(programme)
        every = await self._evidence(definition, certificate_store.OPEN)
        final = await self._evidence(definition, ("final",))
        return Open(every, gaps(every), not gaps(final))

    async def _evidence(self, programme: Programme, states: tuple[str, ...]) -> Evidence:
        today = programme.local(self._service.clock.now(programme.id)).date()
        return await self._service.transactions.run(
            lambda tx: certificate_store.evidence(tx, programme, today, states))

    async def issued(self, programme: str) -> list[Document]:
        """The certificates, the latest first."""
        self._service.programmes.get(programme)
        return await certificate_store.certificates(self._service.database, programme)

    async def audits(self, programme: str) -> list[Document]:
        """The reports that were handed in, the latest first."""
        return await certificate_store.audits(self._service.database, programme)

    async def signed(self, programme: str, number: str) -> str:
        """The signed JSON, to the byte. Raises 404."""
        row = await certificate_store.certificate(self._service.database, programme, number)
        if row is None:
            raise Problem(404, "no-such-certificate", "There is no such certificate",
                          "Check the programme and the number, such as LS-2021-0001.")
        text: str = row["signed"]
        return text

    async def printed(self, programme: str, number: str) -> bytes:
        """The PDF, made of the signed statement alone."""
        text = await self.signed(programme, number)
        async with self._drawing:
            try:
                return await asyncio.to_thread(_drawn, text)
            except MissingGlyph as missing:
                raise Problem(500, "missing-glyph", "A character of the certificate can't be printed",
                              "The signed JSON is complete. Tell the operator the character.",
                              character=f"U+{missing.code:04X}") from None


@lru_cache(maxsize=_PRINTED)
def _drawn(signed: str) -> bytes:
    return pdf(certificate_document(json.loads(signed)))


def shown(gap: Gap) -> dict[str, Any]:
    """A gap with its words, for programs and pages."""
    return {"code": gap.code, "where": gap.where, **gap.values, "ja": gap_text(gap), "en": gap_text(gap, "en")}


def _machine_time() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _refused_report(code: str) -> Problem:
    if code == "other-programme":
        return Problem(422, "report-refused", "The report is about another programme",
                       "Hand it in where it belongs; `programme` in the report says where.", reason=code)
    return Problem(422, "report-refused", "The report's times can't be true",
                   "It must end after it began, and not after now. Check the clock of the machine that made it.",
                   reason=code)
