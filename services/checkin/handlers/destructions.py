"""Paper cards are destroyed: counted by number, by two people, before a witness of the ward (S16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar

from services.checkin.domain.cards import number_of
from services.checkin.domain.destruction import Batch, Refused, check_batch, ranges
from services.checkin.handlers.custody import NotDesignated
from services.checkin.handlers.ledger import record
from services.checkin.incident_store import DESTRUCTIONS, IncidentStore
from services.checkin.store import CARDS, key_of
from shared.contracts.checkin import CardMoved, CardsDestroyed, DestructionMethod, Place
from shared.contracts.envelope import Id, new_id
from shared.contracts.programme import PaperCards, Programme
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.register import Register

DESTROYS = ("attendant", "officer", "custodian")
WITNESSES = ("officer", "desk", "notices", "attendant", "custodian", "tracer", "records", "auditor")
"""A witness need not handle cards: any designation will do, but the ward must employ them."""


@dataclass(frozen=True)
class FromCase:
    """The cards in a venue's case, of one day or of all."""

    venue: str
    day: str | None
    place: ClassVar[Place] = "case"


@dataclass(frozen=True)
class FromStock:
    """Cards that were never handed out, of a venue's stock."""

    venue: str
    cards: tuple[str, ...]
    place: ClassVar[Place] = "stock"


Pile = FromCase | FromStock


@dataclass(frozen=True)
class Destroyed:
    """It is on record."""

    destruction: Id
    count: int
    ranges: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True)
class Destructions:
    """Records batches of destroyed cards."""

    book: IncidentStore
    transactions: Transactions
    clock: Clock
    register: Register

    async def destroy(
        self, programme: Programme, cards: PaperCards, pile: Pile, batch: Batch, method: DestructionMethod, by: str
    ) -> Destroyed | Refused | NotDesignated:
        """Records that all cards of `pile` were destroyed, or says why it can't be; then nothing is recorded."""
        now = self.clock.now(programme.id)
        stranger = self._stranger(programme.id, batch, now)
        if stranger:
            return stranger
        return await self.transactions.run(partial(
            self._destroy, programme=programme, cards=cards, pile=pile, batch=batch, method=method, by=by, at=now))

    def _stranger(self, programme: str, batch: Batch, now: datetime) -> NotDesignated | None:
        needed = [(name, DESTROYS) for name in batch.destroyed_by] + [(batch.witnessed_by, WITNESSES)]
        for name, roles in needed:
            reason = self.register.refusal(name, roles, programme, now)
            if reason:
                return NotDesignated(name, reason)
        return None

    async def _destroy(
        self, tx: Transaction, programme: Programme, cards: PaperCards, pile: Pile, batch: Batch,
        method: DestructionMethod, by: str, at: datetime,
    ) -> Destroyed | Refused:
        places = await self._places(tx, programme.id, pile)
        witness = self.register.person(batch.witnessed_by)
        refused = check_batch(
            programme, batch, places, taken_from=pile.place, witness_employer=witness.employer if witness else None,
            concerned=await self.book.cards_needed(programme.id, tx.session), now=at)
        if refused:
            return refused
        names = list(places)
        await self._move(tx, programme, pile, names, batch, by, at)
        fact = CardsDestroyed(
            destruction=new_id(), count=len(names), used=len(names) if pile.place == "case" else 0,
            ranges=ranges(cards, names), method=method, destroyed_by=batch.destroyed_by,
            witnessed_by=batch.witnessed_by, reason=batch.reason, at=at)
        tx.say(fact, subject=fact.destruction, programme=programme.id, at=at)
        tx.insert(DESTRUCTIONS, fact.model_dump(mode="json", exclude={"destruction", "at"}) | {
            "_id": fact.destruction, "programme": programme.id, "venue": pile.venue, "at": at, "recorded_by": by})
        return Destroyed(fact.destruction, fact.count, fact.ranges, at)

    async def _places(self, tx: Transaction, programme: str, pile: Pile) -> dict[str, Place]:
        if isinstance(pile, FromStock):
            return await self.book.places(programme, pile.cards, tx.session)
        return dict.fromkeys(await self.book.in_case(programme, pile.venue, pile.day, tx.session), pile.place)

    async def _move(
        self, tx: Transaction, programme: Programme, pile: Pile, names: Sequence[str], batch: Batch, by: str,
        at: datetime,
    ) -> None:
        handed_by, taken_by = batch.destroyed_by
        if isinstance(pile, FromCase):
            keys = [key_of(programme.id, card) for card in names]
            await tx.database[CARDS].update_many(
                {"_id": {"$in": keys}}, {"$set": {"place": "destroyed", "since": at}}, session=tx.session)
        for card in names:
            if isinstance(pile, FromStock):
                tx.insert(CARDS, {
                    "_id": key_of(programme.id, card), "programme": programme.id, "card": card,
                    "number": number_of(card), "place": "destroyed", "venue": pile.venue,
                    "day": programme.local(at).date().isoformat(), "since": at, "by": by})
            record(tx, programme.id, CardMoved(
                object=card, kind="card", place="destroyed", venue=pile.venue, handed_by=handed_by,
                taken_by=taken_by, moved_at=at), by)

