"""A campaign while parts are killed: the end state is the one that an undisturbed run gives."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.progress import Progress

from cli.audit.access import Access
from cli.demo import observing, reading
from cli.demo.campaign import FIRST, Campaign
from cli.interfaces import Interfaces
from tests.stack import repaired
from tests.system import System

APPLICATIONS = 40
# During each step, the parts that are killed by `kill -9`, one after the other. Those that a person talks to at that
# moment are killed only where the request may be repeated: an application, a postcard, a tick.
KILLED = {
    "applications by web and postcard, day by day": ("intake", "lottery", "kafka", "notifier", "intake", "checkin"),
    "freeze, reveals, closing signed by the witnesses": ("notifier", "checkin"),
    "dice before an audience, the draw": ("notifier", "checkin", "intake"),
    "mails are sent, postcards printed and posted": ("lottery", "intake"),
    "winners look at their passes": ("mongo",),
    "the door: passes, second tries, walk-in groups": ("notifier", "lottery"),
    "one winner asks to be erased, and is": ("notifier", "checkin"),
    "those who did not win are erased": ("retention", "intake", "notifier", "mongo"),
    "everybody else is erased, all older keys are destroyed": (
        "intake", "retention", "notifier", "kafka", "checkin", "intake", "lottery", "mongo"),
}


@pytest.fixture
def shaken(system: System) -> Iterator[System]:
    """The session's system, whose parts may be killed: they run again afterwards."""
    with repaired(system.stack):
        yield system


class Killer:
    """Kills what a step has on its list, at times that come from a seed."""

    def __init__(self, system: System) -> None:
        self._system, self._chance = system, random.Random(45)
        self._tasks: list[asyncio.Task[None]] = []
        self.killed: list[str] = []

    def on_step(self, name: str) -> None:
        """Begins to kill."""
        self._tasks.append(asyncio.create_task(self._kill(KILLED.get(name, ()))))

    async def _kill(self, parts: tuple[str, ...]) -> None:
        for part in parts:
            # Not a wait for something: the moment of the blow is what is varied.
            await asyncio.sleep(self._chance.uniform(0.2, 2.0))
            self._system.stack.parts[part].kill()
            self.killed.append(part)
            await asyncio.to_thread(self._system.stack.parts[part].wait_ready)

    async def done(self) -> None:
        """All blows have fallen and everything is ready again."""
        await asyncio.gather(*self._tasks)


@pytest.mark.timeout(1200)  # thirty restarts, of Kafka and MongoDB among them
async def test_b09_s17_kill_9_in_the_middle_of_a_campaign_loses_nothing_and_doubles_nothing(shaken: System) -> None:
    """S07, B05, B06, S17, B09: one application a receipt, one notice each, the draw reproduced, no pass twice; erasing
    and the change of keys end in a certificate."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-", dir=shaken.state.root))
    killer = Killer(shaken)
    async with Interfaces(shaken.urls) as interfaces:
        campaign = Campaign(
            folder, interfaces, Progress(disable=True), on_step=killer.on_step, undisturbed=killer.done,
            access=Access.of_state(shaken.state))
        await campaign.run(APPLICATIONS, 7, shaken.officer_password)
        await killer.done()
    assert len(killer.killed) == sum(map(len, KILLED.values()))
    programme = campaign.programmes[FIRST]
    facts = await reading.read_facts(shaken.state)
    mails = await reading.read_mails(shaken.endpoints.mail_url)
    findings = [
        observing.applications_taken(facts, programme, campaign.receipts.values()),
        observing.one_notice_each(facts, programme, mails),
        await observing.draw_reproduced(
            folder / "verify_draw.py",
            folder / "transcript.jsonl",
            campaign.draw,
            facts,
            programme,
            campaign.announcement,
        ),
        observing.capacity_kept(facts, programme),
        observing.no_pass_twice(facts, programme, 1),
    ]
    ending = campaign.ending
    assert ending is not None and ending.report is not None
    findings += [observing.nothing_left(ending.report), observing.certified(ending.certificate, ending.verified),
                 observing.replayed(ending.replayed)]
    assert [finding for finding in findings if not finding.holds] == []
