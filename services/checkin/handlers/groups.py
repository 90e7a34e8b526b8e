"""A walk-in group comes: a seat, and a paper card that it fills in there (S09, B07)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.checkin.domain.admission import Refusal, refuse_moment
from services.checkin.domain.cards import number_of
from services.checkin.domain.custody import VISITOR
from services.checkin.domain.seating import Full, Seating, seat_group, seat_name
from services.checkin.handlers.ledger import record
from services.checkin.store import CARDS, GROUPS, Store, key_of
from shared.contracts.checkin import CardMoved, GroupSeated
from shared.contracts.envelope import Id, new_id
from shared.contracts.programme import Programme, Slot
from shared.messaging.transaction import Transaction, Transactions, is_duplicate
from shared.platform.clock import Clock
from shared.platform.mongo import Document, StoreError


@dataclass(frozen=True)
class Group:
    """A group as the attendant says it; `key` makes a repeated request recognisable."""

    slot: Slot
    people: int
    card: str
    by: str
    key: str | None = None


@dataclass(frozen=True)
class Seated:
    """The group has its seat."""

    group: Id
    seats: tuple[str, ...]
    card: str
    people: int

    @property
    def seat(self) -> str:
        """The group's seat number: its first seat's."""
        return self.seats[0]


@dataclass(frozen=True)
class CardInUse:
    """The card is somewhere else already."""

    card: str
    place: str
    seat: str | None


Outcome = Seated | Full | CardInUse | Refusal


@dataclass(frozen=True)
class Groups:
    """Seats walk-in groups."""

    store: Store
    transactions: Transactions
    clock: Clock

    async def seat(self, programme: Programme, group: Group) -> Outcome:
        """Gives seats and records the card; nothing is kept unless all of it is."""
        now = self.clock.now(programme.id)
        refusal = refuse_moment(programme, group.slot, now, now)
        if refusal:
            return refusal
        work = partial(self._seat, programme=programme, group=group, at=now)
        try:
            return await self.transactions.grouped(work)
        except StoreError as error:
            # Another process handed out the same card at the same moment: now its place can be read.
            if not is_duplicate(error):
                raise
            return await self.transactions.grouped(work)

    async def _seat(self, tx: Transaction, programme: Programme, group: Group, at: datetime) -> Outcome:
        card = await self.store.card(programme.id, group.card, tx.session)
        if card is not None:
            return await self._again(tx, group, card)
        before, taken = await self.store.slot(programme.id, group.slot.id, tx.session)
        seating = seat_group(group.slot, before, taken, group.people)
        if isinstance(seating, Full):
            return seating
        after = before.with_group(group.people)
        await self.store.count(programme.id, group.slot.id, before, after, tx.session, seating.seats)
        return await self._keep(tx, programme, group, seating, at)

    async def _again(self, tx: Transaction, group: Group, card: Document) -> Seated | CardInUse:
        known = await self.store.group(card["group"], tx.session) if card.get("group") else None
        if known and group.key and known["key"] == group.key:
            return seated_of(known)
        return CardInUse(card["card"], card["place"], card.get("seat"))

    async def _keep(
        self, tx: Transaction, programme: Programme, group: Group, seating: Seating, at: datetime
    ) -> Seated:
        slot, number = group.slot, new_id()
        row = {
            "_id": number, "programme": programme.id, "slot": slot.id, "venue": slot.venue, "seat": seating.name,
            "seats": list(seating.seats), "people": group.people, "card": group.card, "seated_at": at,
            "order": time.time_ns(), "by": group.by, "key": group.key,
        }
        tx.insert(GROUPS, row)
        # Not buffered: the next group of the same transaction must see that the card is gone.
        await tx.database[CARDS].insert_one({
            "_id": key_of(programme.id, group.card), "programme": programme.id, "card": group.card,
            "number": number_of(group.card), "place": "seat", "venue": slot.venue, "slot": slot.id,
            "seat": seating.name, "group": number, "day": slot.day.isoformat(), "since": at, "by": group.by,
        }, session=tx.session)
        tx.say(GroupSeated(
            group=number, slot=slot.id, seat=seating.name, people=group.people, card=group.card, seated_at=at,
            by=group.by,
        ), subject=slot.id, programme=programme.id, at=at)
        record(tx, programme.id, CardMoved(
            object=group.card, kind="card", place="seat", venue=slot.venue, slot=slot.id, handed_by=group.by,
            taken_by=VISITOR, moved_at=at,
        ), group.by)
        return seated_of(row)


def seated_of(row: Document) -> Seated:
    """A group's answer from its document."""
    return Seated(row["_id"], tuple(seat_name(seat) for seat in row["seats"]), row["card"], row["people"])
