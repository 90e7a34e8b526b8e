"""What API and pages do alike with a request: find programme and slot, ask the handler, say why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fastapi import Request

from services.checkin.domain.admission import Admission, Refusal, Scan
from services.checkin.domain.cards import UnknownCard, card_number
from services.checkin.domain.custody import Kind, Move, case_name
from services.checkin.handlers.admissions import Admissions, TooManyForged
from services.checkin.handlers.custody import Custody, Recorded
from services.checkin.handlers.groups import Group, Groups, Seated
from services.checkin.refusals import Say, group_refused, not_recorded, refused, slow_down, unknown_card
from services.checkin.signing import SigningKey
from services.checkin.store import Store
from shared.contracts.checkin import Place
from shared.contracts.programme import Programme, Slot
from shared.platform.clock import Clock
from shared.platform.problems import Problem
from shared.platform.programmes import Programmes
from shared.ui import Pages


class HandOver(Protocol):
    """A hand-over as a body or a form says it."""

    @property
    def kind(self) -> Kind: ...
    @property
    def place(self) -> Place: ...
    @property
    def venue(self) -> str: ...
    @property
    def count(self) -> int | None: ...
    @property
    def handed_by(self) -> str: ...
    @property
    def taken_by(self) -> str: ...


@dataclass(frozen=True)
class Door:
    """Turns what handlers refuse into problems."""

    programmes: Programmes
    clock: Clock
    store: Store
    key: SigningKey
    pages: Pages
    admissions: Admissions
    groups: Groups
    custody: Custody

    def say(self, request: Request) -> Say:
        """Words in the request's language."""
        return self.pages.words_for(request)

    def now(self, programme: str) -> datetime:
        """The programme's time."""
        return self.clock.now(programme)

    def slot(self, programme: str, slot: str) -> tuple[Programme, Slot]:
        """Programme and slot of a request; raises problem 404."""
        known = self.programmes.get(programme)
        found = known.slot_by_id.get(slot)
        if found is None:
            raise Problem(404, "unknown-slot", "There is no such slot in this programme",
                          "Slots are named <day>-<venue>-<time>, for example 2021-07-23-sumitomo-am.")
        return known, found

    async def admit(
        self, say: Say, programme: str, token: str, slot: str, terminal: str, by: str,
        scanned_at: datetime | None = None, key: str | None = None,
    ) -> Admission:
        """Admits, or raises the problem that says why not."""
        known, found = self.slot(programme, slot)
        scan = Scan(found, terminal, by, scanned_at or self.now(known.id), key)
        try:
            verdict = await self.admissions.admit(known, token, scan)
        except TooManyForged as error:
            raise slow_down(say, error) from None
        if isinstance(verdict, Refusal):
            raise refused(say, known, scan, verdict)
        return verdict

    async def seat(
        self, say: Say, programme: str, slot: str, people: int, card: str, by: str, key: str | None = None
    ) -> Seated:
        """Seats a group, or raises the problem that says why not."""
        known, found = self.slot(programme, slot)
        try:
            number = card_number(known.cards, card)
        except UnknownCard:
            raise unknown_card(say, known.cards) from None
        outcome = await self.groups.seat(known, Group(found, people, number, by, key))
        if not isinstance(outcome, Seated):
            raise group_refused(say, known, found, outcome)
        return outcome

    async def hand_over(
        self, say: Say, programme: str, objects: Sequence[str], told: HandOver, recorded_by: str
    ) -> Recorded:
        """Records a hand-over of cards or of a case, or raises the problem that says why not."""
        known = self.programmes.get(programme)
        if told.venue not in known.venue_by_id:
            raise Problem(422, "unknown-venue", str(say("custody.unknown-venue.word")),
                          str(say("custody.unknown-venue.say", venues="、".join(known.venue_by_id))))
        moves = [
            Move(self._object(say, known, name, told), told.kind, told.place, told.venue, told.handed_by,
                 told.taken_by, told.count)
            for name in objects
        ]
        outcome = await self.custody.move(known, moves, recorded_by)
        if not isinstance(outcome, Recorded):
            raise not_recorded(say, outcome)
        return outcome

    def _object(self, say: Say, programme: Programme, name: str, told: HandOver) -> str:
        if told.kind == "card":
            try:
                return card_number(programme.cards, name)
            except UnknownCard:
                raise unknown_card(say, programme.cards) from None
        if name != case_name(told.venue):
            raise Problem(422, "unknown-case", str(say("custody.unknown-case.word")),
                          str(say("custody.unknown-case.say", case=case_name(told.venue))))
        return name
