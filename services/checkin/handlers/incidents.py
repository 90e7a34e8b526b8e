"""The steps of an incident: asked for, released by a second person, each card out and back, counted (S10, B08)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from services.checkin.domain import incidents as rules
from services.checkin.domain.custody import Move
from services.checkin.domain.incidents import CALLS, RELEASES, Refused
from services.checkin.handlers.custody import Custody, HandOverRefused, NotDesignated, NotRecorded
from services.checkin.incident_store import (
    INCIDENT_CARDS,
    INCIDENT_STEPS,
    INCIDENTS,
    IncidentStore,
    card_file,
    file_of,
    fresh_file,
    groups_of,
    incident_of,
)
from services.checkin.store import key_of
from shared.contracts.checkin import (
    CardClosed,
    CardContacted,
    CardOpened,
    CardsReleased,
    ContactOutcome,
    IncidentClosed,
    IncidentOpened,
    LeftReason,
    LegalBasis,
    SlotScope,
)
from shared.contracts.envelope import Id, new_id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.mongo import Document
from shared.platform.register import Register

Step = IncidentOpened | CardsReleased | CardOpened | CardContacted | CardClosed | IncidentClosed
Stopped = Refused | NotRecorded | NotDesignated


@dataclass(frozen=True)
class Ask:
    """What somebody asks for: the slots and seats of a cluster at a venue on a day, and on what grounds."""

    venue: str
    day: date
    scope: tuple[SlotScope, ...]
    basis: LegalBasis
    reference: str
    limit: int


class UnknownIncident(LookupError):
    """There is no such incident in this programme."""


@dataclass(frozen=True)
class Incidents:
    """Takes the steps; each is one transaction that also says it."""

    book: IncidentStore
    custody: Custody
    transactions: Transactions
    clock: Clock
    register: Register

    async def concerned(self, programme: Programme, ask: Ask) -> tuple[str, ...]:
        """The cards that `ask` would list, by number only."""
        groups = groups_of(await self.book.seated(programme.id, [one.slot for one in ask.scope]))
        return rules.concerned(ask.scope, groups)

    async def open(self, programme: Programme, ask: Ask, by: str) -> Id | Stopped:
        """Asks for the cards; nothing can be taken out before a custodian has released them."""
        return await self._run(programme, partial(self._open, programme=programme, ask=ask, by=by))

    async def release(self, programme: Programme, incident: Id, by: str) -> Id | Stopped:
        """A custodian, who is not the one who asked, releases exactly these cards."""
        return await self._run(programme, partial(self._release, programme=programme, incident=incident, by=by))

    async def drop(self, programme: Programme, incident: Id, by: str, *, custodian: bool) -> Id | Stopped:
        """Ends an incident that was not released."""
        work = partial(self._drop, programme=programme, incident=incident, by=by, custodian=custodian)
        return await self._run(programme, work)

    async def take_out(
        self, programme: Programme, incident: Id, card: str, *, custodian: str, tracer: str, by: str
    ) -> Id | Stopped:
        """Custodian and tracer take a card out of its case; one of the two records it."""
        stopped = self._check_two(programme, custodian, tracer, by)
        if stopped:
            return stopped
        return await self._run(programme, partial(
            self._take_out, programme=programme, incident=incident, card=card, custodian=custodian, tracer=tracer,
            by=by))

    async def contact(
        self, programme: Programme, incident: Id, card: str, outcome: ContactOutcome, next_at: datetime | None, by: str
    ) -> Id | Stopped:
        """The tracer says what a call came to."""
        return await self._run(programme, partial(
            self._contact, programme=programme, incident=incident, card=card, outcome=outcome, next_at=next_at, by=by))

    async def put_back(
        self, programme: Programme, incident: Id, card: str, reason: LeftReason | None, *, custodian: str,
        tracer: str, by: str,
    ) -> Id | Stopped:
        """Tracer and custodian put a card back under lock, for good or until the next call."""
        stopped = self._check_two(programme, custodian, tracer, by)
        if stopped:
            return stopped
        return await self._run(programme, partial(
            self._put_back, programme=programme, incident=incident, card=card, reason=reason, custodian=custodian,
            tracer=tracer, by=by))

    async def close(self, programme: Programme, incident: Id, by: str) -> Id | Stopped:
        """Ends an incident whose cards are all counted."""
        return await self._run(programme, partial(self._close, programme=programme, incident=incident, by=by))

    # -- the steps within a transaction ----------------------------------------------------------------------------

    async def _open(self, tx: Transaction, at: datetime, programme: Programme, ask: Ask, by: str) -> Id | Refused:
        rows = await self.book.seated(programme.id, [one.slot for one in ask.scope], tx.session)
        cards = rules.concerned(ask.scope, groups_of(rows))
        refused = rules.check_opening(cards, ask.limit)
        if refused:
            return refused
        fact = IncidentOpened(
            incident=new_id(), venue=ask.venue, day=ask.day, scope=ask.scope, basis=ask.basis,
            reference=ask.reference, limit=ask.limit, cards=cards, opened_by=by, opened_at=at)
        tx.insert(INCIDENTS, fact.model_dump(mode="json", exclude={"incident", "opened_at"}) | {
            "_id": fact.incident, "programme": programme.id, "state": "opened", "opened_at": at, "released_by": None,
            "released_at": None, "closed_by": None, "closed_at": None, "contacted": None, "left": None, "steps": 1,
        })
        for row in rows:
            if row["card"] in cards:
                tx.insert(INCIDENT_CARDS, fresh_file(fact, programme.id, row))
        _note(tx, programme.id, fact, by, at)
        return fact.incident

    async def _release(
        self, tx: Transaction, at: datetime, programme: Programme, incident: Id, by: str
    ) -> Id | Refused:
        row = await self._known(tx, programme, incident)
        refused = rules.check_release(incident_of(row), by)
        if refused:
            return refused
        await self._change(tx, incident, {"state": "released", "released_by": by, "released_at": at})
        _note(tx, programme.id, CardsReleased(
            incident=incident, cards=tuple(row["cards"]), released_by=by, released_at=at), by, at)
        return incident

    async def _drop(
        self, tx: Transaction, at: datetime, programme: Programme, incident: Id, by: str, custodian: bool
    ) -> Id | Refused:
        row = await self._known(tx, programme, incident)
        why = rules.check_drop(incident_of(row), by, custodian)
        if isinstance(why, Refused):
            return why
        await self._end(tx, at, programme.id, incident, by, contacted=0, left={why: len(row["cards"])})
        return incident

    async def _take_out(
        self, tx: Transaction, at: datetime, programme: Programme, incident: Id, card: str, custodian: str,
        tracer: str, by: str,
    ) -> Id | Refused:
        row, found, place = await self._known_card(tx, programme, incident, card)
        refused = rules.check_taking_out(incident_of(row), file_of(found), place)
        if refused:
            return refused
        await self.custody.move_card(
            tx, programme, Move(card, "card", "opened", row["venue"], custodian, tracer), by, at)
        await self._change(tx, incident)
        await self._file(tx, incident, card, {"state": "out", "out_since": at})
        _note(tx, programme.id, CardOpened(
            incident=incident, card=card, handed_by=custodian, taken_by=tracer, opened_at=at), by, at)
        return incident

    async def _contact(
        self, tx: Transaction, at: datetime, programme: Programme, incident: Id, card: str, outcome: ContactOutcome,
        next_at: datetime | None, by: str,
    ) -> Id | Refused:
        row, found, _ = await self._known_card(tx, programme, incident, card)
        refused = rules.check_contact(incident_of(row), file_of(found), outcome, next_at, at)
        if refused:
            return refused
        complete = at if outcome in rules.COMPLETE else None
        await self._change(tx, incident)
        await self._file(tx, incident, card, {
            "outcome": outcome, "next_attempt_at": next_at, "complete_since": complete}, attempts=1)
        _note(tx, programme.id, CardContacted(
            incident=incident, card=card, outcome=outcome, next_attempt_at=next_at, contacted_by=by,
            contacted_at=at), by, at)
        return incident

    async def _put_back(
        self, tx: Transaction, at: datetime, programme: Programme, incident: Id, card: str,
        reason: LeftReason | None, custodian: str, tracer: str, by: str,
    ) -> Id | Refused:
        row, found, place = await self._known_card(tx, programme, incident, card)
        result = rules.check_closing(incident_of(row), file_of(found), reason, place)
        if isinstance(result, Refused):
            return result
        if found and found["state"] == "out":
            await self.custody.move_card(
                tx, programme, Move(card, "card", "case", row["venue"], tracer, custodian), by, at)
        await self._change(tx, incident)
        await self._file(tx, incident, card, {
            "state": "locked" if result == "later" else "closed", "out_since": None, "result": result,
            "reason": reason})
        _note(tx, programme.id, CardClosed(
            incident=incident, card=card, result=result, reason=reason, handed_by=tracer, taken_by=custodian,
            closed_at=at), by, at)
        return incident

    async def _close(self, tx: Transaction, at: datetime, programme: Programme, incident: Id, by: str) -> Id | Refused:
        row = await self._known(tx, programme, incident)
        files = [card_file(one) for one in await self.book.cards(incident, tx.session)]
        counted = rules.check_end(incident_of(row), files)
        if isinstance(counted, Refused):
            return counted
        await self._end(
            tx, at, programme.id, incident, by, contacted=counted.contacted, left=dict(counted.left))
        return incident

    # -- what the steps share --------------------------------------------------------------------------------------

    async def _run(
        self, programme: Programme, step: Callable[..., Awaitable[Id | Refused]]
    ) -> Id | Stopped:
        at = self.clock.now(programme.id)
        try:
            return await self.transactions.run(lambda tx: step(tx, at))
        except HandOverRefused as refused:
            return refused.answer

    def _check_two(self, programme: Programme, custodian: str, tracer: str, by: str) -> Refused | NotDesignated | None:
        if by not in (custodian, tracer):
            return Refused("not-one-of-two", {})
        now = self.clock.now(programme.id)
        for name, role in ((custodian, RELEASES), (tracer, CALLS)):
            reason = self.register.refusal(name, (role,), programme.id, now)
            if reason:
                return NotDesignated(name, reason)
        return None

    async def _known(self, tx: Transaction, programme: Programme, incident: Id) -> Document:
        row = await self.book.incident(programme.id, incident, tx.session)
        if row is None:
            raise UnknownIncident(incident)
        return row

    async def _known_card(
        self, tx: Transaction, programme: Programme, incident: Id, card: str
    ) -> tuple[Document, Document | None, Any]:
        row = await self._known(tx, programme, incident)
        places = await self.book.places(programme.id, [card], tx.session)
        return row, await self.book.card(incident, card, tx.session), places[card]

    async def _change(self, tx: Transaction, incident: Id, values: Document | None = None) -> None:
        # Counted at each step, so that two steps of one incident at the same time cannot both rest on the old state.
        change: Document = {"$inc": {"steps": 1}} | ({"$set": values} if values else {})
        await tx.database[INCIDENTS].update_one({"_id": incident}, change, session=tx.session)

    async def _file(self, tx: Transaction, incident: Id, card: str, values: Document, attempts: int = 0) -> None:
        change = {"$set": values, "$inc": {"attempts": attempts}}
        await tx.database[INCIDENT_CARDS].update_one(
            {"_id": key_of(incident, card)}, change, session=tx.session)

    async def _end(
        self, tx: Transaction, at: datetime, programme: str, incident: Id, by: str, *, contacted: int,
        left: dict[str, int],
    ) -> None:
        await self._change(tx, incident, {
            "state": "closed", "closed_by": by, "closed_at": at, "contacted": contacted, "left": left})
        _note(tx, programme, IncidentClosed(
            incident=incident, cards=contacted + sum(left.values()), contacted=contacted, left=left, closed_by=by,
            closed_at=at), by, at)


def _note(tx: Transaction, programme: str, step: Step, by: str, at: datetime) -> None:
    """Says a step, and keeps it for the page's history."""
    event_id = tx.say(step, subject=step.incident, programme=programme, at=at)
    tx.insert(INCIDENT_STEPS, step.model_dump(mode="json") | {
        "_id": event_id, "programme": programme, "step": step.TYPE.split(".")[1], "at": at, "recorded_by": by,
        "order": time.time_ns(),
    })
