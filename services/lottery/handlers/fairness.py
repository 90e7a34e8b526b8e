"""How fair a draw came out: simulated draws over the same entries, counted step by step, then stated once (B02)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.lottery.domain.expectation import Run, Scenario
from services.lottery.domain.results import Results
from services.lottery.domain.statistics import justified_envy
from services.lottery.domain.verdict import Fairness, Range, judged
from services.lottery.handlers.office import Office, Turn
from services.lottery.simulating import run_of, simulated
from services.lottery.store import APPLICATIONS, FAIRNESS, SIMULATIONS, STATED, DrawState, load_draw
from shared.contracts.envelope import derived_id
from shared.contracts.lottery import DrawnAlone, Expected, FairnessStated, GroupFairness, SeatsLeftOver
from shared.messaging.due import DUE, DueWork
from shared.messaging.jobs import LeaseLost
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

MOST_TURNS_A_STEP = 4_000_000
"""Entries times runs: some seconds of one processor."""
MOST_RUNS_A_STEP = 250
LEASE_SECONDS = 120


def begin_simulating(turn: Turn) -> None:
    """The simulated draws start with the commit that ends the draw."""
    state = turn.state
    turn.tx.insert(FAIRNESS, {
        "_id": state.id, "programme": state.programme, "draw": state.draw, "state": DUE, "due_at": turn.now, "done": 0,
    })


class Simulating:
    """Goes on step by step, and where it stood when it was killed; several replicas don't do the same twice.

    Its work runs beside the rest: nothing waits for it, so it is no part of what is due at a tick of the time.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._latest: tuple[str, _Case] | None = None
        self.work = DueWork("fairness", FAIRNESS, self.step, lease_seconds=LEASE_SECONDS)

    async def run(self) -> None:
        """Works until cancelled."""
        await self.work.run(self._office.database, self._office.clock, self._office.programmes.ids)

    async def step(self, row: Document) -> None:
        """Some runs more; when all are there, what follows from them."""
        await asyncio.sleep(self._office.settings.slow_ms / 1000)
        case = await self._case(row)
        if row["done"] < case.scenario.runs:
            await self._some_more(row, case)
        else:
            await self._state(row, case)

    async def _some_more(self, row: Document, case: _Case) -> None:
        scenario, first = case.scenario, row["done"] + 1
        count = min(MOST_RUNS_A_STEP, max(1, MOST_TURNS_A_STEP // len(scenario)), scenario.runs - row["done"])
        runs = await simulated(case.packed, case.seed, range(first, first + count))

        async def keep(tx: Transaction) -> None:
            await self._mark(tx, row, {"done": row["done"] + count, "runs": scenario.runs})
            tx.insert(SIMULATIONS, {"_id": f"{row['_id']}/{first:06}", "draw": row["_id"], "runs": runs})

        await self._office.transactions.run(keep)

    async def _state(self, row: Document, case: _Case) -> None:
        rows = self._office.database[SIMULATIONS].find({"draw": row["_id"]}).sort("_id", 1)
        runs = [run_of(*run) for kept in await rows.to_list(None) for run in kept["runs"]]
        event = await asyncio.to_thread(_event, row["draw"], case, runs)
        now = self._office.clock.now(row["programme"])

        async def keep(tx: Transaction) -> None:
            await self._mark(tx, row, {**event.model_dump(), "state": STATED})
            await tx.database[SIMULATIONS].delete_many({"draw": row["_id"]}, session=tx.session)
            tx.say(event, subject=row["draw"], programme=row["programme"], at=now,
                   event_id=derived_id("lottery", row["_id"], "fairness"))

        await self._office.transactions.run(keep)
        self._latest = None

    async def _mark(self, tx: Transaction, row: Document, fields: dict[str, Any]) -> None:
        result = await tx.database[FAIRNESS].update_one(
            {"_id": row["_id"], "state": DUE, "leased_by": row["leased_by"], "done": row["done"]},
            {"$set": {**fields, "lease_until": datetime.now(UTC), "tries": 0}}, session=tx.session)
        if not result.matched_count:
            raise LeaseLost

    async def _case(self, row: Document) -> _Case:
        if self._latest is None or self._latest[0] != row["_id"]:
            state = await load_draw(self._office.database, row["programme"], row["draw"])
            self._latest = (row["_id"], await self._gathered(state))
        return self._latest[1]

    async def _gathered(self, state: DrawState) -> _Case:
        held = await self._office.transcripts.look(state)
        results = held.transcript.results
        assert results is not None, "it starts when the draw is done"
        programme = self._office.programmes.get(state.programme)
        labels: dict[str, tuple[str, str]] = {}
        rows = self._office.database[APPLICATIONS].find(
            {"programme": state.programme, "entry": {"$exists": True}}, {"entry": 1, "channel": 1, "taken_at": 1})
        async for row in rows:
            labels[row["entry"]] = (programme.local(row["taken_at"]).date().isoformat(), row["channel"])
        return await asyncio.to_thread(_Case, state, results, labels)


class _Case:
    """One draw with what is counted of it, in memory from one step to the next."""

    def __init__(self, state: DrawState, results: Results, labels: dict[str, tuple[str, str]]) -> None:
        assert state.seed is not None and state.result_digest is not None, "it starts when the draw is done"
        self.seed, self.result_digest = state.seed, state.result_digest
        of_entry = [labels[results.entries.entry(number)] for number in range(len(results.entries))]
        self.scenario = Scenario.of(results, {
            "day": [day for day, _ in of_entry], "channel": [channel for _, channel in of_entry]})
        self.packed = self.scenario.packed()
        self.happened = self.scenario.happened(results)
        self.envious = envious(results)


def envious(results: Results) -> int | None:
    """How many entries have reason to envy somebody placed later; None where several wins promise nothing of it."""
    if results.rules.max_wins > 1:
        return None
    return len(justified_envy(results.entries, results.order.by_place, results.allotment, results.struck))


def _event(draw: str, case: _Case, runs: Sequence[Run]) -> FairnessStated:
    found = judged(case.scenario, case.happened, runs)
    slots = [slot.slot for slot in case.scenario.rules.slots]
    return FairnessStated(
        draw=draw, result_digest=case.result_digest, entries=found.entries, runs=found.runs,
        runs_alone=found.runs_alone, envious=case.envious, groups=_groups(found), left=_left(found, slots),
        alone=tuple(
            DrawnAlone(key=one.group.key, entries=one.group.of, persons=one.asked, won=one.persons,
                       together=one.together) for one in found.alone))


def _groups(found: Fairness) -> tuple[GroupFairness, ...]:
    return tuple(
        GroupFairness.model_validate({
            "kind": one.group.kind, "key": one.group.key, "entries": one.group.of, "won": one.won,
            "expected": _expected(one.range), "as_extreme": one.as_extreme, "detectable": one.detectable})
        for one in found.groups)


def _left(found: Fairness, slots: Sequence[str]) -> tuple[SeatsLeftOver, ...]:
    rows = [(None, found.left_in_all), *zip(slots, found.left, strict=True)]
    return tuple(SeatsLeftOver(slot=slot, left=row.left, expected=_expected(row.range)) for slot, row in rows)


def _expected(range_: Range) -> Expected:
    return Expected(total=range_.total, low=range_.low, high=range_.high)
