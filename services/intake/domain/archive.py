"""What the ward gets back of an application: what was typed, and what became of it (S17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.intake.domain.standing import standing
from shared.contracts.envelope import moment_text


def returned_record(
    application: Mapping[str, Any], outcome: Mapping[str, Any], items: Mapping[str, Any]
) -> dict[str, Any]:
    """The record as it is sealed for the ward; `items` are exactly as they were typed.

    `result` is a standing's code: taken, won, waiting, lost, withdrawn, not-counted; `reason` why it did not count.
    """
    now = standing(
        withdrawn=application["withdrawn_at"] is not None, counted=application["counted"],
        reason=application["reason"], drawn=True, outcome=outcome.get("outcome"), change=outcome.get("change"),
        holds=outcome.get("holds", ()),
    )
    return {
        "receipt": application["receipt"], "channel": application["channel"],
        "taken_at": moment_text(application["taken_at"]),
        "withdrawn_at": moment_text(application["withdrawn_at"]) if application["withdrawn_at"] else None,
        "seats": application["seats"], "wishes": list(application["wishes"]), "result": now.state,
        # The ward decides on all of them: here causes that lie in another's application are told as well.
        "reason": None if application["counted"] else application["reason"],
        "holds": list(outcome.get("holds", ())), "items": dict(items),
    }
