"""The staff register and sign-in on the real stack (S19, S20, S21, S24, S33)."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import TopicPartition

from services.retention import store
from services.retention.domain.lockout import FREE_TRIES, PAUSE
from services.retention.signing import load_or_make
from shared.contracts.envelope import new_id
from shared.contracts.topics import TOPIC
from shared.messaging import kafka
from tests.conftest import until
from tests.integration.retention.conftest import Records


async def test_s19_a_designation_is_heard_everywhere_and_so_is_its_end(records: Records) -> None:
    programme, _ = await records.programme()
    response = await records.designate(programme)
    staff, register = response.json()["staff"], records.other.register
    now = records.other.clock.now(programme)
    await until(lambda: register.refusal(staff, ["desk"], programme, now) is None)
    assert register.refusal(staff, ["officer"], programme, now) == "role"
    assert register.refusal(staff, ["desk"], "another", now) == "programme"
    gone = await records.http.delete(f"/retention/api/staff/{staff}", headers=await records.officer())
    assert gone.status_code == 204
    await until(lambda: register.refusal(staff, ["desk"], programme, now) == "not-designated")
    assert (await records.sign_in(staff, response.json()["password"])).status_code == 401


async def test_s20_who_has_no_training_on_record_gets_in_nowhere(records: Records) -> None:
    programme, _ = await records.programme()
    response = await records.designate(programme, roles=["officer"], trained_on=None)
    staff = response.json()["staff"]
    now = records.other.clock.now(programme)
    await until(lambda: records.other.register.refusal(staff, ["officer"], programme, now) == "not-trained")
    token = (await records.sign_in(staff, response.json()["password"])).json()["token"]
    await until(lambda: records.retention.register.person(staff))
    refused = await records.http.get(
        f"/retention/api/state/{programme}", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "not-trained")


async def test_a_later_training_opens_the_door_and_keeps_the_password(records: Records) -> None:
    programme, _ = await records.programme()
    first = await records.designate(programme, trained_on=None)
    staff, password = first.json()["staff"], first.json()["password"]
    again = await records.designate(programme, staff=staff)
    assert (again.status_code, again.json()) == (200, {"staff": staff, "password": None})
    now = records.other.clock.now(programme)
    await until(lambda: records.other.register.refusal(staff, ["desk"], programme, now) is None)
    assert (await records.sign_in(staff, password)).status_code == 200


async def test_s33_an_employer_without_the_wards_agreement_is_refused(records: Records) -> None:
    programme, _ = await records.programme()
    refused = await records.designate(programme, employer="subcontractor")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "employer", "reason": "employer-not-approved"}]


async def test_s13_unknown_fields_of_a_designation_are_refused(records: Records) -> None:
    programme, _ = await records.programme()
    assert (await records.designate(programme, birthday="2000-01-01")).status_code == 422


async def test_an_officer_of_one_programme_decides_nothing_about_another(records: Records) -> None:
    programme, _ = await records.programme()
    other, _ = await records.programme()
    made = (await records.designate(programme, roles=["officer"])).json()
    await until(lambda: records.retention.register.person(made["staff"]))
    token = (await records.sign_in(made["staff"], made["password"])).json()["token"]
    body = {"staff": "x-1", "name": "係 次郎", "employer": "ward", "roles": ["desk"], "programmes": [other]}
    refused = await records.http.post(
        "/retention/api/staff", json=body, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403


async def test_a_staff_members_name_is_nowhere_in_the_clear(records: Records) -> None:
    """PRIVACY: sealed before its first write; canary found first, so that silence counts."""
    programme, _ = await records.programme()
    staff = (await records.designate(programme, name="夏目漱石之助")).json()["staff"]
    rows = [row async for row in records.retention.database["staff"].find({"_id": staff})]
    rows += [row async for row in records.retention.database["personal"].find({"_id": rows[0]["subject"]})]
    text = json.dumps(rows, default=str, ensure_ascii=False)
    assert staff in text
    assert "漱石" not in text
    subject = rows[0]["subject"].encode()

    async def published() -> bytes:
        values = b"".join([value async for value in _values(records, "retention.personal.v1", "retention.staff.v1")])
        return values if subject in values else b""

    assert "漱石".encode() not in await until(published)


async def _values(records: Records, *topics: str):  # type: ignore[no-untyped-def]
    client = kafka.consumer(records.retention.settings)
    await client.start()
    try:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(TOPIC[topic].partitions)]
        client.assign(partitions)
        ends = await client.end_offsets(partitions)
        await client.seek_to_beginning(*partitions)
        while any([await client.position(partition) < end for partition, end in ends.items()]):
            for found in (await client.getmany(timeout_ms=200)).values():
                for record in found:
                    yield record.value or b""
    finally:
        await client.stop()


async def test_s21_a_token_opens_one_service_only(records: Records) -> None:
    told = json.loads(records.officer_file.read_text())
    token = (await records.sign_in(told["staff_id"], told["password"], "intake")).json()["token"]
    assert records.other.sign_in.staff_of(token) == told["staff_id"]
    refused = await records.http.get("/retention/api/staff", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401


async def test_s24_whatever_was_wrong_the_answer_is_the_same(records: Records) -> None:
    programme, _ = await records.programme()
    made = (await records.designate(programme)).json()
    wrong = [await records.sign_in(made["staff"], "wrong") for _ in range(5)]
    unknown = await records.sign_in("nobody-of-that-id", "wrong")
    locked = await records.sign_in(made["staff"], made["password"])
    assert {answer.status_code for answer in (*wrong, unknown, locked)} == {401}
    assert len({answer.text for answer in (*wrong, unknown, locked)}) == 1
    await until(lambda: records.has("alarms", {"kind": "sign-in-locked", "values.staff": made["staff"]}))
    reset = await records.http.post(
        f"/retention/api/staff/{made['staff']}/password", headers=await records.officer())
    assert (await records.sign_in(made["staff"], made["password"])).status_code == 401
    assert (await records.sign_in(made["staff"], reset.json()["password"])).status_code == 200


async def test_what_is_typed_as_an_id_is_not_stored(records: Records) -> None:
    await records.sign_in("my-password-in-the-wrong-field", "x")
    tries = json.dumps([row async for row in records.retention.database["tries"].find({})], default=str)
    assert "wrong-field" not in tries


async def test_passwords_are_kept_as_argon2id_and_the_key_for_nobody_else(records: Records) -> None:
    row = await records.retention.database["staff"].find_one({"active": True})
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$")
    key = records.retention.settings.keys_dir / "sign-in.ed25519"
    assert stat.S_IMODE(Path(key).stat().st_mode) == 0o600


async def test_the_sign_in_page_hands_a_token_over_in_a_form(records: Records) -> None:
    told = json.loads(records.officer_file.read_text())
    asked = await records.http.get("/retention/signin?service=intake&next=https://evil.example/")
    assert 'value="/intake/"' in asked.text
    form = {"staff": told["staff_id"], "password": told["password"], "service": "intake", "next": "/intake/x/desk"}
    page = await records.http.post("/retention/signin", data=form)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None
    assert records.other.sign_in.staff_of(token[1]) == told["staff_id"]
    assert 'name="next" value="/intake/x/desk"' in page.text
    intake = records.retention.settings.public_urls["intake"]
    assert f'action="{intake}/intake/session"' in page.text
    assert f"form-action 'self' {intake}" in page.headers["Content-Security-Policy"]
    refused = await records.http.post("/retention/signin", data={**form, "password": "wrong"})
    assert refused.status_code == 401
    assert told["staff_id"] in refused.text


async def test_the_register_is_affirmed_again_and_again(records: Records) -> None:
    register = records.other.register
    await until(lambda: register.fresh)
    heard = register._heard
    await until(lambda: register._heard != heard, seconds=30)


async def test_a_restart_keeps_the_signing_key(records: Records) -> None:
    keys = records.retention.settings.keys_dir
    assert load_or_make(keys).key_id == load_or_make(keys).key_id
    assert await records.has("signing_keys", {"_id": load_or_make(keys).key_id})


async def test_s24_the_pause_ends_by_itself(records: Records) -> None:
    database, staff, now = records.retention.database, f"staff-{new_id()[:8]}", datetime.now(UTC)
    for tries in range(1, FREE_TRIES + 1):
        assert await store.count_try(database, staff, now) == tries
    assert await records.retention.transactions.run(lambda tx: store.lock(tx, staff, now + PAUSE))
    assert await store.count_try(database, staff, now + PAUSE / 2) is None
    assert await store.count_try(database, staff, now + PAUSE) == 1
