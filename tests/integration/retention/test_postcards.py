"""What the report says of applicants' postcards, from intake's facts (S02, S28)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.contracts.postcards import PostcardGivenUp, PostcardHeld, PostcardKeyedIn
from tests.conftest import Make, until
from tests.integration.retention.conftest import Records

AT = datetime(2021, 6, 11, 1, tzinfo=UTC)


async def test_s02_s28_postcards_are_counted_as_they_stand_at_last(records: Records, services: Make) -> None:
    name, _ = await records.programme()
    intake = await services("intake")
    first, second, third = ({"batch": "HG001", "card": f"HG001-00{number}", "by": "desk-1", "at": AT}
                            for number in (1, 2, 3))
    await records.said_by(
        intake, name,
        ("HG001", PostcardHeld(**first, reason="no-address")), ("HG001", PostcardHeld(**second, reason="unreadable")),
        ("HG001", PostcardHeld(**third, reason="no-wish")),
        ("HG001", PostcardKeyedIn(**first, application="a1", reply_half=False, check=False)),
        ("HG001", PostcardGivenUp(**second, reason="unreadable")))

    async def counted() -> Any:
        answer = await records.http.get(f"/retention/api/state/{name}", headers=await records.officer())
        return answer.json()["postcards"] == {"keyed-in": 1, "given-up": 1, "held": 1}

    await until(counted)
