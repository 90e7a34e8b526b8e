"""Postcards as things: batches, their hand-overs, and one row a card that somebody has looked at (S02, S12, S15).

`batches` (authoritative): one a batch: how many cards, where it lies, what was counted last.
`batch_moves` (authoritative): each hand-over and recount.
`postcards` (authoritative): one a card: keyed in, held or given up, and whether a second person checked it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.domain.batches import Standing, batch_and_position
from shared.contracts.envelope import Id
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

BATCHES, BATCH_MOVES, POSTCARDS = "batches", "batch_moves", "postcards"
KEYED, HELD, GIVEN_UP = "keyed", "held", "given-up"
DUE, DIFFERS, AGREED, SETTLED = "due", "differs", "agreed", "settled"
OPEN_CHECKS = (DUE, DIFFERS)

COLLECTIONS: tuple[Declared, ...] = (
    Declared(BATCHES, "authoritative", ("intake.postcards.v1",)),
    Declared(BATCH_MOVES, "authoritative", ("intake.postcards.v1",)),
    Declared(POSTCARDS, "authoritative", ("intake.postcards.v1",)),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (BATCHES, [("programme", 1)], {}),
    (BATCH_MOVES, [("programme", 1), ("batch", 1), ("at", 1)], {}),
    (POSTCARDS, [("programme", 1), ("batch", 1), ("state", 1)], {}),
    (POSTCARDS, [("programme", 1), ("at", 1)], {}),
    (POSTCARDS, [("programme", 1), ("check", 1)], {"sparse": True}),
    (POSTCARDS, [("application", 1)], {"sparse": True}),
)


def row_id(programme: str, name: str) -> str:
    """Where a batch or a card of a programme lies."""
    return f"{programme}/{name}"


class PostcardStore:
    """Questions to, and changes of, the desk's collections; changes belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- batches -------------------------------------------------------------------------------------------------

    async def batch(self, programme: str, batch: str) -> Document | None:
        """A batch by its number."""
        return await self._database[BATCHES].find_one({"_id": row_id(programme, batch)})

    async def batches(self, programme: str) -> list[Document]:
        """All batches, the first one first."""
        return await self._database[BATCHES].find({"programme": programme}).sort("_id", 1).to_list(None)

    async def count_batches(self, programme: str) -> int:
        """How many counted batches there are: the next one's number is one higher."""
        return await self._database[BATCHES].count_documents({"programme": programme, "count": {"$ne": None}})

    async def last_position(self, programme: str, batch: str) -> int:
        """The highest place in a counted batch whose card somebody has looked at; 0 where there is none."""
        last = await self._database[POSTCARDS].find_one({"programme": programme, "batch": batch}, sort=[("_id", -1)])
        named = batch_and_position(last["card"]) if last else None
        return named[1] if named else 0

    async def change_batch(self, tx: Transaction, batch: Document, values: Document) -> bool:
        """Changes a batch that nobody moved or counted since it was read as `batch`; whether it was so."""
        done = await self._database[BATCHES].update_one(
            {"_id": batch["_id"], "moves": batch["moves"]}, {"$set": values, "$inc": {"moves": 1}},
            session=tx.session)
        return bool(done.matched_count)

    async def moves(self, programme: str, batch: str) -> list[Document]:
        """A batch's hand-overs and recounts, the first one first."""
        found = self._database[BATCH_MOVES].find({"programme": programme, "batch": batch})
        return await found.sort([("at", 1), ("order", 1)]).to_list(None)

    async def standings(self, programme: str, batches: Sequence[Document]) -> dict[str, Standing]:
        """Where each of these batches stands, by its number."""
        groups = self._database[POSTCARDS].aggregate([
            {"$match": {"programme": programme}},
            {"$group": {"_id": {"batch": "$batch", "state": "$state"}, "count": {"$sum": 1}}}])
        counts = {(row["_id"]["batch"], row["_id"]["state"]): row["count"] async for row in groups}
        return {
            one["batch"]: Standing(one["count"], *(counts.get((one["batch"], state), 0)
                                                   for state in (KEYED, HELD, GIVEN_UP)))
            for one in batches
        }

    # -- cards ---------------------------------------------------------------------------------------------------

    async def card(self, programme: str, card: str, tx: Transaction | None = None) -> Document | None:
        """A card that somebody has looked at."""
        return await self._database[POSTCARDS].find_one(
            {"_id": row_id(programme, card)}, session=tx.session if tx else None)

    async def cards(self, programme: str, cards: Sequence[str], tx: Transaction | None = None) -> dict[str, Document]:
        """Those of these cards that somebody has looked at, by number."""
        ids = [row_id(programme, card) for card in cards]
        found = self._database[POSTCARDS].find({"_id": {"$in": ids}}, session=tx.session if tx else None)
        return {row["card"]: row async for row in found}

    async def change_card(self, tx: Transaction, row: Document, values: Document) -> bool:
        """Changes a card that is still as in `row`; whether it was."""
        as_it_was = {"_id": row["_id"], "state": row["state"], "check": row.get("check")}
        done = await self._database[POSTCARDS].update_one(as_it_was, {"$set": values}, session=tx.session)
        return bool(done.matched_count)

    async def cards_in(self, programme: str, batch: str) -> list[Document]:
        """The cards of a batch that somebody has looked at, in order."""
        found = self._database[POSTCARDS].find({"programme": programme, "batch": batch})
        return await found.sort("_id", 1).to_list(None)

    async def cards_that_are(self, programme: str, state: str) -> list[Document]:
        """All cards in this state, in order."""
        return await self._database[POSTCARDS].find(
            {"programme": programme, "state": state}).sort("_id", 1).to_list(None)

    async def to_check(self, programme: str) -> list[Document]:
        """Cards that a second person has still to check or to settle, those that were keyed in first at the front."""
        found = self._database[POSTCARDS].find({"programme": programme, "check": {"$in": list(OPEN_CHECKS)}})
        return await found.sort([("at", 1), ("_id", 1)]).to_list(None)

    async def count_checks(self, programme: str) -> dict[str, int]:
        """How many cards stand how with their check."""
        groups = self._database[POSTCARDS].aggregate([
            {"$match": {"programme": programme, "check": {"$type": "string"}}},
            {"$group": {"_id": "$check", "count": {"$sum": 1}}}])
        return {row["_id"]: row["count"] async for row in groups}

    async def keyed_since(self, programme: str, since: datetime) -> dict[Id, int]:
        """How many cards each person keyed in from `since` on."""
        groups = self._database[POSTCARDS].aggregate([
            {"$match": {"programme": programme, "state": KEYED, "at": {"$gte": since}}},
            {"$group": {"_id": "$by", "count": {"$sum": 1}}}])
        return {row["_id"]: row["count"] async for row in groups}

    async def count_keyed(self, programme: str) -> int:
        """How many cards were keyed in in all."""
        return await self._database[POSTCARDS].count_documents({"programme": programme, "state": KEYED})
