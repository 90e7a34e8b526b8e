"""Evidence of a whole erasure, as the tests of certificates change it piece by piece."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from services.retention.domain.certificate import Issue, canonical, report_digest, statement
from services.retention.domain.evidence import (
    Audit,
    Batch,
    DestroyedKey,
    Destruction,
    Evidence,
    Order,
    Receipt,
    Responsible,
    Return,
    Rotation,
)
from services.retention.domain.orders_digest import orders_digest
from services.retention.domain.programme_file import parse
from shared.contracts.audit import AuditReport
from shared.contracts.holdings import HOLDINGS, holdings_of
from shared.contracts.programme import Programme
from shared.contracts.topics import SERVICES

ROOT = Path(__file__).parents[3]
VERIFIER = ROOT / "services" / "retention" / "public" / "verify_certificate.py"
ORDERED = datetime(2021, 10, 5, 0, 0, tzinfo=UTC)
REMOVED, FINAL = ORDERED + timedelta(minutes=4), ORDERED + timedelta(hours=1)
SEEN, ISSUED = ORDERED + timedelta(hours=2), ORDERED + timedelta(hours=5)
ORDERS = {"0a" * 16: 250, "0b" * 16: 120}
PARTITIONS = {str(number): 40 + number for number in range(6)}


def live_site() -> Programme:
    found = parse((ROOT / "programmes" / "live-site-2020.toml").read_text())
    assert isinstance(found, Programme)
    return found


def receipt(service: str, subjects: int, **changes: Any) -> Receipt:
    rows = {one.collection: subjects for one in holdings_of(service) if one.kind == "application"}
    owner = service == "intake"
    usual = Receipt(service, subjects, rows, REMOVED, records=subjects if owner else 0,
                    reread=PARTITIONS if owner else {})
    return replace(usual, **changes)


def order(order_id: str, subjects: int) -> Order:
    return Order(order_id, "ba" * 16, subjects, {service: receipt(service, subjects) for service in SERVICES})


def batch(**changes: Any) -> Batch:
    usual = Batch(
        id="ba" * 16, kind="application", why="contract-end", rule="won-waiting", subjects=sum(ORDERS.values()),
        orders=tuple(order(*one) for one in ORDERS.items()), ordered_at=ORDERED, archive="ac" * 16,
        decided_by=("officer-1", "officer-2"), removed_at=REMOVED, final_at=FINAL,
        rotation=Rotation("c0" * 16, {service: DestroyedKey(1, FINAL) for service in SERVICES}))
    return replace(usual, **changes)


def report(**changes: Any) -> AuditReport:
    usual: dict[str, Any] = {
        "programme": "live-site-2020", "by": "auditor-1", "began_at": SEEN, "ended_at": SEEN + timedelta(minutes=3),
        "orders": len(ORDERS), "subjects": sum(ORDERS.values()), "orders_digest": orders_digest(ORDERS),
        "topics": [
            *({"topic": "intake.personal.v1", "partition": number, "first": 12, "end": 60 + number, "records": 9,
               "living": 1, "tombstones": 2} for number in range(6)),
            *({"topic": "checkin.personal.v1", "partition": number, "first": 0, "end": 0, "records": 0}
              for number in range(6)),
        ],
        "stores": [{"service": one.service, "collection": one.collection, "rows": 1, "erased": 0} for one in HOLDINGS],
        "trials": [
            {"service": service, "old_copies": 20, "old_opened": 0, "canaries": 1, "canaries_opened": 1}
            for service in ("intake", "notifier", "checkin")
        ],
        "epochs": [{"service": service, "current": 2, "destroyed": {1: FINAL}} for service in SERVICES],
        "log": {"checkpoints": 12, "records": 40_200},
        "files": [{"place": "notifier/spool", "files": 3}],
        "searches": [{"place": "kafka", "searched_bytes": 81_000_000, "canary": True, "found": 0}],
    }
    return AuditReport.model_validate({**usual, **changes})


def audit(**changes: Any) -> Audit:
    found = report(**changes)
    return Audit(found, report_digest(found), "auditor-1", SEEN + timedelta(hours=1))


def evidence(**changes: Any) -> Evidence:
    usual = Evidence(
        programme=live_site(), batches=(batch(),), audit=audit(), today=date(2021, 10, 5),
        destructions=(Destruction("d1", 5012, "shredded", ("attendant-3", "attendant-4"), ("officer-2",), ORDERED),),
        returns=(Return("ac" * 16, 370, "ward-officer", ORDERED),),
        people=(Responsible("officer-1", ("officer",), "contractor"), Responsible("auditor-1", ("auditor",), "audit")))
    return replace(usual, **changes)


def issue(**changes: Any) -> Issue:
    return replace(Issue("LS-2021-0001", ISSUED, ISSUED, "officer-1", simulated_time=False), **changes)


def signed(found: Evidence | None = None, key: Any = None, **changes: Any) -> dict[str, Any]:
    """A signed certificate; `changes` are to the issue."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from services.retention.seals import SealKey

    seal = key or SealKey(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
    said = statement(found or evidence(), issue(**changes))
    return {"statement": said, "signature": seal.sign(canonical(said)), "key_id": seal.key_id,
            "public_key": seal.public_key}


def verifier() -> ModuleType:
    """The stand-alone verifier as a module."""
    spec = importlib.util.spec_from_file_location("verify_certificate", VERIFIER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_certificate"] = module
    spec.loader.exec_module(module)
    return module
