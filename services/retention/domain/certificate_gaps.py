"""What still keeps a certificate of erasure back, each by its own code (S18): nothing missing, nothing guessed.

Words for the codes are in `words/certificate.toml`. What services say (attested) is never enough: an audit must have
looked itself, later than all of it, at the same orders, and with proof that it could see (PRIVACY.md, "Erasing").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.retention.domain.evidence import Audit, Batch, Evidence, Order, Receipt
from services.retention.domain.orders_digest import orders_digest
from shared.contracts.audit import AuditReport
from shared.contracts.holdings import HOLDINGS, Holding
from shared.contracts.topics import SERVICES, TOPIC

OWNERS = {"application": "intake", "staff": "retention"}
"""Whose personal topic holds the records of a kind of subject."""


@dataclass(frozen=True)
class Gap:
    """Something that is missing. `where` is a batch, a service or a place, empty for the whole."""

    code: str
    where: str = ""
    values: dict[str, str | int] = field(default_factory=dict)


def gaps(evidence: Evidence) -> tuple[Gap, ...]:
    """Everything that is missing; empty means that the certificate may be issued."""
    if not evidence.batches:
        return (Gap("nothing-to-certify"),)
    return (
        *(gap for batch in evidence.batches for gap in _batch(batch)),
        *_returns(evidence), *_paper(evidence), *_holds(evidence), *_seen(evidence),
    )


def holdings_of_kinds(evidence: Evidence) -> tuple[Holding, ...]:
    """The collections that must have been looked at."""
    return tuple(holding for holding in HOLDINGS if holding.kind in evidence.kinds)


def key_holders(evidence: Evidence) -> tuple[str, ...]:
    """The services that could open a sealed part of these subjects' records."""
    holders: set[str] = set()
    if "application" in evidence.kinds:
        holders |= {"intake", *evidence.programme.recipients}
    if "staff" in evidence.kinds:
        holders.add("retention")
    return tuple(sorted(holders))


def _batch(batch: Batch) -> Iterator[Gap]:
    if not batch.orders or sum(order.subjects for order in batch.orders) != batch.subjects:
        yield Gap("orders-incomplete", batch.id, {"subjects": batch.subjects})
    for order in batch.orders:
        for service in SERVICES:
            receipt = order.receipts.get(service)
            if receipt is None:
                yield Gap("no-receipt", service, {"order": order.id})
            else:
                yield from _receipt(batch, order, receipt)
    if batch.removed_at is None:
        yield Gap("not-removed", batch.id)
    yield from _keys(batch)


def _receipt(batch: Batch, order: Order, receipt: Receipt) -> Iterator[Gap]:
    if receipt.subjects != order.subjects:
        yield Gap("receipt-other-subjects", receipt.service, {"order": order.id, "said": receipt.subjects})
    held = {one.collection for one in HOLDINGS if one.service == receipt.service and one.kind == batch.kind}
    for collection in sorted(held - set(receipt.rows)):
        yield Gap("receipt-without-rows", receipt.service, {"order": order.id, "collection": collection})
    owner = OWNERS[batch.kind]
    partitions = {str(number) for number in range(TOPIC[f"{owner}.personal.v1"].partitions)}
    if receipt.service == owner and not partitions <= set(receipt.reread):
        yield Gap("receipt-without-rereading", receipt.service, {"order": order.id})


def _keys(batch: Batch) -> Iterator[Gap]:
    if batch.final_at is None or batch.rotation is None:
        yield Gap("not-final", batch.id)
        return
    for service in SERVICES:
        if service not in batch.rotation.destroyed:
            yield Gap("keys-left", service, {"batch": batch.id})


def _returns(evidence: Evidence) -> Iterator[Gap]:
    acknowledged = {one.id for one in evidence.returns if one.acknowledged_at is not None}
    for batch in evidence.batches:
        if batch.archive is not None and batch.archive not in acknowledged:
            yield Gap("return-not-acknowledged", batch.id, {"archive": batch.archive})


def _paper(evidence: Evidence) -> Iterator[Gap]:
    if evidence.paper_is_due and evidence.cards_left:
        yield Gap("paper-left", "", {"count": evidence.cards_left})
    for one in evidence.destructions:
        if not set(one.witnessed_by) - set(one.destroyed_by):
            yield Gap("paper-without-witness", one.id)


def _holds(evidence: Evidence) -> Iterator[Gap]:
    for hold in evidence.holds:
        if hold.ordered:
            yield Gap("hold", hold.id, {"basis": hold.basis})


def _seen(evidence: Evidence) -> Iterator[Gap]:
    audit = evidence.audit
    if audit is None:
        yield Gap("no-audit")
        return
    if not audit.report.clean:
        yield Gap("audit-not-clean", "", {"codes": ", ".join(audit.report.missing)})
    yield from _older(evidence, audit)
    yield from _other_orders(evidence, audit.report)
    yield from _topics(evidence, audit.report)
    yield from _stores(evidence, audit.report)
    yield from _trials(evidence, audit.report)
    yield from _epochs(evidence, audit.report)
    yield from _places(audit.report)


def _older(evidence: Evidence, audit: Audit) -> Iterator[Gap]:
    """Keys die after the last receipt, and both they and the audit live on the real clock: receipts may not."""
    destroyed = [key.at for batch in evidence.batches if batch.rotation for key in batch.rotation.destroyed.values()]
    if destroyed and audit.report.began_at < max(destroyed):
        yield Gap("audit-older")


def _other_orders(evidence: Evidence, report: AuditReport) -> Iterator[Gap]:
    ids = [*(order.id for order in evidence.orders), *(other.id for other in evidence.others)]
    if (report.orders, report.orders_digest) != (len(ids), orders_digest(ids)):
        yield Gap("audit-other-orders", "", {"read": report.orders, "there": len(ids)})
    subjects = sum(one.subjects for one in evidence.orders) + sum(one.subjects for one in evidence.others)
    if report.subjects < subjects:
        yield Gap("audit-fewer-subjects", "", {"read": report.subjects, "there": subjects})


def _topics(evidence: Evidence, report: AuditReport) -> Iterator[Gap]:
    seen = {(one.topic, one.partition): one for one in report.topics}
    for kind in sorted(evidence.kinds):
        topic = TOPIC[f"{OWNERS[kind]}.personal.v1"]
        reread = _reread_until(evidence, OWNERS[kind])
        for partition in range(topic.partitions):
            found = seen.get((topic.name, partition))
            if found is None or found.end < reread.get(str(partition), 0):
                yield Gap("audit-topic-unread", topic.name, {"partition": partition})
    for one in report.topics:
        if one.erased:
            yield Gap("audit-saw-records", one.topic, {"partition": one.partition, "count": one.erased})


def _reread_until(evidence: Evidence, owner: str) -> dict[str, int]:
    ends: dict[str, int] = {}
    for order in evidence.orders:
        if owner in order.receipts:
            for partition, end in order.receipts[owner].reread.items():
                ends[partition] = max(end, ends.get(partition, 0))
    return ends


def _stores(evidence: Evidence, report: AuditReport) -> Iterator[Gap]:
    seen = {(one.service, one.collection) for one in report.stores}
    for holding in holdings_of_kinds(evidence):
        if (holding.service, holding.collection) not in seen:
            yield Gap("audit-store-unread", holding.service, {"collection": holding.collection})
    for one in report.stores:
        if one.erased:
            yield Gap("audit-saw-rows", one.service, {"collection": one.collection, "count": one.erased})


def _trials(evidence: Evidence, report: AuditReport) -> Iterator[Gap]:
    tried = {one.service: one for one in report.trials}
    for service in key_holders(evidence):
        trial = tried.get(service)
        if trial is None or trial.old_copies < 1:
            yield Gap("audit-without-old-copies", service)
        # Nothing opens where nothing could: without a living canary that opened, a failure proves nothing.
        if trial is None or trial.canaries < 1 or trial.canaries_opened < trial.canaries:
            yield Gap("audit-without-canary", service)
    for one in report.trials:
        if one.old_opened:
            yield Gap("audit-opened-old-copy", one.service, {"count": one.old_opened})


def _epochs(evidence: Evidence, report: AuditReport) -> Iterator[Gap]:
    seen = {one.service: one for one in report.epochs}
    for batch in evidence.batches:
        for service, key in (batch.rotation.destroyed.items() if batch.rotation else ()):
            found = seen.get(service)
            if found is None or key.epoch not in found.destroyed or found.current <= key.epoch:
                yield Gap("audit-epoch-unseen", service, {"epoch": key.epoch})


def _places(report: AuditReport) -> Iterator[Gap]:
    if report.log.problem is not None:
        yield Gap("audit-log-broken", "", {"problem": report.log.problem})
    for files in report.files:
        if files.left:
            yield Gap("audit-saw-files", files.place, {"count": files.left})
    for search in report.searches:
        if not search.canary:
            yield Gap("audit-search-blind", search.place)
        if search.found:
            yield Gap("audit-search-found", search.place, {"count": search.found})
