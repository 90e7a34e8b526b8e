"""From due to told: what an answer of the mail relay means, when to try again, when to change the way (B05).

    due ─mail→ (intent) → sent                 the relay said 250
     │             ├→ due again                4xx: with a growing pause, while a card could still come in time
     │             └→ to-print | unreached     5xx or too late: the other channel opens if its address is known
     ├─post→ to-print → in-run → printed → posted → (returned) → due by mail | unreached
     └─call→ to-call → called                   (no answer) → to-call again; (wrong number) → the other channel
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.envelope import Id, derived_id
from shared.contracts.notifier import Way

State = Literal["due", "to-print", "in-run", "printed", "to-call", "sent", "posted", "called", "unreached", "withheld"]
"""`due` is what mail work claims; `to-print` and `in-run` are cards not yet printed; `to-call` waits for a call."""

OPEN: tuple[State, ...] = ("due", "to-print", "in-run", "printed", "to-call")
"""States in which the applicant is not told yet."""

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
"""Between the attempts of one mail, in the programme's time; the last one repeats."""

CARD_NEEDS = timedelta(days=2)
"""What printing and the post take: a mail that is still refused so long before the term becomes a card."""


CALL_NEEDS = timedelta(hours=12)
"""What a call list takes to be worked off."""


@dataclass(frozen=True)
class Sent:
    """The relay has the mail."""


@dataclass(frozen=True)
class TryAgain:
    """The same way once more at `at`."""

    at: datetime
    cause: str


@dataclass(frozen=True)
class GiveUp:
    """This way leads nowhere; `next_way` opens, or the applicant is unreached."""

    cause: str
    next_way: Way | None


@dataclass(frozen=True)
class Called:
    """A person told the applicant by telephone; `by` is the person."""

    by: str


Outcome = Sent | Called | TryAgain | GiveUp


def first_state(way: Way) -> State:
    """Where a notice begins on a way."""
    return {"mail": "due", "post": "to-print", "call": "to-call"}[way]  # type: ignore[return-value]


def after_answer(
    code: int, attempt: int, *, now: datetime, due_by: datetime, next_way: Way | None
) -> Outcome:
    """What the relay's `code` to attempt number `attempt` (from 1) means (RFC 5321, 4.2.1)."""
    if 200 <= code < 300:
        return Sent()
    cause = f"smtp-{code}"
    if code >= 500:
        return GiveUp(cause, next_way)
    at = now + PAUSES[min(attempt, len(PAUSES)) - 1]
    if (next_way == "post" and at > due_by - CARD_NEEDS) or (next_way == "call" and at > due_by - CALL_NEEDS):
        return GiveUp(cause, next_way)
    return TryAgain(at, cause)


def message_id(notice: Id, attempt: int, domain: str) -> str:
    """The Message-ID of an attempt: the same again after a crash, so that a copy can be told from a new mail."""
    return f"<{derived_id('mail', notice, str(attempt))}@{domain}>"
