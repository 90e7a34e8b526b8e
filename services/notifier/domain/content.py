"""What a notice says, before any words: the result, what was won, and what the draw is checked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from services.notifier.domain.application import LetterCause
from services.notifier.domain.notices import Draw
from shared.contracts.notifier import Kind
from shared.contracts.programme import Programme


@dataclass(frozen=True)
class Visit:
    """A slot that was won, with the pass that opens its door."""

    day: date
    starts: time
    ends: time
    time_name: str
    venue: str
    address: str
    seats: int
    token: str
    code: str


@dataclass(frozen=True)
class Lost:
    """A slot that is cancelled."""

    day: date
    starts: time
    ends: time
    time_name: str
    venue: str


@dataclass(frozen=True)
class Abroad:
    """What a cancellation says once more, in the applicant's own language."""

    language: str
    title: str
    reason: str | None
    lost: tuple[Lost, ...]


@dataclass(frozen=True)
class Content:
    """Everything on a notice but the name and the address."""

    kind: Kind
    promotion: bool
    receipt: str
    entry: str
    visits: tuple[Visit, ...]
    reason: str | None
    draw: Draw
    draw_url: str
    mine_url: str
    title: str
    ward: str
    office: str
    telephone: str
    disclosure: str
    purpose: str
    promote_until: datetime
    letter: LetterCause | None = None
    changed_at: datetime | None = None
    secret: str | None = None
    again: bool = False
    """Whether it is the result of a second draw, which takes the place of one that was told before."""
    lost: tuple[Lost, ...] = ()
    abroad: Abroad | None = None

    @property
    def receipt_url(self) -> str:
        """My application; with a new secret in the fragment, which never reaches a server."""
        return f"{self.mine_url}#{self.receipt}.{self.secret}" if self.secret else self.mine_url


def content_of(
    notice: Mapping[str, Any], programme: Programme, draw: Draw, urls: Mapping[str, str], language: str = "ja",
    secret: str | None = None,
) -> Content:
    """The content of a stored notice. A slot that the programme no longer has raises `KeyError`: nobody guesses.

    `urls` are the services' public addresses; `secret` is what a letter with a new receipt brings.
    """
    letter = notice.get("letter") or {}
    return Content(
        kind=notice["kind"], promotion=notice["promotion"], receipt=notice["receipt"], entry=notice["entry"],
        visits=tuple(_visit(issued, programme, language) for issued in notice["passes"]),
        reason=_reason(notice["reason"], programme, language), draw=draw,
        draw_url=f"{urls.get('lottery', '')}/lottery/{programme.id}",
        mine_url=f"{urls.get('intake', '')}/intake/{programme.id}/mine",
        title=programme.title.text(language), ward=programme.ward.name.text(language),
        office=programme.ward.office.text(language), telephone=programme.ward.telephone,
        disclosure=programme.ward.disclosure.text(language), purpose=programme.purpose_of_use.text(language),
        promote_until=programme.local(programme.draw.timetable.promote_until),
        letter=letter.get("what"), changed_at=programme.local(letter["at"]) if letter else None, secret=secret,
        again=bool(notice.get("again")),
        lost=_lost(notice, programme, language), abroad=_abroad(notice, programme),
    )


def _lost(notice: Mapping[str, Any], programme: Programme, language: str) -> tuple[Lost, ...]:
    slots = [programme.slot_by_id[slot] for slot in notice.get("cancelled", ())]
    return tuple(
        Lost(slot.day, slot.starts, slot.ends, slot.time_name.text(language),
             programme.venue_by_id[slot.venue].name.text(language)) for slot in slots)


def _abroad(notice: Mapping[str, Any], programme: Programme) -> Abroad | None:
    language = notice.get("language", "ja")
    if language == "ja" or not notice.get("cancelled"):
        return None
    return Abroad(language, programme.title.text(language), _reason(notice["reason"], programme, language),
                  _lost(notice, programme, language))


def legible(secret: str) -> str:
    """A secret in fours, to be copied by hand."""
    return "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def short_digest(digest: str | None) -> str:
    """The first 16 digits in fours, as on a postcard: enough to compare with the published one."""
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4)) if digest else "—"


def _visit(issued: Mapping[str, Any], programme: Programme, language: str) -> Visit:
    slot = programme.slot_by_id[issued["slot"]]
    venue = programme.venue_by_id[slot.venue]
    return Visit(
        day=slot.day, starts=slot.starts, ends=slot.ends, time_name=slot.time_name.text(language),
        venue=venue.name.text(language), address=venue.address.text(language), seats=issued["seats"],
        token=issued["token"], code=issued["code"],
    )


def _reason(code: str | None, programme: Programme, language: str) -> str | None:
    words = programme.reasons.get(code) if code else None
    return words.text(language) if words else None
