"""What a service hands over so that its store can be rebuilt: folds of its own facts, its handlers, what to compare."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from shared.contracts.envelope import Envelope, Event
from shared.contracts.privacy import ApplicationRecorded, CanaryRecorded, CardRecorded, PersonalRecord, StaffRecorded
from shared.messaging.consumer import Subscription
from shared.platform.collections import Declared
from shared.platform.mongo import Database, Document
from shared.platform.programmes import Programmes
from shared.replay.sheet import Sheet

Fold = Callable[[Sheet, Envelope[Any]], None]
"""Writes on the sheet what follows from one event; pure."""

Folds = Mapping[str, Mapping[type[Event], Fold]]
"""Folds by topic and event."""

About = Literal["draw", "counts", "ledger", "held"]
"""What a figure is of. The first three outlive an erasure unchanged; "held" is whose data there is, and shrinks."""


def of_programme(programme: str) -> dict[str, Any]:
    """Rows that name their programme."""
    return {"programme": programme}


def named_by(programme: str) -> dict[str, Any]:
    """Rows whose id is the programme's."""
    return {"_id": programme}


def of_draw(programme: str) -> dict[str, Any]:
    """Rows whose `draw` is `<programme>/<draw>`."""
    return {"draw": {"$gte": f"{programme}/", "$lt": f"{programme}0"}}


def of_everybody(_: str) -> dict[str, Any]:
    """Rows of all programmes."""
    return {}


def as_it_is(row: Document) -> Document:
    """A row that is compared as it is."""
    return row


@dataclass(frozen=True)
class Compared:
    """How a rebuilt collection is held to the living one, row by row under `_id`.

    `fields` are compared, absent and None alike, times to the second as events have them. `left_out` says of every
    other field why it can't be rebuilt. `only` are the rows concerned, `plain` brings a row of either side into
    comparable form, `belongs` gives the rows of a programme.
    """

    collection: str
    fields: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Any] = field(default_factory=dict)
    plain: Callable[[Document], Document] = as_it_is
    belongs: Callable[[str], dict[str, Any]] = of_programme


@dataclass(frozen=True)
class Figure:
    """A sum over the rows of one programme that must be the same in both stores."""

    about: About
    name: str
    of: Callable[[Database, str], Awaitable[Mapping[str, Any]]]


def nothing_heard(_: Database, __: Programmes) -> Sequence[Subscription]:
    """For a service whose collections all follow from its own facts."""
    return ()


async def nothing_left(_: Database) -> Sequence[str]:
    """For a service whose folds are the whole story."""
    return ()


@dataclass(frozen=True)
class Rebuild:
    """All that a replay must know of a service.

    `folds` rebuild authoritative collections, `hears` gives the service's own handlers for the derived ones. `finish`
    runs when everything was read and before orders to erase are applied; it returns what does not fit together.
    `at_once` are collections whose handlers look at what became of their writes.
    """

    service: str
    collections: tuple[Declared, ...]
    folds: Folds
    compared: tuple[Compared, ...]
    figures: tuple[Figure, ...] = ()
    hears: Callable[[Database, Programmes], Sequence[Subscription]] = nothing_heard
    finish: Callable[[Database], Awaitable[Sequence[str]]] = nothing_left
    at_once: frozenset[str] = frozenset()


# -- personal records ------------------------------------------------------------------------------------------------

PERSONAL = "personal"


def personal_fold(service: str) -> Mapping[type[Event], Fold]:
    """Keeps of `service`'s part of each record its version and a digest: a scratch store is no further copy of it."""

    def fold(sheet: Sheet, message: Envelope[Any]) -> None:
        record: PersonalRecord = message.data
        part = record.part_for(service)
        if part is not None:
            sheet.change(PERSONAL, record.subject, {
                "programme": message.programme, "version": record.version, "wrapping": record.wrapping,
                "part": sealed_digest(part.model_dump()),
            })

    return dict.fromkeys((ApplicationRecorded, CardRecorded, StaffRecorded, CanaryRecorded), fold)


def sealed_digest(part: Any) -> str | None:
    """The SHA-256 of a sealed part; of a digest, itself."""
    if part is None or isinstance(part, str):
        return part
    return hashlib.sha256(orjson.dumps(part, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sealed(row: Document) -> Document:
    # Records from before there were rotations say nothing of a wrapping: it is their first.
    return {**row, "wrapping": row.get("wrapping") or 1, "part": sealed_digest(row.get("part"))}


PERSONAL_COMPARED = Compared(PERSONAL, ("programme", "version", "wrapping", "part"), plain=_sealed)
ERASED_COMPARED = Compared("erased", (), belongs=of_everybody)


def counted_by(collection: str, *names: str, where: Mapping[str, Any] | None = None) -> Callable[
    [Database, str], Awaitable[dict[str, int]]
]:
    """How many rows of a programme there are by the values of `names`."""

    async def count(database: Database, programme: str) -> dict[str, int]:
        rows = database[collection].aggregate([
            {"$match": {"programme": programme, **(where or {})}},
            {"$group": {"_id": [{"$ifNull": [f"${name}", ""]} for name in names], "count": {"$sum": 1}}},
        ])
        return dict(sorted([("/".join(map(str, row["_id"])), row["count"]) async for row in rows]))

    return count
