"""Programmes and ticks on the real stack: published whole, heard elsewhere, refused with line and reason."""

from __future__ import annotations

from datetime import UTC, datetime

from services.retention.domain.programme_file import digest
from shared.contracts.lottery import DrawStepTaken
from shared.platform.service import Service
from tests.conftest import Make, until
from tests.integration.retention.conftest import LIVE_SITE, Records


async def test_a_published_programme_is_known_to_every_service(records: Records) -> None:
    name, text = await records.programme()
    assert len(records.other.programmes.get(name).slots) == 128
    listed = (await records.http.get("/retention/api/programmes")).json()
    assert {"id": name, "version": 1, "digest": digest(text)} in listed


async def test_the_same_file_again_is_no_new_version(records: Records) -> None:
    _, text = await records.programme()
    response = await records.publish(text)
    assert (response.status_code, response.json()["digest"]) == (200, digest(text))


async def test_a_change_needs_a_higher_version(records: Records) -> None:
    name, text = await records.programme()
    changed = text.replace("午前の部", "午前", 1)
    refused = await records.publish(changed)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    (error,) = refused.json()["errors"]
    assert (error["field"], error["line"]) == ("version", text[: text.index("version =")].count("\n") + 1)
    assert (await records.publish(changed.replace("version = 1", "version = 2", 1))).status_code == 201
    await until(lambda: records.other.programmes.get(name).version == 2)


async def test_s13_a_file_with_an_unknown_item_is_refused_by_line_and_changes_nothing(records: Records) -> None:
    before = (await records.http.get("/retention/api/programmes")).json()
    refused = await records.publish(LIVE_SITE.replace('item = "age"', 'item = "religion"'))
    assert refused.status_code == 422
    assert {"line", "field", "reason"} == set(refused.json()["errors"][0])
    assert (await records.http.get("/retention/api/programmes")).json() == before


async def test_s19_nobody_but_an_officer_publishes(records: Records) -> None:
    toml = {"Content-Type": "application/toml"}
    assert (await records.http.post("/retention/api/programmes", content=b"", headers=toml)).status_code == 401


async def test_b01_the_rules_of_an_announced_draw_stay(records: Records, services: Make) -> None:
    name, text = await records.programme()
    lottery: Service = await services("lottery")
    announced = DrawStepTaken(draw=f"{name}-1", step="announced", at=datetime(2021, 5, 28, tzinfo=UTC))
    await records.said_by(lottery, name, (f"{name}-1", announced))
    await until(lambda: records.has("draws", {"draw": f"{name}-1"}))
    refused = await records.publish(text.replace("version = 1", "version = 2").replace("seats = 80", "seats = 84"))
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["periods"]
    words_only = text.replace("version = 1", "version = 2").replace("午前の部", "午前")
    assert (await records.publish(words_only)).status_code == 201


async def test_b01_after_an_announced_draw_only_a_second_one_that_names_it_is_published(
    records: Records, services: Make
) -> None:
    name, text = await records.programme()
    lottery: Service = await services("lottery")
    announced = DrawStepTaken(draw=f"{name}-1", step="announced", at=datetime(2021, 5, 28, tzinfo=UTC))
    await records.said_by(lottery, name, (f"{name}-1", announced))
    await until(lambda: records.has("draws", {"draw": f"{name}-1"}))
    second = text.replace("version = 1", "version = 2").replace(f'id = "{name}-1"', f'id = "{name}-2"')
    previous = '[draw.previous]\ndraw = "{}"\nreason = "rules-wrong"\ndecision = "R3-9"\n\n[draw.timetable]'

    async def refused(changed: str) -> list[str]:
        answer = await records.publish(changed)
        assert answer.status_code == 422, answer.text
        return sorted(error["field"] for error in answer.json()["errors"])

    assert await refused(second) == ["draw.id"], "it does not say which draw it replaces"
    other = second.replace("[draw.timetable]", previous.format("another"))
    assert await refused(other) == ["draw.id"]
    itself = second.replace("[draw.timetable]", previous.format(f"{name}-2"))
    assert "draw.previous.draw" in await refused(itself)
    named = second.replace("[draw.timetable]", previous.format(f"{name}-1"))
    assert await refused(named.replace('"rules-wrong"', '"because"')) == ["draw.previous.reason"]
    opens = next(line for line in text.splitlines() if line.startswith("opens = "))
    assert await refused(named.replace(opens, opens.replace("05-31", "05-30"))) == ["window"]
    late = next(line for line in text.splitlines() if line.startswith("commit_until = "))
    assert (await records.publish(named.replace(late, "commit_until = 2021-06-20T17:00:00+09:00"))).status_code == 201
    assert set(await refused(text.replace("version = 1", "version = 3"))) == {"draw.id"}, "the first one's id again"


async def test_ticks_are_numbered_heard_and_answered_by_every_part(records: Records) -> None:
    name, _ = await records.programme()
    clock, header = f"/retention/api/programmes/{name}/clock", await records.officer()
    assert (await records.http.get(clock)).json()["number"] == 0
    for number in (1, 2):
        response = await records.http.post(clock, json={"at": "2021-05-01T00:00:00Z"}, headers=header)
        assert (response.status_code, response.json()) == (202, {"number": number, "at": "2021-05-01T00:00:00Z"})
    await until(lambda: records.other.clock.now(name) == datetime(2021, 5, 1, tzinfo=UTC))

    async def answered() -> bool:
        parts = (await records.http.get(clock)).json()["parts"]
        return all(parts.get(part, {}).get("number") == 2 for part in ("retention", "intake"))

    await until(answered)


async def test_time_never_runs_backwards(records: Records) -> None:
    name, _ = await records.programme()
    clock, header = f"/retention/api/programmes/{name}/clock", await records.officer()
    await records.http.post(clock, json={"at": "2021-05-01T00:00:00Z"}, headers=header)
    back = await records.http.post(clock, json={"at": "2021-04-30T23:59:59Z"}, headers=header)
    assert (back.status_code, back.json()["type"]) == (409, "/problems/time-runs-forward")
    far = await records.http.post(clock, json={"at": "2031-05-01T00:00:00Z"}, headers=header)
    assert (far.status_code, far.json()["type"]) == (422, "/problems/far-away")
    assert (await records.http.get(clock)).json()["number"] == 1


async def test_a_deployment_in_real_time_refuses_ticks(records: Records) -> None:
    name, _ = await records.programme()
    clock, settings = f"/retention/api/programmes/{name}/clock", records.retention.settings
    header = await records.officer()
    object.__setattr__(settings, "allow_ticks", False)
    try:
        refused = await records.http.post(clock, json={"at": "2021-05-01T00:00:00Z"}, headers=header)
    finally:
        object.__setattr__(settings, "allow_ticks", True)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/ticks-not-allowed")
