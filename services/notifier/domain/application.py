"""What is known of an application so far, as its facts come in, in any order over the topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.contracts.checkin import pass_code
from shared.contracts.intake import Contact
from shared.contracts.lottery import Outcome
from shared.contracts.notifier import Kind

LetterCause = Literal[
    "amended", "details", "withdrawn", "renewed", "receipt", "second-draw", "cancelled-held", "cancelled-wished",
    "revoked",
]
"""What a letter tells: a change before the window was closed, one after it, a withdrawal, a new receipt that was handed
out at the counter, a second draw that was announced; `receipt`, it is the new receipt. `cancelled-…`: slots were
cancelled that the application holds, or that it wishes; `revoked`: a slot has fewer seats, and it lost its own."""


@dataclass(frozen=True)
class Pass:
    """A pass for one slot; `token` is what its QR holds, `code` what a person can type in its place."""

    slot: str
    seats: int
    token: str
    code: str


@dataclass(frozen=True)
class Promotion:
    """A slot that came from the waiting list, and when."""

    slot: str
    at: datetime


@dataclass(frozen=True)
class Letter:
    """A change of the application that its applicant is told of, in the way (`contact`) that held before it."""

    notice: str
    what: LetterCause
    at: datetime
    contact: Contact
    draw: str | None = None
    """The second draw that it announces."""


@dataclass(frozen=True)
class SecondDraw:
    """A second draw that the application is in, and when it was announced."""

    draw: str
    at: datetime


@dataclass(frozen=True)
class Cancelled:
    """Slots of this application that one decision took away; `what` says how the application stood to them.

    `decision` is the event that said so. No reason is known of a slot that only has fewer seats.
    """

    decision: str
    slots: tuple[str, ...]
    what: LetterCause
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Result:
    """What the draw gave the application; a second draw's takes the place of that of the draw it `replaces`."""

    draw: str
    outcome: Outcome
    won: tuple[str, ...]
    place: int
    replaces: str | None = None


@dataclass(frozen=True)
class Application:
    """The sum of the facts heard of one application; None where a fact has not come yet."""

    id: str
    receipt: str | None = None
    entry: str | None = None
    contact: Contact | None = None
    language: str = "ja"
    withdrawn_at: datetime | None = None
    counted: bool | None = None
    reason: str | None = None
    told_with: str | None = None
    result: Result | None = None
    promoted: tuple[Promotion, ...] = ()
    passes: tuple[Pass, ...] = ()
    reply_card: str | None = None
    """The number of a double postcard (往復はがき), whose other half the applicant addressed for the result."""
    told: tuple[str, ...] = ()
    """The ids of the notices that were made for it: of its result, and of promotions."""
    told_kind: Kind | None = None
    """What the notice of its result said."""
    letters: tuple[Letter, ...] = ()
    second_draw: SecondDraw | None = None
    cancelled: tuple[Cancelled, ...] = ()
    lettered: tuple[str, ...] = ()
    """The ids of the letters that were made of `letters` and `cancelled`."""

    @property
    def taken(self) -> bool:
        """Whether the fact that opened it has come: without it, nobody knows how to reach the applicant."""
        return self.contact is not None and self.receipt is not None

    @property
    def redrawn(self) -> str | None:
        """The second draw that its result is of; None for a first one's."""
        return self.result.draw if self.result and self.result.replaces else None

    @property
    def takes_part(self) -> bool:
        """Whether it is in the draws of its programme, as far as is known."""
        return self.taken and self.counted is not False and self.withdrawn_at is None

    @property
    def addressee(self) -> str:
        """The application whose contact hears of this one's outcome (B03)."""
        return self.told_with if self.told_with and self.counted is False else self.id

    def passes_for(self, slots: tuple[str, ...]) -> tuple[Pass, ...]:
        """The passes of `slots` in their order, those that have come."""
        by_slot = {issued.slot: issued for issued in self.passes}
        return tuple(by_slot[slot] for slot in slots if slot in by_slot)


def application_of(document: dict[str, Any]) -> Application:
    """The application as its stored document tells it."""
    return Application(
        id=document["_id"], receipt=document.get("receipt"), entry=document.get("entry"),
        contact=document.get("contact"), language=document.get("language", "ja"),
        withdrawn_at=document.get("withdrawn_at"), counted=document.get("counted"),
        reason=document.get("reason"), told_with=document.get("told_with"),
        result=_result(document.get("result")),
        promoted=tuple(_promotions(document.get("promoted", {}))),
        passes=tuple(_passes(document.get("passes", {}))), told=tuple(document.get("told", ())),
        reply_card=document.get("reply_card"),
        told_kind=document.get("told_kind"), letters=tuple(_letters(document.get("letters", {}))),
        second_draw=SecondDraw(**document["second_draw"]) if document.get("second_draw") else None,
        cancelled=tuple(Cancelled(decision, tuple(one["slots"]), one["what"], one["reason"], one["at"])
                        for decision, one in sorted(document.get("cancelled", {}).items())),
        lettered=tuple(document.get("lettered", ())),
    )


def _result(stored: dict[str, Any] | None) -> Result | None:
    if stored is None:
        return None
    return Result(stored["draw"], stored["outcome"], tuple(stored["won"]), stored["place"], stored.get("replaces"))


def _passes(by_slot: dict[str, dict[str, Any] | None]) -> list[Pass]:
    return [
        Pass(slot, issued["seats"], issued["token"], pass_code(issued["pass_id"]))
        for slot, issued in sorted(by_slot.items()) if issued
    ]


def _letters(by_notice: dict[str, dict[str, Any]]) -> list[Letter]:
    found = (Letter(notice, one["what"], one["at"], one["contact"]) for notice, one in by_notice.items())
    return sorted(found, key=lambda letter: (letter.at, letter.notice))


def _promotions(by_slot: dict[str, datetime]) -> list[Promotion]:
    return sorted((Promotion(slot, at) for slot, at in by_slot.items()), key=lambda promotion: promotion.at)
