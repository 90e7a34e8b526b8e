"""Lottery is killed at each kind of step of freeze, draw and settling: the end is that of an undisturbed run."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.freezing import entry_line
from shared.contracts.intake import ApplicationTaken, ApplicationWithdrawnLate
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn
from tests.conftest import settings_of
from tests.integration.lottery.stage import Campaign, Stage
from tests.integration.lottery.test_draw import DICE, said, verified
from tests.stages.leases import LONG_AGO, lapse

CHUNK, FIRST, MIDDLE, LAST = 80, 1, 2, 3
SILENCED = {"holder": "another"}
SLOWLY = {"KUJIBIKI_CHUNK": str(CHUNK), "KUJIBIKI_SLOW_MS": "1000"}


@dataclass
class Killer:
    """Ends lottery at chosen points of a draw, and starts it again."""

    stage: Stage
    it: Campaign
    database: Any

    @property
    def key(self) -> str:
        """The draw's in lottery's store."""
        return f"{self.it.programme.id}/{self.it.draw}"

    async def again(self, *, silent: bool = False) -> None:
        """Kills it, and starts it: each step of a job waits a second first."""
        self.stage.kill()
        await lapse(self.stage.stack, "lottery")
        if silent:
            await self.silence()
        await self.stage.start(**SLOWLY)

    async def silence(self) -> None:
        """Nothing that it says comes out until it is killed, as if another's relay held the lease and hung."""
        await self.database["leases"].update_one(
            {"_id": "relay"}, {"$set": {**SILENCED, "until": datetime.now(UTC) + timedelta(hours=1)}},
            upsert=True)

    async def at_step(self, job: str, number: int, *, silent: bool = False) -> None:
        """Kills it when so many steps of the job are done and all that they said is out."""
        async def done() -> bool:
            found = await self.database["jobs"].find_one({"_id": f"{self.key}/{job}"})
            return bool(found and found["steps"] >= number) and not await self.database["outbox"].find_one({})

        await self.stage.until(done, f"{number} steps of {job} are done")
        self.stage.kill()
        found = await self.database["jobs"].find_one({"_id": f"{self.key}/{job}"})
        assert (found["state"], found["steps"]) == ("due", number)
        await self.again(silent=silent)

    async def between_commit_and_fact(
        self, step: str, committed: Callable[[dict[str, Any]], bool], **then: str
    ) -> None:
        """Kills a silent one when the draw's state is so, the fact in the outbox only; it starts as `then` says."""
        async def done() -> bool:
            return committed(await self.database["draws"].find_one({"_id": self.key}))

        await self.stage.until(done, f"{step} is committed")
        assert step not in await steps_of(self.stage, self.it)
        await self.stage.restart_after_kill(**then)


@asynccontextmanager
async def killing(stage: Stage, it: Campaign) -> AsyncIterator[Killer]:
    """A killer of one draw; whatever comes of it, lottery may speak afterwards."""
    async with AsyncMongoClient[dict[str, Any]](
            settings_of(stage.stack, "lottery").mongo_uri(), tz_aware=True) as client:
        try:
            yield Killer(stage, it, client["lottery"])
        finally:
            await client["lottery"]["leases"].update_many(SILENCED, {"$set": {"until": LONG_AGO}})


async def test_s06_killed_at_each_step_of_freeze_draw_and_settling_it_ends_as_if_undisturbed(
    stage: Stage, campaign: Callable[..., Campaign], tmp_path: Path
) -> None:
    it = campaign("killed")
    async with killing(stage, it) as killer:
        await it.announce()
        await it.apply(CHUNK * LAST, random.Random(3))
        await it.close_window()
        await killer.again()
        await stage.say_tick(it.programme, it.programme.draw.timetable.freeze_from)
        for step in (FIRST, MIDDLE, LAST):
            await killer.at_step("freeze", step, silent=step == LAST)
        await killer.between_commit_and_fact("frozen", lambda draw: draw["stage"] == "frozen", **SLOWLY)
        await it.reveal_and_close()
        await it.throw_dice(DICE)
        for step in (FIRST, MIDDLE, LAST):
            await killer.at_step("draw", step, silent=step == LAST)
        await killer.between_commit_and_fact("drawn", lambda draw: draw["stage"] == "drawn")
        tomorrow = await a_day_of_changes(stage, it)
        before = (await it.state())["digest"]
        await killer.again(silent=True)
        await stage.say_tick(it.programme, tomorrow)
        await killer.between_commit_and_fact("changed", lambda draw: draw["digest"] != before)
    await ended_as_if_undisturbed(stage, it, tmp_path)


async def a_day_of_changes(stage: Stage, it: Campaign) -> datetime:
    """Somebody withdraws and a slot is cancelled; gives the next day, when they are to be settled."""
    winners = [message.data for message in await said(stage, ResultDrawn, it.programme.id) if message.data.won]
    day, gone, cut = it.programme.draw.beacons[0].at + timedelta(days=1), winners[0], winners[-1]
    await stage.tick(it.programme, day)
    await stage.say("intake", ApplicationWithdrawnLate(application=gone.application, entry=gone.entry),
                    gone.application, it.programme.id, day)
    await it.agree("/changes", {
        "kind": "seats", "slot": cut.won[0], "seats": -it.programme.slot_by_id[cut.won[0]].seats,
        "reason": "slot-cancelled", "decision": "R3-7"})

    async def told() -> bool:
        return bool(await said(stage, ResultChanged, it.programme.id))

    await stage.until(told, "the withdrawal is said")
    return day + timedelta(days=1)


async def steps_of(stage: Stage, it: Campaign) -> Counter[str]:
    """The steps that were said, each event once."""
    return Counter({message.id: message.data.step
                    for message in await said(stage, DrawStepTaken, it.programme.id)}.values())


async def ended_as_if_undisturbed(stage: Stage, it: Campaign, folder: Path) -> None:
    """The transcript to the byte, each result and change once, each step once, each in its application's trace."""
    async def all_said() -> bool:
        return "changed" in await steps_of(stage, it)

    await stage.until(all_said, "the settled day is said")
    transcript = await it.transcript()
    undisturbed = await computed_without_a_service(stage, it, transcript)
    assert transcript == b"".join(undisturbed.lines())
    verified(transcript, folder)
    results = undisturbed.results
    assert results is not None
    told = await said(stage, ResultDrawn, it.programme.id)
    once = {message.id: message.data for message in told}
    assert len(once) == len(it.entries) == len({message.data.entry for message in told})
    assert {place: (data.entry, data.outcome, list(data.won), data.result_digest)
            for data in once.values() for place in (data.place,)} == {
        place: (record["entry"], record["outcome"], record["won"], undisturbed.result_digest)
        for place in range(1, len(it.entries) + 1) for record in (results.record(place),)}
    changes = {message.id: message.data for message in await said(stage, ResultChanged, it.programme.id)}
    assert Counter((data.kind, data.entry) for data in changes.values()) == Counter(consequences(undisturbed))
    steps = await steps_of(stage, it)
    assert [steps[step] for step in ("frozen", "closed", "beacon", "drawn", "changed")] == [1] * 5
    taken = {message.data.application: message.traceparent
             for message in await said(stage, ApplicationTaken, it.programme.id)}
    assert {message.data.application: message.traceparent for message in told} == taken, "B13"


def consequences(transcript: Transcript) -> list[tuple[str, str]]:
    """What is told of single entries after the draw: kind and entry."""
    names = {"revoked": "revoked", "promotion": "promoted"}
    records = [json.loads(line) for line in transcript.lines()]
    return [(names.get(record["type"]) or record["kind"], record["entry"]) for record in records
            if record["type"] in ("change", *names) and "entry" in record]


async def computed_without_a_service(stage: Stage, it: Campaign, lines: bytes) -> Transcript:
    """The same draw by the pure rules, from what intake said and the witnesses, the dice and the changes gave."""
    records = [json.loads(line) for line in lines.splitlines()]
    by_type = {record["type"]: record for record in records}
    transcript = Transcript(records[0], [record for record in records if record["type"] == "commitment"])
    entries = [json.loads(entry_line(message.data.model_dump() | {"wishes": list(message.data.wishes)}))
               for message in await said(stage, ApplicationTaken, it.programme.id)]
    transcript.freeze(entries, by_type["freeze"]["at"])
    for record in records:
        if record["type"] == "reveal":
            transcript.reveal(record["witness"], record["secret"], record["at"])
    transcript.propose_closing(by_type["closed"]["at"])
    transcript.close(by_type["closed"])
    transcript.take_beacon(by_type["beacon"])
    transcript.draw()
    for record in records:
        if record["type"] == "change":
            transcript.change(record)
    transcript.settle_day()
    transcript.end()
    return transcript
