"""What auditors found of the entries of the sample, as intake says it (B01).

`traces` (derived from intake.applications.v1): one an entry: draw and finding. Whose application it was stays unsaid.
"""

from __future__ import annotations

from typing import Any

from services.lottery.store import RESULTS
from shared.contracts.lottery import AUDITED
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document

TRACES = "traces"

COLLECTIONS: tuple[Declared, ...] = (Declared(TRACES, "derived", ("intake.applications.v1",)),)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = ((TRACES, [("draw", 1)], {}),)


async def sampled(database: Database, draw: str, size: int = AUDITED) -> list[Document]:
    """The results of the first `size` entries in the order of tracing."""
    query = {"draw": draw, "audit": {"$type": "int", "$lte": size}}
    return await database[RESULTS].find(query).sort("audit", 1).to_list(None)


async def findings(database: Database, draw: str) -> dict[str, str]:
    """What was found, by entry."""
    return {row["entry"]: row["finding"] async for row in database[TRACES].find({"draw": draw})}
