"""B01: every announced beacon is missed, so the same applications are drawn again, through all five services.

It runs before `test_replay`, which then compares stores that have heard of two draws.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cli.demo import reading
from cli.demo.drawing import Drawing
from cli.demo.people import DEPUTY, OFFICER, designate
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces
from deploy.local.state import CHECKOUT
from shared.contracts.programme import Programme
from tests.journeys.test_one_application import Way, apply, eventually, look, publish
from tests.system import System

NAME = "redrawing"
ANNOUNCED = "2021-06-25T10:00:00+09:00"
SECOND = {
    "version = 1\n": "version = 2\n", f'id = "{NAME}-1"': f'id = "{NAME}-2"',
    "commit_until = 2021-05-28T17:00:00": "commit_until = 2021-06-25T17:00:00",
    "freeze_from = 2021-06-21T09:00:00": "freeze_from = 2021-06-26T12:00:00",
    "close_from = 2021-06-22T09:00:00": "close_from = 2021-06-27T09:00:00",
    "at = 2021-06-23T14:00:00": "at = 2021-06-28T14:00:00", "at = 2021-06-24T14:00:00": "at = 2021-06-29T14:00:00",
    "[draw.timetable]": f'[draw.previous]\ndraw = "{NAME}-1"\nreason = "beacons-missed"\ndecision = "R3-77"\n\n'
                        "[draw.timetable]",
}  # fmt: skip


async def publish_second(interfaces: Interfaces) -> Programme:
    """The programme's next version, as an officer writes it."""
    text = (CHECKOUT / "programmes" / "live-site-2020.toml").read_text(encoding="utf-8").replace("live-site-2020", NAME)
    for before, after in SECOND.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    await interfaces.call(
        "POST", "retention", "/retention/api/programmes", staff=OFFICER, content=text.encode(),
        headers={"Content-Type": "application/toml"})  # fmt: skip
    return Programme.model_validate(tomllib.loads(text))


async def up_to_the_freeze(way: Way, interfaces: Interfaces, driver: TimeDriver, folder: Path) -> Drawing:
    """Announced, one application, the window closed by two, the entries frozen; nobody comes to throw dice."""
    programme = way.programme
    await driver.to(programme.draw.timetable.commit_until - timedelta(days=1))
    await designate(interfaces, [programme.id], programme.contract.first)
    first = Drawing(programme, interfaces, driver, folder)
    await first.announce()
    await driver.to(programme.window.opens + timedelta(hours=1))
    await apply(way, interfaces)
    await driver.to(datetime.combine(programme.window.received_by, datetime.min.time(), programme.zone)
                    + timedelta(days=1))  # fmt: skip
    closing = f"/intake/{programme.id}/api/window/closing"
    await interfaces.call("POST", "intake", closing, staff=OFFICER, json={})
    await interfaces.call("POST", "intake", f"{closing}/confirmation", staff=DEPUTY, json={})
    await first.freeze()
    return first


async def test_b01_a_second_draw_is_told_frozen_drawn_and_shown_through_all_services(
    system: System, tmp_path: Path
) -> None:
    async with Interfaces(system.urls) as interfaces:
        interfaces.knows(OFFICER, system.officer_password)
        way = Way(await publish(interfaces, "live-site-2020", NAME))
        driver = TimeDriver(interfaces, NAME, OFFICER)
        await up_to_the_freeze(way, interfaces, driver, tmp_path)
        await driver.to(datetime.fromisoformat(ANNOUNCED) - timedelta(hours=1))
        programme = await publish_second(interfaces)
        await driver.to(datetime.fromisoformat(ANNOUNCED))
        (tmp_path / "again").mkdir()
        again = Drawing(programme, interfaces, driver, tmp_path / "again")
        announced = await again.announce()

        async def mails() -> list[dict[str, Any]]:
            read = await reading.read_mails(system.endpoints.mail_url)
            return [one for one in read if way.receipt["receipt"] in one["text"]]

        (told,) = await eventually(mails)
        assert "第2抽選" in told["text"] and announced["announcement"] in told["text"]
        await again.freeze()
        await again.reveal_and_close()
        way.draw = await again.ceremony_and_draw()
        await driver.settle()
        await look(way, interfaces)
        assert way.mine["second_draw"] and way.mine["outcome"] == "won" and len(way.mine["passes"]) == 1
        assert way.mine["draw"]["result"] == way.draw["result_digest"]
        results = [one for one in await mails() if way.mine["passes"][0]["token"] in one["text"]]
        assert len(results) == 1 and "前にお知らせした結果" not in results[0]["text"], "there was none before"
        assert way.draw["previous"]["draw"] == f"{NAME}-1"
        page = (await interfaces.raw("GET", "lottery", f"/lottery/{NAME}")).text
        assert "予告した乱数の機会を逃した" in page and "R3-77" in page
