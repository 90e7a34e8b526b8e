"""Retention's collections of audits and certificates, and the evidence gathered from all that it keeps of erasing.

authoritative   audits               {_id, programme, report, digest, by, at}: what an auditor handed in
                certificates         {_id, programme, number, batches, subjects, digest, signed, issued_at, by};
                                     `signed` is the text of the signed JSON, to the byte
                certificate_numbers  {_id: programme, last}
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from services.retention import store
from services.retention.domain.evidence import (
    Audit,
    Batch,
    DestroyedKey,
    Destruction,
    Evidence,
    Hold,
    Order,
    OtherOrder,
    Receipt,
    Responsible,
    Return,
    Rotation,
)
from services.retention.erasure_store import BATCHES, HOLDS, ORDERS, ROTATIONS
from services.retention.returns_store import RETURNS
from shared.contracts.audit import AuditReport
from shared.contracts.envelope import Id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import AFTER, Database, Document

AUDITS, CERTIFICATES, NUMBERS = "audits", "certificates", "certificate_numbers"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(AUDITS, "authoritative", not_rebuilt="the auditor keeps the report; certificates hold its digest"),
    Declared(CERTIFICATES, "authoritative",
             not_rebuilt="a signed document is kept as it was handed out; retention.certificates.v1 has its digest"),
    Declared(NUMBERS, "authoritative", not_rebuilt="the highest number among the certificates"),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (AUDITS, [("programme", 1), ("at", -1)], {}),
    (CERTIFICATES, [("programme", 1), ("number", 1)], {"unique": True}),
)

OPEN = ("ordered", "attested", "final")
"""States of batches whose orders were said and that stand on no certificate."""

_SAID = ("said", "attested")
_NAMED_ROLES = {"officer", "records", "auditor"}
_WITH_NOTHING_ON_THEM = ("stock", "destroyed")


async def next_number(tx: Transaction, programme: str) -> int:
    """How many certificates of the programme there are with the one that is being made; two at a time conflict."""
    row = await tx.database[NUMBERS].find_one_and_update(
        {"_id": programme}, {"$inc": {"last": 1}}, upsert=True, return_document=AFTER, session=tx.session)
    return int(row["last"])


async def certificates(database: Database, programme: str) -> list[Document]:
    """What was issued, the latest first, without the signed text."""
    return await database[CERTIFICATES].find({"programme": programme}, {"signed": 0}).sort("number", -1).to_list(None)


async def certificate(database: Database, programme: str, number: str) -> Document | None:
    """One certificate with its signed text."""
    return await database[CERTIFICATES].find_one({"programme": programme, "number": number})


async def audits(database: Database, programme: str) -> list[Document]:
    """Reports that were handed in, the latest first."""
    return await database[AUDITS].find({"programme": programme}).sort([("at", -1), ("_id", 1)]).to_list(50)


async def evidence(tx: Transaction, programme: Programme, today: date, states: Sequence[str]) -> Evidence:
    """Everything at hand about the programme's batches in `states`; all from one snapshot."""
    rows = [row async for row in tx.database[BATCHES].find(
        {"programme": programme.id, "state": {"$in": list(states)}}, session=tx.session).sort("_id", 1)]
    chosen = {row["_id"] for row in rows}
    orders, others = await _orders(tx, programme.id, chosen)
    return Evidence(
        programme=programme, today=today, others=tuple(others), audit=await _audit(tx, programme.id),
        batches=tuple([await _batch(tx, row, [one for one in orders if one.batch == row["_id"]]) for row in rows]),
        destructions=tuple([_destruction(row) async for row in _of(tx, store.DESTRUCTIONS, programme.id)]),
        cards_left=await tx.database[store.CARDS].count_documents(
            {"programme": programme.id, "kind": "card", "place": {"$nin": _WITH_NOTHING_ON_THEM}}, session=tx.session),
        holds=tuple([await _hold(tx, row, chosen) async for row in _of(
            tx, HOLDS, programme.id, {"state": {"$in": ["placed", "lifting"]}})]),
        returns=tuple([_return(row) async for row in _of(tx, RETURNS, programme.id)]),
        people=await _people(tx, programme.id),
    )


async def _of(
    tx: Transaction, collection: str, programme: str, query: dict[str, Any] | None = None
) -> AsyncIterator[Document]:
    rows = tx.database[collection].find({"programme": programme, **(query or {})}, session=tx.session).sort("_id", 1)
    async for row in rows:
        yield row


async def _orders(tx: Transaction, programme: str, batches: set[Id]) -> tuple[list[Order], list[OtherOrder]]:
    """The orders that were said: those of `batches`, and all others. Subjects are counted, never read."""
    certified = {row["_id"] async for row in tx.database[BATCHES].find(
        {"programme": programme, "state": "certified"}, {"_id": 1}, session=tx.session)}
    rows = tx.database[ORDERS].aggregate([
        {"$match": {"programme": programme, "$or": [
            {"state": {"$in": list(_SAID)}}, {"batch": {"$in": sorted(batches)}}]}},
        {"$project": {"batch": 1, "receipts": 1, "subjects": {"$size": "$subjects"}}}, {"$sort": {"_id": 1}},
    ], session=tx.session)
    orders, others = list[Order](), list[OtherOrder]()
    async for row in rows:
        if row["batch"] in batches:
            receipts = {service: Receipt(service=service, **told) for service, told in row["receipts"].items()}
            orders.append(Order(row["_id"], row["batch"], row["subjects"], receipts))
        else:
            others.append(OtherOrder(row["_id"], row["subjects"], row["batch"] in certified))
    return orders, others


async def _batch(tx: Transaction, row: Document, orders: list[Order]) -> Batch:
    rotation = await tx.database[ROTATIONS].find_one({"_id": row.get("rotation")}, session=tx.session)
    return Batch(
        id=row["_id"], kind=row["kind"], why=row["why"], rule=row["rule"], subjects=row["subjects"],
        orders=tuple(orders), ordered_at=row["ordered_at"] if row.get("ordered_at") else row["due_at"],
        decided_by=tuple(row["decided_by"]), archive=row.get("archive"), removed_at=row.get("removed_at"),
        final_at=row.get("final_at"), rotation=_rotation(rotation) if rotation else None,
    )


def _rotation(row: Document) -> Rotation:
    return Rotation(row["_id"], {
        service: DestroyedKey(key["epoch"], key["at"]) for service, key in row["destroyed"].items()})


async def _audit(tx: Transaction, programme: str) -> Audit | None:
    row = await tx.database[AUDITS].find_one({"programme": programme}, sort=[("at", -1)], session=tx.session)
    return audit_of(row) if row else None


def audit_of(row: Document) -> Audit:
    """A report as it was handed in."""
    return Audit(AuditReport.model_validate_json(row["report"]), row["digest"], row["by"], row["at"])


def _destruction(row: Document) -> Destruction:
    return Destruction(row["_id"], row["count"], row["method"], tuple(row["destroyed_by"]), (row["witnessed_by"],),
                       row["at"])


async def _hold(tx: Transaction, row: Document, batches: set[Id]) -> Hold:
    ordered = bool(row["whole"]) or await tx.database[ORDERS].find_one(
        {"batch": {"$in": sorted(batches)}, "subjects": {"$in": row["subjects"]}}, {"_id": 1}, session=tx.session,
    ) is not None
    return Hold(row["_id"], row["basis"], len(row["subjects"]), ordered)


def _return(row: Document) -> Return:
    return Return(row["_id"], row.get("records", 0), row.get("acknowledged_by"), row.get("acknowledged_at"))


async def _people(tx: Transaction, programme: str) -> tuple[Responsible, ...]:
    """The designated people who answer for the records: officers, the records office, auditors, the responsible."""
    found = []
    for one in await store.register(tx.database, tx):
        roles = {*(_NAMED_ROLES & set(one.roles)), *(["responsible"] if one.responsible else [])}
        if roles and {programme, "*"} & set(one.programmes):
            found.append(Responsible(one.staff, tuple(sorted(roles)), one.employer))
    return tuple(found)
