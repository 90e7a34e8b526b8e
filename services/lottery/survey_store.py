"""The entries as they are now and the seats they hold, counted in the store: for preflight and the desk (B01, B02)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.lottery.domain.preflight import Survey
from services.lottery.store import APPLICATIONS, RESULTS, TAKES_PART
from shared.platform.mongo import Database

_ALL: list[dict[str, Any]] = [
    {"$group": {"_id": None, "taken": {"$sum": 1}, "withdrawn": {"$sum": {"$cond": ["$withdrawn", 1, 0]}}}}]
_ALONE: list[dict[str, Any]] = [
    {"$match": TAKES_PART}, {"$group": {"_id": {"seats": "$seats", "wishes": "$wishes"}, "entries": {"$sum": 1}}},
    {"$group": {"_id": None, "alone": {"$sum": {"$cond": [{"$eq": ["$entries", 1]}, 1, 0]}}}},
]
_PARTIES: list[dict[str, Any]] = [
    {"$match": TAKES_PART}, {"$group": {"_id": "$seats", "entries": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
_WISHES: list[dict[str, Any]] = [
    {"$match": TAKES_PART}, {"$set": {"first": {"$first": "$wishes"}}}, {"$unwind": "$wishes"},
    {"$group": {
        "_id": "$wishes", "wished": {"$sum": "$seats"},
        "first": {"$sum": {"$cond": [{"$eq": ["$first", "$wishes"]}, "$seats", 0]}}}},
]


async def survey(database: Database, programme: str) -> Survey:
    """Counts over the applications that take part, and how many there are besides, whatever the step."""
    found = database[APPLICATIONS].aggregate([
        {"$match": {"programme": programme, "entry": {"$exists": True}}},
        {"$facet": {"all": _ALL, "alone": _ALONE, "parties": _PARTIES, "wishes": _WISHES}},
    ], allowDiskUse=True)
    (counts,) = await found.to_list(1)
    by_party = {row["_id"]: row["entries"] for row in counts["parties"]}
    everything = counts["all"][0] if counts["all"] else {"taken": 0, "withdrawn": 0}
    return Survey(
        taken=everything["taken"], withdrawn=everything["withdrawn"], entries=sum(by_party.values()),
        alone=counts["alone"][0]["alone"] if counts["alone"] else 0, by_party=by_party,
        first={row["_id"]: row["first"] for row in counts["wishes"]},
        wished={row["_id"]: row["wished"] for row in counts["wishes"]})


async def seats_held(database: Database, draws: Mapping[str, Any]) -> dict[str, int]:
    """Seats that entries hold now by slot, in the draws that the query `draws` finds, in the order of slots."""
    rows = database[RESULTS].aggregate([
        {"$match": draws}, {"$unwind": "$holds"},
        {"$group": {"_id": "$holds", "seats": {"$sum": "$seats"}}}, {"$sort": {"_id": 1}},
    ])
    return {row["_id"]: row["seats"] async for row in rows}
