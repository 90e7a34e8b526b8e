"""Each missing piece keeps the certificate of erasure back, by a code of its own (S18, B09, B11)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.retention.domain import certificate_gaps
from services.retention.domain.certificate_gaps import gaps
from services.retention.domain.evidence import Destruction, Evidence, Hold, OtherOrder, Return
from services.retention.domain.gap_words import WORDS, gap_text
from tests.unit.retention import certificates as make

FIRST = next(iter(make.ORDERS))
Spoil = Callable[[], Evidence]


def test_s18_nothing_is_missing_from_a_whole_erasure() -> None:
    assert gaps(make.evidence()) == ()


def with_receipt(service: str, **changes: Any) -> Evidence:
    """The first order's receipt of `service` changed, or taken away."""
    whole = make.batch()
    first, *others = whole.orders
    receipts = {name: one for name, one in first.receipts.items() if changes or name != service}
    if changes:
        receipts[service] = replace(receipts[service], **changes)
    return make.evidence(batches=(make.batch(orders=(replace(first, receipts=receipts), *others)),))


def with_report(**changes: Any) -> Evidence:
    return make.evidence(audit=make.audit(**changes))


def with_part(part: str, index: int, **changes: Any) -> Evidence:
    """One entry of a list in the audit report changed."""
    entries = [one.model_dump() for one in getattr(make.report(), part)]
    entries[index] |= changes
    return with_report(**{part: entries})


def without_part(part: str) -> Evidence:
    return with_report(**{part: [one.model_dump() for one in getattr(make.report(), part)][1:]})


def keys_left() -> Evidence:
    whole = make.batch()
    assert whole.rotation is not None
    destroyed = {name: key for name, key in whole.rotation.destroyed.items() if name != "notifier"}
    return make.evidence(batches=(make.batch(rotation=replace(whole.rotation, destroyed=destroyed)),))


def witness(*names: str) -> tuple[Destruction, ...]:
    return (Destruction("d1", 5012, "shredded", ("attendant-3", "attendant-4"), names, make.ORDERED),)


SPOILT: list[tuple[str, str, Spoil]] = [
    ("nothing-to-certify", "", lambda: make.evidence(batches=())),
    ("orders-incomplete", "ba" * 16, lambda: make.evidence(batches=(make.batch(subjects=371),))),
    ("no-receipt", "checkin", lambda: with_receipt("checkin")),
    ("receipt-other-subjects", "notifier", lambda: with_receipt("notifier", subjects=249)),
    ("receipt-without-rows", "intake", lambda: with_receipt("intake", rows={
        name: count for name, count in make.receipt("intake", 250).rows.items() if name != "accesses"})),
    ("receipt-without-rereading", "intake", lambda: with_receipt("intake", reread={"0": 40})),
    ("not-removed", "ba" * 16, lambda: make.evidence(batches=(make.batch(removed_at=None),))),
    ("not-final", "ba" * 16, lambda: make.evidence(batches=(make.batch(final_at=None, rotation=None),))),
    ("keys-left", "notifier", keys_left),
    ("return-not-acknowledged", "ba" * 16, lambda: make.evidence(returns=())),
    ("return-not-acknowledged", "ba" * 16, lambda: make.evidence(returns=(Return("ac" * 16, 370),))),
    ("paper-left", "", lambda: make.evidence(cards_left=3)),
    ("paper-without-witness", "d1", lambda: make.evidence(destructions=witness())),
    ("paper-without-witness", "d1", lambda: make.evidence(destructions=witness("attendant-3"))),
    ("hold", "h1", lambda: make.evidence(holds=(Hold("h1", "tax-law", 2, True),))),
    ("no-audit", "", lambda: make.evidence(audit=None)),
    ("audit-not-clean", "", lambda: with_report(missing=("files-left",))),
    ("audit-older", "", lambda: with_report(began_at=make.FINAL - timedelta(seconds=1))),
    ("audit-other-orders", "", lambda: with_report(orders_digest="00" * 32)),
    ("audit-other-orders", "", lambda: make.evidence(others=(OtherOrder("0c" * 16, 0, False),))),
    ("audit-fewer-subjects", "", lambda: with_report(subjects=369)),
    ("audit-topic-unread", "intake.personal.v1", lambda: without_part("topics")),
    ("audit-topic-unread", "intake.personal.v1", lambda: with_part("topics", 0, end=39)),
    ("audit-saw-records", "intake.personal.v1", lambda: with_part("topics", 0, erased=1)),
    ("audit-store-unread", "intake", lambda: without_part("stores")),
    ("audit-saw-rows", "intake", lambda: with_part("stores", 0, erased=1)),
    ("audit-without-old-copies", "notifier", lambda: with_part("trials", 1, old_copies=0)),
    ("audit-without-canary", "notifier", lambda: with_part("trials", 1, canaries_opened=0)),
    ("audit-without-canary", "notifier", lambda: with_part("trials", 1, canaries=0, canaries_opened=0)),
    ("audit-opened-old-copy", "notifier", lambda: with_part("trials", 1, old_opened=1)),
    ("audit-epoch-unseen", "intake", lambda: with_part("epochs", 0, destroyed={})),
    ("audit-log-broken", "", lambda: with_report(log={"checkpoints": 3, "records": 9, "problem": "root"})),
    ("audit-saw-files", "notifier/spool", lambda: with_part("files", 0, left=1)),
    ("audit-search-blind", "kafka", lambda: with_part("searches", 0, canary=False)),
    ("audit-search-found", "kafka", lambda: with_part("searches", 0, found=1)),
]


@pytest.mark.parametrize(("code", "where", "spoilt"), SPOILT, ids=[f"{case[0]}-{n}" for n, case in enumerate(SPOILT)])
def test_s18_b11_each_missing_piece_keeps_the_certificate_back(code: str, where: str, spoilt: Spoil) -> None:
    found = gaps(spoilt())
    assert [(gap.code, gap.where) for gap in found] == [(code, where)]
    assert all(gap_text(gap, language) for gap in found for language in ("ja", "en"))


def test_every_code_has_words_and_a_test() -> None:
    tree = ast.parse((make.ROOT / "services/retention/domain/certificate_gaps.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    codes = {node.args[0].value for node in calls  # type: ignore[attr-defined]
             if isinstance(node.func, ast.Name) and node.func.id == certificate_gaps.Gap.__name__}
    assert codes == set(WORDS) == {case[0] for case in SPOILT}


def test_b09_a_service_that_answers_without_erasing_gets_no_certificate() -> None:
    """All receipts say what they should, with counts; the audit saw rows and records nevertheless."""
    rows = with_part("stores", 0, erased=250)
    assert [gap.code for gap in gaps(rows)] == ["audit-saw-rows"]
    records = with_part("topics", 3, erased=1)
    assert [gap.code for gap in gaps(records)] == ["audit-saw-records"]


def test_s16_paper_keeps_the_certificate_back_only_once_its_day_has_come() -> None:
    summer = make.evidence(cards_left=900, destructions=(), today=date(2021, 7, 7))
    assert gaps(summer) == ()
    assert [gap.code for gap in gaps(replace(summer, today=date(2021, 10, 5)))] == ["paper-left"]


def test_a_hold_of_somebody_else_is_an_exception_not_a_gap() -> None:
    assert gaps(make.evidence(holds=(Hold("h1", "tax-law", 2, False),))) == ()
