"""A draw drawn once more out of facts (B12): entries from what intake said, steps as they were said, the rest computed.

Nothing is taken over from what lottery stored: root, seed, results and promotions must come out as they were published.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from services.lottery.domain.expectation import Scenario
from services.lottery.domain.faults import Refused
from services.lottery.domain.replay import replay
from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.fairness import envious
from services.lottery.handlers.freezing import entry_line
from services.lottery.store import APPLICATIONS, DRAWS, FAIRNESS, LINES, RESULTS, TAKES_PART, Phase
from shared.platform.mongo import Database, Document

STEPS = "steps"
"""Of the scratch store only: one a draw, its lines as the steps said them."""

CHUNK = 1000

PHASES: Mapping[str, Phase] = {
    "rules": Phase.RULES, "commitment": Phase.COMMITMENTS, "freeze": Phase.FREEZE, "entry": Phase.ENTRIES,
    "struck": Phase.STRUCK, "adjusted": Phase.ADJUSTED, "reveal": Phase.REVEALS, "closed": Phase.CLOSED,
    "beacon": Phase.BEACON, "seed": Phase.SEED, "result": Phase.RESULTS, "outcome": Phase.OUTCOME,
    "change": Phase.CHANGES, "revoked": Phase.CHANGES, "promotion": Phase.CHANGES,
}
_BY_NAME = {"struck": "entry", "reveal": "witness"}
"""These stand in the transcript by name, whenever they came; all others as they came."""


async def redraw_all(database: Database) -> Sequence[str]:
    """Draws every draw of the scratch store once more; returns what does not come out as it was said."""
    faults: list[str] = []
    async for steps in database[STEPS].find().sort("_id", 1):
        try:
            faults += await _redraw(database, steps["_id"], steps["lines"])
        except Refused as error:
            faults.append(f"the draw {steps['_id']} does not follow from its facts: {error.field} {error.reason}")
    return faults


async def _redraw(database: Database, draw: str, said: Sequence[str]) -> list[str]:
    inputs = in_order(said)
    entries = [line async for line in _entries(database, draw.partition("/")[0])] if _has(inputs, "freeze") else []
    known = await database[DRAWS].find_one({"_id": draw}) or {}
    transcript = _taken_up(inputs, entries, drawn=known.get("stage") == "drawn")
    await _keep(database, draw, transcript)
    faults = [
        f"the draw {draw} has another {what} than was said"
        for what, said_then, now in (
            ("announcement", known.get("announcement"), transcript.announcement),
            ("closing", known.get("closing_digest"), transcript.closing_digest),
            ("seed", known.get("seed"), transcript.seed),
            ("result", known.get("result_digest"), transcript.result_digest),
        ) if said_then is not None and said_then != now
    ]
    stated = await database[FAIRNESS].find_one({"_id": draw})
    faults += [f"the fairness of the draw {draw} was stated with other {what}" for what in unlike(stated, transcript)]
    return faults + await _unlike_results(database, draw, transcript)


def unlike(stated: Document | None, transcript: Transcript) -> list[str]:
    """What a statement of fairness says otherwise than the draw came out. What was simulated is taken over: it takes
    long, and anybody can do it.
    """
    results = transcript.results
    if stated is None or results is None:
        return []
    scenario = Scenario.of(results, {})
    here = scenario.happened(results)
    won = {(group.kind, group.key): count for group, count in zip(scenario.groups, here.won, strict=True)}
    said = {(group["kind"], group["key"]): group["won"] for group in stated["groups"]}
    left = [row["left"] for row in stated["left"] if row["slot"] is not None]
    return [what for what, is_alike in (
        ("results", stated["result_digest"] == transcript.result_digest),
        ("winners", won == {group: count for group, count in said.items() if group[0] in ("party", "wish")}),
        ("seats left", left == here.left),
        ("envy", stated["envious"] == envious(results)),
    ) if not is_alike]


def in_order(said: Iterable[str]) -> list[tuple[Phase, bytes]]:
    """Said lines in the order of the transcript."""
    placed = []
    for line in said:
        record = json.loads(line)
        kind = record["type"]
        placed.append((PHASES[kind], record[_BY_NAME[kind]] if kind in _BY_NAME else "", line.encode() + b"\n"))
    # Stable: what has no name stays as it came.
    return [(phase, line) for phase, _, line in sorted(placed, key=lambda one: one[:2])]


def _taken_up(inputs: Sequence[tuple[Phase, bytes]], entries: Sequence[bytes], *, drawn: bool) -> Transcript:
    before = [line for phase, line in inputs if phase <= Phase.FREEZE]
    between = [line for phase, line in inputs if Phase.FREEZE < phase < Phase.CHANGES]
    changes = [line for phase, line in inputs if phase is Phase.CHANGES]
    transcript = replay(chain(before, entries, between))
    if drawn:
        transcript.draw()
        if changes:
            transcript = replay(chain(transcript.lines(), changes))
            if transcript.holdings is not None and transcript.holdings.day_is_open:
                transcript.settle_day()  # said when its day was over, also where nothing followed
    return transcript


async def _entries(database: Database, programme: str) -> AsyncIterator[bytes]:
    rows = database[APPLICATIONS].find({"programme": programme, "entry": {"$exists": True}, **TAKES_PART})
    async for row in rows.sort("entry", 1):
        yield entry_line(row)


async def _keep(database: Database, draw: str, transcript: Transcript) -> None:
    """Writes the transcript's lines, and what the draw's document has of it."""
    await database[LINES].insert_many(list(_documents(draw, transcript.lines())))
    holdings = transcript.holdings
    if holdings is not None and not holdings.day_is_open:
        await database[DRAWS].update_one({"_id": draw}, {"$set": {"digest": transcript.end_record()["digest"]}})


def _documents(draw: str, lines: Iterable[bytes]) -> Iterator[Document]:
    chunk: list[bytes] = []
    phase, number = Phase.RULES, 0
    for line in lines:
        its = PHASES[json.loads(line)["type"]]
        if its is not phase or len(chunk) == CHUNK:
            yield _document(draw, phase, number, chunk)
            chunk, phase, number = [], its, number + 1
        chunk.append(line)
    yield _document(draw, phase, number, chunk)


def _document(draw: str, phase: Phase, number: int, lines: Sequence[bytes]) -> Document:
    order = f"{number:09}"
    return {"_id": f"{draw}/{phase:02}/{order}", "draw": draw, "phase": int(phase), "order": order,
            "lines": b"".join(lines)}


async def _unlike_results(database: Database, draw: str, transcript: Transcript) -> list[str]:
    """Results that were told otherwise than they were drawn."""
    results, unlike, told = transcript.results, 0, 0
    if results is None:
        return []
    async for row in database[RESULTS].find({"draw": draw, "place": {"$exists": True}}).sort("place", 1):
        told += 1
        unlike += not _is_told(row, results.record(row["place"]))
    faults = [f"{unlike} results of the draw {draw} were told otherwise than they were drawn"] if unlike else []
    if told != len(results.order):
        faults.append(f"{told} results of the draw {draw} were told, {len(results.order)} were drawn")
    return faults


def _is_told(row: Document, record: Mapping[str, Any]) -> bool:
    return bool(all(row[name] == record[name] for name in ("entry", "outcome", "won")))


def _has(inputs: Sequence[tuple[Phase, bytes]], kind: str) -> bool:
    return any(phase is PHASES[kind] for phase, _ in inputs)


