"""The digest that tells whether two people speak of the same orders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def orders_digest(orders: Iterable[str]) -> str:
    """SHA-256 of the ids, sorted, joined by newlines: `AuditReport.orders_digest`. The ids are random."""
    return hashlib.sha256("\n".join(sorted(orders)).encode()).hexdigest()
