"""Who comes in (S08, B06, B07, S24)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from services.checkin.domain.admission import window
from shared.contracts.checkin import AdmissionRefused, PartyAdmitted, pass_code
from shared.contracts.envelope import moment_text
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.stage import ANNE, DESK, UNTRAINED, Stage


async def test_b06_of_twenty_terminals_at_the_same_instant_one_admits(stage: Stage, opened: Opened) -> None:
    programme = await opened("race-pass")
    slot = programme.slots[0].id
    (application,) = await stage.win(programme, [slot], seats=3)
    token = (await stage.tokens(programme, application))[slot].token

    answers = await asyncio.gather(*(
        stage.admit(programme, token, slot, f"door-{number}") for number in range(20)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    (first,) = (answer.json() for answer in answers if answer.status_code == 200)
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["type"] == "/problems/already-admitted"
            assert problem["first"] == {
                "admission": first["admission"], "scanned_at": first["scanned_at"], "terminal": first["terminal"]}
    assert (await stage.numbers(programme, slot))["admitted"] == 3

    async def facts() -> Counter[type]:
        return Counter(type(one.data) for one in await stage.said(programme, "checkin.admissions.v1"))

    async def complete() -> bool:
        return (await facts())[AdmissionRefused] == 19

    await stage.until(complete, "every refusal is on record")
    assert (await facts())[PartyAdmitted] == 1


async def test_b07_many_at_once_never_exceed_the_capacity(stage: Stage, opened: Opened) -> None:
    programme = await opened("race-capacity")
    slot = programme.slots[0]
    applications = await stage.win(programme, [slot.id], seats=4, count=45)  # 180 people for 158 places
    said = await stage.said(programme, "checkin.passes.v1")
    tokens = [one.data.token for one in said if one.data.application in applications]

    answers = await asyncio.gather(*(
        stage.admit(programme, token, slot.id, f"door-{number}") for number, token in enumerate(tokens)))

    assert Counter(answer.status_code for answer in answers) == {200: slot.capacity // 4, 409: 45 - slot.capacity // 4}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/full"}
    numbers = await stage.numbers(programme, slot.id)
    assert (numbers["admitted"], numbers["free"]) == (156, 2)


async def test_b06_the_same_scan_sent_again_is_answered_as_before(stage: Stage, opened: Opened) -> None:
    programme = await opened("again")
    slot = programme.slots[0].id
    (application,) = await stage.win(programme, [slot])
    token = (await stage.tokens(programme, application))[slot].token

    first, again = [await stage.admit(programme, token, slot, key="scan-1") for _ in range(2)]
    other = await stage.admit(programme, token, slot, key="scan-2")

    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert other.status_code == 409
    assert (await stage.numbers(programme, slot))["parties"] == 1


async def test_b06_the_time_of_the_scan_is_kept_but_none_is_taken_from_the_future(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("late-merge")
    slot = programme.slots[0]
    opens, closes = window(programme, slot)
    (application,) = await stage.win(programme, [slot.id])
    token = (await stage.tokens(programme, application))[slot.id].token

    future = await stage.admit(programme, token, slot.id, scanned_at=moment_text(opens + timedelta(minutes=31)))
    await stage.move_to(programme, closes + timedelta(hours=1))
    scanned = opens + timedelta(minutes=5)
    merged = await stage.admit(programme, token, slot.id, scanned_at=moment_text(scanned))

    assert (future.status_code, future.json()["type"]) == (422, "/problems/from-the-future")
    assert (merged.status_code, merged.json()["scanned_at"]) == (200, moment_text(scanned))


async def test_s08_another_slot_another_time_and_a_forged_token_are_refused_with_what_to_do(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("refused")
    now, later = programme.slots[0].id, programme.slots[1].id
    (application,) = await stage.win(programme, [later])
    token = (await stage.tokens(programme, application))[later].token

    wrong = await stage.admit(programme, token, now)
    early = await stage.admit(programme, token, later)
    forged = await stage.admit(programme, token[:-4] + "AAAA", later)
    unknown = await stage.admit(programme, "00000-00000", later)

    assert [(answer.status_code, answer.json()["type"]) for answer in (wrong, early, forged, unknown)] == [
        (409, "/problems/wrong-slot"), (409, "/problems/too-early"), (422, "/problems/forged"),
        (422, "/problems/unknown-pass")]
    assert "午後の部" in wrong.json()["detail"]
    assert (await stage.numbers(programme, later))["admitted"] == 0


async def test_s08_a_typed_code_admits_as_the_qr_code_does(stage: Stage, opened: Opened) -> None:
    programme = await opened("typed")
    slot = programme.slots[0].id
    (application,) = await stage.win(programme, [slot])
    code = pass_code((await stage.tokens(programme, application))[slot].pass_id)

    answer = await stage.admit(programme, code.lower(), slot)

    assert answer.status_code == 200, answer.text


async def test_s24_a_terminal_that_sends_many_forged_tokens_is_stopped_alone(stage: Stage, opened: Opened) -> None:
    programme = await opened("forgers")
    slot = programme.slots[0].id
    answers = [await stage.admit(programme, f"no-token-{n}", slot, "door-forger") for n in range(25)]
    elsewhere = await stage.admit(programme, "no-token", slot, "door-honest")

    assert Counter(answer.status_code for answer in answers)[429] >= 4
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert elsewhere.status_code == 422


async def test_s20_s21_only_trained_attendants_admit(stage: Stage, opened: Opened) -> None:
    programme = await opened("roles")
    body = {"token": "x", "slot": programme.slots[0].id, "terminal": "door-1"}
    path = f"{programme.id}/api/admissions"

    assert (await stage.post(path, body, by=DESK)).status_code == 403
    assert (await stage.post(path, body, by=UNTRAINED)).json()["reason"] == "not-trained"
    assert (await stage.http.post(f"/checkin/{path}", json=body)).status_code == 401


async def test_s13_unknown_fields_are_refused(stage: Stage, opened: Opened) -> None:
    programme = await opened("fields")
    body = {"token": "x", "slot": programme.slots[0].id, "terminal": "door-1", "name": "x"}
    answer = await stage.post(f"{programme.id}/api/admissions", body, by=ANNE)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "name"
