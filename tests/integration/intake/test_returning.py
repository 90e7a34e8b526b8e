"""S17, S26: the ward's archive is made, fetched, opened, and gone once it is acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from pymongo import AsyncMongoClient

from shared.contracts.envelope import new_id
from shared.contracts.erasure import ArchiveMade, ErasureOrdered, ReturnAcknowledged, ReturnOrdered
from shared.contracts.intake import ApplicationTaken
from shared.contracts.privacy import AccessExported, AccessOpened
from shared.contracts.programme import Programme
from shared.privacy.archive import Opening, check, confirmation_of
from shared.privacy.hpke import public_text
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family

WARD = ec.generate_private_key(ec.SECP256R1())
KEY = public_text(WARD.public_key())


@dataclass
class Return:
    """An archive that was ordered for a programme's applications."""

    stage: Stage
    programme: Programme
    typed: dict[str, dict[str, Any]]
    archive: str

    @property
    def path(self) -> str:
        return f"/intake/{self.programme.id}/api/archives/{self.archive}"

    async def order(self, subjects: list[str], a_part: int, replaces: str | None = None) -> None:
        """Says the parts as retention does."""
        parts = [subjects[start : start + a_part] for start in range(0, len(subjects), a_part)]
        for number, part in enumerate(parts, 1):
            await self.stage.say("retention", ReturnOrdered(
                archive=self.archive, part=number, parts=len(parts), subjects=tuple(part), key=KEY,
                decided_by=("officer-1", "officer-2"), replaces=replaces), self.archive, self.programme.id)

    async def made(self) -> ArchiveMade:
        """What intake says when it is made."""

        async def said() -> ArchiveMade | None:
            return next((one.data for one in await self.stage.read("privacy.receipts.v1", "retention")
                         if isinstance(one.data, ArchiveMade) and one.data.archive == self.archive), None)

        return await self.stage.until(said, "the archive is made")  # type: ignore[no-any-return]

    async def fetched(self) -> list[bytes]:
        """The lines of the file."""
        answer = await self.stage.http.get(self.path, headers=self.stage.headers("officer-1"))
        assert answer.status_code == 200, answer.text
        return answer.content.splitlines(keepends=True)

    def check_opens_as_typed(self, lines: list[bytes]) -> str:
        """Opens it as the ward does; returns the plain digest."""
        header, _ = check(lines)
        opening = Opening(lines, WARD)
        found = {record["receipt"]: record["items"] for record in opening}
        assert found == self.typed
        assert header.programme == self.programme.id
        return opening.plain_digest


async def applied(stage: Stage, programme: Programme, count: int) -> Return:
    """Applications by web."""
    families = [{**a_family(), "name": f"髙橋　﨑子{number}"} for number in range(count)]
    answers = await asyncio.gather(*(stage.apply(programme, **family) for family in families))
    items = ("name", "address", "age", "telephone", "email", "companions")
    typed = {answer.json()["receipt"]: {item: family[item] for item in items if item in family}
             for answer, family in zip(answers, families, strict=True)}
    return Return(stage, programme, typed, new_id())


async def subjects(stage: Stage, programme: Programme, count: int) -> list[str]:
    """The ids of all applications, as retention hears them."""

    async def said() -> list[str] | None:
        taken = [one.data.application for one in await stage.facts(programme)
                 if isinstance(one.data, ApplicationTaken)]
        return taken if len(taken) == count else None

    return await stage.until(said, "the facts")  # type: ignore[no-any-return]


async def test_s17_the_ward_gets_what_was_typed_and_then_nothing_stays(stage: Stage, opened: Opened) -> None:
    it = await applied(stage, await opened("returned"), 5)
    ids = await subjects(stage, it.programme, 5)
    await it.order([*ids[:4], "f" * 32, ids[4]], 2)
    made = await it.made()
    assert (made.records, made.missing) == (5, 1)

    lines = await it.fetched()
    content = b"".join(lines)
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (made.digest, made.bytes)
    assert "髙橋".encode() not in content and ids[0].encode() not in content
    digest = it.check_opens_as_typed(lines)
    assert confirmation_of(digest) == made.confirmation

    openings = [one.data for one in await stage.read("privacy.access.v1")
                if one.programme == it.programme.id and isinstance(one.data, AccessOpened)
                and one.data.purpose == "return"]
    assert {one.subject for one in openings} == set(ids)
    assert {(one.actor, one.actor_kind) for one in openings} == {("intake", "service")}

    await stage.say("retention", ReturnAcknowledged(archive=it.archive, digest=digest, by="officer-2"),
                    it.programme.id, it.programme.id)
    database = AsyncMongoClient(settings_of(stage.stack, "intake").mongo_uri())["intake"]

    async def gone() -> bool:
        left = [await database[name].count_documents({"archive": it.archive})
                for name in ("archive_lines", "archive_parts")]
        return left == [0, 0]

    await stage.until(gone, "the archive is gone")
    answer = await stage.http.get(it.path, headers=stage.headers("officer-1"))
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/archive-returned")


async def test_s26_a_download_needs_the_role_and_is_on_record(stage: Stage, opened: Opened) -> None:
    it = await applied(stage, await opened("fetched"), 1)
    await it.order(await subjects(stage, it.programme, 1), 1)
    await it.made()
    for who, status in ((None, 401), ("desk-1", 403)):
        assert (await stage.http.get(it.path, headers=stage.headers(who))).status_code == status
    await it.fetched()
    answer = await stage.http.get(f"{it.path}/downloads", headers=stage.headers("officer-1"))
    assert [(one["by"], one["role"]) for one in answer.json()] == [("officer-1", "officer")]
    async def exported() -> list[AccessExported]:
        return [one.data for one in await stage.read("privacy.access.v1")
                if isinstance(one.data, AccessExported) and one.data.subject == it.archive]

    export, = await stage.until(exported, "the export is on the access log")
    assert (export.actor, export.role, export.purpose, export.records) == ("officer-1", "officer", "return", 1)
    assert "telephone" in export.items
    other = f"/intake/{it.programme.id}/api/archives/{'0' * 32}"
    assert (await stage.http.get(other, headers=stage.headers("officer-1"))).status_code == 404


async def test_s17_killed_in_the_middle_of_the_making_it_ends_as_if_undisturbed(stage: Stage, opened: Opened) -> None:
    it = await applied(stage, await opened("killed-making"), 40)
    ids = await subjects(stage, it.programme, 40)
    database = AsyncMongoClient(settings_of(stage.stack, "intake").mongo_uri())["intake"]
    await it.order(ids, 1)

    async def some_lines() -> bool:
        return await database["archive_lines"].count_documents({"archive": it.archive}) >= 3

    await stage.until(some_lines, "some lines are there")
    stage.kill()
    there = await database["archive_lines"].count_documents({"archive": it.archive})
    assert there < 42, "too quick: it was killed after the making"
    await stage.restart_after_kill()
    made = await it.made()
    assert (made.records, made.missing) == (40, 0)
    digest = it.check_opens_as_typed(await it.fetched())
    assert confirmation_of(digest) == made.confirmation


async def test_s17_an_archive_whose_record_was_erased_meanwhile_is_made_anew(
    stage: Stage, opened: Opened
) -> None:
    """The sealed copy goes with the person's erasure, and what is left could not be verified: it is not handed out."""
    it = await applied(stage, await opened("erased-meanwhile"), 2)
    ids = await subjects(stage, it.programme, 2)
    await it.order(ids, 2)
    await it.made()
    await stage.say("retention", ErasureOrdered(
        order=new_id(), batch=new_id(), kind="application", why="request", subjects=(ids[0],)),
        new_id(), it.programme.id)

    async def refused() -> bool:
        try:
            answer = await stage.http.get(it.path, headers=stage.headers("officer-1"))
        except httpx.RemoteProtocolError:
            return False  # the person was erased in the middle of the download, which is broken off
        return bool(answer.status_code == 409 and answer.json()["type"] == "/problems/archive-incomplete")

    await stage.until(refused, "the archive is refused")

    anew = Return(stage, it.programme, {}, new_id())
    await anew.order(ids, 2, replaces=it.archive)
    made = await anew.made()
    assert (made.records, made.missing) == (1, 1)
    assert (await stage.http.get(it.path, headers=stage.headers("officer-1"))).status_code == 410
    _, manifest = check(await anew.fetched())
    assert manifest.records == 1
