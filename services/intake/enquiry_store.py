"""What the enquiry desk keeps while it works: whose identity was confirmed just now, and which tries failed (B19).

`enquiries` (passing): a quarter of an hour a confirmed caller; it goes with the application at an erasure.
`enquiry_tries` (passing): a day a failed try: who at the desk, and a keyed hash of what was looked for, whether or not
there is such an application. Both live on the real clock, and expire by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.intake.domain.enquiry import ABOUT_PERIOD, CONFIRMED_FOR
from shared.contracts.envelope import Id, new_id
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

ENQUIRIES, TRIES = "enquiries", "enquiry_tries"

COLLECTIONS: tuple[Declared, ...] = (Declared(ENQUIRIES, "passing"), Declared(TRIES, "passing"))

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (ENQUIRIES, [("until", 1)], {"expireAfterSeconds": 0}),
    (ENQUIRIES, [("application", 1)], {}),
    (TRIES, [("at", 1)], {"expireAfterSeconds": int(ABOUT_PERIOD.total_seconds())}),
    (TRIES, [("staff", 1), ("at", 1)], {}),
    (TRIES, [("about", 1), ("at", 1)], {}),
)


class EnquiryStore:
    """Questions to, and changes of, the desk's two collections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def full_until(self, query: Mapping[str, Any], most: int, within: timedelta) -> datetime | None:
        """When fewer than `most` tries will have failed `within` that time, of a member of `staff` or `about` somebody;
        None where that is so now.
        """
        lately = self._database[TRIES].find({**query, "at": {"$gt": datetime.now(UTC) - within}}, {"at": 1})
        failed = await lately.sort("at", -1).skip(most - 1).limit(1).to_list(1)
        if not failed:
            return None
        first: datetime = failed[0]["at"]
        return first + within

    async def open(self, enquiry: Id, staff: str, programme: str) -> Document | None:
        """The enquiry that this member of staff has confirmed, as long as it holds."""
        return await self._database[ENQUIRIES].find_one({
            "_id": enquiry, "staff": staff, "programme": programme, "until": {"$gt": datetime.now(UTC)}})


def keep_failure(tx: Transaction, staff: str, about: str) -> None:
    """A try failed."""
    tx.insert(TRIES, {"_id": new_id(), "staff": staff, "about": about, "at": datetime.now(UTC)})


def keep_confirmed(tx: Transaction, enquiry: Document) -> None:
    """A caller's identity is confirmed for a while."""
    tx.insert(ENQUIRIES, {**enquiry, "until": datetime.now(UTC) + CONFIRMED_FOR})
