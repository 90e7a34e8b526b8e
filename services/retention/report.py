"""The state of handling as a document for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.retention.domain.state import HeldItem, State
from shared.contracts.envelope import moment_text


def state_document(state: State, as_of: datetime) -> dict[str, Any]:
    """The report as JSON: items, subjects, accesses, notices, passes, reception, cards, staff. Nobody's name."""
    counts = state.counts
    return {
        "programme": state.programme,
        "as_of": moment_text(as_of),
        "items": [_item(item) for item in state.items],
        "applications": [
            {"channel": row.channel, "contact": row.contact, "state": row.state, "count": row.count}
            for row in counts.applications
        ],
        "standings": [{"standing": one.standing, **one.counts} for one in state.standings],
        "accesses": {
            "opened": state.opened, "refused": state.refused,
            "by_purpose": [
                {"service": row.service, "purpose": row.purpose, "role": row.role, "opened": row.opened,
                 "refused": row.refused, "last_at": moment_text(row.last_at) if row.last_at else None}
                for row in counts.accesses
            ],
        },
        "notices": dict(counts.notices), "passes": dict(counts.passes), "reception": dict(counts.reception),
        "cards": dict(counts.cards),
        "postcards": dict(counts.postcards),
        "incidents": dict(counts.incidents), "contacts": dict(counts.contacts), "destroyed": dict(counts.destroyed),
        "staff": [
            {"staff": one.staff, "roles": list(one.roles), "employer": one.employer,
             "trained_on": one.trained_on.isoformat() if one.trained_on and not one.vouched else None,
             "vouched": one.vouched, "responsible": one.responsible}
            for one in state.designated
        ],
    }


def _item(item: HeldItem) -> dict[str, Any]:
    return {
        "item": item.item, "subject": item.subject, "held": item.held, "exact": item.exact,
        "purposes": list(item.purposes), "services": list(item.services), "medium": item.medium,
        "until": item.until.ja, "approval": item.approval,
    }
