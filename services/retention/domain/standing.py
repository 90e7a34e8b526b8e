"""How an application stands for erasing: what was decided, drawn and changed, put into one word (S17)."""

from __future__ import annotations

from collections.abc import Collection

from services.retention.domain.schedule import UNDECIDED


def standing(state: str | None, result: str | None) -> str:
    """The standing that follows from intake's `state` and from the draw's `result`, in whatever order they came.

    Withdrawing comes first, then not being counted: neither waits for a draw.
    """
    if state in ("withdrawn", "not-counted"):
        return state
    return result or UNDECIDED


def changed(result: str | None, kind: str, slot: str | None, holds: Collection[str]) -> str | None:
    """The result after a change. `slot` is None where everything was given up; `holds` is what is left.

    A seat that was revoked leaves its winner among the winners: they are to be told, and may get another one.
    """
    if holds or kind == "promoted":
        return "won"
    if kind == "disqualified":
        return "struck"
    if kind in ("withdrawn", "declined") and (slot is None or result == "won"):
        return "withdrawn"
    return result
