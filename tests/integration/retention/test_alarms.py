"""Alarms that people see (S24, S25): said by the watch, shown in words, decided by an officer for the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.retention import store
from shared.contracts.envelope import new_id
from shared.contracts.erasure import AccessUnusual, AlarmDecided
from shared.contracts.privacy import AccessOpened
from tests.conftest import until
from tests.integration.retention.conftest import Records
from tests.stages.kafka import Ears
from tests.stages.process import Process

NOON = datetime(2021, 7, 23, 3, tzinfo=UTC)


async def test_s25_one_who_opens_too_many_is_an_alarm_that_an_officer_sees_and_decides(
    records: Records, infrastructure: Any
) -> None:
    name, _ = await records.programme()
    watch = Process(infrastructure.state.root, "retention.live")
    watch.start(KUJIBIKI_UNUSUAL='{"desk": {"openings": 12}}')
    try:
        subjects = [new_id() for _ in range(12)]
        await records.said_by(records.other, name, *(
            (subject, AccessOpened(
                actor="desk-9", actor_kind="staff", role="desk", service="intake", purpose="enquiry",
                subject=subject, items=("name",), at=NOON + timedelta(seconds=number)))
            for number, subject in enumerate(subjects)))
        alarm = await until(lambda: _open(records, name))
        await until(lambda: _answers(records, name), told=watch.log_file.read_text)
    finally:
        watch.kill()
    assert (alarm["values"]["pattern"], alarm["values"]["actor"], alarm["values"]["count"]) == (
        "many-openings", "desk-9", 12)

    officer = await records.officer()
    page = await records.http.get("/retention/alarms", headers=officer)
    assert "desk-9（受付窓口、申込受付）：個人情報を開いた回数が多い。10分間に12回" in page.text
    start = await records.http.get("/retention/", headers=officer)
    state = await records.http.get(f"/retention/state/{name}", headers=officer)
    assert "判断を待つ警報が" in start.text and "判断を待つ警報が" in state.text

    decision = {"alarm": alarm["_id"], "decision": "incident"}
    done = await records.http.post("/retention/alarms", data=decision, headers=officer)
    assert done.status_code == 303
    again = await records.http.post("/retention/api/alarms/decisions", json=decision, headers=officer)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/alarm-decided")
    listed = (await records.http.get("/retention/api/alarms", headers=officer)).json()
    assert alarm["_id"] not in {one["alarm"] for one in listed["open"]}
    kept = next(one for one in listed["decided"] if one["alarm"] == alarm["_id"])
    assert (kept["decided"]["by"], kept["decided"]["decision"]) == ("officer-1", "incident")
    ears = Ears(infrastructure)

    async def said() -> bool:
        facts = [message.data for message in await ears.read(AlarmDecided.TOPIC, "retention")]
        return any(isinstance(one, AlarmDecided) and one.alarm == alarm["_id"] for one in facts)

    try:
        await until(said)  # kept as a fact, for good
    finally:
        await ears.close()


async def _answers(records: Records, programme: str) -> bool:
    """Whether the watch says that a tick is done, as every part must before simulated time goes on."""
    path, officer = f"/retention/api/programmes/{programme}/clock", await records.officer()
    tick = await records.http.post(path, json={"at": "2021-07-23T04:00:00Z"}, headers=officer)
    assert tick.status_code == 202, tick.text

    async def done() -> bool:
        parts = (await records.http.get(path, headers=officer)).json()["parts"]
        return bool(parts.get("retention.live", {}).get("number", 0) >= tick.json()["number"])

    return bool(await until(done))


async def _open(records: Records, programme: str) -> dict[str, Any] | None:
    return await records.retention.database[store.ALARMS].find_one(
        {"programme": programme, "kind": "access-unusual", "decided": None})


async def test_s25_windows_that_overlap_are_one_alarm_with_the_highest_count(records: Records) -> None:
    name, _ = await records.programme()
    for minutes, count in ((0, 70), (5, 95), (60, 61)):
        first = NOON + timedelta(minutes=minutes)
        await records.said_by(records.retention, name, (name, AccessUnusual(
            pattern="many-openings", actor="desk-1", role="desk", service="intake", count=count, minutes=10,
            first_at=first, last_at=first + timedelta(minutes=9))))
    rows = await until(lambda: _two(records, name))
    assert sorted(row["values"]["count"] for row in rows) == [61, 95]


async def _two(records: Records, programme: str) -> list[dict[str, Any]]:
    rows = await records.retention.database[store.ALARMS].find({"programme": programme}).to_list(None)
    late = [row for row in rows if row["values"]["count"] == 61]
    return rows if late else []


async def test_s24_alarms_of_a_programme_are_decided_by_its_own_officers(records: Records) -> None:
    name, _ = await records.programme()
    other, _ = await records.programme()
    await records.said_by(records.retention, name, (name, AccessUnusual(
        pattern="many-refusals", actor="desk-1", role="desk", service="intake", count=9, minutes=10,
        first_at=NOON, last_at=NOON)))
    alarm = await until(lambda: _open(records, name))
    made = (await records.designate(other, roles=["officer"])).json()
    await until(lambda: records.retention.register.person(made["staff"]))

    async def theirs() -> httpx.Response:
        token = (await records.sign_in(made["staff"], made["password"])).json()["token"]
        return await records.http.post(
            "/retention/api/alarms/decisions", headers={"Authorization": f"Bearer {token}"},
            json={"alarm": alarm["_id"], "decision": "explained"})

    refused = await theirs()
    assert (refused.status_code, refused.json()["reason"]) == (403, "programme")
    wrong = await records.http.post(
        "/retention/api/alarms/decisions", headers=await records.officer(),
        json={"alarm": "nobody's", "decision": "explained"})
    assert wrong.json()["type"] == "/problems/no-such-alarm"
