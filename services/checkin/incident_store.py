"""Incidents and destructions in checkin's store: numbers, seats, codes and staff ids; none holds a name (S10, S16).

| collection | kind | holds |
|---|---|---|
| incidents | authoritative | `_id` incident, programme, venue, day, scope, basis, reference, limit, cards, state, who |
| incident_cards | authoritative | `_id` incident/card, slot, seat, state, attempts, outcome, result, times |
| incident_steps | authoritative | each step of an incident as it was said, with who recorded it |
| destructions | authoritative | `_id` destruction, programme, count, ranges, method, who, before whom, when |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from services.checkin.domain.cards import number_of
from services.checkin.domain.incidents import CardFile, Incident, SeatedGroup
from services.checkin.domain.seating import seat_name
from services.checkin.store import CARDS, GROUPS, key_of
from shared.contracts.checkin import IncidentOpened, Place
from shared.contracts.envelope import Id
from shared.platform.mongo import Database, Document, Session

INCIDENTS, INCIDENT_CARDS, INCIDENT_STEPS = "incidents", "incident_cards", "incident_steps"
DESTRUCTIONS = "destructions"

INDEXES: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    (INCIDENTS, [("programme", 1), ("opened_at", -1)], {}),
    (INCIDENT_CARDS, [("incident", 1), ("number", 1)], {}),
    (INCIDENT_CARDS, [("programme", 1), ("state", 1)], {}),
    (INCIDENT_STEPS, [("incident", 1), ("order", -1)], {}),
    (DESTRUCTIONS, [("programme", 1), ("at", -1)], {}),
)


class IncidentStore:
    """Reads by name. With `session`, inside a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def incidents(self, programme: str, most: int = 50) -> list[Document]:
        """The programme's incidents, the latest first."""
        return await self.database[INCIDENTS].find({"programme": programme}).sort("opened_at", -1).to_list(most)

    async def incident(self, programme: str, incident: Id, session: Session | None = None) -> Document | None:
        """One incident."""
        return await self.database[INCIDENTS].find_one({"_id": incident, "programme": programme}, session=session)

    async def cards(self, incident: Id, session: Session | None = None) -> list[Document]:
        """All cards of an incident, by number."""
        rows = self.database[INCIDENT_CARDS].find({"incident": incident}, session=session)
        return await rows.sort("number", 1).to_list(None)

    async def card(self, incident: Id, card: str, session: Session | None = None) -> Document | None:
        """One card of an incident."""
        query = {"_id": key_of(incident, card)}
        return await self.database[INCIDENT_CARDS].find_one(query, session=session)

    async def steps(self, incident: Id, most: int = 200) -> list[Document]:
        """What was done, the latest first."""
        return await self.database[INCIDENT_STEPS].find({"incident": incident}).sort("order", -1).to_list(most)

    async def cards_out(self, programme: str) -> list[Document]:
        """Cards of the programme that are out for an incident."""
        query = {"programme": programme, "state": "out"}
        return await self.database[INCIDENT_CARDS].find(query).sort("out_since", 1).to_list(None)

    async def cards_needed(self, programme: str, session: Session | None = None) -> set[str]:
        """Cards of incidents that are not closed."""
        rows = self.database[INCIDENTS].find(
            {"programme": programme, "state": {"$ne": "closed"}}, {"cards": 1}, session=session)
        return {card async for row in rows for card in row["cards"]}

    async def seated(self, programme: str, slots: Collection[str], session: Session | None = None) -> list[Document]:
        """The groups of `slots`, in order of their seats."""
        query = {"programme": programme, "slot": {"$in": sorted(slots)}}
        return await self.database[GROUPS].find(query, session=session).sort([("slot", 1), ("seats", 1)]).to_list(None)

    async def groups_by_slot(self, programme: str) -> dict[str, int]:
        """Slot → groups seated."""
        rows = self.database[GROUPS].aggregate([
            {"$match": {"programme": programme}}, {"$group": {"_id": "$slot", "groups": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ])
        return {row["_id"]: row["groups"] async for row in rows}

    # -- destruction -----------------------------------------------------------------------------------------------

    async def places(
        self, programme: str, cards: Collection[str], session: Session | None = None
    ) -> dict[str, Place]:
        """Where each of `cards` is; one of which nothing is recorded lies in stock."""
        query = {"_id": {"$in": [key_of(programme, card) for card in cards]}}
        rows = self.database[CARDS].find(query, {"card": 1, "place": 1}, session=session)
        known = {row["card"]: row["place"] async for row in rows}
        return {card: known.get(card, "stock") for card in cards}

    async def in_case(
        self, programme: str, venue: str, day: str | None, session: Session | None = None
    ) -> list[str]:
        """The cards in a venue's case, of a day or of all, by number."""
        query = {"programme": programme, "venue": venue, "place": "case"} | ({"day": day} if day else {})
        rows = self.database[CARDS].find(query, {"card": 1}, session=session).sort("number", 1)
        return [row["card"] async for row in rows]

    async def in_case_by_day(self, programme: str) -> list[tuple[str, str, int]]:
        """(venue, day, cards) for each day of which cards lie in a case."""
        rows = self.database[CARDS].aggregate([
            {"$match": {"programme": programme, "place": "case"}},
            {"$group": {"_id": {"venue": "$venue", "day": "$day"}, "cards": {"$sum": 1}}},
            {"$sort": {"_id.day": 1, "_id.venue": 1}},
        ])
        return [(row["_id"]["venue"], row["_id"]["day"], row["cards"]) async for row in rows]

    async def destructions(self, programme: str) -> list[Document]:
        """What was destroyed, the latest first."""
        rows = self.database[DESTRUCTIONS].find({"programme": programme})
        return await rows.sort([("at", -1), ("_id", 1)]).to_list(None)


def incident_of(row: Document) -> Incident:
    """An incident as the rules know it."""
    return Incident(row["state"], row["opened_by"], tuple(row["cards"]))


def file_of(row: Document | None) -> CardFile | None:
    """An incident's card as the rules know it."""
    return card_file(row) if row else None


def card_file(row: Document) -> CardFile:
    """The same of a row that is there."""
    return CardFile(row["card"], row["state"], row["outcome"], row["result"], row["reason"], row["out_since"],
                    row["complete_since"])


def fresh_file(fact: IncidentOpened, programme: str, group: Document) -> Document:
    """A card of an incident that was just opened, with the seats of its group."""
    return {
        "_id": key_of(fact.incident, group["card"]), "programme": programme, "incident": fact.incident,
        "card": group["card"], "number": number_of(group["card"]), "slot": group["slot"], "seat": group["seat"],
        "last_seat": seat_name(group["seats"][-1]), "people": group["people"], "state": "locked", "attempts": 0,
        "outcome": None, "next_attempt_at": None, "complete_since": None, "out_since": None, "result": None,
        "reason": None,
    }


def groups_of(rows: Iterable[Document]) -> list[SeatedGroup]:
    """Groups as the rules know them."""
    return [SeatedGroup(row["slot"], tuple(row["seats"]), row["card"]) for row in rows]
