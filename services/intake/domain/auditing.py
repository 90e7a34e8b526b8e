"""What an auditor may find when tracing an entry of the draw to its application, and when (B01)."""

from __future__ import annotations

from typing import Literal, get_args

from shared.contracts.intake import TraceFinding
from shared.contracts.lottery import AUDITED

FINDINGS: tuple[TraceFinding, ...] = get_args(TraceFinding)
Refusal = Literal["entry", "not-in-sample", "not-drawn", "no-application", "has-application", "no-card", "erased"]


class AuditRefused(Exception):
    """Not traced, or not found so; `code` says why."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code)
        self.code = code


def check_traceable(audit: int | None) -> None:
    """Raises `AuditRefused` for an application that is not in the sample: nobody browses by way of an audit.

    `audit` is the entry's number in the order of tracing, where it has one.
    """
    if audit is None or audit > AUDITED:
        raise AuditRefused("not-in-sample")


def check_finding(finding: TraceFinding, channel: str | None, erased: bool) -> None:
    """Raises `AuditRefused` for a finding that does not fit; `channel` is None where there is no application.

    Once something of the programme was `erased`, an entry without an application proves nothing any more.
    """
    if channel is None:
        if finding != "no-application":
            raise AuditRefused("no-application")
        if erased:
            raise AuditRefused("erased")
    elif finding == "no-application":
        raise AuditRefused("has-application")
    elif finding == "card-missing" and channel != "postcard":
        raise AuditRefused("no-card")
