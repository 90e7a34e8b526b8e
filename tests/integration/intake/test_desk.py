"""S02, S12, S15: postcards as things, from the counter to the safe; held ones; a second person's check."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.contracts.intake import ApplicationAmended, ApplicationDecided, ApplicationTaken
from shared.contracts.postcards import (
    PostcardChecked,
    PostcardGivenUp,
    PostcardHeld,
    PostcardKeyedIn,
    PostcardReleased,
    PostcardReplied,
    PostcardsArrived,
    PostcardSettled,
    PostcardsHandedOver,
    PostcardsRecounted,
)
from shared.contracts.privacy import AccessOpened
from shared.contracts.programme import Postcards, Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.stages.programmes import programme_named


async def told(stage: Stage, programme: Programme, count: int) -> list[Any]:
    """What was said of the programme's postcards, when it is as many events."""

    async def said() -> list[Any] | None:
        events = [one.data for one in await stage.said(programme, "intake.postcards.v1")]
        return events if len(events) == count else None

    events: list[Any] = await stage.until(said, f"{count} events of postcards")
    return events


def on_card(**change: Any) -> dict[str, Any]:
    """A family as it stands on a card without a number of its own."""
    family = {name: value for name, value in a_family().items() if name not in ("email", "language")}
    return {**family, "postmarked_on": "2021-06-10", **change}


async def test_s02_s15_a_batch_is_numbered_keyed_in_and_handed_over_by_two(stage: Stage, opened: Opened) -> None:
    programme = await opened("batch")
    await stage.move_to(programme, programme.window.closes)
    batch = await stage.batch(programme, 3, reply_halves=True)
    assert (batch["batch"], batch["first"], batch["last"], batch["left"]) == ("HG001", "HG001-001", "HG001-003", 3)
    keyed = [(await stage.desk(programme, "", on_card(batch="HG001"))).json() for _ in range(2)]
    assert [one["card"] for one in keyed] == ["HG001-001", "HG001-002"] and keyed[0]["counted"]
    assert (await stage.desk(programme, "", on_card(card="HG001-004"))).json()["type"].endswith("desk-number")
    again = await stage.desk(programme, "", on_card(card="HG001-002"))
    assert again.status_code == 422  # another family under a number that is taken

    def move(**change: Any) -> dict[str, Any]:
        return {"place": "safe", "count": 3, "handed_by": "desk-1", "taken_by": "desk-2", **change}

    where = "/batches/HG001/hand-overs"
    assert (await stage.desk(programme, where, move(taken_by="desk-1"))).status_code == 422
    assert (await stage.desk(programme, where, move(taken_by="attendant-1"))).status_code == 422
    assert (await stage.desk(programme, where, move(place="ward"))).status_code == 409
    short = (await stage.desk(programme, where, move(count=2))).json()
    assert (short["place"], short["counted"], short["booked"]) == ("safe", 2, 3)
    recount = {"count": 1, "counted_by": ["desk-1", "desk-2"]}
    assert (await stage.desk(programme, "/batches/HG001/recounts", recount)).status_code == 409
    counted = (await stage.desk(programme, "/batches/HG001/recounts", {**recount, "count": 2})).json()
    assert (counted["count"], counted["left"], counted["counted"]) == (2, 0, 2)
    said = await told(stage, programme, 5)
    assert [type(one) for one in said] == [
        PostcardsArrived, PostcardKeyedIn, PostcardKeyedIn, PostcardsHandedOver, PostcardsRecounted]
    taken = [one.data for one in await stage.facts(programme) if isinstance(one.data, ApplicationTaken)]
    assert {(one.card, one.reply_half, one.received_on.isoformat()) for one in taken if one.received_on} == {
        ("HG001-001", True, "2021-06-11"), ("HG001-002", True, "2021-06-11")}


async def test_s02_two_desks_open_batches_and_key_in_at_once(stage: Stage, opened: Opened) -> None:
    programme = await opened("at-once")
    await stage.move_to(programme, programme.window.closes)
    batches = await asyncio.gather(*(stage.batch(programme, 20) for _ in range(4)))
    assert sorted(batch["batch"] for batch in batches) == ["HG001", "HG002", "HG003", "HG004"]
    answers = await asyncio.gather(*(
        stage.desk(programme, "", on_card(card=f"HG001-{number:03}"), by) for number in range(1, 11)
        for by in ("desk-1", "desk-2")))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [422] * 10


async def test_s02_a_card_that_was_handed_in_needs_no_postmark(stage: Stage, opened: Opened) -> None:
    programme = await opened("by-hand")
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    await stage.batch(programme, 1, delivery="hand", received_on="2021-06-15")
    handed = (await stage.desk(programme, "", on_card(batch="HG001", postmarked_on=None))).json()
    assert (handed["counted"], handed["reason"]) == (False, "late")
    single = on_card(card="X-1", postmarked_on=None, received_on="2021-06-18")
    assert (await stage.desk(programme, "", single)).json()["counted"] is True


async def test_s07_s14_a_held_card_keeps_its_reason_and_nothing_else(stage: Stage, opened: Opened) -> None:
    programme = await opened("held")
    await stage.move_to(programme, programme.window.closes)
    await stage.batch(programme, 2)
    held = (await stage.desk(programme, "/held", {"batch": "HG001", "reason": "no-address"})).json()
    assert held == {"card": "HG001-001", "reason": "no-address"}
    typed = await stage.desk(programme, "/held", {"batch": "HG001", "reason": "no-address", "name": "髙橋"})
    free = await stage.desk(programme, "/held", {"batch": "HG001", "reason": "字が薄い"})
    assert (typed.status_code, free.status_code) == (422, 422)
    twice = await stage.desk(programme, "/held", {"card": "HG001-001", "reason": "unreadable"})
    assert twice.json()["type"].endswith("desk-card-used")
    assert (await stage.desk(programme, "/held/HG001-001/replies")).status_code == 204
    answered = await stage.desk(programme, "", on_card(card="HG001-001"))
    assert answered.status_code == 201
    await stage.desk(programme, "/held", {"batch": "HG001", "reason": "unreadable"})
    assert (await stage.desk(programme, "/held/HG001-002/giving-up")).status_code == 204
    listed = await stage.http.get(f"/intake/{programme.id}/api/postcards/held", headers=stage.headers("desk-1"))
    assert [(one["card"], one["state"], one["replied"]) for one in listed.json()["cards"]] == [
        ("HG001-002", "given-up", False)]
    assert (await stage.desk(programme, "/held/HG001-002/replies")).status_code == 204
    said = await told(stage, programme, 8)
    assert [type(one) for one in said[1:]] == [
        PostcardHeld, PostcardReplied, PostcardReleased, PostcardKeyedIn, PostcardHeld, PostcardGivenUp,
        PostcardReplied]


async def test_s02_b03_the_window_stays_open_while_a_card_was_not_looked_at(stage: Stage, opened: Opened) -> None:
    programme = await opened("unfinished")
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    await stage.batch(programme, 2)
    await stage.desk(programme, "", on_card(batch="HG001"))
    refused = await stage.closing(programme)
    assert refused.status_code == 409 and refused.json()["unkeyed"] == 1 and "1枚" in refused.json()["detail"]
    await stage.desk(programme, "/held", {"batch": "HG001", "reason": "unreadable"})
    await stage.close_by_two(programme)


async def test_s02_s12_a_second_person_checks_and_two_settle_what_differs(stage: Stage) -> None:
    programme = programme_named("checked").model_copy(update={"postcards": Postcards(verify="all")})
    await stage.define(programme)
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    await stage.batch(programme, 2)
    first, second = on_card(batch="HG001"), on_card(batch="HG001", address="東京都渋谷区渋谷1-1")
    assert (await stage.desk(programme, "", first)).json()["counted"] is True
    assert (await stage.desk(programme, "", second)).json()["reason"] == "not-resident"

    def read(card: dict[str, Any], **change: Any) -> dict[str, Any]:
        return {name: card[name] for name in ("name", "address", "telephone", "seats", "wishes")} | change

    own = await stage.desk(programme, "/checks/HG001-001", read(first), by="desk-1")
    assert own.status_code == 403
    alike = await stage.desk(programme, "/checks/HG001-001", read(first, name="高橋 崎子"), by="desk-2")
    assert alike.json() == {"card": "HG001-001", "agree": True, "differing": []}
    assert (await stage.closing(programme)).json()["checks"] == 1
    right = read(second, address="東京都新宿区四谷1-1", seats=1)
    other = await stage.desk(programme, "/checks/HG001-002", right, by="desk-2")
    assert other.json()["differing"] == ["address", "seats"]
    alone = await stage.desk(programme, "/checks/HG001-002/settling", {**right, "together_with": "desk-2"}, by="desk-2")
    assert alone.status_code == 422
    settled = await stage.desk(
        programme, "/checks/HG001-002/settling", {**right, "together_with": "desk-1"}, by="desk-2")
    assert settled.json()["corrected"] == ["address", "seats"], settled.text
    said = await told(stage, programme, 6)
    assert isinstance(said[-1], PostcardSettled) and said[-1].corrected == ("address", "seats")
    assert [one.differing for one in said if isinstance(one, PostcardChecked)] == [(), ("address", "seats")]
    facts = [one.data for one in await stage.facts(programme)]
    assert [(one.seats, one.number) for one in facts if isinstance(one, ApplicationAmended)]
    assert [one.counted for one in facts if isinstance(one, ApplicationDecided)] == [False, True]
    opened = [one.data for one in await stage.said(programme, "privacy.access.v1") if
              isinstance(one.data, AccessOpened)]
    assert {(one.actor, one.role, one.purpose) for one in opened} == {
        ("desk-2", "desk", "enquiry"), ("intake", "service", "own")}  # the record is sealed anew whole
    await stage.close_by_two(programme)
