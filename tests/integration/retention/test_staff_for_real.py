"""Staff on the real stack: dismissals within seconds, trainings, rosters, tablets with PINs (S19, S20, S21, B20)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.contracts.envelope import new_id
from shared.platform.register import Person
from shared.platform.signin import Session, SignIn
from shared.privacy.door import DoorRefused
from tests.conftest import until
from tests.integration.retention.conftest import Records

SECONDS = 5.0
PIN, WRONG = "472953", "958473"


async def _post(records: Records, path: str, body: dict[str, Any], expected: int = 201) -> Any:
    response = await records.http.post(f"/retention/api{path}", json=body, headers=await records.officer())
    assert response.status_code == expected, response.text
    return response.json()


async def _page(records: Records, path: str, form: dict[str, Any] | None = None, status: int = 200) -> str:
    """A page as the first officer gets it."""
    header, path = await records.officer(), f"/retention{path}"
    response = await (records.http.get(path, headers=header) if form is None
                      else records.http.post(path, data=form, headers=header))
    assert response.status_code == status, response.text
    return response.text


def _today(records: Records, programme: str) -> str:
    return (records.retention.clock.now(programme) + records.retention.programmes.offset(programme)).date().isoformat()


def _shift(records: Records, programme: str) -> dict[str, Any]:
    """The whole day of today."""
    return {"programme": programme, "day": _today(records, programme), "begins": "00:00:00", "ends": "23:59:59",
            "venue": "sumitomo", "stands_in_for": None}


async def test_s19_a_dismissal_shuts_another_services_pages_and_door_within_seconds(records: Records) -> None:
    programme, _ = await records.programme()
    made = (await records.designate(programme, roles=["officer"])).json()
    staff, other = made["staff"], records.other
    token = (await records.sign_in(staff, made["password"], "intake")).json()["token"]
    header = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=other.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake", headers=header) as intake:

        async def opens() -> bool:
            return (await intake.get("/intake/api/letters")).status_code == 200

        await until(opens, SECONDS)
        await records.http.delete(f"/retention/api/staff/{staff}", headers=await records.officer())

        async def refuses() -> bool:
            return (await intake.get("/intake/api/letters")).status_code == 403

        await until(refuses, SECONDS)
        assert (await intake.get("/intake/api/letters")).json()["reason"] == "not-designated"
    gone = Person(staff, frozenset({"officer"}), frozenset({programme}))
    with pytest.raises(DoorRefused) as refused:
        await other.door.open(gone, "officer", programme, "enquiry", new_id(), ["name"])
    assert refused.value.reason == "not-designated"


async def test_s20_each_training_is_a_fact_of_its_own_and_all_are_needed(records: Records) -> None:
    programme, _ = await records.programme()
    staff = (await records.designate(programme, trained_on=None)).json()["staff"]
    register, now = records.other.register, records.other.clock.now(programme)
    await until(lambda: register.refusal(staff, ["desk"], programme, now) == "not-trained")
    await _post(records, f"/staff/{staff}/trainings", {"course": "handling", "day": "2021-04-01"})
    assert (await _entry(records, staff))["missing"] == ["privacy-ordinance"]
    await _post(records, f"/staff/{staff}/trainings", {"course": "privacy-ordinance", "day": "2021-04-08"})
    await until(lambda: register.refusal(staff, ["desk"], programme, now) is None)
    entry = await _entry(records, staff)
    assert (entry["trained_on"], entry["missing"]) == ("2021-04-08", [])
    assert {one["recorded_by"] for one in entry["trainings"]} == {"officer-1"}
    await _post(records, f"/staff/{staff}/trainings", {"course": "first-aid", "day": "2021-04-08"}, 422)


async def _entry(records: Records, staff: str) -> Any:
    listed = await records.http.get("/retention/api/staff", headers=await records.officer())
    return next(one for one in listed.json() if one["staff"] == staff)


async def test_s20_somebody_elses_trainings_under_the_same_id_do_not_count(records: Records) -> None:
    programme, _ = await records.programme()
    staff = (await records.designate(programme)).json()["staff"]
    await records.http.delete(f"/retention/api/staff/{staff}", headers=await records.officer())
    await records.designate(programme, staff=staff, trained_on=None)
    entry = await _entry(records, staff)
    assert (entry["trained_on"], len(entry["missing"])) == (None, 2)


async def test_s20_the_first_officer_is_vouched_for_and_no_day_is_made_up(records: Records) -> None:
    entry = await _entry(records, "officer-1")
    assert (entry["trained_on"], entry["vouched"], entry["missing"]) == (None, True, [])
    page = await _page(records, "/staff")
    assert "2000年" not in page
    assert "導入時に確認済み" in page


async def test_s19_the_report_names_responsible_persons_and_each_name_is_an_access_event(records: Records) -> None:
    programme, _ = await records.programme()
    without = await _page(records, f"/staff/report/{programme}")
    assert "取扱責任者が指定されていません" in without
    staff = (await records.designate(
        programme, roles=["officer"], responsible=True, name="責任 一郎")).json()["staff"]
    await until(lambda: records.retention.register.person(staff))
    without_names = await _page(records, f"/staff/report/{programme}")
    assert "取扱責任者が指定されていません" not in without_names
    assert "責任 一郎" not in without_names
    assert "責任 一郎" in await _page(records, f"/staff/report/{programme}", {})
    row = await records.retention.database["staff"].find_one({"_id": staff})
    assert row is not None
    await until(lambda: records.has("accesses", {"service": "retention", "purpose": "register", "programme": "*"}))


async def test_b20_a_replacement_is_designated_trained_and_signed_in_at_once(records: Records) -> None:
    programme, _ = await records.programme()
    absent = (await records.designate(programme, roles=["attendant"])).json()["staff"]
    shift, new = _shift(records, programme), f"new-{new_id()[:8]}"
    await _post(records, f"/staff/{absent}/shifts", shift)
    roster = await records.http.get(
        f"/retention/api/roster/{programme}", params={"day": shift["day"]}, headers=await records.officer())
    assert [line["staff"] for line in roster.json()["shifts"]] == [absent]
    replaced = await _post(records, f"/roster/{programme}/replacements", {
        "staff": new, "name": "交代 花子", "employer": "contractor", "absent": absent, "shift": shift,
        "trained_today": True})
    register, now = records.other.register, records.other.clock.now(programme)
    await until(lambda: register.refusal(new, ["attendant"], programme, now) is None, SECONDS)
    assert register.refusal(new, ["attendant"], programme, now + timedelta(days=2)) == "outside-shift"
    await until(lambda: register.refusal(absent, ["attendant"], programme, now) == "outside-shift", SECONDS)
    assert (await records.sign_in(new, replaced["password"], "checkin")).status_code == 200
    page = await _page(records, f"/roster/{programme}?day={shift['day']}")
    assert new in page
    assert absent in page  # as the one whom they stand in for


async def test_b20_the_roster_page_enters_a_shift_and_says_what_is_wrong(records: Records) -> None:
    programme, _ = await records.programme()
    staff = (await records.designate(programme, roles=["attendant"])).json()["staff"]
    form = {"staff": staff, "day": "2021-07-23", "begins": "09:00", "ends": "13:00", "venue": "kogakuin"}
    await _page(records, f"/roster/{programme}", {**form, "ends": "08:00"}, 422)
    await _page(records, f"/roster/{programme}", form, 303)
    page = await _page(records, f"/roster/{programme}?day=2021-07-23")
    assert "09:00–13:00" in page
    assert "工学院大学" in page


async def _tablet(records: Records) -> dict[str, str]:
    enrolled: dict[str, str] = await _post(records, "/terminals", {"name": f"t-{new_id()[:8]}"})
    return enrolled


async def _attendant(records: Records, pin: str = PIN) -> dict[str, str]:
    """An attendant with a PIN of their own."""
    programme, _ = await records.programme()
    made: dict[str, str] = (await records.designate(programme, roles=["attendant", "officer"])).json()
    await until(lambda: records.retention.register.person(made["staff"]))
    token = (await records.sign_in(made["staff"], made["password"])).json()["token"]
    set_pin = await records.http.put(
        "/retention/api/pin", json={"password": made["password"], "pin": pin},
        headers={"Authorization": f"Bearer {token}"})
    assert set_pin.status_code == 204, set_pin.text
    return made | {"programme": programme, "token": token}


async def _by_pin(records: Records, staff: str, pin: str, key: str, service: str = "checkin") -> httpx.Response:
    return await records.http.post(
        "/retention/api/signin/pin", json={"staff": staff, "pin": pin, "terminal_key": key, "service": service})


async def test_s21_a_pin_on_an_enrolled_tablet_opens_an_attendants_work_there_only(records: Records) -> None:
    tablet, person = await _tablet(records), await _attendant(records)
    done = await _by_pin(records, person["staff"], PIN, tablet["key"])
    assert done.status_code == 200, done.text
    token = done.json()["token"]
    checkin = SignIn("checkin", records.other.register, records.other.clock, {}, records.other.pages)
    await until(lambda: checkin.session_of(token) is not None, SECONDS)
    assert checkin.session_of(token) == Session(person["staff"], by_pin=True)
    assert records.other.sign_in.session_of(token) is None  # intake
    assert Session(person["staff"], by_pin=True).narrowed({"attendant", "officer"}) == {"attendant"}
    assert (await _by_pin(records, person["staff"], PIN, tablet["key"], "retention")).status_code == 403
    gone = await records.http.delete(
        f"/retention/api/terminals/{tablet['terminal']}", headers=await records.officer())
    assert gone.status_code == 204
    await until(lambda: checkin.session_of(token) is None, SECONDS)
    assert (await _by_pin(records, person["staff"], PIN, tablet["key"])).status_code == 403


async def test_s21_a_pin_without_an_enrolled_tablet_is_worth_nothing(records: Records) -> None:
    person = await _attendant(records)
    refused = await _by_pin(records, person["staff"], PIN, "no such key")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-enrolled")
    assert (await records.sign_in(person["staff"], PIN)).status_code == 401


async def test_s21_weak_pins_and_a_wrong_password_are_refused(records: Records) -> None:
    person = await _attendant(records)
    header = {"Authorization": f"Bearer {person['token']}"}
    weak = await records.http.put(
        "/retention/api/pin", json={"password": person["password"], "pin": "123456"}, headers=header)
    assert (weak.status_code, weak.json()["reason"]) == (422, "weak")
    other = await records.http.put("/retention/api/pin", json={"password": "wrong", "pin": WRONG}, headers=header)
    assert other.status_code == 401


async def test_s24_five_wrong_pins_lock_the_pin_and_not_the_password(records: Records) -> None:
    tablet, person = await _tablet(records), await _attendant(records)
    wrong = [await _by_pin(records, person["staff"], WRONG, tablet["key"]) for _ in range(5)]
    elsewhere = await _by_pin(records, person["staff"], PIN, (await _tablet(records))["key"])
    unknown = await _by_pin(records, "nobody-of-that-id", PIN, tablet["key"])
    assert {answer.status_code for answer in (*wrong, elsewhere, unknown)} == {401}
    assert len({answer.text for answer in (*wrong, elsewhere, unknown)}) == 1
    await until(lambda: records.has("alarms", {
        "kind": "pin-locked", "values.staff": person["staff"], "values.terminal": tablet["name"]}))
    assert (await records.sign_in(person["staff"], person["password"])).status_code == 200


async def test_s21_neither_pin_nor_tablets_key_is_kept_in_the_clear(records: Records) -> None:
    tablet, person = await _tablet(records), await _attendant(records)
    row = await records.retention.database["staff"].find_one({"_id": person["staff"]})
    assert row is not None
    assert row["pin_hash"].startswith("$argon2id$")
    kept = await records.retention.database["terminals"].find_one({"_id": tablet["terminal"]})
    assert kept is not None
    assert tablet["key"] not in str(kept)


async def test_s21_on_an_enrolled_tablet_the_sign_in_page_is_the_one_for_pins(records: Records) -> None:
    name, person = f"t-{new_id()[:8]}", await _attendant(records)
    header = await records.officer()
    enrolled = await records.http.post("/retention/terminals", data={"name": name}, headers=header)
    assert "HttpOnly" in enrolled.headers["set-cookie"]
    assert "Path=/retention" in enrolled.headers["set-cookie"]
    try:
        asked = await records.http.get("/retention/signin?service=checkin&next=/checkin/x/terminal")
        assert asked.headers["location"].startswith("/retention/pin?")
        page = await records.http.get(asked.headers["location"])
        assert name in page.text
        assert 'value="/checkin/x/terminal"' in page.text
        form = {"staff": person["staff"], "pin": PIN, "service": "checkin", "next": "/checkin/x/terminal"}
        failed = await records.http.post("/retention/pin", data={**form, "pin": WRONG})
        assert failed.status_code == 401
        changed = await records.http.post("/retention/pin", data=form)
        assert re.search(r'name="token" value="([^"]+)"', changed.text)
        again = await records.http.get("/retention/signin?service=checkin&how=password")
        assert again.status_code == 200
    finally:
        records.http.cookies.clear()
    bare = await records.http.get("/retention/pin?service=checkin")
    assert (bare.status_code, "登録された共用の端末ではありません" in bare.text) == (403, True)
    assert name in await _page(records, "/terminals")
