"""A card or a case changes hands (S15, S16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from services.checkin.domain.custody import AT_OWN_DESK, START, VISITOR, Misfit, Move, case_name, check_move
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


class HandOverRefused(Exception):
    """The ledger cannot take a move: nothing of the transaction may stand."""

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
        if moves[0].place in AT_OWN_DESK:
            return NotRecorded(moves[0].object, moves[0].place, Misfit("own-desk"))
        work = partial(self._move_all, programme=programme, moves=moves, recorded_by=recorded_by, at=now)
        try:
            await self.transactions.run(work)
        except HandOverRefused as refused:
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
                await self.move_card(tx, programme, move, recorded_by, at)
            else:
                await self._move_case(tx, programme, move, recorded_by, at)

    async def move_card(
        self, tx: Transaction, programme: Programme, move: Move, recorded_by: str, at: datetime
    ) -> None:
        """One card's move within a transaction; raises `HandOverRefused` where the ledger cannot take it."""
        card = await self.store.card(programme.id, move.object, tx.session)
        if card:
            move = replace(move, venue=card["venue"])
        await self._check(tx, programme.id, move, card)
        # A card that left the stock has its document: seating made it, or the destruction desk.
        change = {"$set": {"place": move.place, "since": at}}
        await tx.database[CARDS].update_one({"_id": key_of(programme.id, move.object)}, change, session=tx.session)
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
        self._record(tx, programme.id, move, None, recorded_by, at)

    async def _check(self, tx: Transaction, programme: str, move: Move, known: Document | None) -> None:
        case = await self.store.case(programme, case_name(move.venue), tx.session)
        misfit = check_move(
            move, known["place"] if known else None, case_at=case["place"] if case else START["case"],
            cards_in_case=await self.store.cards_in_case(programme, move.venue, tx.session))
        if misfit:
            raise HandOverRefused(NotRecorded(move.object, known["place"] if known else START[move.kind], misfit))

    def _record(
        self, tx: Transaction, programme: str, move: Move, slot: str | None, recorded_by: str, at: datetime
    ) -> None:
        record(tx, programme, CardMoved(
            object=move.object, kind=move.kind, place=move.place, venue=move.venue, slot=slot, count=move.count,
            handed_by=move.handed_by, taken_by=move.taken_by, moved_at=at,
        ), recorded_by)
