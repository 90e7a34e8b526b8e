"""Walk-in groups (S09, B07)."""

from __future__ import annotations

import asyncio
from collections import Counter

from shared.contracts.checkin import CardMoved, GroupSeated
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.stage import ANNE, BEN, Stage


async def test_b07_fifty_groups_for_the_last_ten_seats(stage: Stage, opened: Opened) -> None:
    programme = await opened("race-seats")
    slot = programme.slots[0]
    for number in range(1, 4):
        assert (await stage.group(programme, slot.id, 22, str(number))).status_code == 201
    assert (await stage.numbers(programme, slot.id))["free_for_groups"] == 10

    answers = await asyncio.gather(*(stage.group(programme, slot.id, 2, str(100 + n)) for n in range(50)))

    assert Counter(answer.status_code for answer in answers) == {201: 5, 409: 45}
    seated = [answer.json() for answer in answers if answer.status_code == 201]
    seats = [seat for one in seated for seat in one["seats"]]
    assert sorted(seats) == [f"W-{number:03d}" for number in range(67, 77)]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/full"}
    numbers = await stage.numbers(programme, slot.id)
    assert (numbers["walked_in"], numbers["groups"], numbers["free_for_groups"]) == (76, 8, 0)
    # Nothing of a refused group is kept: its card can be handed out to somebody else.
    refused = next(number for number in range(100, 150) if f"LS-{number:05d}" not in {one["card"] for one in seated})
    other = await stage.group(programme, programme.slots[2].id, 1, str(refused))
    assert other.status_code == 201


async def test_s09_one_card_given_to_twenty_groups_at_once_is_given_to_one(stage: Stage, opened: Opened) -> None:
    programme = await opened("race-card")
    slot = programme.slots[0].id
    answers = await asyncio.gather(*(stage.group(programme, slot, 2, "LS-00042") for _ in range(20)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/card-in-use"}
    assert (await stage.numbers(programme, slot))["walked_in"] == 2


async def test_s09_a_seated_group_and_its_card_are_facts_without_personal_data(stage: Stage, opened: Opened) -> None:
    programme = await opened("facts")
    slot = programme.slots[0]
    seated = (await stage.group(programme, slot.id, 3, "ls7")).json()

    async def moved() -> list[CardMoved]:
        return [one.data for one in await stage.said(programme, "checkin.custody.v1")]

    (card,) = await stage.until(moved, "the card is said to be at the seat")
    (group,) = [one.data for one in await stage.said(programme, "checkin.admissions.v1")]
    assert isinstance(group, GroupSeated)
    assert (group.seat, group.people, group.card, group.by) == ("W-001", 3, "LS-00007", ANNE)
    assert group.group == seated["group"]
    assert (card.object, card.place, card.slot, card.taken_by) == ("LS-00007", "seat", slot.id, "visitor")


async def test_s09_a_card_of_no_number_and_a_field_of_its_content_are_refused(stage: Stage, opened: Opened) -> None:
    programme = await opened("cards-refused")
    slot = programme.slots[0].id
    unknown = await stage.group(programme, slot, 2, "LS-99999")
    typed_in = await stage.post(
        f"{programme.id}/api/groups", {"slot": slot, "people": 2, "card": "1", "name": "x"}, by=BEN)

    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/unknown-card")
    assert "LS-00001" in unknown.json()["detail"]
    assert typed_in.status_code == 422
