"""B03: one applicant, one application that counts, across channels and spellings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.programme import Programme
from tests.conftest import settings_of
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.integration.intake.test_closing import closed

Rows = list[dict[str, Any]]


@asynccontextmanager
async def store(stage: Stage) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient[dict[str, Any]](settings_of(stage.stack, "intake").mongo_uri()) as client:
        yield client["intake"]


async def applications(stage: Stage, programme: Programme) -> Rows:
    async with store(stage) as database:
        return await database["applications"].find({"programme": programme.id}).sort("order", 1).to_list(None)


async def test_b03_search_keys_are_hashes_that_one_persons_applications_share(stage: Stage, opened: Opened) -> None:
    programme, family = await opened("keys"), a_family()
    receipt = (await stage.apply(programme, **family)).json()
    again = {"name": "高橋崎子", "address": "新宿区西新宿2-8-1", "telephone": family["telephone"].replace("-", "")}
    await stage.move_to(programme, programme.window.closes - timedelta(days=2))
    assert (await stage.key_in(programme, "HG-31", **again)).status_code == 201
    first, second = await applications(stage, programme)
    kinds = {key.split(":")[0] for key in first["keys"]}
    assert kinds == {"person", "telephone", "email", "home"}
    assert set(second["keys"]) == {key for key in first["keys"] if not key.startswith("email:")}
    assert not any(typed in str(first["keys"]) for typed in (family["telephone"][-4:], "takahashi", "高橋"))
    amended = await stage.http.put(f"/intake/{programme.id}/api/mine/data", json={
        **family, "telephone": "03-3209-1111", "receipt": receipt["receipt"], "secret": receipt["secret"]})
    assert amended.status_code == 200
    first, second = await applications(stage, programme)
    assert {key.split(":")[0] for key in set(first["keys"]) & set(second["keys"])} == {"home"}


async def test_b03_b09_a_rotation_makes_search_keys_anew_also_after_the_closing(stage: Stage, opened: Opened) -> None:
    programme, ended = await opened("keys-anew"), await opened("keys-later")
    family = a_family()
    await stage.apply(programme, **family)
    await stage.apply(ended, **family)
    await stage.move_to(ended, ended.draw.timetable.freeze_from)
    await closed(stage, ended)
    before = [*await applications(stage, programme), *await applications(stage, ended)]
    await stage.rotate()
    after = [*await applications(stage, programme), *await applications(stage, ended)]
    for old, new in zip(before, after, strict=True):
        assert {key.split(":")[0] for key in old["keys"]} == {key.split(":")[0] for key in new["keys"]}
        assert not set(old["keys"]) & set(new["keys"])
    await stage.apply(programme, **family)
    first, second = await applications(stage, programme)
    assert first["keys"] == second["keys"]
