"""S02, S12, S13, S14: a sheet of postcards keyed in elsewhere is kept whole or not at all."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.intake import ApplicationDecided, ApplicationTaken
from shared.contracts.postcards import PostcardKeyedIn, PostcardReleased
from shared.contracts.programme import Programme
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage
from tests.sheets import a_card, as_csv, as_xlsx, cards

MANY = 300


async def send(
    stage: Stage, programme: Programme, data: bytes, *, by: str | None = "desk-1", dry_run: bool = False
) -> httpx.Response:
    return await stage.http.post(
        f"/intake/{programme.id}/api/postcards/import", params={"dry_run": dry_run}, headers=stage.headers(by),
        files={"file": ("cards", data)})  # fmt: skip


async def opened_late(stage: Stage, opened: Opened, name: str) -> Programme:
    programme = await opened(name)
    await stage.move_to(programme, programme.draw.timetable.freeze_from)
    return programme


async def stored(stage: Stage, programme: Programme) -> int:
    return int((await stage.http.get(f"/intake/{programme.id}/api/window")).json()["applications"])


async def taken(stage: Stage, programme: Programme, count: int) -> list[ApplicationTaken]:
    async def said() -> list[ApplicationTaken] | None:
        facts = [one.data for one in await stage.facts(programme) if isinstance(one.data, ApplicationTaken)]
        return facts if len(facts) == count else None

    found: list[ApplicationTaken] = await stage.until(said, f"{count} cards are said")
    return found


@pytest.mark.parametrize(("name", "write"), [("csv", as_csv), ("xlsx", as_xlsx)])
async def test_s02_s12_a_sheet_becomes_cards_like_those_that_are_keyed_in(
    stage: Stage, opened: Opened, name: str, write: Any
) -> None:
    programme = await opened_late(stage, opened, f"import-{name}")
    late, elsewhere = {"消印の日": "令和3年6月15日", "届いた日": "2021/6/16"}, {"ご住所": "東京都渋谷区渋谷1-1"}
    data = write([a_card(1), a_card(2, **late), a_card(3, **elsewhere)])
    preview = await send(stage, programme, data, dry_run=True)
    assert preview.status_code == 200, preview.text
    assert await stored(stage, programme) == 0
    answer = await send(stage, programme, data)
    assert answer.status_code == 201
    assert answer.json()["not_counted"] == preview.json()["not_counted"] == {"late-postmark": 1, "not-resident": 1}
    assert [card["counted"] for card in answer.json()["cards"]] == [True, False, False]
    assert [(note["cell"], note["reason"]) for note in answer.json()["mended"]] == [("B3", "cell-day")]
    facts = {fact.card: fact for fact in await taken(stage, programme, 3)}
    assert {fact.entered_by for fact in facts.values()} == {"desk-1"}
    assert len({fact.imported for fact in facts.values()}) == 1 and facts["HG-0001"].imported
    assert facts["HG-0001"].wishes == ("2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm")
    assert {card["card"]: card["receipt"] for card in answer.json()["cards"]} == {
        number: fact.receipt for number, fact in facts.items()}

    async def decided() -> bool:
        reasons = [one.data.reason for one in await stage.facts(programme) if isinstance(one.data, ApplicationDecided)]
        return sorted(reasons) == ["late-postmark", "not-resident"]

    await stage.until(decided, "both decisions are said")


async def test_s02_one_faulty_cell_keeps_all_others_out_and_is_named(stage: Stage, opened: Opened) -> None:
    programme = await opened_late(stage, opened, "import-faulty")
    rows = [*cards(40), a_card(41, 電話番号="9.01E+10", 第1希望=""), a_card(42, ご住所="西新宿2-8-1"), a_card(7)]
    answer = await send(stage, programme, as_csv(rows, "cp932"))
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["rows"], problem["faulty"]) == ("/problems/unfit-rows", 43, 4)
    assert [(error["row"], error["cell"], error["reason"]) for error in problem["errors"]] == [
        (8, "A8", "cell-card-twice"), (42, "G42", "cell-rounded"), (42, "K42", "wish-skipped"),
        (43, "E43", "no-municipality"), (44, "A44", "cell-card-twice")]  # fmt: skip
    assert "44" in problem["errors"][0]["message"]
    assert await stored(stage, programme) == 0


async def test_s02_the_same_sheet_again_changes_nothing_and_is_answered_alike(stage: Stage, opened: Opened) -> None:
    programme = await opened_late(stage, opened, "import-again")
    data = as_csv(cards(5))
    await stage.key_in(programme, "HG-0003", **keyed(3))
    answers = await asyncio.gather(*(send(stage, programme, data) for _ in range(4)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    assert await stored(stage, programme) == 5
    facts = {fact.card: fact for fact in await taken(stage, programme, 5)}
    assert facts["HG-0003"].imported is None, "it was keyed in by hand"


def keyed(number: int) -> dict[str, Any]:
    """The card as the desk would key it in."""
    row = a_card(number)
    return {
        "name": row["代表者のお名前"], "address": row["ご住所"], "telephone": row["電話番号"],
        "companions": ["髙橋　太郎"],
        "wishes": ["2021-07-23-sumitomo-am", "2021-08-24-kogakuin-pm"],
    }  # fmt: skip


async def test_s02_a_card_that_is_in_with_other_content_is_a_fault_of_its_row(stage: Stage, opened: Opened) -> None:
    programme = await opened_late(stage, opened, "import-used")
    await stage.key_in(programme, "HG-0002", **keyed(2) | {"age": 35})
    problem = (await send(stage, programme, as_csv(cards(3)))).json()
    assert [(error["cell"], error["reason"]) for error in problem["errors"]] == [("A3", "cell-card-used")]
    assert await stored(stage, programme) == 1


async def test_s02_a_sheet_s_cards_lie_in_their_batches_and_release_what_was_held(stage: Stage, opened: Opened) -> None:
    programme = await opened_late(stage, opened, "import-batches")
    where = f"/intake/{programme.id}/api/postcards"
    made = await stage.post(f"{where}/batches", {"count": 3, "received_on": "2021-06-11"}, by="desk-1")
    batch = made.json()["batch"]
    held = await stage.post(f"{where}/held", {"card": f"{batch}-002", "reason": "unreadable"}, by="desk-1")
    assert held.status_code == 201, held.text
    numbered = [a_card(number, はがきの番号=f"{batch}-{number:03}") for number in (1, 2)]
    foreign = a_card(3, はがきの番号=f"{batch}-004"), a_card(4, はがきの番号=f"{batch}-003", 届いた日="2021/6/12")
    problem = (await send(stage, programme, as_csv([*numbered, *foreign]))).json()
    assert [(error["cell"], error["reason"]) for error in problem["errors"]] == [
        ("A4", "cell-not-in-batch"), ("C5", "cell-batch-day")]
    assert (await send(stage, programme, as_csv([*numbered, a_card(9)]))).status_code == 201
    ledger = {row["batch"]: row for row in (await stage.http.get(
        f"{where}/batches", headers=stage.headers("desk-1"))).json()["batches"]}
    assert (ledger[batch]["keyed"], ledger[batch]["held"], ledger[batch]["left"]) == (2, 0, 1)
    assert ledger["HG-20210611"]["keyed"] == 1, "a single card lies with the others of its day"

    async def said() -> bool:
        facts = [one.data for one in await stage.said(programme, "intake.postcards.v1")]
        keyed = {one.card for one in facts if isinstance(one, PostcardKeyedIn)}
        return keyed == {f"{batch}-001", f"{batch}-002", "HG-0009"} and any(
            isinstance(one, PostcardReleased) for one in facts)

    await stage.until(said, "the cards' own facts are said")


async def test_s13_a_column_that_is_not_declared_is_refused_by_name(stage: Stage, opened: Opened) -> None:
    programme = await opened_late(stage, opened, "import-column")
    answer = await send(stage, programme, as_csv([a_card(1, メールアドレス="a@mail.example")]))
    assert (answer.json()["type"], answer.json()["reason"]) == ("/problems/unfit-sheet", "unknown-column")
    assert "メールアドレス" in answer.json()["title"] and await stored(stage, programme) == 0


async def test_s14_a_file_of_ten_megabytes_is_refused_in_words(stage: Stage, opened: Opened) -> None:
    programme = await opened("import-large")
    answer = await send(stage, programme, b"x" * (10 << 20))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert await stored(stage, programme) == 0


async def test_s19_nobody_but_the_desk_may_send_a_sheet(stage: Stage, opened: Opened) -> None:
    programme = await opened("import-desk")
    assert (await send(stage, programme, as_csv(cards(2)), by="attendant-1")).status_code == 403
    assert (await send(stage, programme, as_csv(cards(2)), by=None)).status_code == 401
    assert (await send(stage, programme, b"x" * (1 << 20), by=None)).status_code == 413, "of nobody so much is read"
    elsewhere = await stage.http.post(f"/intake/{programme.id}/api/postcards", content=b"x" * (1 << 20),
                                      headers=stage.headers("desk-1"))
    assert elsewhere.status_code == 413, "more is allowed for sheets only"


async def test_s25_a_sheet_touches_no_disk_before_it_is_sealed(stage: Stage, opened: Opened) -> None:
    """A file of over a megabyte, which a framework would put into a temporary file, is in memory only."""
    programme = await opened_late(stage, opened, "import-memory")
    data = as_csv(cards(9))
    padded = data + (b" " * 130 + b"\r\n") * 9000
    # The log is opened by us.
    watching = asyncio.create_task(_files_opened(stage, {str(stage.process.log_file)}))
    assert (await send(stage, programme, padded, dry_run=True)).status_code == 200
    watching.cancel()
    assert [name for name in await watching if name.startswith(("/tmp/", "/var/tmp/"))] == []


async def _files_opened(stage: Stage, known: set[str]) -> list[str]:
    seen: set[str] = set()
    folder = Path(f"/proc/{stage.process.pid}/fd")
    try:
        while True:
            for entry in folder.iterdir():
                seen.add(str(entry.readlink()))
            await asyncio.sleep(0.002)
    except asyncio.CancelledError:
        return sorted(seen - known)


async def test_b05_killed_in_the_middle_of_an_import_all_or_nothing_is_kept_and_a_retry_ends_alike(
    stage: Stage, opened: Opened
) -> None:
    programme = await opened_late(stage, opened, "import-killed")
    data = as_xlsx(cards(MANY))
    for after in (0.15, 0.6, 1.2):
        sending = asyncio.create_task(send(stage, programme, data))
        await asyncio.sleep(after)
        stage.kill()
        await asyncio.gather(sending, return_exceptions=True)
        await stage.restart_after_kill()
        assert await stored(stage, programme) in (0, MANY)
    answer = await send(stage, programme, data)
    assert answer.status_code == 201 and answer.json()["counted"] == MANY
    assert (await send(stage, programme, data)).text == answer.text
    facts = await taken(stage, programme, MANY)
    assert Counter(fact.card for fact in facts).most_common(1)[0][1] == 1
    assert {card["receipt"] for card in answer.json()["cards"]} == {fact.receipt for fact in facts}
