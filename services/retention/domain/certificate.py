"""The certificate of erasure (消去証明書, S18, B11) as a statement: what it says, in a form that can be signed.

Whole numbers, words and lists only; no personal data, and no hash of anything that could be guessed: ids of orders,
batches and rotations are random. *Attested* is what services say, *seen* what an audit read; they stay apart.

Two clocks: `ordered_at`, `removed_at`, receipts and `issued_at` are the programme's time; keys, audit and `sealed_at`
are on the machine's. Where time is not simulated (`simulated_time`) they are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.retention.domain.evidence import Batch, Evidence, Order, Receipt
from services.retention.domain.orders_digest import orders_digest
from shared.contracts.audit import AuditReport
from shared.contracts.envelope import moment_text
from shared.contracts.topics import SERVICES

FORMAT = "kujibiki-certificate/1"
STANDARD = "NIST SP 800-88 Rev. 1"
SCOPE = "erased-at-the-contractor"
SEGMENT_DELAY = timedelta(seconds=60)
"""Kafka's `file.delete.delay.ms`: so long a compacted segment's old file stays on the broker's disk."""

Statement = dict[str, Any]


@dataclass(frozen=True)
class Issue:
    """The act of issuing: number, both clocks, and the officer."""

    number: str
    issued_at: datetime
    sealed_at: datetime
    issued_by: str
    simulated_time: bool


def certificate_number(programme: str, year: int, count: int) -> str:
    """`LS-2021-0001`: initials of the programme's name, year of issue, how many there are."""
    initials = "".join(word[0].upper() for word in programme.split("-") if word and word[0].isalpha()) or "K"
    return f"{initials}-{year:04d}-{count:04d}"


def canonical(value: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: JSON in UTF-8, keys sorted, no spaces (RFC 8785 where there are no floats).

    Raises `TypeError` for a float: two programs could write it in two ways.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a statement holds no floats")
    if isinstance(value, Mapping):
        for one in value.values():
            _refuse_floats(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _refuse_floats(one)


def digest(statement: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical statement."""
    return hashlib.sha256(canonical(statement)).hexdigest()


def report_digest(report: AuditReport) -> str:
    """SHA-256 of the canonical report, by which an auditor knows their report again."""
    return hashlib.sha256(canonical(report.model_dump(mode="json"))).hexdigest()


def statement(evidence: Evidence, issue: Issue) -> Statement:
    """What the certificate says. The evidence has no gaps (`certificate_gaps`), else this raises `ValueError`."""
    if evidence.audit is None:
        raise ValueError("a certificate needs an audit")
    ids = [*(order.id for order in evidence.orders), *(other.id for other in evidence.others)]
    return {
        "format": FORMAT,
        "number": issue.number,
        "issued_at": moment_text(issue.issued_at),
        "sealed_at": moment_text(issue.sealed_at),
        "simulated_time": issue.simulated_time,
        "issued_by": issue.issued_by,
        "programme": _programme(evidence),
        "scope": SCOPE,
        "method": {"standard": STANDARD, "steps": ["ciphertext-deleted", "store-rows-deleted", "keys-destroyed"]},
        "subjects": sum(batch.subjects for batch in evidence.batches),
        "people": [
            {"staff": one.staff, "roles": sorted(one.roles), "employer": one.employer} for one in evidence.people],
        "batches": [_batch(batch) for batch in evidence.batches],
        "orders_digest": orders_digest(ids),
        "orders_beside": [
            {"id": one.id, "subjects": one.subjects, "certified": one.certified} for one in evidence.others],
        "attested": _attested(evidence),
        "seen": _seen(evidence),
        "paper": _paper(evidence),
        "exceptions": _exceptions(evidence, issue),
        "remaining": _remaining(evidence),
    }


def _programme(evidence: Evidence) -> Statement:
    programme = evidence.programme
    return {
        "id": programme.id, "version": programme.version, "title": programme.title.ja,
        "ward": programme.ward.name.ja, "office": programme.ward.office.ja,
        "utc_offset_minutes": programme.utc_offset_minutes,
        "contract": {"first": programme.contract.first.isoformat(), "last": programme.contract.last.isoformat()},
        "items": [item.item for item in programme.data_items],
    }


def _batch(batch: Batch) -> Statement:
    if batch.rotation is None:
        raise ValueError("a certified batch is final")
    return {
        "id": batch.id, "kind": batch.kind, "why": batch.why, "rule": batch.rule, "subjects": batch.subjects,
        "orders": [order.id for order in batch.orders], "decided_by": list(batch.decided_by),
        "archive": batch.archive, "rotation": batch.rotation.id,
        "ordered_at": moment_text(batch.ordered_at),
        "removed_at": _latest(receipt.at for order in batch.orders for receipt in order.receipts.values()),
        "final_at": _latest(key.at for key in batch.rotation.destroyed.values()),
    }


def _latest(moments: Iterable[datetime]) -> str:
    return moment_text(max(moments))


def _attested(evidence: Evidence) -> Statement:
    rotations = {batch.rotation.id: batch.rotation for batch in evidence.batches if batch.rotation}
    return {
        "services": list(SERVICES),
        "orders": [_order(order) for order in evidence.orders],
        "keys": [
            {"rotation": rotation.id, "service": service, "epoch": key.epoch, "key": f"{service}/epoch-{key.epoch}",
             "destroyed_at": moment_text(key.at)}
            for rotation in rotations.values() for service, key in sorted(rotation.destroyed.items())
        ],
    }


def _order(order: Order) -> Statement:
    return {
        "id": order.id, "batch": order.batch, "subjects": order.subjects,
        "receipts": [_receipt(order.receipts[service]) for service in SERVICES],
    }


def _receipt(receipt: Receipt) -> Statement:
    return {
        "service": receipt.service, "subjects": receipt.subjects, "rows": dict(receipt.rows),
        "records": receipt.records, "files": receipt.files, "reread": dict(receipt.reread),
        "at": moment_text(receipt.at),
    }


def _seen(evidence: Evidence) -> Statement:
    assert evidence.audit is not None
    report = evidence.audit.report.model_dump(mode="json", exclude={"format", "programme", "missing"})
    return {"report_digest": evidence.audit.digest, "taken_by": evidence.audit.taken_by,
            "taken_at": moment_text(evidence.audit.taken_at), **report}


def _paper(evidence: Evidence) -> Statement:
    return {
        "due": evidence.paper_is_due, "left": evidence.cards_left,
        "count": sum(one.count for one in evidence.destructions),
        "destroyed": [
            {"count": one.count, "method": one.method, "destroyed_by": list(one.destroyed_by),
             "witnessed_by": list(one.witnessed_by), "at": moment_text(one.at)}
            for one in evidence.destructions
        ],
    }


def _exceptions(evidence: Evidence, issue: Issue) -> list[Statement]:
    found: list[Statement] = [
        {"code": "held", "basis": hold.basis, "subjects": hold.subjects} for hold in evidence.holds if not hold.ordered]
    for code, certified in (("certified-before", True), ("not-final-yet", False)):
        others = [one for one in evidence.others if one.certified is certified]
        if others:
            found.append({"code": code, "orders": len(others), "subjects": sum(one.subjects for one in others)})
    cards = evidence.programme.cards
    if cards is not None and not evidence.paper_is_due:
        due = evidence.programme.last_day + timedelta(days=cards.destroyed_days_after_event)
        found.append({"code": "paper-not-due", "until": due.isoformat()})
    if issue.simulated_time:
        found.append({"code": "simulated-time"})
    return found


def _remaining(evidence: Evidence) -> list[Statement]:
    """Copies that are left somewhere, whose affair they are, and until when; unreadable ones are named too."""
    assert evidence.audit is not None
    seen_at = evidence.audit.report.ended_at
    returned = {batch.archive for batch in evidence.batches if batch.archive}
    records = sum(one.records for one in evidence.returns if one.id in returned)
    copies: list[Statement] = []
    if returned:
        copies.append({"code": "returned-to-ward", "readable": True, "until": "ward", "records": records})
    if "application" in evidence.kinds:
        copies += [{"code": "recipients-mailboxes", "readable": True, "until": "recipient"},
                   {"code": "posted-cards", "readable": True, "until": "recipient"},
                   {"code": "received-postcards", "readable": True, "until": "custody"}]
    return [
        *copies,
        {"code": "segment-files", "readable": False, "until": moment_text(seen_at + SEGMENT_DELAY)},
        {"code": "store-leftovers", "readable": False, "until": "overwritten"},
        {"code": "auditors-copies", "readable": False, "until": "auditor"},
        {"code": "backups", "readable": False, "until": "ward"},
        {"code": "hardware", "readable": False, "until": "ward"},
    ]

