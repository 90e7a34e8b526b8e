"""The end of the story: what is not needed any more goes early, the rest is returned and erased, and somebody looks."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from cli.audit import running
from cli.audit.access import Access
from cli.demo.applicants import Applicant
from cli.demo.people import ATTENDANT, AUDITOR, DEPUTY, OFFICER, SECOND_ATTENDANT
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces, Unexpected
from shared.contracts.audit import AuditReport
from shared.contracts.programme import Programme

PATIENCE_SECONDS = 600.0
KEPT_COPIES = 40


@dataclass
class Ending:
    """What was erased, returned, seen and certified; kept in `folder`."""

    programme: Programme
    interfaces: Interfaces
    driver: TimeDriver
    access: Access
    folder: Path
    early: dict[str, Any] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)
    returned: list[dict[str, Any]] = field(default_factory=list)
    certificate: dict[str, Any] = field(default_factory=dict)
    verified: str = ""
    replayed: dict[str, dict[str, Any]] = field(default_factory=dict)
    report: AuditReport | None = None

    # -- while the event goes on -----------------------------------------------------------------------------------

    async def keep_copies(self) -> None:
        """An auditor keeps sealed copies, before anything is erased."""
        await running.keep(self.access, KEPT_COPIES, self.folder / "sealed-copies.jsonl", _nobody, _nobody)

    async def one_early(self, receipts: dict[int, dict[str, Any]]) -> None:
        """A winner asks for erasure; the ward grants it."""
        self.early = await self._winner(receipts)
        body = {"receipt": self.early["receipt"], "secret": self.early["secret"]}
        await self._intake("api/mine/erasure", body)
        asked = await self._until("the request is with the records office", self._asked)
        await self.interfaces.call(
            "POST", "retention", f"{self._erasure}/requests/{asked}/decision", staff=OFFICER,
            json={"grant": True, "decision": "R3-45-1-21"})
        await self._attested("one person, early")

    async def losers(self) -> None:
        """Two weeks after the draw nobody needs the data of those who did not win."""
        at = self.driver.now
        assert at is not None
        await self.driver.to(at + timedelta(days=16))
        await self._attested("those who did not win")

    async def _winner(self, receipts: dict[int, dict[str, Any]]) -> dict[str, Any]:
        for receipt in receipts.values():
            if "secret" in receipt:
                mine = await self._intake("api/mine", {"receipt": receipt["receipt"], "secret": receipt["secret"]})
                if mine["outcome"] == "won":
                    return receipt
        raise Unexpected("nobody won by web")

    async def _asked(self) -> str:
        open_ = [one for one in (await self._seen())["requests"] if one["state"] == "open"]
        return str(open_[0]["application"]) if open_ else ""

    # -- at the contract's end -------------------------------------------------------------------------------------

    async def register_key(self) -> None:
        """The ward makes its archive key; two officers register it."""
        passphrase = self.folder / "ward" / "passphrase"
        passphrase.parent.mkdir(mode=0o700, exist_ok=True)
        passphrase.write_text(secrets.token_hex(16) + "\n")
        await _kujibiki("archive", "keys", "--to", str(self.folder / "ward"), "--passphrase-file", str(passphrase))
        key = (self.folder / "ward" / "archive-key.pub").read_text().strip()
        path = f"/retention/api/programmes/{self.programme.id}/archive-key"
        made = await self.interfaces.call("POST", "retention", path, staff=OFFICER, json={"key": key})
        await self.interfaces.call("POST", "retention", f"{path}/confirmation", staff=DEPUTY,
                                   json={"fingerprint": made["fingerprint"]})

    async def last_day(self) -> None:
        """The contract's last day comes; paper cards are destroyed before a witness of the ward."""
        noon = datetime.combine(self.programme.contract.last, time_of_day(12), self.programme.zone)
        await self.driver.to(noon)
        path = f"/checkin/{self.programme.id}/api/destructions"
        left = (await self.interfaces.call("GET", "checkin", path, staff=OFFICER))["left_in_cases"]
        for venue in sorted({row["venue"] for row in left}):
            count = sum(row["cards"] for row in left if row["venue"] == venue)
            await self.interfaces.call("POST", "checkin", path, staff=OFFICER, json={
                "pile": "case", "venue": venue, "count": count, "method": "shredded", "handed_by": ATTENDANT,
                "taken_by": SECOND_ATTENDANT, "witnessed_by": OFFICER})

    async def return_everything(self) -> None:
        """The archive is made, fetched, opened with the ward's key, acknowledged."""
        for made in await self._until("the archive is made", self._made):
            file = self.folder / f"{made['archive']}.archive"
            path = f"/intake/{self.programme.id}/api/archives/{made['archive']}"
            file.write_bytes((await self.interfaces.raw("GET", "intake", path, staff=OFFICER)).content)
            opened = self.folder / "ward" / f"{made['archive']}.jsonl"
            said = await _kujibiki(
                "archive", "open", str(file), "--key", str(self.folder / "ward" / "archive-key.json"),
                "--to", str(opened), "--passphrase-file", str(self.folder / "ward" / "passphrase"))
            self.returned += [json.loads(line) for line in opened.read_text().splitlines()]
            digest = next(line.split()[1] for line in said.splitlines() if line.startswith("confirmation"))
            await self.interfaces.call(
                "POST", "retention", f"/retention/api/programmes/{self.programme.id}/returns/{made['archive']}"
                "/acknowledgement", staff=OFFICER, json={"digest": digest}, expect=204)

    async def _made(self) -> list[dict[str, Any]]:
        path = f"/retention/api/programmes/{self.programme.id}/returns"
        rows = (await self.interfaces.call("GET", "retention", path, staff=OFFICER))["items"]
        return rows if rows and all(row.get("made_at") for row in rows) else []

    async def erase_everything(self) -> None:
        """What was returned is erased everywhere; then all older keys are destroyed."""
        await self._attested("everybody else")
        began = time.perf_counter()
        await self._until("all older keys are destroyed", self._final)
        self.waits["keys of everybody changed"] = time.perf_counter() - began

    async def certify(self, password: str) -> None:
        """An auditor looks at everything and hands in the report; the certificate is issued and checked."""
        self.report = await running.audit(running.Asked(
            self.access, self.programme.id, AUDITOR, password, self.folder / "sealed-copies.jsonl"))
        (self.folder / "audit.json").write_text(self.report.model_dump_json(indent=1) + "\n")
        await running.submit(
            running.Asked(self.access, self.programme.id, AUDITOR, password, None), self.report)
        base = f"/retention/api/programmes/{self.programme.id}/certificates"
        self.certificate = await self.interfaces.call("POST", "retention", base, staff=OFFICER, json={})
        number = self.certificate["number"]
        for name, path in (("certificate.json", f"{base}/{number}.json"), ("certificate.pdf", f"{base}/{number}.pdf"),
                           ("verify_certificate.py", "/retention/verify_certificate.py")):
            answer = await self.interfaces.raw("GET", "retention", path)
            if answer.status_code != 200:
                raise Unexpected(f"{path} was answered {answer.status_code}")
            (self.folder / name).write_bytes(answer.content)
        self.verified = await _run(
            sys.executable, str(self.folder / "verify_certificate.py"), str(self.folder / "certificate.json"),
            "--audit", str(self.folder / "audit.json"))

    async def replay(self, when: str, state: Path) -> None:
        """Every store of the programme is rebuilt from the topics and held to the living one (B12)."""
        report = self.folder / f"replay-{when}.json"
        await _kujibiki("replay", "--state", str(state), "--programme", self.programme.id, "--report", str(report))
        self.replayed[when] = json.loads(report.read_text())

    # -- seeing ----------------------------------------------------------------------------------------------------

    async def mine(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """What the person sees who was erased early."""
        secret = {"receipt": receipt["receipt"], "secret": receipt["secret"]}
        shown: dict[str, Any] = await self._intake("api/mine", secret, 410)
        return shown

    def returned_as_typed(self, applicants: list[Applicant], receipts: dict[int, dict[str, Any]]) -> bool:
        """Whether each returned record holds what its applicant typed."""
        by_receipt = {receipts[one.number]["receipt"]: one for one in applicants if one.number in receipts}
        return bool(self.returned) and all(
            record["items"]["name"] == by_receipt[record["receipt"]].name for record in self.returned)

    @property
    def _erasure(self) -> str:
        return f"/retention/api/programmes/{self.programme.id}/erasure"

    async def _seen(self) -> dict[str, Any]:
        return await self.interfaces.call("GET", "retention", self._erasure, staff=OFFICER)

    async def _attested(self, who: str) -> None:
        """Waits until all services attested all batches that were ordered; remembers how long compaction took."""
        began = time.perf_counter()
        await self._until(f"{who} erased", self._all_attested)
        self.waits[who] = time.perf_counter() - began

    async def _all_attested(self) -> bool:
        batches = (await self._seen())["batches"]
        return bool(batches) and all(batch["state"] in ("attested", "final", "certified") for batch in batches)

    async def _final(self) -> bool:
        return all(batch["state"] in ("final", "certified") for batch in (await self._seen())["batches"])

    async def _until(self, what: str, reached: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (result := await reached()):
            if time.monotonic() > deadline:
                raise Unexpected(f"not within {PATIENCE_SECONDS:.0f} s: {what}; {await self._open()}")
            await asyncio.sleep(0.3)
        return result

    async def _open(self) -> str:
        batches = (await self._seen())["batches"]
        return "; ".join(f"{batch['why']} {batch['state']}, waits for {batch['waits_for']}" for batch in batches)

    async def _intake(self, path: str, body: dict[str, Any], expect: int | tuple[int, ...] = (200, 202)) -> Any:
        return await self.interfaces.call(
            "POST", "intake", f"/intake/{self.programme.id}/{path}", repeatable=True, json=body, expect=expect)


def _nobody(_: int) -> None:
    """No bar is shown here: the step has its own."""


async def _kujibiki(*arguments: str) -> str:
    return await _run(sys.executable, "-m", "cli", *arguments)


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await process.communicate()
    text = output.decode()
    if process.returncode:
        raise Unexpected(f"{' '.join(command[1:4])} ended with {process.returncode}: {text[-4000:]}")
    return text
