"""The audit of a draw: which entries are traced, in which order, and what was found of them so far (B01)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from services.lottery.audit_store import TRACES, findings, sampled
from services.lottery.handlers.office import Office
from services.lottery.store import DrawState, draw_key
from shared.contracts.envelope import Envelope
from shared.contracts.intake import EntryTraced
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database


@dataclass(frozen=True)
class Sampled:
    """An entry of the sample as it was frozen, and its place: `order` is its number in the order of tracing."""

    order: int
    entry: str
    seats: int
    wishes: tuple[str, ...]
    place: int
    finding: str | None


@dataclass(frozen=True)
class Tally:
    """What is published: how many entries were traced, how many of the first without a gap, and the findings."""

    traced: int
    without_gap: int
    findings: Mapping[str, int]


async def hear_traced(tx: Transaction, message: Envelope[EntryTraced]) -> None:
    """What an auditor found of an entry; a later finding replaces it."""
    fact = message.data
    draw = draw_key(message.programme, fact.draw)
    row = {"_id": f"{draw}/{fact.entry}", "programme": message.programme, "draw": draw, "entry": fact.entry,
           "finding": fact.finding, "at": message.time}
    await tx.database[TRACES].replace_one({"_id": row["_id"]}, row, upsert=True, session=tx.session)


async def sample(office: Office, state: DrawState, size: int) -> list[Sampled]:
    """The first `size` entries in the order of tracing; none before the draw."""
    if state.stage != "drawn":
        return []
    entries = (await office.transcripts.look(state)).transcript.entries
    assert entries is not None
    found, rows = await findings(office.database, state.id), await sampled(office.database, state.id, size)
    frozen = {row["entry"]: entries.record(entries.number(row["entry"])) for row in rows}
    return [
        Sampled(row["audit"], row["entry"], frozen[row["entry"]]["seats"], tuple(frozen[row["entry"]]["wishes"]),
                row["place"], found.get(row["entry"]))
        for row in rows
    ]


async def tally(database: Database, state: DrawState) -> Tally:
    """What was found, as numbers; entries outside the sample do not count."""
    found, rows = await findings(database, state.id), await sampled(database, state.id)
    traced = [found.get(row["entry"]) for row in rows]
    without_gap = next((number for number, finding in enumerate(traced) if finding is None), len(traced))
    known = Counter(finding for finding in traced if finding is not None)
    return Tally(sum(known.values()), without_gap, dict(sorted(known.items())))
