"""Certificates of erasure on the real stack (S18, B11): kept back until all is there, then issued once."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.retention.domain.orders_digest import orders_digest
from shared.contracts.audit import AuditReport
from shared.contracts.envelope import new_id
from shared.contracts.holdings import HOLDINGS, holdings_of
from shared.contracts.topics import SERVICES
from tests.conftest import until
from tests.integration.retention.conftest import Records

NOW = datetime.now(UTC).replace(microsecond=0)
REMOVED, FINAL, SEEN = NOW - timedelta(hours=3), NOW - timedelta(hours=2), NOW - timedelta(hours=1)
SUBJECTS = 3


class Erasure:
    """A programme with one batch of three people, attested and final, and 40 cards destroyed, as others leave it."""

    def __init__(self, records: Records, programme: str) -> None:
        self.records, self.programme = records, programme
        self.batch, self.order, self.rotation = new_id(), new_id(), new_id()
        self.subjects = [new_id() for _ in range(SUBJECTS)]

    @property
    def base(self) -> str:
        return f"/retention/api/programmes/{self.programme}"

    async def put(self) -> None:
        database = self.records.retention.database
        await database["rotations"].insert_one({
            "_id": self.rotation, "programme": "*", "why": "month", "state": "done", "after": [self.batch],
            "ordered_at": REMOVED, "done_at": FINAL, "decided_by": [], "rewrapped": {},
            "destroyed": {service: {"epoch": 1, "at": FINAL} for service in SERVICES}})
        await database["orders"].insert_one({
            "_id": self.order, "batch": self.batch, "number": 1, "programme": self.programme, "kind": "application",
            "subjects": self.subjects, "state": "attested",
            "receipts": {service: _receipt(service) for service in SERVICES}})
        await database["destructions"].insert_one({
            "_id": new_id(), "programme": self.programme, "count": 40, "used": 40, "method": "shredded", "at": REMOVED,
            "destroyed_by": ["hand-1", "hand-2"], "witnessed_by": "ward-1", "reason": None})
        await database["batches"].insert_one({
            "_id": self.batch, "programme": self.programme, "rule": "won-waiting", "why": "schedule", "archive": None,
            "kind": "application", "subjects": SUBJECTS, "orders": 1, "attested": 1, "state": "final",
            "ordered_at": REMOVED, "due_at": REMOVED, "decided_by": [], "removed_at": REMOVED, "final_at": FINAL,
            "rotation": self.rotation})

    def report(self, **changes: Any) -> dict[str, Any]:
        report = AuditReport.model_validate({
            "programme": self.programme, "by": "audit-desk", "began_at": SEEN, "ended_at": SEEN, "orders": 1,
            "subjects": SUBJECTS, "orders_digest": orders_digest([self.order]),
            "topics": [{"topic": "intake.personal.v1", "partition": number, "first": 0, "end": 9, "records": 4}
                       for number in range(6)],
            "stores": [{"service": one.service, "collection": one.collection, "rows": 1, "erased": 0}
                       for one in HOLDINGS],
            "trials": [{"service": service, "old_copies": 1, "old_opened": 0, "canaries": 1, "canaries_opened": 1}
                       for service in ("intake", "notifier", "checkin")],
            "epochs": [{"service": service, "current": 2, "destroyed": {1: FINAL}} for service in SERVICES],
            "log": {"checkpoints": 1, "records": 40}, **changes})
        return report.model_dump(mode="json")

    async def hand_in(self, report: dict[str, Any]) -> Any:
        return await self.records.http.post(
            f"{self.base}/audits", json=report, headers=await auditor(self.records, self.programme))

    async def issue(self) -> Any:
        return await self.records.http.post(
            f"{self.base}/certificates", json={}, headers=await self.records.officer())


def _receipt(service: str) -> dict[str, Any]:
    return {
        "subjects": SUBJECTS, "rows": {one.collection: 3 for one in holdings_of(service) if one.kind == "application"},
        "records": 3 if service == "intake" else 0, "files": 0, "at": REMOVED,
        "reread": {str(number): 9 for number in range(6)} if service == "intake" else {},
    }


async def auditor(records: Records, programme: str) -> dict[str, str]:
    made = (await records.designate(programme, roles=["auditor"], employer="audit")).json()
    await until(lambda: records.retention.register.person(made["staff"]))
    token = (await records.sign_in(made["staff"], made["password"])).json()["token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def erasure(records: Records) -> Erasure:
    name, _ = await records.programme()
    made = Erasure(records, name)
    await made.put()
    return made


async def test_s18_b11_the_certificate_comes_when_nothing_is_missing_and_anybody_can_check_it(
    erasure: Erasure, tmp_path: Path
) -> None:
    http, officer = erasure.records.http, await erasure.records.officer()
    early = await erasure.issue()
    assert early.status_code == 409 and [gap["code"] for gap in early.json()["missing"]] == ["no-audit"]
    assert (await erasure.hand_in(erasure.report())).status_code == 201
    listed = (await http.get(f"{erasure.base}/certificates", headers=officer)).json()
    assert (listed["open"]["ready"], listed["open"]["missing"]) == (True, [])

    issued = await erasure.issue()
    assert issued.status_code == 201, issued.text
    number = issued.json()["number"]
    assert issued.json() | {"digest": ""} == {
        "number": number, "digest": "", "subjects": SUBJECTS, "batches": [erasure.batch]}
    assert await erasure.records.has("batches", {"_id": erasure.batch, "state": "certified"})

    again = await erasure.issue()
    assert again.status_code == 409 and again.json()["missing"][0]["code"] == "nothing-to-certify"
    signed = await http.get(f"{erasure.base}/certificates/{number}.json")
    paper = await http.get(f"{erasure.base}/certificates/{number}.pdf")
    verifier = await http.get("/retention/verify_certificate.py")
    _checked(tmp_path, verifier.content, signed.content, listed["public_key"], issued.json()["digest"])
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    _nobody_in(erasure, signed.text, printed)
    page = await http.get(f"/retention/certificates/{erasure.programme}", headers=officer)
    assert page.status_code == 200 and number in page.text


def _checked(folder: Path, program: bytes, signed: bytes, key: str, digest: str) -> None:
    (folder / "verify.py").write_bytes(program)
    (folder / "certificate.json").write_bytes(signed)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder / "certificate.json"), "--key", key,
         "--digest", digest], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def _nobody_in(erasure: Erasure, signed: str, printed: str) -> None:
    for text in (signed, printed.replace("\n", "")):
        assert not [subject for subject in erasure.subjects if subject in text]
    said = json.loads(signed)["statement"]
    assert said["number"] in printed and "hand-1、hand-2" in printed.replace("\n", "")
    assert (said["paper"]["count"], said["paper"]["destroyed"][0]["witnessed_by"]) == (40, ["ward-1"])


async def test_b09_rows_that_the_audit_saw_keep_the_certificate_back(erasure: Erasure) -> None:
    """All services answered; one of them did not erase."""
    stores = erasure.report()["stores"]
    stores[0]["erased"] = SUBJECTS
    assert (await erasure.hand_in(erasure.report(stores=stores))).status_code == 201
    refused = await erasure.issue()
    assert refused.status_code == 409
    assert [(gap["code"], gap["where"]) for gap in refused.json()["missing"]] == [("audit-saw-rows", "intake")]
    assert not await erasure.records.has("certificates", {"programme": erasure.programme})
    page = await erasure.records.http.get(
        f"/retention/certificates/{erasure.programme}", headers=await erasure.records.officer())
    assert "消去したはずの行" in page.text


async def test_s18_only_auditors_hand_in_reports_and_only_of_their_programme(erasure: Erasure) -> None:
    officer = await erasure.records.http.post(
        f"{erasure.base}/audits", json=erasure.report(), headers=await erasure.records.officer())
    assert (officer.status_code, officer.json()["reason"]) == (403, "role")
    other = await erasure.hand_in(erasure.report(programme="another"))
    assert (other.status_code, other.json()["reason"]) == (422, "other-programme")
    future = await erasure.hand_in(erasure.report(ended_at=NOW + timedelta(days=1)))
    assert (future.status_code, future.json()["reason"]) == (422, "times")
    unknown = await erasure.hand_in({**erasure.report(), "names": ["新宿 花子"]})
    assert unknown.status_code == 422 and "花子" not in unknown.text


async def test_s18_a_certificate_that_was_never_issued_is_not_found(erasure: Erasure) -> None:
    for kind in ("json", "pdf"):
        response = await erasure.records.http.get(f"{erasure.base}/certificates/LS-2021-0099.{kind}")
        assert response.status_code == 404
