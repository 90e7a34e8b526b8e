"""Reports of audits are taken in, and certificates of erasure issued (S18, B11)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.retention import certificate_store, erasure_store
from services.retention.certificate_store import AUDITS, CERTIFICATES
from services.retention.domain.certificate import (
    Issue,
    canonical,
    certificate_number,
    digest,
    report_digest,
    statement,
)
from services.retention.domain.certificate_gaps import Gap, gaps
from services.retention.seals import SealKey
from shared.contracts.audit import AuditReport
from shared.contracts.envelope import Id, new_id
from shared.contracts.erasure import CertificateIssued
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction


class ReportRefused(Exception):
    """`code`: other-programme, times (it ends before it began, or after now)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotYet(Exception):
    """The certificate is kept back by `missing`."""

    def __init__(self, missing: tuple[Gap, ...]) -> None:
        super().__init__("the certificate is kept back")
        self.missing = missing


@dataclass(frozen=True)
class Times:
    """`at` is the programme's time, `sealed_at` the machine's; `simulated` where they are not one."""

    at: datetime
    sealed_at: datetime
    simulated: bool


def take_report(tx: Transaction, programme: str, report: AuditReport, auditor: str, now: datetime) -> tuple[Id, str]:
    """Keeps a report as it is; `now` is on the machine's clock. Returns its id and digest. Raises `ReportRefused`."""
    if report.programme != programme:
        raise ReportRefused("other-programme")
    if not report.began_at <= report.ended_at <= now:
        raise ReportRefused("times")
    audit, found = new_id(), report_digest(report)
    tx.insert(AUDITS, {"_id": audit, "programme": programme, "report": report.model_dump_json(), "digest": found,
                       "by": auditor, "at": now})
    return audit, found


async def issue(tx: Transaction, programme: Programme, times: Times, officer: str, seal: SealKey) -> dict[str, Any]:
    """Certifies every batch that is final: `{number, digest, subjects, batches}`. Raises `NotYet`."""
    local = programme.local(times.at)
    found = await certificate_store.evidence(tx, programme, local.date(), ("final",))
    missing = gaps(found)
    if missing:
        raise NotYet(missing)
    count = await certificate_store.next_number(tx, programme.id)
    number = certificate_number(programme.id, local.year, count)
    said = statement(found, Issue(number, times.at, times.sealed_at, officer, times.simulated))
    signed = {"statement": said, "signature": seal.sign(canonical(said)), "key_id": seal.key_id,
              "public_key": seal.public_key}
    certificate, batches = new_id(), [batch.id for batch in found.batches]
    issued = {"number": number, "digest": digest(said), "subjects": said["subjects"], "batches": batches}
    tx.insert(CERTIFICATES, {
        "_id": certificate, "programme": programme.id, **issued, "issued_at": times.at, "by": officer,
        "signed": json.dumps(signed, ensure_ascii=False, sort_keys=True, indent=1),
    })
    await erasure_store.mark_certified(tx, batches, certificate)
    tx.say(
        CertificateIssued(certificate=certificate, number=number, batches=tuple(batches), subjects=said["subjects"],
                          digest=issued["digest"], key_id=seal.key_id, by=officer),
        subject=certificate, programme=programme.id, at=times.at)
    return issued
