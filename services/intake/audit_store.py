"""What auditors found of the entries that they traced (B01).

`traced` (authoritative): one an entry: draw, entry, finding, by whom and when. It names no application: once that is
erased, nothing leads from an entry to a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.intake.store import APPLICATIONS, OUTCOMES
from shared.contracts.envelope import Id
from shared.contracts.intake import EntryTraced
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document
from shared.privacy.erasing import ERASURES

TRACED = "traced"

COLLECTIONS: tuple[Declared, ...] = (Declared(TRACED, "authoritative", ("intake.applications.v1",)),)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (TRACED, [("programme", 1)], {}),
)

def row_of(programme: str, fact: EntryTraced, at: datetime) -> Document:
    """The row of a finding."""
    return {"_id": f"{programme}/{fact.draw}/{fact.entry}", "programme": programme, "draw": fact.draw,
            "entry": fact.entry, "finding": fact.finding, "by": fact.by, "at": at}


async def keep(tx: Transaction, row: Document) -> None:
    """A finding, in place of an earlier one."""
    await tx.database[TRACED].replace_one({"_id": row["_id"]}, row, upsert=True, session=tx.session)


async def all_traced(database: Database, programme: str) -> list[Document]:
    """Every finding, the last one first."""
    return await database[TRACED].find({"programme": programme}).sort([("at", -1), ("_id", 1)]).to_list(None)


async def of_entry(database: Database, programme: str, entry: Id) -> tuple[Document, int | None] | None:
    """The application of an entry, and its number in the order of tracing; None where there is no application."""
    application = await database[APPLICATIONS].find_one({"programme": programme, "entry": entry})
    if application is None:
        return None
    outcome = await database[OUTCOMES].find_one({"_id": application["_id"]}, {"audit": 1})
    return application, (outcome or {}).get("audit")


async def anything_erased(database: Database, programme: str) -> bool:
    """Whether an applicant's data of this programme was ordered to be erased already."""
    query = {"programme": programme, "kind": "application"}
    return await database[ERASURES].find_one(query, {"_id": 1}) is not None
