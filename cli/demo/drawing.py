"""The draw from announcement to results, as officers and witnesses do it."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.demo.people import DEPUTY, OFFICER
from cli.demo.time_driver import TimeDriver
from cli.demo.witnesses import Witness
from cli.interfaces import Interfaces, Unexpected
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import CeremonyBeacon

PATIENCE_SECONDS = 300.0


class Drawing:
    """One draw of a programme."""

    def __init__(self, programme: Programme, interfaces: Interfaces, driver: TimeDriver, folder: Path) -> None:
        self._programme, self._interfaces, self._driver, self._folder = programme, interfaces, driver, folder
        self._base = f"/lottery/{programme.id}/api/draws/{programme.draw.id}"
        self._witnesses: list[Witness] = []

    async def announce(self) -> dict[str, Any]:
        """Witnesses download their program and commit; the rules are announced."""
        program = self._folder / "kujibiki-witness.py"
        response = await self._interfaces.raw("GET", "lottery", "/lottery/kujibiki-witness.py")
        program.write_bytes(response.content)
        for witness in self._programme.draw.witnesses:
            person = Witness(witness.name, self._programme.draw.id, program, self._folder)
            await self._interfaces.call(
                "PUT", "lottery", f"{self._base}/witnesses/{witness.name}", staff=OFFICER, json=await person.make()
            )
            self._witnesses.append(person)
        return await self._agree("announcement")

    async def freeze(self) -> None:
        """Nobody does it: it happens when the window is closed and its time has come."""
        await self._driver.to(self._programme.draw.timetable.freeze_from)
        await self.until("frozen", lambda state: bool(state.get("root")))

    async def reveal_and_close(self) -> None:
        """Secrets, then the closing, signed by every witness."""
        for witness in self._witnesses:
            await self._post("reveals", {"witness": witness.name, "secret": await witness.reveal()})
        await self._driver.to(self._programme.draw.timetable.close_from + timedelta(minutes=5))
        proposed = await self._post("closing")
        await self._sign(proposed["record"], "closing/signatures")
        await self._agree("closing/confirmation")

    async def ceremony_and_draw(self) -> dict[str, Any]:
        """Dice before an audience: two people type what they saw, the witnesses sign, the draw comes by itself."""
        beacon = self._programme.draw.beacons[0]
        assert isinstance(beacon, CeremonyBeacon)
        await self._driver.to(beacon.at + timedelta(minutes=10))
        fallen = "".join(str(secrets.randbelow(6) + 1) for _ in range(beacon.digits))
        await self._post("beacon/readings", {"value": fallen})
        read = await self._interfaces.call(
            "POST", "lottery", f"{self._base}/beacon/readings", staff=DEPUTY, json={"value": fallen}
        )
        await self._sign(read["record"], "beacon/signatures")
        await self._agree("beacon/confirmation")
        return await self.until("drawn", lambda state: bool(state.get("result_digest")))

    async def transcript(self) -> bytes:
        """The public transcript."""
        path = f"/lottery/{self._programme.id}/draws/{self._programme.draw.id}/transcript.jsonl"
        response = await self._interfaces.raw("GET", "lottery", path)
        if response.status_code != 200:
            raise Unexpected(f"the transcript was answered {response.status_code}")
        return response.content

    async def until(self, what: str, reached: Any) -> dict[str, Any]:
        """The draw's public state once it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            state = await self._interfaces.call("GET", "lottery", self._base)
            if reached(state):
                return state
            await asyncio.sleep(0.2)
        raise Unexpected(f"the draw was not {what} after {PATIENCE_SECONDS:.0f} s")

    async def _sign(self, record: dict[str, Any], path: str) -> None:
        for witness in self._witnesses:
            await self._post(path, {"witness": witness.name, "signature": await witness.sign(record)})

    async def _agree(self, path: str) -> dict[str, Any]:
        """A step that can't be undone: one officer proposes it, the other approves."""
        proposal = await self._interfaces.call(
            "POST", "lottery", f"{self._base}/{path}", staff=OFFICER, json={}, expect=202)
        approval = f"{self._base}/proposals/{proposal['proposal']}/approval"
        return await self._interfaces.call("POST", "lottery", approval, staff=DEPUTY, json={})

    async def _post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return await self._interfaces.call("POST", "lottery", f"{self._base}/{path}", staff=OFFICER, json=body or {})
