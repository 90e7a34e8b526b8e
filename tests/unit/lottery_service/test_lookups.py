"""B01: who is told what about one entry, and how wrong numbers are slowed down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest
from fastapi import Request

from services.lottery.answers import Answers
from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.office import Office
from services.lottery.pages.lookups import BURST, Lookups
from services.lottery.store import DrawState
from services.lottery.transcripts import Held
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from tests.unit.lottery.campaign import FROZEN_AT, drawn, entry, frozen

PARTIES = [entry(number, 1, "a") for number in range(1, 9)]
MINE, APPLICATION = PARTIES[2]["entry"], "ab" * 16


def lookups(transcript: Transcript) -> Lookups:
    """Over a transcript in memory; one application is known, and it is of one entry."""
    transcripts = SimpleNamespace(look=AsyncMock(return_value=Held("1", transcript)))
    find = AsyncMock(side_effect=lambda query, session=None: {"application": APPLICATION, **query})
    office = SimpleNamespace(transcripts=transcripts, database={"results": SimpleNamespace(find_one=find)})
    return Lookups(cast(Office, office), Answers(cast(Any, transcripts)))


def asker(address: str = "203.0.113.1") -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


def published(how: str) -> Programme:
    return cast(Programme, SimpleNamespace(draw=SimpleNamespace(publication=how)))


def state(**fields: Any) -> DrawState:
    return DrawState(programme="p", draw="d", **fields)


DRAWN = state(stage="drawn", root="0" * 64, result_digest="1" * 64)


async def test_b01_before_the_freeze_nobody_learns_whether_a_number_is_in_the_draw() -> None:
    desk = lookups(frozen(PARTIES))
    for number in (MINE, "f" * 32):
        assert (await desk.look_up(asker(), published("full"), state(stage="announced"), number)).state == "early"
    assert (await desk.look_up(asker(), published("full"), state(stage="announced"), "abc")).state == "wrong"


async def test_b01_between_freeze_and_draw_an_entry_is_listed_struck_or_unknown() -> None:
    transcript = frozen(PARTIES)
    transcript.strike(PARTIES[5]["entry"], "withdrawn", "R3-1", FROZEN_AT)
    desk, now = lookups(transcript), state(stage="frozen", root="0" * 64)
    asked = {MINE: "listed", PARTIES[5]["entry"].upper(): "struck", "f" * 32: "unknown"}
    found = {number: await desk.look_up(asker(), published("digest"), now, number) for number in asked}
    assert {number: one.state for number, one in found.items()} == asked
    struck = found[PARTIES[5]["entry"].upper()].struck
    assert struck is not None and (struck.reason, struck.decision) == ("withdrawn", "R3-1")


@pytest.mark.parametrize(("how", "application", "told"), [
    ("full", "", True), ("digest", "", False), ("digest", "cd" * 16, False), ("digest", APPLICATION, True),
])  # fmt: skip
async def test_b01_by_digest_only_who_knows_the_applications_own_id_is_told_and_gets_the_proof(
    how: str, application: str, told: bool
) -> None:
    """Lines of strikes and changes name entries in public: a number alone must not open wishes."""
    desk = lookups(drawn(PARTIES, publication=how))
    found = await desk.look_up(asker(), published(how), DRAWN, MINE, application)
    assert (found.told is not None) == told and found.state == ("drawn" if told else "receipt-only")
    if told:
        assert MINE.encode() in await desk.proof(asker(), published(how), DRAWN, MINE, application)
        return
    with pytest.raises(Problem) as refused:
        await desk.proof(asker(), published(how), DRAWN, MINE, application)
    assert refused.value.type == "no-proof"


async def test_s24_many_numbers_that_are_in_no_list_are_slowed_down_for_their_address_alone() -> None:
    desk, full = lookups(drawn(PARTIES)), published("full")
    for number in range(BURST):
        assert (await desk.look_up(asker(), full, DRAWN, f"{number:032x}")).state == "unknown"
    assert (await desk.look_up(asker(), full, DRAWN, MINE)).state == "too-many"
    assert (await desk.look_up(asker("203.0.113.2"), full, DRAWN, MINE)).state == "drawn"
    with pytest.raises(Problem) as refused:
        await desk.proof(asker(), full, DRAWN, MINE, "")
    assert refused.value.status == 429 and int(refused.value.headers["Retry-After"]) > 0
