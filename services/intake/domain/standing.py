"""Where an application stands, in one sentence for the one who made it (B16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["taken", "won", "waiting", "lost", "withdrawn", "not-counted"]


@dataclass(frozen=True)
class Standing:
    """`state` is what is said, `reason` a code that may be said beside it."""

    state: State
    reason: str | None = None
    may_withdraw: bool = False


# Causes that lie in this application itself. A cause that concerns somebody else's is never told here: it
# would say that somebody else applied.
_OWN_CAUSES = frozenset({"late", "late-postmark", "late-receipt", "early", "not-resident", "age-rule"})
_AFTER_CHANGE: dict[str, State] = {
    "withdrawn": "withdrawn", "declined": "withdrawn", "disqualified": "not-counted",
}
_AFTER_DRAW: dict[str, State] = {"won": "won", "waiting": "waiting", "lost": "lost", "struck": "not-counted"}


def standing(
    *, withdrawn: bool, counted: bool, reason: str | None, drawn: bool,
    outcome: str | None, change: str | None, holds: Sequence[str],
) -> Standing:
    """`outcome` is the draw's, `change` the last kind of change after it, `holds` what it has."""
    if withdrawn:
        return Standing("withdrawn")
    if not counted:
        return _not_counted(reason, drawn)
    state = _state_after_draw(outcome, change, holds)
    return Standing(state, may_withdraw=state in ("taken", "won", "waiting"))


def when_taken(counted: bool, reason: str | None) -> Standing:
    """Where an application by web stood when it was taken; whoever sends it again hears nothing of what came after."""
    return Standing("taken", may_withdraw=True) if counted else _not_counted(reason, drawn=False)


def _not_counted(reason: str | None, drawn: bool) -> Standing:
    if reason in _OWN_CAUSES:
        return Standing("not-counted", reason)
    # Until the results are told it looks like every other application.
    return Standing("not-counted", "decided") if drawn else Standing("taken", may_withdraw=True)


def _state_after_draw(outcome: str | None, change: str | None, holds: Sequence[str]) -> State:
    if holds:
        return "won"
    if change in _AFTER_CHANGE:
        return _AFTER_CHANGE[change]
    if change == "revoked":
        return "waiting"
    return _AFTER_DRAW.get(outcome or "", "taken")
