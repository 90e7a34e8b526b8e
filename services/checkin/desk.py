"""What API and pages of the cluster and destruction desks do alike: check what was typed, ask, say why not."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.checkin.domain.cards import UnknownCard, card_number, card_span
from services.checkin.domain.destruction import MOST_AT_ONCE, Batch
from services.checkin.domain.destruction import Refused as NotDestroyed
from services.checkin.domain.incidents import Refused
from services.checkin.domain.seating import seat_number
from services.checkin.door import Door
from services.checkin.handlers.custody import NotDesignated, NotRecorded
from services.checkin.handlers.destructions import Destroyed, Destructions, FromCase, FromStock
from services.checkin.handlers.incidents import Ask, Incidents, Stopped, UnknownIncident
from services.checkin.incident_store import IncidentStore
from services.checkin.refusals import Say, incident_refused, not_destroyed, not_recorded, unknown_card
from shared.contracts.checkin import ContactOutcome, DestructionMethod, LeftReason, LegalBasis, SlotScope
from shared.contracts.envelope import Id
from shared.contracts.programme import PaperCards, Programme
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person


@dataclass(frozen=True)
class Desk:
    """Turns what the handlers refuse into problems."""

    door: Door
    incidents: Incidents
    destructions: Destructions
    book: IncidentStore

    # -- incidents -------------------------------------------------------------------------------------------------

    def ask(
        self, say: Say, programme: str, scope: Sequence[SlotScope], basis: LegalBasis, reference: str, limit: int
    ) -> Ask:
        """What somebody asks for; raises a problem for slots that don't belong together and seats that don't exist."""
        slots = [self.door.slot(programme, one.slot)[1] for one in scope]
        if len({(slot.venue, slot.day) for slot in slots}) != 1 or len({slot.id for slot in slots}) != len(slots):
            raise _problem(say, 422, "slots-apart")
        for one in scope:
            _check_seats(say, one)
        return Ask(slots[0].venue, slots[0].day, tuple(scope), basis, reference, limit)

    async def open(self, say: Say, programme: str, ask: Ask, person: Person) -> Id:
        """Opens an incident."""
        return _settled(say, await self.incidents.open(self._programme(programme), ask, person.staff))

    async def incident(self, say: Say, programme: str, incident: Id) -> Document:
        """An incident; problem 404 if there is none."""
        row = await self.book.incident(self._programme(programme).id, incident)
        if row is None:
            raise _unknown(say)
        return row

    async def release(self, say: Say, programme: str, incident: Id, person: Person) -> Id:
        """Releases its cards."""
        known = self._programme(programme)
        return await self._step(say, self.incidents.release(known, incident, person.staff))

    async def drop(self, say: Say, programme: str, incident: Id, person: Person) -> Id:
        """Refuses the release, or takes the incident back."""
        custodian = "custodian" in person.roles
        step = self.incidents.drop(self._programme(programme), incident, person.staff, custodian=custodian)
        return await self._step(say, step)

    async def take_out(
        self, say: Say, programme: str, incident: Id, card: str, custodian: str, tracer: str, person: Person
    ) -> Id:
        """A card leaves its case."""
        known = self._programme(programme)
        return await self._step(say, self.incidents.take_out(
            known, incident, self._card(say, known, card), custodian=custodian, tracer=tracer, by=person.staff))

    async def contact(
        self, say: Say, programme: str, incident: Id, card: str, outcome: ContactOutcome, next_at: datetime | None,
        person: Person,
    ) -> Id:
        """A call was tried."""
        known = self._programme(programme)
        return await self._step(say, self.incidents.contact(
            known, incident, self._card(say, known, card), outcome, next_at, person.staff))

    async def put_back(
        self, say: Say, programme: str, incident: Id, card: str, reason: LeftReason | None, custodian: str,
        tracer: str, person: Person,
    ) -> Id:
        """A card is under lock again."""
        known = self._programme(programme)
        return await self._step(say, self.incidents.put_back(
            known, incident, self._card(say, known, card), reason, custodian=custodian, tracer=tracer,
            by=person.staff))

    async def close(self, say: Say, programme: str, incident: Id, person: Person) -> Id:
        """Ends an incident that is counted to 100 %."""
        return await self._step(say, self.incidents.close(self._programme(programme), incident, person.staff))

    # -- destruction -----------------------------------------------------------------------------------------------

    def stock_pile(self, say: Say, programme: str, venue: str, first: str, last: str) -> FromStock:
        """Unused cards from `first` to `last`, as typed."""
        cards = self._cards(say, self._programme(programme))
        try:
            span = card_span(cards, first, last, MOST_AT_ONCE)
        except UnknownCard:
            raise unknown_card(say, cards) from None
        return FromStock(venue, span)

    async def destroy(
        self, say: Say, programme: str, pile: FromCase | FromStock, batch: Batch, method: DestructionMethod,
        person: Person,
    ) -> Destroyed:
        """Records a destruction, or raises the problem that says why not."""
        known = self._programme(programme)
        cards = self._cards(say, known)
        if pile.venue not in known.venue_by_id:
            raise Problem(422, "unknown-venue", str(say("custody.unknown-venue.word")),
                          str(say("custody.unknown-venue.say", venues="、".join(known.venue_by_id))))
        if batch.reason and "officer" not in person.roles:
            raise Problem(403, "destruction-officer", str(say("destruction.refused.officer.word")),
                          str(say("destruction.refused.officer.say")))
        outcome = await self.destructions.destroy(known, cards, pile, batch, method, person.staff)
        if isinstance(outcome, NotDestroyed):
            raise not_destroyed(say, outcome)
        if isinstance(outcome, NotDesignated):
            raise not_recorded(say, outcome)
        return outcome

    # -- shared ----------------------------------------------------------------------------------------------------

    def _programme(self, programme: str) -> Programme:
        return self.door.programmes.get(programme)

    def _cards(self, say: Say, programme: Programme) -> PaperCards:
        if programme.cards is None:
            raise unknown_card(say, None)
        return programme.cards

    def _card(self, say: Say, programme: Programme, typed: str) -> str:
        try:
            return card_number(programme.cards, typed)
        except UnknownCard:
            raise unknown_card(say, programme.cards) from None

    async def _step(self, say: Say, step: Awaitable[Id | Stopped]) -> Id:
        try:
            return _settled(say, await step)
        except UnknownIncident:
            raise _unknown(say) from None


def _settled(say: Say, outcome: Id | Stopped) -> Id:
    match outcome:
        case Refused():
            raise incident_refused(say, outcome)
        case NotRecorded() | NotDesignated():
            raise not_recorded(say, outcome)
        case str():
            return outcome


def _check_seats(say: Say, scope: SlotScope) -> None:
    for name in scope.seats:
        try:
            seat_number(name)
        except ValueError:
            raise _problem(say, 422, "unknown-seat") from None


def _unknown(say: Say) -> Problem:
    return _problem(say, 404, "unknown-incident")


def _problem(say: Say, status: int, why: str) -> Problem:
    return Problem(status, why, str(say(f"incident.refused.{why}.word")), str(say(f"incident.refused.{why}.say")))
