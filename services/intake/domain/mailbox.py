"""E-mail addresses: kept as written, checked without asking the network."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from services.intake.domain.fault import Fault
from services.intake.domain.writing import MAX_EMAIL, written

# Both carriers gave out addresses with ".." and with "." before the "@" until 2009; RFC 5322 knows neither.
_CARRIERS = frozenset({"docomo.ne.jp", "ezweb.ne.jp"})
_CARRIER_LOCAL = re.compile(r"[a-z0-9][a-z0-9._/?+\-]{0,63}", re.IGNORECASE)
_ORDINARY = re.compile(
    r"(?=.{6,254}$)(?=.{1,64}@)[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+(?:jp|com|net|org|example)"
)


def email_faults(field: str, text: str) -> list[Fault]:
    """Empty when mail can be sent to `text`."""
    return written(field, text, MAX_EMAIL) or ([] if _reachable(text) else [Fault(field, "email")])


def _reachable(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    if domain.lower() in _CARRIERS:
        return _CARRIER_LOCAL.fullmatch(local) is not None
    if _ORDINARY.fullmatch(text) and "--" not in domain:
        return True
    try:
        validate_email(text, check_deliverability=False, test_environment=_reserved_for_tests(domain))
    except EmailNotValidError:
        return False
    return True


def _reserved_for_tests(domain: str) -> bool:
    # RFC 2606: such addresses reach nobody, and rehearsals with invented applicants need them.
    return domain.lower().endswith((".test", ".example"))
