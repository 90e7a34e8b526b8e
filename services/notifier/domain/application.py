"""What is known of an application so far, as its facts come in, in any order over the topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.contracts.checkin import pass_code
from shared.contracts.intake import Contact
from shared.contracts.lottery import Outcome
from shared.contracts.notifier import Kind

LetterCause = Literal["amended", "details", "withdrawn", "renewed", "receipt"]
"""What a letter tells: a change before the window was closed, one after it, a withdrawal, a new receipt that was handed
out at the counter; or, `receipt`, it is the new receipt."""


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


@dataclass(frozen=True)
class Result:
    """What the draw gave the application."""

    draw: str
    outcome: Outcome
    won: tuple[str, ...]
    place: int


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
    lettered: tuple[str, ...] = ()
    """The ids of the letters that were made of `letters`."""

    @property
    def taken(self) -> bool:
        """Whether the fact that opened it has come: without it, nobody knows how to reach the applicant."""
        return self.contact is not None and self.receipt is not None

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
    result = document.get("result")
    return Application(
        id=document["_id"], receipt=document.get("receipt"), entry=document.get("entry"),
        contact=document.get("contact"), language=document.get("language", "ja"),
        withdrawn_at=document.get("withdrawn_at"), counted=document.get("counted"),
        reason=document.get("reason"), told_with=document.get("told_with"),
        result=Result(result["draw"], result["outcome"], tuple(result["won"]), result["place"]) if result else None,
        promoted=tuple(_promotions(document.get("promoted", {}))),
        passes=tuple(_passes(document.get("passes", {}))), told=tuple(document.get("told", ())),
        reply_card=document.get("reply_card"),
        told_kind=document.get("told_kind"), letters=tuple(_letters(document.get("letters", {}))),
        lettered=tuple(document.get("lettered", ())),
    )


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
