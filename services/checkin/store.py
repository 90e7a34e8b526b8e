"""checkin's own collections. None holds a name: personal parts lie sealed in `personal` (shared.privacy.records).

| collection | kind | holds |
|---|---|---|
| passes | authoritative | `_id` pass, programme, draw, application, slot, seats, issue, void, trace |
| admissions | authoritative | `_id` pass (so: one a pass), id, programme, slot, seats, scanned_at, terminal, by, key |
| groups | authoritative | `_id` group, programme, slot, venue, seat, seats, people, card, seated_at, by, key |
| slots | derived from admissions and groups, in the same transaction | `_id` programme/slot, counters, seats taken |
| cards | authoritative | `_id` programme/card, number, place, venue, slot, seat, group, day, since, by |
| cases | authoritative | `_id` programme/case, place, venue, count, day, since |
| moves | authoritative | each hand-over of a card or case, with two names |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from services.checkin.domain.admission import Admission
from services.checkin.domain.occupancy import Occupancy
from shared.contracts.checkin import PASS_CODE_LENGTH
from shared.contracts.envelope import Id
from shared.platform.collections import Declared, personal
from shared.platform.mongo import Database, Document, Session

PASSES, ADMISSIONS, GROUPS, SLOTS = "passes", "admissions", "groups", "slots"
CARDS, CASES, MOVES = "cards", "cases", "moves"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(PASSES, "authoritative", ("checkin.passes.v1",)),
    Declared(ADMISSIONS, "authoritative", ("checkin.admissions.v1",)),
    Declared(GROUPS, "authoritative", ("checkin.admissions.v1",)),
    Declared(SLOTS, "derived", ("checkin.admissions.v1",)),
    Declared(CARDS, "authoritative", ("checkin.custody.v1", "checkin.admissions.v1")),
    Declared(CASES, "authoritative", ("checkin.custody.v1",)),
    Declared(MOVES, "authoritative", ("checkin.custody.v1",)),
    # services.checkin.incident_store says what these hold.
    Declared("incidents", "authoritative", ("checkin.contacts.v1",)),
    Declared("incident_cards", "authoritative", ("checkin.contacts.v1",)),
    Declared("incident_steps", "authoritative", ("checkin.contacts.v1",)),
    Declared("destructions", "authoritative", ("checkin.custody.v1",)),
    personal("intake.personal.v1", "derived"),
)

INDEXES: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    (PASSES, [("programme", 1), ("application", 1)], {}),
    (PASSES, [("programme", 1), ("slot", 1)], {}),
    (ADMISSIONS, [("programme", 1), ("slot", 1), ("scanned_at", -1)], {}),
    (GROUPS, [("programme", 1), ("slot", 1), ("seated_at", -1)], {}),
    (CARDS, [("programme", 1), ("venue", 1), ("by", 1), ("number", -1)], {}),
    (CARDS, [("programme", 1), ("place", 1), ("day", 1)], {}),
    (CASES, [("programme", 1)], {}),
    (MOVES, [("programme", 1), ("order", -1)], {}),
)
_COUNTERS = tuple(Occupancy().__dict__)


def key_of(programme: str, name: str) -> str:
    """The `_id` of a slot, card or case: their names are unique within a programme only."""
    return f"{programme}/{name}"


class Store:
    """Reads and writes by name. With `session`, inside a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # -- passes and admissions -----------------------------------------------------------------------------------

    async def passes(self, ids: Collection[Id], session: Session | None = None) -> dict[Id, Document]:
        """Passes by id."""
        rows = self.database[PASSES].find({"_id": {"$in": list(ids)}}, session=session)
        return {row["_id"]: row async for row in rows}

    async def passes_of(self, programme: str, application: Id, session: Session) -> list[Document]:
        """Every pass that was ever issued to an application, by whichever draw."""
        query = {"programme": programme, "application": application}
        return await self.database[PASSES].find(query, session=session).sort("_id", 1).to_list(None)

    async def pass_by_code(self, programme: str, code: str) -> Document | None:
        """The pass whose id begins with `code`; None also where two do."""
        upto = code + "g" if len(code) == PASS_CODE_LENGTH else code + "0"
        query = {"_id": {"$gte": code, "$lt": upto}, "programme": programme}
        rows = await self.database[PASSES].find(query).limit(2).to_list(None)
        return rows[0] if len(rows) == 1 else None

    async def void(self, pass_id: Id, reason: str, session: Session) -> None:
        """Marks a pass as void."""
        change = {"$set": {"void": True, "reason": reason}}
        await self.database[PASSES].update_one({"_id": pass_id}, change, session=session)

    async def valid_passes(
        self, programme: str, slots: Collection[str], most: int, session: Session
    ) -> list[Document]:
        """Up to `most` passes for these slots that admit somebody."""
        query = {"programme": programme, "slot": {"$in": list(slots)}, "void": False}
        return await self.database[PASSES].find(query, session=session).sort("_id", 1).to_list(most)

    async def expected(self, programme: str, slot: str) -> tuple[int, int]:
        """Parties and seats that hold a valid pass for the slot."""
        rows = self.database[PASSES].find({"programme": programme, "slot": slot, "void": False}, {"seats": 1})
        seats = [row["seats"] async for row in rows]
        return len(seats), sum(seats)

    async def admissions(self, pass_ids: Collection[Id], session: Session | None = None) -> dict[Id, Admission]:
        """Admissions by pass."""
        rows = self.database[ADMISSIONS].find({"_id": {"$in": list(pass_ids)}}, session=session)
        return {row["_id"]: admission_of(row) async for row in rows}

    # -- slots ---------------------------------------------------------------------------------------------------

    async def occupancies(
        self, programme: str, slots: Iterable[str], session: Session | None = None
    ) -> dict[str, Occupancy]:
        """How full each of `slots` is; nobody has come to a slot of which nothing is known."""
        names = list(slots)
        query = {"_id": {"$in": [key_of(programme, name) for name in names]}}
        rows = self.database[SLOTS].find(query, {"taken": 0}, session=session)
        known = {row["_id"]: row async for row in rows}
        return {name: occupancy_of(known.get(key_of(programme, name))) for name in names}

    async def slot(self, programme: str, slot: str, session: Session | None = None) -> tuple[Occupancy, set[int]]:
        """How full a slot is, and which walk-in seats are taken."""
        row = await self.database[SLOTS].find_one({"_id": key_of(programme, slot)}, session=session)
        return occupancy_of(row), set(row.get("taken", ())) if row else set()

    async def count(
        self, programme: str, slot: str, before: Occupancy, after: Occupancy, session: Session,
        taken: Collection[int] = (),
    ) -> None:
        """Moves a slot's counters from `before` to `after`.

        Raises `RuntimeError` if they were not `before`: then the decision was made on old numbers, and nothing of
        the transaction may stand.
        """
        old, new = asdict(before), asdict(after)
        change: dict[str, Any] = {"$inc": {name: new[name] - old[name] for name in _COUNTERS}}
        if taken:
            change["$push"] = {"taken": {"$each": list(taken)}}
        fresh = before == Occupancy()
        result = await self.database[SLOTS].update_one(
            {"_id": key_of(programme, slot)} | ({} if fresh else old), change, upsert=fresh, session=session)
        if not result.matched_count and result.upserted_id is None:
            raise RuntimeError("a slot's counters moved under a decision")

    # -- groups, cards, cases ------------------------------------------------------------------------------------

    async def group(self, group: Id, session: Session | None = None) -> Document | None:
        """A walk-in group."""
        return await self.database[GROUPS].find_one({"_id": group}, session=session)

    async def groups(self, programme: str, slot: str, most: int = 200) -> list[Document]:
        """The groups of a slot, the latest first."""
        query = {"programme": programme, "slot": slot}
        return await self.database[GROUPS].find(query).sort([("seated_at", -1), ("order", -1)]).to_list(most)

    async def card(self, programme: str, card: str, session: Session | None = None) -> Document | None:
        """Where a card is; None as long as it lies in stock."""
        query = {"_id": key_of(programme, card)}
        return await self.database[CARDS].find_one(query, session=session)

    async def last_card(self, programme: str, venue: str, by: str) -> int | None:
        """The last card that this attendant handed out at the venue, else the venue's last."""
        for query in ({"venue": venue, "by": by}, {"venue": venue}, {}):
            # Cards that a group was given; spoiled ones that were destroyed are on nobody's pile.
            handed_out = {"programme": programme, "group": {"$exists": True}, **query}
            rows = self.database[CARDS].find(handed_out, {"number": 1})
            found = await rows.sort("number", -1).limit(1).to_list(None)
            if found:
                return int(found[0]["number"])
        return None

    async def used_cards(self, programme: str, cards: Collection[str]) -> set[str]:
        """Those of `cards` that left the stock."""
        query = {"_id": {"$in": [key_of(programme, card) for card in cards]}}
        return {row["card"] async for row in self.database[CARDS].find(query, {"card": 1})}

    async def case(self, programme: str, case: str, session: Session | None = None) -> Document | None:
        """Where a case is."""
        query = {"_id": key_of(programme, case)}
        return await self.database[CASES].find_one(query, session=session)

    async def cards_in_case(self, programme: str, venue: str, session: Session | None = None) -> int:
        """How many cards are in the venue's case, by the ledger."""
        query = {"programme": programme, "place": "case", "venue": venue}
        return int(await self.database[CARDS].count_documents(query, session=session))

    async def cards_by_place(self, programme: str) -> dict[tuple[str, str], int]:
        """(venue, place) → number of cards."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"programme": programme}},
            {"$group": {"_id": {"venue": "$venue", "place": "$place"}, "cards": {"$sum": 1}}},
        ]
        rows = self.database[CARDS].aggregate(pipeline)
        return {(row["_id"]["venue"], row["_id"]["place"]): row["cards"] async for row in rows}

    async def last_day_in_case(self, programme: str) -> dict[str, str]:
        """Venue → the latest day of which a card lies in its case."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"programme": programme, "place": "case"}},
            {"$group": {"_id": "$venue", "day": {"$max": "$day"}}},
        ]
        return {row["_id"]: row["day"] async for row in self.database[CARDS].aggregate(pipeline)}

    async def cards_outside(self, programme: str, places: Collection[str], most: int = 500) -> list[Document]:
        """Cards that were handed out and are not locked up, the oldest first."""
        query = {"programme": programme, "place": {"$in": sorted(places)}}
        return await self.database[CARDS].find(query).sort([("day", 1), ("number", 1)]).to_list(most)

    async def cases(self, programme: str) -> list[Document]:
        """Every case of which something is recorded."""
        return await self.database[CASES].find({"programme": programme}).sort("_id", 1).to_list(None)

    async def moves(self, programme: str, most: int = 20) -> list[Document]:
        """The last hand-overs."""
        return await self.database[MOVES].find({"programme": programme}).sort("order", -1).to_list(most)


def occupancy_of(row: Document | None) -> Occupancy:
    """The counters of a slot's document."""
    return Occupancy(**{name: row.get(name, 0) for name in _COUNTERS}) if row else Occupancy()


def admission_of(row: Document) -> Admission:
    """An admission as the rules know it."""
    return Admission(
        row["id"], row["_id"], row["slot"], row["seats"], row["scanned_at"], row["terminal"], row["by"], row["key"])


def admission_row(programme: str, admission: Admission) -> Document:
    """An admission as it is stored."""
    row = asdict(admission)
    return {"_id": row.pop("pass_id"), "programme": programme, **row}
