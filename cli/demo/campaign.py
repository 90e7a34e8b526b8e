"""The campaign: from the programme's publication to its certificate of erasure, step by step, each timed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.audit.access import Access
from cli.demo.applicants import Applicant, make_applicants
from cli.demo.applying import Applying
from cli.demo.door import Door
from cli.demo.drawing import Drawing
from cli.demo.ending import Ending
from cli.demo.judging import Judging
from cli.demo.people import AUDITOR, DEPUTY, NOTICES, OFFICER, designate
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces, Unexpected
from deploy.local.state import CHECKOUT
from shared.contracts.programme import Programme

PROGRAMMES = CHECKOUT / "programmes"
FIRST, SECOND = "live-site-2020", "summer-stage-2024"
MOST_SLOTS, GROUPS_A_SLOT = 4, 6


async def _at_once() -> None:
    """Nobody disturbs."""


@dataclass
class Campaign:
    """What was done, and what is needed to check it."""

    folder: Path
    interfaces: Interfaces
    progress: Progress
    canary: str = field(default_factory=lambda: f"canary-{secrets.token_hex(12)}-かなりあ")
    timings: dict[str, float] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)
    applicants: list[Applicant] = field(default_factory=list)
    later: list[Applicant] = field(default_factory=list)
    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    draw: dict[str, Any] = field(default_factory=dict)
    announcement: str = ""
    door: dict[str, int] = field(default_factory=dict)
    cards_printed: int = 0
    access: Access | None = None
    ending: Ending | None = None
    passwords: dict[str, str] = field(default_factory=dict)
    on_step: Callable[[str], None] = lambda _: None
    undisturbed: Callable[[], Awaitable[None]] = _at_once
    """Waited for before everything is looked at."""

    @contextmanager
    def step(self, name: str, total: int = 1) -> Iterator[Any]:
        """A step with its bar and its time; `advance(n)` moves the bar."""
        self.on_step(name)
        task = self.progress.add_task(name, total=max(1, total))
        began = time.perf_counter()
        yield lambda count=1: self.progress.advance(task, count)
        self.timings[name] = time.perf_counter() - began
        self.progress.update(task, completed=max(1, total))

    async def run(self, count: int, seed: int, officer_password: str) -> None:
        """All of it; `count` applications to the first programme."""
        self.interfaces.knows(OFFICER, officer_password)
        with self.step("publish the programmes, designate the staff", 3) as advance:
            for name, addition in ((FIRST, ""), (SECOND, f'\n[reasons.demo-canary]\nja = "{self.canary}"\n')):
                self.programmes[name] = await self._publish(name, addition)
                advance()
        first = self.programmes[FIRST]
        driver = TimeDriver(self.interfaces, FIRST, OFFICER)
        with self.step("witnesses commit, the draw is announced"):
            await driver.to(first.draw.timetable.commit_until - timedelta(days=1))
            self.passwords = await designate(self.interfaces, list(self.programmes), first.contract.first)
            drawing = Drawing(first, self.interfaces, driver, self.folder)
            self.announcement = str((await drawing.announce())["announcement"])
        await self._apply(first, driver, count, seed)
        await self._draw(drawing, driver)
        await self._tell(first, driver)
        await self._erase_early(first, driver)
        await self._door(first, driver)
        await self._second_programme(count, seed)
        await self._end()

    async def _publish(self, name: str, addition: str) -> Programme:
        text = (PROGRAMMES / f"{name}.toml").read_text() + addition
        await self.interfaces.call(
            "POST",
            "retention",
            "/retention/api/programmes",
            staff=OFFICER,
            content=text.encode(),
            headers={"Content-Type": "application/toml"},
        )
        import tomllib

        return Programme.model_validate(tomllib.loads(text))

    async def _apply(self, programme: Programme, driver: TimeDriver, count: int, seed: int) -> None:
        self.applicants = make_applicants(programme, count, seed)
        applying = Applying(programme, self.interfaces, driver)
        with self.step("applications by web and postcard, day by day", count) as advance:
            await applying.window(self.applicants, advance)
        with self.step("late ones are refused, the window is to be closed"):
            after = datetime.combine(programme.window.received_by, datetime.min.time(), programme.zone)
            await driver.to(max(programme.window.closes + timedelta(minutes=1), after + timedelta(days=1)))
            await applying.late(self.applicants, lambda _: None)
            closing = f"/intake/{programme.id}/api/window/closing"
            await self.interfaces.call("POST", "intake", closing, staff=OFFICER, json={})
            await self.interfaces.call("POST", "intake", f"{closing}/confirmation", staff=DEPUTY, json={})
        with self.step("pairs are judged at the duplicates desk, the window closes"):
            await Judging(programme, self.interfaces).until_closed(self.applicants, applying.receipts)
            await driver.settle()
        self.receipts, self.refused = applying.receipts, dict(applying.refused)

    async def _draw(self, drawing: Drawing, driver: TimeDriver) -> None:
        with self.step("freeze, reveals, closing signed by the witnesses"):
            await drawing.freeze()
            await drawing.reveal_and_close()
        with self.step("dice before an audience, the draw"):
            self.draw = await drawing.ceremony_and_draw()
            await driver.settle()
        (self.folder / "transcript.jsonl").write_bytes(await drawing.transcript())
        verifier = await self.interfaces.raw("GET", "lottery", "/lottery/verify_draw.py")
        (self.folder / "verify_draw.py").write_bytes(verifier.content)

    async def _tell(self, programme: Programme, driver: TimeDriver) -> None:
        base = f"/notifier/{programme.id}/api/print-runs"
        with self.step("mails are sent, postcards printed and posted"):
            while True:
                run = await self.interfaces.call(
                    "POST", "notifier", base, staff=NOTICES, expect=(200, 201, 409), json={}
                )
                if not run.get("cards"):
                    break
                cards = await self.interfaces.raw("GET", "notifier", f"{base}/{run['run']}/cards.pdf", staff=NOTICES)
                if not cards.content.startswith(b"%PDF"):
                    raise Unexpected(f"the print run was answered {cards.status_code}: {cards.text[:200]}")
                await self.interfaces.call("POST", "notifier", f"{base}/{run['run']}/posting", staff=NOTICES, json={})
                self.cards_printed += int(run["cards"])
            await driver.settle()

    async def _erase_early(self, programme: Programme, driver: TimeDriver) -> None:
        if self.access is None:
            return
        self.ending = Ending(programme, self.interfaces, driver, self.access, self.folder)
        with self.step("an auditor keeps sealed copies; the ward makes its key", 2) as advance:
            await self.ending.keep_copies()
            advance()
            await self.ending.register_key()
        with self.step("one winner asks to be erased, and is"):
            await self.ending.one_early(self.receipts)
        with self.step("those who did not win are erased"):
            await self.ending.losers()

    async def _end(self) -> None:
        ending = self.ending
        if ending is None:
            return
        state = self.folder.parent
        await self._quiet(ending.driver)
        with self.step("every store is rebuilt from the topics and compared"):
            await ending.replay("before", state)
        with self.step("the contract's last day: cards destroyed before a witness"):
            await ending.last_day()
        with self.step("everything is returned to the ward, which opens it"):
            await ending.return_everything()
        with self.step("everybody else is erased, all older keys are destroyed"):
            await ending.erase_everything()
        await self._quiet(ending.driver)
        with self.step("an audit sees nothing left, the certificate is issued"):
            await ending.certify(self.passwords[AUDITOR])
        with self.step("every store is rebuilt again: draw and counts are the same"):
            await ending.replay("after", state)

    async def _quiet(self, driver: TimeDriver) -> None:
        """A store is what its topics say only where nothing is on its way from one to the other."""
        await self.undisturbed()
        await driver.settle()

    async def _door(self, programme: Programme, driver: TimeDriver) -> None:
        passes = []
        with self.step("winners look at their passes", len(self.receipts)) as advance:
            for receipt in self.receipts.values():
                if "secret" in receipt:
                    mine = await self.interfaces.call(
                        "POST",
                        "intake",
                        f"/intake/{programme.id}/api/mine",
                        repeatable=True,
                        expect=(200, 410),  # 410: erased, two weeks after a draw that was lost
                        json={"receipt": receipt["receipt"], "secret": receipt["secret"]},
                    )
                    passes += mine.get("passes", [])
                advance()
        door = Door(programme, self.interfaces, driver)
        with self.step("the door: passes, second tries, walk-in groups", MOST_SLOTS) as advance:
            await door.event(passes, MOST_SLOTS, GROUPS_A_SLOT, advance)
            await driver.settle()
        self.door = dict(door.outcomes)

    async def _second_programme(self, count: int, seed: int) -> None:
        programme = self.programmes[SECOND]
        driver = TimeDriver(self.interfaces, SECOND, OFFICER)
        self.later = make_applicants(programme, max(8, count // 10), seed + 1)
        with self.step("the second programme, up to the middle of its window", len(self.later)) as advance:
            await driver.to(programme.draw.timetable.commit_until - timedelta(days=1))
            folder = self.folder / "second"
            folder.mkdir(exist_ok=True)
            await Drawing(programme, self.interfaces, driver, folder).announce()
            days = max(1, (programme.window.closes - programme.window.opens).days)
            await Applying(programme, self.interfaces, driver).window(self.later, advance, days // 2)
            await driver.settle()

    def typed(self) -> Iterator[str]:
        """All that people typed."""
        for applicant in (*self.applicants, *self.later):
            yield from applicant.typed()


def bars() -> Progress:
    """Progress bars, one a step."""
    return Progress(
        TextColumn("{task.description:<52}"), BarColumn(bar_width=28), MofNCompleteColumn(), TimeElapsedColumn()
    )


def now_text() -> str:
    """The machine's time, for the report."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
