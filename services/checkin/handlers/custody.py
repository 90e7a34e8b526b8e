"""A card or a case changes hands (S15, S16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from services.checkin.domain.cards import number_of
from services.checkin.domain.custody import START, VISITOR, Misfit, Move, case_name, check_move
from services.checkin.handlers.ledger import record
from services.checkin.store import CARDS, CASES, Store, key_of
from shared.contracts.checkin import CardMoved
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.mongo import Document
from shared.platform.register import Register

HANDLERS = ("attendant", "officer")


@dataclass(frozen=True)
class NotRecorded:
    """Nothing was recorded, because `object` may not move like this; `at` is where the ledger has it."""

    object: str
    at: str
    misfit: Misfit


@dataclass(frozen=True)
class NotDesignated:
    """Nothing was recorded, because somebody named is not designated for it (S19)."""

    staff: str
    reason: str


@dataclass(frozen=True)
class Recorded:
    """The hand-over stands; `objects` in the order given, `at` the programme's time."""

    objects: tuple[str, ...]
    place: str
    at: datetime


class _Refused(Exception):
    def __init__(self, answer: NotRecorded) -> None:
        super().__init__(answer.misfit.why)
        self.answer = answer


@dataclass(frozen=True)
class Custody:
    """Keeps the ledger of cards and cases."""

    store: Store
    transactions: Transactions
    clock: Clock
    register: Register

    async def move(
        self, programme: Programme, moves: Sequence[Move], recorded_by: str
    ) -> Recorded | NotRecorded | NotDesignated:
        """Records all of `moves` or none of them."""
        now = self.clock.now(programme.id)
        stranger = self._stranger(programme.id, moves, now)
        if stranger:
            return stranger
        work = partial(self._move_all, programme=programme, moves=moves, recorded_by=recorded_by, at=now)
        try:
            await self.transactions.run(work)
        except _Refused as refused:
            return refused.answer
        return Recorded(tuple(move.object for move in moves), moves[0].place, now)

    def _stranger(self, programme: str, moves: Sequence[Move], now: datetime) -> NotDesignated | None:
        for staff in {name for move in moves for name in (move.handed_by, move.taken_by)} - {VISITOR}:
            reason = self.register.refusal(staff, HANDLERS, programme, now)
            if reason:
                return NotDesignated(staff, reason)
        return None

    async def _move_all(
        self, tx: Transaction, programme: Programme, moves: Sequence[Move], recorded_by: str, at: datetime
    ) -> None:
        for move in moves:
            if move.kind == "card":
                await self._move_card(tx, programme, move, recorded_by, at)
            else:
                await self._move_case(tx, programme, move, recorded_by, at)

    async def _move_card(
        self, tx: Transaction, programme: Programme, move: Move, recorded_by: str, at: datetime
    ) -> None:
        card = await self.store.card(programme.id, move.object, tx.session)
        if card:
            move = replace(move, venue=card["venue"])
        await self._check(tx, programme.id, move, card)
        known = key_of(programme.id, move.object)
        fresh = {"programme": programme.id, "card": move.object, "number": number_of(move.object), "by": move.handed_by,
                 "day": programme.local(at).date().isoformat()}
        change = {"$set": {"place": move.place, "venue": move.venue, "since": at}, "$setOnInsert": fresh}
        await tx.database[CARDS].update_one({"_id": known}, change, upsert=True, session=tx.session)
        self._record(tx, programme.id, move, card.get("slot") if card else None, recorded_by, at)

    async def _move_case(
        self, tx: Transaction, programme: Programme, move: Move, recorded_by: str, at: datetime
    ) -> None:
        case = await self.store.case(programme.id, move.object, tx.session)
        await self._check(tx, programme.id, move, case)
        change = {"$set": {
            "programme": programme.id, "case": move.object, "place": move.place, "venue": move.venue,
            "count": move.count, "since": at,
        }}
        known = {"_id": key_of(programme.id, move.object)}
        await tx.database[CASES].update_one(known, change, upsert=True, session=tx.session)
        if move.place == "destroyed":
            await self._destroy_cards(tx, programme.id, move, at)
        self._record(tx, programme.id, move, None, recorded_by, at)

    async def _destroy_cards(self, tx: Transaction, programme: str, move: Move, at: datetime) -> None:
        inside = {"programme": programme, "venue": move.venue, "place": "case"}
        change = {"$set": {"place": "destroyed", "since": at}}
        await tx.database[CARDS].update_many(inside, change, session=tx.session)

    async def _check(self, tx: Transaction, programme: str, move: Move, known: Document | None) -> None:
        case = await self.store.case(programme, case_name(move.venue), tx.session)
        misfit = check_move(
            move, known["place"] if known else None, case_at=case["place"] if case else START["case"],
            cards_in_case=await self.store.cards_in_case(programme, move.venue, tx.session))
        if misfit:
            raise _Refused(NotRecorded(move.object, known["place"] if known else START[move.kind], misfit))

    def _record(
        self, tx: Transaction, programme: str, move: Move, slot: str | None, recorded_by: str, at: datetime
    ) -> None:
        record(tx, programme, CardMoved(
            object=move.object, kind=move.kind, place=move.place, venue=move.venue, slot=slot, count=move.count,
            handed_by=move.handed_by, taken_by=move.taken_by, moved_at=at,
        ), recorded_by)
