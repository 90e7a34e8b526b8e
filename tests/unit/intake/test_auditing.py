"""What an auditor may find of an entry, and which applications an audit may open (B01)."""

from __future__ import annotations

import pytest

from services.intake.domain.auditing import FINDINGS, AuditRefused, check_finding, check_traceable
from services.intake.handlers.auditing import entry_of
from shared.contracts.intake import TraceFinding
from shared.contracts.lottery import AUDITED

ALWAYS: set[TraceFinding] = {"true", "differs", "person-not-found"}


def refusal(finding: TraceFinding, channel: str | None, erased: bool = False) -> str | None:
    try:
        check_finding(finding, channel, erased)
    except AuditRefused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(("channel", "fits"), [
    ("web", ALWAYS), ("postcard", ALWAYS | {"card-missing"}), (None, {"no-application"}),
])
def test_b01_a_finding_fits_what_there_is(channel: str | None, fits: set[TraceFinding]) -> None:
    assert {finding for finding in FINDINGS if refusal(finding, channel) is None} == fits


def test_b01_after_an_erasure_nobody_can_find_that_there_never_was_an_application() -> None:
    assert refusal("no-application", None, erased=True) == "erased"
    assert refusal("true", "web", erased=True) is None


@pytest.mark.parametrize("audit", [None, AUDITED + 1])
def test_b01_an_audit_opens_nothing_outside_its_sample(audit: int | None) -> None:
    check_traceable(AUDITED)
    with pytest.raises(AuditRefused, match="not-in-sample"):
        check_traceable(audit)


def test_b01_an_entry_is_read_as_people_paste_it() -> None:
    assert entry_of(" ABCDEF01 23456789-abcdef01 23456789\n") == "abcdef0123456789abcdef0123456789"
    for wrong in ("", "abc", "g" * 32, "0" * 33):
        with pytest.raises(AuditRefused, match="entry"):
            entry_of(wrong)
