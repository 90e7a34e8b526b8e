"""Lottery's own collections.

| collection | holds | kind |
|---|---|---|
| applications | of each entry, seats, wishes, whether it counts; which second draw it is told of | derived |
| partitions | which numbered facts of (programme, partition) were heard, and how many there are | derived |
| windows | one a programme: the partitions that are complete; then the deadline of the freeze | derived |
| late | withdrawals after the window was closed, until they are a strike or a change | derived |
| draws | one a draw: how far it is, its digests, what waits for signatures | authoritative |
| lines | the transcript, in its order by (phase, order); entries and results in chunks | authoritative |
| results | one an entry: place, outcome, what it holds now, number in the order of an audit | derived from lines |
| changes | changes of a day that is not over yet; settled ones are in `lines` | authoritative |
| refusals | steps that were refused, and why | authoritative |
| fairness | one a draw: how it came out beside simulated draws, or how far these are | authoritative |
| simulations | what simulated draws gave, until the fairness is stated | passing |
| handovers | who of the auditors fetched the whole transcript of a draw published by digest | authoritative |

None holds personal data, and no other id of a person than the random ones that the fact topics keep for good: an order
to erase finds nothing here, and is answered so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import new_id
from shared.messaging.transaction import Transaction
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document, Session

APPLICATIONS, PARTITIONS, WINDOWS, LATE = "applications", "partitions", "windows", "late"
DRAWS, LINES, RESULTS, CHANGES, REFUSALS = "draws", "lines", "results", "changes", "refusals"
FAIRNESS, SIMULATIONS = "fairness", "simulations"
STATED = "stated"
"""State of a draw's fairness that was said: before, simulated draws are due."""
HANDOVERS = "handovers"

COLLECTIONS: tuple[Declared, ...] = (
    Declared(APPLICATIONS, "derived", ("intake.applications.v1", "notifier.notices.v1")),
    Declared(PARTITIONS, "derived", ("intake.applications.v1", "intake.windows.v1")),
    Declared(WINDOWS, "derived", ("intake.applications.v1", "intake.windows.v1")),
    Declared(LATE, "derived", ("intake.applications.v1",)),
    Declared(DRAWS, "authoritative", ("lottery.draws.v1",)),
    Declared(LINES, "authoritative", ("lottery.draws.v1", "intake.applications.v1")),
    Declared(RESULTS, "derived", ("lottery.results.v1",)),
    Declared(CHANGES, "authoritative",
             not_rebuilt="a day of changes is said when it is settled, and is lines of the transcript then"),
    Declared(REFUSALS, "authoritative", ("lottery.draws.v1",)),
    Declared(FAIRNESS, "authoritative", ("lottery.draws.v1",)),
    Declared(SIMULATIONS, "passing"),
    Declared(HANDOVERS, "authoritative", ("lottery.draws.v1",)),
)

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    (APPLICATIONS, [("programme", 1), ("entry", 1)], {"unique": True}),
    (WINDOWS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (LATE, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (CHANGES, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (CHANGES, [("draw", 1), ("_id", 1)], {}),
    (LINES, [("draw", 1), ("phase", 1), ("order", 1)], {"unique": True}),
    (RESULTS, [("draw", 1), ("entry", 1)], {"unique": True}),
    (RESULTS, [("draw", 1), ("audit", 1)], {"partialFilterExpression": {"audit": {"$type": "int"}}}),
    (REFUSALS, [("draw", 1), ("at", -1)], {}),
    (FAIRNESS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
    (HANDOVERS, [("draw", 1), ("at", -1)], {}),
)

FEW = 16
"""Documents of lines that are read at once: each may be a chunk."""

Stage = Literal[
    "preparing", "announced", "freezing", "frozen", "closing", "closed", "drawing", "drawn",
]
STAGES: tuple[Stage, ...] = (
    "preparing", "announced", "freezing", "frozen", "closing", "closed", "drawing", "drawn",
)


ActName = Literal[
    "announcement", "strikes", "adjustments", "closing-confirmation", "beacon-confirmation", "drand", "changes",
    "cancellations",
]
"""Steps that take two officers (`handlers/acts.py`)."""


class Phase(IntEnum):
    """Where in the transcript a line stands."""

    RULES = 0
    COMMITMENTS = 1
    FREEZE = 2
    ENTRIES = 3
    STRUCK = 4
    ADJUSTED = 5
    REVEALS = 6
    CLOSED = 7
    BEACON = 8
    SEED = 9
    RESULTS = 10
    OUTCOME = 11
    CHANGES = 12


class Kept(BaseModel):
    """Base of what lies in a document of `draws`."""

    model_config = ConfigDict(extra="forbid")


class Witness(Kept):
    """A witness as registered: Ed25519 public key and commitment (64 hex each), and when."""

    key: str
    commitment: str
    at: str


class Proposal(Kept):
    """A record that waits for its witnesses' signatures (128 hex by name)."""

    record: dict[str, Any]
    digest: str
    signatures: dict[str, str] = Field(default_factory=dict)


class Reading(Kept):
    """What one person typed of the ceremony's digits, and when."""

    value: str
    at: str


class Proposed(Kept):
    """A step that waits for a second officer: `basis` is what it rests on, `announcement` the digest it would make."""

    id: str
    act: ActName
    body: dict[str, Any]
    basis: str
    announcement: str | None = None
    by: str
    at: str

    @property
    def moment(self) -> datetime:
        """When it was proposed."""
        return moment_of(self.at)


class DrawState(Kept):
    """How far a draw is. `revision` is a new random id at each step; a transcript in memory belongs to one of them.

    Of a second draw `previous` is the digest by which it names the one that it replaces, whose `replaced_by` it is.
    """

    programme: str
    draw: str
    revision: str = ""
    stage: Stage = "preparing"
    witnesses: dict[str, Witness] = Field(default_factory=dict)
    announcement: str | None = None
    frozen_at: str | None = None
    root: str | None = None
    count: int = 0
    struck: int = 0
    adjusted: int = 0
    revealed: list[str] = Field(default_factory=list)
    closing: Proposal | None = None
    closed_at: str | None = None
    closing_digest: str | None = None
    readings: dict[str, Reading] = Field(default_factory=dict)
    beacon: Proposal | None = None
    beacon_at: str | None = None
    seed: str | None = None
    result_digest: str | None = None
    drawn_at: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    changes: int = 0
    change_lines: int = 0
    digest: str | None = None
    took: dict[str, str] = Field(default_factory=dict)
    previous: str | None = None
    replaced_by: str | None = None
    proposed: list[Proposed] = Field(default_factory=list)
    cancelled: list[str] = Field(default_factory=list)

    @property
    def id(self) -> str:
        """Key of the document: draws of different programmes may have one name."""
        return draw_key(self.programme, self.draw)

    def is_at_least(self, stage: Stage) -> bool:
        """Whether the draw has come as far as `stage`."""
        return STAGES.index(self.stage) >= STAGES.index(stage)


def draw_key(programme: str, draw: str) -> str:
    """Key of a draw in all collections."""
    return f"{programme}/{draw}"


async def load_draw(database: Database, programme: str, draw: str, session: Session | None = None) -> DrawState:
    """The state of a draw; one that nothing happened to yet is at its beginning."""
    key = draw_key(programme, draw)
    document = await database[DRAWS].find_one({"_id": key}, {"_id": 0}, session=session)
    return DrawState(**document) if document else DrawState(programme=programme, draw=draw)


async def keep_draw(tx: Transaction, state: DrawState) -> None:
    """Writes the state under a new revision. Two steps at once conflict here, and one is tried again."""
    state.revision = new_id()
    await tx.database[DRAWS].replace_one(
        {"_id": state.id}, state.model_dump(), upsert=True, session=tx.session)


def keep_lines(tx: Transaction, draw: str, phase: Phase, order: str, lines: Sequence[bytes]) -> None:
    """Adds lines of the transcript (ends included) at their place."""
    tx.insert(LINES, {
        "_id": f"{draw}/{phase:02}/{order}", "draw": draw, "phase": int(phase), "order": order,
        "lines": b"".join(lines),
    })


async def blocks_of(
    database: Database, draw: str, phases: Iterable[Phase] | None = None, session: Session | None = None
) -> AsyncIterator[bytes]:
    """The stored lines in the order of the transcript, ends included, some in each block of bytes."""
    query: dict[str, Any] = {"draw": draw}
    if phases is not None:
        query["phase"] = {"$in": [int(phase) for phase in phases]}
    found = database[LINES].find(query, session=session).sort([("phase", 1), ("order", 1)])
    async for document in found.batch_size(FEW):
        yield document["lines"]


async def lines_of(
    database: Database, draw: str, phases: Iterable[Phase] | None = None, session: Session | None = None
) -> AsyncIterator[bytes]:
    """The same, line by line."""
    async for block in blocks_of(database, draw, phases, session):
        for line in block.splitlines(keepends=True):
            yield line


async def open_changes(database: Database, draw: str, session: Session | None = None) -> list[Document]:
    """Changes of the day that is not settled yet, as they came."""
    return await database[CHANGES].find({"draw": draw, "state": "due"}, session=session).sort("_id", 1).to_list(None)


async def result_of(database: Database, draw: str, entry: str, session: Session | None = None) -> Document | None:
    """The result of one entry, with what it holds now."""
    return await database[RESULTS].find_one({"draw": draw, "entry": entry}, session=session)


async def fairness_of(database: Database, draw: str) -> Document | None:
    """How fair a draw came out, or how far its simulated draws are; None before the draw."""
    return await database[FAIRNESS].find_one({"_id": draw})


async def refusals_of(database: Database, draw: str, limit: int = 20) -> list[Document]:
    """The last refused steps, newest first."""
    return await database[REFUSALS].find({"draw": draw}).sort([("at", -1), ("_id", -1)]).to_list(limit)


async def handovers_of(database: Database, draw: str) -> list[Document]:
    """Each time that an auditor fetched the whole transcript, newest first."""
    return await database[HANDOVERS].find({"draw": draw}).sort([("at", -1), ("_id", -1)]).to_list(None)


async def partitions_of(database: Database, programme: str) -> list[Document]:
    """What was heard of each partition of a programme."""
    return await database[PARTITIONS].find({"programme": programme}).sort("partition", 1).to_list(None)


async def untold(database: Database, programme: str, draw: str) -> int:
    """How many applications are in a second draw whose notice of it is not commissioned yet."""
    withdrawn = [row["_id"] async for row in database[LATE].find({"programme": programme}, {"_id": 1})]
    return await database[APPLICATIONS].count_documents({
        "programme": programme, "entry": {"$exists": True}, **TAKES_PART, "told_of": {"$ne": draw},
        "_id": {"$nin": withdrawn}})


TAKES_PART: dict[str, Any] = {"withdrawn": {"$ne": True}, "counted": {"$ne": False}}
"""Of an application: it is in the draw. One that intake never decided upon counts: intake decides on what is wrong."""


def moment_of(text: str) -> datetime:
    """A protocol time as a datetime."""
    return datetime.fromisoformat(text)
