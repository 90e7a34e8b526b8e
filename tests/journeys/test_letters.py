"""B04, B19: letters through intake and notifier as they are: a change is told at the contact before it, a lost receipt
comes by mail to the contact on record, and nothing of it stays readable on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from cli.demo import reading
from cli.demo.people import OFFICER
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces
from tests.journeys.test_one_application import FORM, Way, apply, eventually, publish
from tests.system import System

BEFORE, AFTER = FORM["email"], "sumie.after@example.jp"
DESK = "letters-desk"


async def test_b04_b19_a_change_is_told_where_it_was_before_and_a_lost_receipt_comes_by_mail(system: System) -> None:
    async with Interfaces(system.urls) as interfaces:
        interfaces.knows(OFFICER, system.officer_password)
        way = Way(await publish(interfaces, "live-site-2020", "letters"))
        driver = TimeDriver(interfaces, way.programme.id, OFFICER)
        await driver.to(way.programme.window.opens + timedelta(hours=1))
        clerk = await interfaces.call("POST", "retention", "/retention/api/staff", staff=OFFICER, json={
            "staff": DESK, "name": "手紙 係", "employer": "contractor", "roles": ["desk"],
            "programmes": [way.programme.id], "trained_on": "2021-04-01"})  # fmt: skip
        interfaces.knows(DESK, clerk["password"])
        await apply(way, interfaces)
        keys = {name: way.receipt[name] for name in ("receipt", "secret")}
        wishes = [way.programme.slots[2].id]
        path = f"/intake/{way.programme.id}"
        await interfaces.call("PUT", "intake", f"{path}/api/mine/data", json={
            **FORM, **keys, "email": AFTER, "wishes": wishes})  # fmt: skip

        async def mails_to(address: str) -> list[dict[str, Any]]:
            mails = await reading.read_mails(system.endpoints.mail_url)
            return [one for one in mails if address in one["recipients"] and keys["receipt"] in one["text"]]

        (told,) = await eventually(lambda: mails_to(BEFORE))
        assert "お心当たりのないときは" in told["text"] and AFTER not in told["text"]
        said = {"caller": "applicant", "place": "telephone", "name": FORM["name"], "telephone": FORM["telephone"],
                "address": "神楽坂4-7-12", "age": str(FORM["age"])}  # fmt: skip
        page = (await interfaces.raw("POST", "intake", f"{path}/enquiry", staff=DESK, data=said)).text
        (enquiry,) = set(re.findall(r'name="enquiry" value="([0-9a-f]{32})"', page))
        answer = await interfaces.raw(
            "POST", "intake", f"{path}/enquiry/act", staff=DESK, data={"enquiry": enquiry, "step": "lettered"})
        assert answer.is_success, answer.text
        (mail,) = await eventually(lambda: mails_to(AFTER))
        (secret,) = set(re.findall(rf"mine#{keys['receipt']}\.([0-9a-f]{{32}})", mail["text"]))
        assert (await interfaces.raw("POST", "intake", f"{path}/api/mine", json=keys)).status_code == 404
        renewed = {**keys, "secret": secret}
        mine = await interfaces.call("POST", "intake", f"{path}/api/mine", json=renewed)
        assert mine["wishes"] == wishes
        await driver.settle()
        assert [len(await mails_to(address)) for address in (BEFORE, AFTER)] == [1, 1]
