"""Lottery's store out of the topics again (B12): its draws and results from its own facts, applications by its ears."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.lottery import audit_store, inbound, survey_store
from services.lottery.domain.faults import Refused
from services.lottery.handlers.applications import Applications
from services.lottery.redrawing import STEPS, redraw_all
from services.lottery.store import (
    APPLICATIONS,
    COLLECTIONS,
    DRAWS,
    FAIRNESS,
    HANDOVERS,
    LATE,
    LINES,
    PARTITIONS,
    REFUSALS,
    RESULTS,
    STATED,
    WINDOWS,
    Phase,
    draw_key,
)
from shared.contracts.envelope import Envelope
from shared.contracts.lottery import (
    DrawStepRefused,
    DrawStepTaken,
    FairnessStated,
    ResultChanged,
    ResultDrawn,
    Step,
    TranscriptHandedOver,
)
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database, Document
from shared.platform.programmes import Programmes
from shared.replay.rebuilding import ERASED_COMPARED, Compared, Figure, Rebuild, of_draw
from shared.replay.sheet import Sheet

_STAGES = {"announced": "announced", "frozen": "frozen", "closed": "closed", "beacon": "drawing", "drawn": "drawn"}
_BETWEEN = {"freezing": "announced", "closing": "frozen"}
"""Stages of work in hand, and the last one that was said."""


def stepped(sheet: Sheet, message: Envelope[DrawStepTaken]) -> None:
    """A step: how far the draw is, its digests, and its lines as they were said."""
    fact = message.data
    key = draw_key(message.programme, fact.draw)
    fields: dict[str, Any] = {"programme": message.programme, "draw": fact.draw}
    if fact.step in _STAGES:
        fields["stage"] = _STAGES[fact.step]
    if fact.replaces is not None:
        fields["previous"] = _first(fact)["previous"]["digest"]
        sheet.change(DRAWS, draw_key(message.programme, fact.replaces), {"replaced_by": fact.draw})
    sheet.change(DRAWS, key, fields | _of_step(fact),
                 add={"adjusted": len(fact.lines) if fact.step == "adjusted" else 0},
                 append={"revealed": [_first(fact)["witness"]] if fact.step == "revealed" else []})
    if fact.step != "closing-proposed":  # it stands in the transcript once it is signed
        sheet.change(STEPS, key, append={"lines": list(fact.lines)})


def _of_step(fact: DrawStepTaken) -> dict[str, Any]:
    match fact.step:
        case "announced":
            return {"announcement": fact.digest}
        case "frozen":
            return {"root": fact.digest, "count": fact.counts["entries"], "frozen_at": _first(fact)["at"]}
        case "struck":
            return {"struck": fact.counts["struck"]}
        case "closed":
            return {"closing_digest": fact.digest, "closed_at": _first(fact)["at"]}
        case "beacon":
            return {"seed": fact.digest, "beacon_at": _first(fact)["at"]}
        case "drawn":
            return {"result_digest": fact.digest, "counts": fact.counts}
        case _:
            return {}


def _first(fact: DrawStepTaken) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fact.lines[0])
    return found


def refused(sheet: Sheet, message: Envelope[DrawStepRefused]) -> None:
    """A step that was refused."""
    fact = message.data
    sheet.put(REFUSALS, {
        "_id": message.id, "draw": draw_key(message.programme, fact.draw), "programme": message.programme,
        "step": fact.step, "code": fact.reason, "by": list(fact.by), "at": message.time,
    })


def fairness_stated(sheet: Sheet, message: Envelope[FairnessStated]) -> None:
    """How fair a draw came out, as it was said: what happened is held to the draw, what was simulated is taken over."""
    fact = message.data
    sheet.put(FAIRNESS, {
        "_id": draw_key(message.programme, fact.draw), "programme": message.programme, "state": STATED,
        **fact.model_dump(),
    })


def handed_over(sheet: Sheet, message: Envelope[TranscriptHandedOver]) -> None:
    """An auditor fetched the whole transcript."""
    fact = message.data
    sheet.put(HANDOVERS, {
        "_id": message.id, "draw": draw_key(message.programme, fact.draw), "programme": message.programme,
        "by": fact.by, "at": fact.at, "digest": fact.digest,
    })


def drawn(sheet: Sheet, message: Envelope[ResultDrawn]) -> None:
    """The result of an entry."""
    fact = message.data
    draw = draw_key(message.programme, fact.draw)
    sheet.put(RESULTS, {
        "_id": f"{draw}/{fact.entry}", "draw": draw, "entry": fact.entry, "application": fact.application,
        "place": fact.place, "seats": fact.seats, "outcome": fact.outcome, "won": list(fact.won),
        "holds": list(fact.won), **({"audit": fact.audit} if fact.audit else {}),
    })


def changed(sheet: Sheet, message: Envelope[ResultChanged]) -> None:
    """What an entry holds after a change."""
    fact = message.data
    sheet.change(RESULTS, f"{draw_key(message.programme, fact.draw)}/{fact.entry}", {"holds": list(fact.holds)})


class NoRefusals:
    """What was refused is said on the topic, and folded from there."""

    async def note_in(self, tx: Transaction, programme: str, step: Step, error: Refused) -> None:
        """Records nothing."""


def hears(_: Database, programmes: Programmes) -> Sequence[Subscription]:
    """What intake said, as in the living service."""
    return inbound.subscriptions(Applications(programmes, NoRefusals()))


def _draw(row: Document) -> Document:
    stage = row.get("stage")
    return {
        **row, "stage": _BETWEEN.get(stage or "", stage), "revealed": sorted(row.get("revealed", ())),
        **{name: row.get(name, 0) for name in ("count", "struck", "adjusted")}, "counts": row.get("counts", {}),
    }


def _complete(row: Document) -> Document:
    return {**row, "complete": sorted(row.get("complete", ()))}


async def transcripts(database: Database, programme: str) -> Mapping[str, Any]:
    """For each draw and phase of its transcript the SHA-256 of its lines."""
    found: dict[str, Any] = {}
    rows = database[LINES].find(of_draw(programme)).sort([("draw", 1), ("phase", 1), ("order", 1)])
    async for row in rows:
        name = f"{row['draw']} {Phase(row['phase']).name.lower()}"
        found.setdefault(name, hashlib.sha256()).update(row["lines"])
    return {name: digest.hexdigest() for name, digest in found.items()}


async def digests(database: Database, programme: str) -> Mapping[str, Any]:
    """The digests that people keep of each draw."""
    names = ("announcement", "root", "closing_digest", "seed", "result_digest")
    rows = database[DRAWS].find({"programme": programme, "announcement": {"$ne": None}}).sort("_id", 1)
    return {f"{row['draw']} {name}": row.get(name) async for row in rows for name in names if row.get(name)}


async def seats_held(database: Database, programme: str) -> Mapping[str, Any]:
    """Seats that winners hold by slot."""
    return await survey_store.seats_held(database, of_draw(programme))


async def outcomes(database: Database, programme: str) -> Mapping[str, Any]:
    """Entries by outcome."""
    rows = database[RESULTS].aggregate([
        {"$match": of_draw(programme)}, {"$group": {"_id": "$outcome", "entries": {"$sum": 1}}}, {"$sort": {"_id": 1}}])
    return {row["_id"]: row["entries"] async for row in rows}


async def refusals(database: Database, programme: str) -> Mapping[str, Any]:
    """Refused steps: their rows have no id that is said, so they are counted."""
    rows = database[REFUSALS].aggregate([
        {"$match": {"programme": programme}},
        {"$group": {"_id": {"draw": "$draw", "step": "$step", "code": "$code"}, "count": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ])
    return {" ".join(row["_id"].values()): row["count"] async for row in rows}


REBUILD = Rebuild(
    service="lottery",
    collections=(*COLLECTIONS, *audit_store.COLLECTIONS),
    folds={
        "lottery.draws.v1": {
            DrawStepTaken: stepped, DrawStepRefused: refused, FairnessStated: fairness_stated,
            TranscriptHandedOver: handed_over,
        },
        "lottery.results.v1": {ResultDrawn: drawn, ResultChanged: changed},
    },
    hears=hears,
    finish=redraw_all,
    compared=(
        Compared(APPLICATIONS, (
            "programme", "partition", "entry", "seats", "wishes", "channel", "taken_at", "withdrawn", "counted",
            "told_of",
        ), left_out={"traceparent": "a trace, not a fact"}),
        Compared(PARTITIONS, ("programme", "partition", "facts", "partitions", "closed_at", "heard", "highest")),
        Compared(WINDOWS, ("programme", "complete", "closed_at"), plain=_complete, left_out=dict.fromkeys(
            ("state", "due_at", "lease_until", "leased_by", "tries"), "when the freeze is due: work in hand")),
        Compared(LATE, ("programme", "entry"), left_out={
            **dict.fromkeys(("state", "due_at", "taken_at", "lease_until", "leased_by", "tries"),
                            "whether it became a strike or a change: a line of the transcript"),
            "traceparent": "a trace, not a fact"}),
        Compared(DRAWS, (
            "programme", "draw", "stage", "announcement", "frozen_at", "root", "count", "struck", "adjusted",
            "revealed", "closed_at", "closing_digest", "beacon_at", "seed", "result_digest", "counts", "digest",
            "previous", "replaced_by",
        ), plain=_draw, only={"stage": {"$nin": [None, "preparing"]}}, left_out={
            **dict.fromkeys(("closing", "beacon", "readings", "witnesses", "proposed"),
                            "waits for signatures or for a second officer, then a line"),
            **dict.fromkeys(("revision", "changes", "change_lines", "took"), "the service's own counting"),
            "cancelled": "a fact each, to be read there; a second draw takes them over",
            "drawn_at": "of the fact, to be read there",
        }),
        Compared(RESULTS, ("draw", "entry", "application", "place", "seats", "outcome", "won", "holds", "audit"),
                 belongs=of_draw, left_out={"traceparent": "a trace, not a fact"}),
        Compared(FAIRNESS, (
            "programme", "draw", "state", "result_digest", "entries", "runs", "runs_alone", "envious", "groups", "left",
            "alone",
        ), only={"state": STATED}, left_out=dict.fromkeys(
            ("done", "due_at", "lease_until", "leased_by", "tries"), "how far the simulated draws are: work in hand")),
        Compared(audit_store.TRACES, ("programme", "draw", "entry", "finding", "at")),
        Compared(HANDOVERS, ("draw", "programme", "by", "at", "digest")),
        ERASED_COMPARED,
    ),
    figures=(
        Figure("draw", "digests", digests),
        Figure("draw", "transcript, by phase", transcripts),
        Figure("counts", "entries by outcome", outcomes),
        Figure("counts", "seats held by slot", seats_held),
        Figure("ledger", "refused steps", refusals),
    ),
)
