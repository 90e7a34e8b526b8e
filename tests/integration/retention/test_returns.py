"""S17: nothing is erased before the ward has opened its archive: key by two people, orders, the ward's word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.stack import Stack
from services.retention import erasure_store, returns_store, store
from services.retention.domain.lockout import FREE_TRIES
from services.retention.domain.returns import archive_id
from services.retention.handlers.batches import add_order, close_batch, open_batch
from shared.contracts.envelope import new_id
from shared.contracts.erasure import ArchiveMade, ReturnAcknowledged, ReturnOrdered
from shared.privacy.heldkey import fingerprint_of, grouped
from shared.privacy.hpke import public_text
from tests.conftest import until
from tests.integration.retention.conftest import Records
from tests.stages.kafka import Ears

Header = dict[str, str]


@dataclass
class Desk:
    """A programme with two officers, one of them the ward's."""

    records: Records
    programme: str
    contractor: Header
    ward: Header

    async def post(self, path: str, body: dict[str, Any], by: Header) -> httpx.Response:
        return await self.records.http.post(
            f"/retention/api/programmes/{self.programme}/{path}", json=body, headers=by)

    async def key(self) -> str:
        """The ward's key, registered and confirmed; returns its fingerprint."""
        key = public_text(ec.generate_private_key(ec.SECP256R1()).public_key())
        assert (await self.post("archive-key", {"key": key}, self.contractor)).status_code == 201
        confirmed = await self.post("archive-key/confirmation", {"fingerprint": fingerprint_of(key)}, self.ward)
        assert confirmed.status_code == 200, confirmed.text
        return fingerprint_of(key)

    async def batch(self, *orders: int) -> tuple[str, list[list[str]]]:
        """A batch that goes back to the ward, with orders of so many subjects."""
        batch, subjects = new_id(), [[new_id() for _ in range(size)] for size in orders]
        service = self.records.retention
        programme, now = service.programmes.get(self.programme), service.clock.now(self.programme)

        async def work(tx: Any) -> None:
            await open_batch(tx, batch, programme, now, {
                "duty": "test", "rule": "test", "standings": ["lost"], "returned": True, "decision": None,
                "why": "schedule"})
            for some in subjects:
                await add_order(tx, batch, self.programme, some, now)
            await close_batch(tx, batch, programme, now)

        await service.transactions.run(work)
        return batch, subjects

    async def state(self, batch: str) -> str | None:
        """Where the batch's return is."""
        row = await returns_store.find(self.records.retention.database, archive_id(batch))
        return row["state"] if row else None

    async def made(self, batch: str, plain: str) -> str:
        """Intake says that the archive is made; returns its id."""
        archive = archive_id(batch)
        await until(lambda: self.reached(batch, "ordered"))
        confirmation = hashlib.sha256(bytes.fromhex(plain)).hexdigest()
        await self.records.said_by(self.records.other, self.programme, (archive, ArchiveMade(
            archive=archive, service="intake", records=2, bytes=100, digest="ab" * 32, confirmation=confirmation)))
        await until(lambda: self.reached(batch, "made"))
        return archive

    async def reached(self, batch: str, state: str) -> bool:
        return await self.state(batch) == state

    async def acknowledge(self, archive: str, digest: str, by: Header) -> httpx.Response:
        return await self.post(f"returns/{archive}/acknowledgement", {"digest": digest}, by)


async def desk(records: Records) -> Desk:
    """A fresh programme and its two officers."""
    programme, _ = await records.programme()
    headers = []
    for employer in ("contractor", "ward"):
        response = await records.designate(programme, roles=["officer"], employer=employer)
        assert response.status_code == 201, response.text
        told = response.json()
        staff = told["staff"]
        await until(lambda staff=staff: records.retention.register.person(staff))
        token = (await records.sign_in(staff, told["password"])).json()["token"]
        headers.append({"Authorization": f"Bearer {token}"})
    return Desk(records, programme, *headers)


async def said(stack: Stack, programme: str, kind: type[Any], count: int) -> list[Any]:
    """What retention said of a kind about the programme, as intake reads it, once there are `count`."""
    ears = Ears(stack)

    async def found() -> list[Any] | None:
        heard = {one.id: one.data for one in await ears.read(kind.TOPIC, "intake")
                 if one.programme == programme and isinstance(one.data, kind)}
        return list(heard.values()) if len(heard) >= count else None

    try:
        return await until(found)  # type: ignore[no-any-return]
    finally:
        await ears.close()


async def test_s17_nobody_confirms_the_key_they_registered(records: Records) -> None:
    it = await desk(records)
    key = public_text(ec.generate_private_key(ec.SECP256R1()).public_key())
    fingerprint = (await it.post("archive-key", {"key": key}, it.contractor)).json()["fingerprint"]
    same = await it.post("archive-key/confirmation", {"fingerprint": fingerprint}, it.contractor)
    other = await it.post("archive-key/confirmation", {"fingerprint": "0" * 64}, it.ward)
    assert (same.status_code, same.json()["type"]) == (403, "/problems/same-person")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/fingerprint-differs")
    shown = await records.http.get(f"/retention/api/programmes/{it.programme}/archive-key", headers=it.ward)
    assert shown.json()["in_use"] is None
    right = await it.post("archive-key/confirmation", {"fingerprint": grouped(fingerprint).upper()}, it.ward)
    assert right.status_code == 200
    broken = await it.post("archive-key", {"key": key[:-4]}, it.contractor)
    assert (broken.status_code, broken.json()["type"]) == (422, "/problems/not-a-key")


async def test_s17_without_the_wards_key_a_batch_waits_and_somebody_is_told(
    records: Records, infrastructure: Stack
) -> None:
    it = await desk(records)
    batch, subjects = await it.batch(2, 1)
    assert await it.state(batch) == "no-key"
    await until(lambda: records.has(store.ALARMS, {"programme": it.programme, "kind": "no-archive-key"}))
    fingerprint = await it.key()
    await until(lambda: it.reached(batch, "ordered"))
    orders = await said(infrastructure, it.programme, ReturnOrdered, 2)
    assert [list(one.subjects) for one in sorted(orders, key=lambda one: one.part)] == subjects
    assert {(one.archive, one.parts) for one in orders} == {(archive_id(batch), 2)}
    assert {fingerprint_of(one.key) for one in orders} == {fingerprint}


async def test_s17_only_the_wards_word_that_it_opened_the_archive_releases_the_batch(
    records: Records, infrastructure: Stack
) -> None:
    it = await desk(records)
    await it.key()
    batch, _ = await it.batch(2)
    plain = "12" * 32
    archive = await it.made(batch, plain)
    assert (await it.acknowledge(archive, plain, it.contractor)).json()["reason"] == "employer"
    wrong = await it.acknowledge(archive, "ab" * 32, it.ward)
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/confirmation-differs")
    row = await erasure_store.batch(records.retention.database, batch)
    assert row is not None and row["state"] == "awaiting-return"

    assert (await it.acknowledge(archive, plain, it.ward)).status_code == 204
    row = await erasure_store.batch(records.retention.database, batch)
    assert row is not None and (row["state"], row["archive"]) == ("ordered", archive)
    words = await said(infrastructure, it.programme, ReturnAcknowledged, 1)
    assert [(one.archive, one.digest) for one in words] == [(archive, plain)]
    assert (await it.acknowledge(archive, plain, it.ward)).status_code == 204, "again it changes nothing"
    page = await records.http.get(f"/retention/returns/{it.programme}", headers=it.ward)
    assert page.status_code == 200 and "区が受領しました" in page.text


async def test_s17_wrong_confirmations_are_limited(records: Records) -> None:
    it = await desk(records)
    await it.key()
    batch, _ = await it.batch(1)
    archive = await it.made(batch, "34" * 32)
    for _ in range(FREE_TRIES):
        assert (await it.acknowledge(archive, "ab" * 32, it.ward)).status_code == 422
    assert (await it.acknowledge(archive, "34" * 32, it.ward)).status_code == 429


async def test_s17_the_page_says_beside_the_field_what_is_wrong(records: Records) -> None:
    it = await desk(records)
    await it.key()
    batch, _ = await it.batch(1)
    archive = await it.made(batch, "56" * 32)
    path = f"/retention/returns/{it.programme}"
    page = await records.http.get(path, headers=it.ward)
    assert f"/intake/{it.programme}/api/archives/{archive}" in page.text
    for where, typed, says in (
        ("acknowledgement", {"archive": archive, "digest": "xyz"}, "この書庫の確認番号ではありません"),
        ("key", {"key": "AAAA"}, "区の公開鍵ではありません"),
    ):
        answer = await records.http.post(f"{path}/{where}", data=typed, headers=it.ward)
        assert answer.status_code == 422 and says in answer.text
    done = await records.http.post(
        f"{path}/acknowledgement", data={"archive": archive, "digest": "56" * 32}, headers=it.ward)
    assert done.status_code == 303
    assert await it.state(batch) == "acknowledged"


async def test_s17_an_archive_that_cannot_be_opened_is_made_anew_for_the_key_in_use(
    records: Records, infrastructure: Stack
) -> None:
    """The ward has lost its key: nothing was erased, so nothing is lost."""
    it = await desk(records)
    await it.key()
    batch, subjects = await it.batch(2)
    archive = await it.made(batch, "78" * 32)
    fingerprint = await it.key()
    anew = await it.post(f"returns/{archive}/replacement", {}, it.contractor)
    assert anew.status_code == 202, anew.text
    orders = await said(infrastructure, it.programme, ReturnOrdered, 2)
    following = next(one for one in orders if one.replaces == archive)
    assert (following.archive, fingerprint_of(following.key)) == (anew.json()["archive"], fingerprint)
    assert [list(following.subjects)] == subjects
    assert (await it.acknowledge(archive, "78" * 32, it.ward)).status_code == 409, "the old one counts no more"
    again = await it.post(f"returns/{archive}/replacement", {}, it.contractor)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/archive-not-open")
