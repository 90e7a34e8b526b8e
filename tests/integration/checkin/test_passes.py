"""Passes follow results (S08)."""

from __future__ import annotations

from services.checkin.domain.passes import Pass, verify
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import new_id
from shared.contracts.lottery import ResultDrawn, SlotsCancelled
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.stage import Stage


async def test_s08_each_won_slot_has_one_pass_that_the_published_key_verifies(stage: Stage, opened: Opened) -> None:
    programme = await opened("passes-won")
    slots = [programme.slots[0].id, programme.slots[5].id]
    (application,) = await stage.win(programme, slots, seats=3)

    issued = await stage.tokens(programme, application)

    assert set(issued) == set(slots)
    (jwk,) = (await stage.http.get("/checkin/api/keys")).json()["keys"]
    for slot, one in issued.items():
        assert verify(one.token, [_key(jwk["x"])]) == Pass(one.pass_id, programme.id, slot, 3)
        assert len(one.token) < 230, "the QR code must stay small"


async def test_s08_a_result_that_comes_twice_makes_no_second_pass(stage: Stage, opened: Opened) -> None:
    programme = await opened("passes-twice")
    slot, application, event_id = programme.slots[0].id, new_id(), new_id()
    result = ResultDrawn(draw=programme.draw.id, application=application, entry=new_id(), seats=2, place=1,
                         outcome="won", won=(slot,), result_digest="9" * 64)
    for _ in range(2):
        await stage.say("lottery", result, application, programme.id, event_id=event_id)
    await stage.win(programme, [slot])  # whatever came before is handled when this one is

    passes = await stage.said(programme, "checkin.passes.v1")
    assert [one.data.application for one in passes].count(application) == 1


async def test_b17_what_is_lost_after_the_draw_is_void_and_what_is_gained_is_issued(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("passes-changed")
    lost, kept, gained = (programme.slots[number].id for number in (0, 5, 9))
    (application,) = await stage.win(programme, [lost, kept])
    before = await stage.tokens(programme, application)

    await stage.change(programme, application, "revoked", [kept, gained])

    async def changed() -> bool:
        return gained in await stage.tokens(programme, application)

    await stage.until(changed, "the new pass is issued")
    said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
    assert [one.slot for one in said if isinstance(one, PassVoided)] == [lost]
    assert sum(isinstance(one, PassIssued) for one in said) == 3
    answer = await stage.admit(programme, before[lost].token, lost)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/void")


async def test_b01_after_a_second_draw_passes_that_still_hold_admit_and_the_others_are_void(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("passes-second")
    lost, kept, gained = (programme.slots[number].id for number in (0, 5, 9))
    both, loser = await stage.win(programme, [lost, kept], count=2)
    before = await stage.tokens(programme, both)
    for application, outcome, won in ((both, "won", (kept, gained)), (loser, "lost", ())):
        await stage.say("lottery", ResultDrawn(
            draw=f"{programme.draw.id}-again", application=application, entry=new_id(), seats=2, place=1,
            outcome=outcome, won=won, result_digest="8" * 64, replaces=programme.draw.id), application, programme.id)

    async def followed() -> bool:
        said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
        return sum(isinstance(one, PassVoided) for one in said) == 3 and gained in await stage.tokens(programme, both)

    await stage.until(followed, "the second draw's passes are there")
    after = await stage.tokens(programme, both)
    assert after[kept] == before[kept], "what was printed is as good as before"
    said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
    assert {one.reason for one in said if isinstance(one, PassVoided)} == {"second-draw"}
    assert {one.slot for one in said if isinstance(one, PassVoided) and one.application == both} == {lost}
    answer = await stage.admit(programme, before[lost].token, lost)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/void")
    await stage.change(programme, both, "revoked", [gained])

    async def revoked() -> bool:
        said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
        return any(isinstance(one, PassVoided) and one.slot == kept and one.application == both for one in said)

    await stage.until(revoked, "a change after the second draw finds the pass that was kept")


async def test_b17_passes_of_a_cancelled_slot_are_void_at_once_and_stay_so(stage: Stage, opened: Opened) -> None:
    programme = await opened("passes-cancelled")
    gone, kept = programme.slots[0].id, programme.slots[5].id
    (application,) = await stage.win(programme, [gone, kept])
    before = await stage.tokens(programme, application)
    await stage.say("lottery", SlotsCancelled(
        draw=programme.draw.id, scope="slot", slots=(gone,), reason="slot-cancelled", decision="R3-71",
        at=programme.window.opens), programme.draw.id, programme.id)

    async def void() -> bool:
        return any(isinstance(one.data, PassVoided) for one in await stage.said(programme, "checkin.passes.v1"))

    await stage.until(void, "its pass is void")
    answer = await stage.admit(programme, before[gone].token, gone)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/void")
    # The result still holds the slot until the day ends: that must not bring a new pass.
    await stage.change(programme, application, "declined", [gone])
    await stage.change(programme, application, "revoked", [])

    async def both() -> bool:
        said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
        return [(one.slot, one.reason) for one in said if isinstance(one, PassVoided)] == [
            (gone, "cancelled"), (kept, "declined")]

    await stage.until(both, "what was given up is void too")
    said = [one.data for one in await stage.said(programme, "checkin.passes.v1")]
    assert sum(isinstance(one, PassIssued) for one in said) == 2, "no new pass"


def _key(x: str):  # type: ignore[no-untyped-def]
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=="))
