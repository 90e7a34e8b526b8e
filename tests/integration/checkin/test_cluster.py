"""A cluster from the question to 100 %: two people release, two people take each card out and back (S10, B08)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
from bs4 import BeautifulSoup

from services.checkin.domain.admission import window
from services.checkin.incident_store import INCIDENT_CARDS
from services.checkin.replay_incidents import FOLDS
from shared.contracts.checkin import IncidentClosed
from shared.contracts.programme import Programme
from shared.replay.sheet import Sheet
from tests.integration.checkin.conftest import Opened
from tests.integration.checkin.people import CUSTODIAN, TRACER, designate, fill_case, problem
from tests.integration.checkin.stage import ANNE, BEN, OFFICER, Stage

FILED = ("state", "attempts", "outcome", "result", "reason")
TWO = {"custodian": CUSTODIAN, "tracer": TRACER}


def question(programme: Programme, **more: Any) -> dict[str, Any]:
    scope = [{"slot": programme.slots[0].id, "seats": ["W-003"], "radius": 2}]
    return {"scope": scope, "basis": "infectious-diseases-act-15", "reference": "HC-2021-0123", "limit": 20, **more}


async def ask(stage: Stage, programme: Programme, by: str = OFFICER, **more: Any) -> httpx.Response:
    return await stage.post(f"{programme.id}/api/incidents", question(programme, **more), by=by)


async def step(stage: Stage, programme: Programme, incident: str, what: str, by: str, **body: Any) -> httpx.Response:
    return await stage.post(f"{programme.id}/api/incidents/{incident}/{what}", body, by=by)


async def test_b08_s10_a_cluster_is_counted_to_100_percent_by_two_people(stage: Stage, opened: Opened) -> None:
    programme = await opened("cluster")
    await designate(stage, programme)
    # Seats 1–2, 3, 4–6 and 7: within two numbers of seat 3 sit the first three groups.
    await fill_case(stage, programme, {"LS-00001": 2, "LS-00002": 1, "LS-00003": 3, "LS-00004": 1})
    asked = await ask(stage, programme)
    assert asked.status_code == 201, asked.text
    incident = asked.json()["incident"]
    assert [card["card"] for card in asked.json()["cards"]] == ["LS-00001", "LS-00002", "LS-00003"]

    early = await step(stage, programme, incident, "cards/1/take-out", TRACER, **TWO)
    released = await step(stage, programme, incident, "release", CUSTODIAN)
    outsider = await step(stage, programme, incident, "cards/LS-00004/take-out", TRACER, **TWO)
    alone = await step(stage, programme, incident, "cards/1/take-out", TRACER, custodian=TRACER, tracer=TRACER)
    assert problem(early) == (409, "not-released") and released.json()["state"] == "released"
    assert problem(outsider) == (409, "card-not-concerned")
    assert problem(alone) == (422, "not-designated")

    for card, calls, reason in (("1", ["no-answer", "reached"], None), ("2", ["wrong-number"], "wrong-number"),
                                ("3", ["handed-to-authority"], None)):
        out = await step(stage, programme, incident, f"cards/{card}/take-out", CUSTODIAN, **TWO)
        assert out.status_code == 200, out.text
        for outcome in calls:
            body: dict[str, Any] = {"outcome": outcome}
            if outcome == "no-answer":
                body["next_attempt_at"] = "2099-01-01T00:00:00Z"
            called = await step(stage, programme, incident, f"cards/{card}/contacts", TRACER, **body)
            assert called.status_code == 200, called.text
        too_soon = await step(stage, programme, incident, "close", OFFICER)
        assert problem(too_soon) == (409, "cards-open")
        back = await step(stage, programme, incident, f"cards/{card}/put-back", TRACER, reason=reason, **TWO)
        assert back.status_code == 200, back.text

    assert back.json()["progress"] == {
        "cards": 3, "done": 3, "contacted": 2, "left": {"wrong-number": 1}, "out": 0, "waiting": 0}
    closed = await step(stage, programme, incident, "close", CUSTODIAN)
    again = await step(stage, programme, incident, "cards/1/take-out", CUSTODIAN, **TWO)
    assert closed.json()["state"] == "closed" and problem(again) == (409, "incident-closed")

    async def told() -> Any:
        said = await stage.said(programme, "checkin.contacts.v1")
        return said if said and isinstance(said[-1].data, IncidentClosed) else None

    messages = await stage.until(told, "every step is a fact")
    said = [message.data for message in messages]
    assert Counter(one.TYPE.split(".")[1] for one in said) == {
        "incident-opened": 1, "cards-released": 1, "card-opened": 3, "card-contacted": 4, "card-closed": 3,
        "incident-closed": 1}
    opening = next(one for one in said if one.TYPE == "checkin.card-opened.v1")
    assert (opening.handed_by, opening.taken_by) == (CUSTODIAN, TRACER)
    assert (said[-1].cards, said[-1].contacted, said[-1].left) == (3, 2, {"wrong-number": 1})
    assert rebuilt(messages) == {one["card"]: {name: one[name] for name in FILED} for one in closed.json()["cards"]}


def rebuilt(messages: list[Any]) -> dict[str, dict[str, Any]]:
    """What a replay makes of the facts (B12): each card as the desk showed it at the end."""
    sheet = Sheet()
    for message in messages:
        FOLDS["checkin.contacts.v1"][type(message.data)](sheet, message)
    return {row["card"]: {name: row.get(name) for name in FILED} for row in sheet.documents(INCIDENT_CARDS).values()}


async def test_b08_who_asks_does_not_release_and_a_refused_release_ends_it(stage: Stage, opened: Opened) -> None:
    programme = await opened("cluster-refused")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 2})
    incident = (await ask(stage, programme, TRACER)).json()["incident"]

    by_opener = await step(stage, programme, incident, "release", TRACER)
    by_officer = await step(stage, programme, incident, "release", OFFICER)
    not_theirs = await step(stage, programme, incident, "drop", OFFICER)
    refused = await step(stage, programme, incident, "drop", CUSTODIAN)
    late = await step(stage, programme, incident, "release", CUSTODIAN)

    assert by_opener.status_code == by_officer.status_code == 403
    assert problem(not_theirs) == (403, "not-yours")
    assert refused.json()["state"] == "closed" and problem(late) == (409, "incident-closed")


async def test_s10_nothing_is_asked_for_over_the_limit_beside_the_seats_or_in_words(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("cluster-asked")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 1, "LS-00002": 1})
    first, other_venue = programme.slots[0].id, next(
        slot.id for slot in programme.slots if slot.venue != programme.slots[0].venue)

    answers = [
        await ask(stage, programme, limit=1),
        await ask(stage, programme, scope=[{"slot": first, "seats": ["W-070"]}]),
        await ask(stage, programme, scope=[{"slot": first}, {"slot": other_venue}]),
        await ask(stage, programme, reference="山田花子 090-1234-5678"),
        await ask(stage, programme, note="a word about somebody"),
        await ask(stage, programme, CUSTODIAN),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 422, 422, 422, 403]
    assert [problem(answer)[1] for answer in answers[:3]] == ["over-limit", "nobody-seated", "slots-apart"]
    listed = await stage.http.get(f"/checkin/{programme.id}/api/incidents", headers=stage.headers(OFFICER))
    assert listed.json() == {"incidents": []}


async def test_s10_a_card_that_is_out_leaves_the_count_of_its_case_and_comes_back_to_it_in_the_safe(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("cluster-case")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 1, "LS-00002": 1})
    case, hands = f"case-{programme.venues[0].id}", {"handed_by": BEN, "taken_by": OFFICER}
    away = await stage.hand_over(programme, case, "case", "main-building-safe", count=2, **hands)
    assert away.status_code == 201, away.text
    incident = (await ask(stage, programme)).json()["incident"]
    await step(stage, programme, incident, "release", CUSTODIAN)

    by_hand = await stage.hand_over(programme, "1", "card", "opened", handed_by=ANNE, taken_by=BEN)
    await step(stage, programme, incident, "cards/1/take-out", TRACER, **TWO)
    miscounted = await stage.hand_over(programme, case, "case", "reception", count=2, **hands)
    await step(stage, programme, incident, "cards/1/put-back", CUSTODIAN, **TWO)
    counted = await stage.hand_over(programme, case, "case", "reception", count=2, **hands)

    assert problem(by_hand) == (409, "custody-own-desk")
    assert problem(miscounted) == (409, "custody-count") and miscounted.json()["expected"] == 1
    assert counted.status_code == 201, counted.text


async def test_b08_the_desk_works_by_forms_shows_numbers_only_and_raises_the_alarm(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened("cluster-page")
    await designate(stage, programme)
    await fill_case(stage, programme, {"LS-00001": 2, "LS-00002": 1})
    slot, path = programme.slots[0], f"/checkin/{programme.id}/cluster"

    async def post(address: str, by: str, **form: Any) -> httpx.Response:
        return await stage.http.post(address, data=form, headers=stage.headers(by))

    async def get(where: str, by: str) -> str:
        return (await stage.http.get(where, headers=stage.headers(by))).text

    chosen = await get(f"{path}?where={slot.day.isoformat()}/{slot.venue}", OFFICER)
    boxes = [str(box["value"]) for box in BeautifulSoup(chosen, "html.parser").select("input[name=seats]")]
    assert boxes == [f"{slot.id}/W-001", f"{slot.id}/W-003"]
    form = {"where": f"{slot.day.isoformat()}/{slot.venue}", "seats": boxes[0], "radius": "1", "limit": "5",
            "basis": "purpose-of-card", "reference": "HC-2021-0007"}
    wrong = await post(path, OFFICER, **{**form, "reference": "花子"}, step="look")
    seen = await post(path, OFFICER, **form, step="look")
    assert wrong.status_code == 422 and "HC-2021-0123 の形" in wrong.text
    assert "対象のカードは2枚です" in seen.text and "LS-00002" in seen.text
    asked = await post(path, OFFICER, **form, step="ask", seen="LS-00001,LS-00002")
    here = asked.headers["location"]
    assert "鍵管理者の許可を待っています" in await get(here, OFFICER)

    assert (await post(here, OFFICER, step="release")).status_code == 422
    assert (await post(here, CUSTODIAN, step="release")).status_code == 303
    two = {"custodian": CUSTODIAN, "tracer": TRACER, "card": "LS-00001"}
    assert (await post(here, TRACER, step="take-out", **two)).status_code == 303
    called = await post(here, TRACER, step="contact", card="LS-00001", outcome="reached", next="")
    assert called.status_code == 303, called.text
    assert "すぐに二人でケースに戻してください" in await get(called.headers["location"], TRACER)
    await stage.move_to(programme, window(programme, slot)[0] + timedelta(minutes=90))
    assert "1枚がケースの外に長くあります" in await get(here, CUSTODIAN)
    assert "1枚が、連絡のあとも" in await get(f"/checkin/{programme.id}/cards", OFFICER)
    assert (await post(here, CUSTODIAN, step="put-back", **two)).status_code == 303
    page = await get(here, CUSTODIAN)
    assert "1枚 / 2枚" in page and "連絡済み" in page and "ケースの外に長く" not in page
    assert (await stage.http.get(path, headers=stage.headers(ANNE))).status_code == 403
