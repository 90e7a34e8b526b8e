"""Preflight, dry runs and the staff's charts in a real browser: accessible and within the screen (B01, B02, B14).

The templates, words and views are lottery's own; situation and counts are made up, so that no store is needed.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from deploy.local.state import CHECKOUT as ROOT
from services.lottery.domain.preflight import Situation, SlotSeats, Step, Survey, Work, findings
from services.lottery.pages.preflight_view import preflight_of
from services.lottery.pages.public_view import slot_kinds
from services.lottery.pages.rehearsal_routes import charts_of
from services.lottery.pages.slot_charts import slot_charts
from services.lottery.store import DrawState
from shared.contracts.lottery import DrawRehearsed
from shared.contracts.programme import Programme
from shared.ui import Chrome, Form, Pages, StaffBar
from tests.browser.chromium import WIDTHS, check_accessibility
from tests.browser.conftest import serve

PROGRAMME = Programme.model_validate(tomllib.loads((ROOT / "programmes/live-site-2020.toml").read_text("utf-8")))
SLOTS = {slot.id: slot.seats for slot in PROGRAMME.slots}
TIMES, WINDOW = PROGRAMME.draw.timetable, PROGRAMME.window
NAMES = [witness.name for witness in PROGRAMME.draw.witnesses]
EVERY_STEP: tuple[Step | None, ...] = ("announce", "freeze", "close", "publish", None)


def some_survey() -> Survey:
    """10,000 applications, more of them for the first days."""
    dice = random.Random(5)
    first = {slot: dice.randrange(20, 340) // (1 + place // 40) for place, slot in enumerate(SLOTS)}
    return Survey(
        taken=10_120, withdrawn=84, entries=10_000, alone=8_213, by_party={1: 2500, 2: 4200, 3: 1900, 4: 1400},
        first=first, wished={slot: seats * 3 for slot, seats in first.items()})


def as_staff(_: Request) -> Chrome:
    """What surrounds a page of staff."""
    return Chrome(PROGRAMME.title.ja, StaffBar("officer-1", "管理担当", "/session/end"), width="wide", languages=())


def at(step: Step | None) -> Situation:
    """A situation before `step` in which something is open of every kind."""
    now = {"announce": TIMES.commit_until - timedelta(hours=4), "freeze": WINDOW.closes + timedelta(days=2),
           "close": TIMES.close_from + timedelta(hours=1), "publish": TIMES.close_from + timedelta(hours=3)}
    early = Situation(
        now=now[step or "publish"], step=step, slots=[SlotSeats(one.id, one.seats, one.reserve)
                                                      for one in PROGRAMME.slots],
        max_seats=PROGRAMME.party.max_seats, max_wishes=PROGRAMME.draw.max_wishes, publication="full",
        witnesses=NAMES, committed=NAMES[:3], revealed=NAMES[:2], signatures=None, needed=3, opens=WINDOW.opens,
        closes=WINDOW.closes, commit_until=TIMES.commit_until, freeze_from=TIMES.freeze_from,
        close_from=TIMES.close_from, beacons=[beacon.at for beacon in PROGRAMME.draw.beacons],  # type: ignore[union-attr]
    )
    if step == "announce":
        return early
    work = Work(as_of=early.now, window="open", pairs=12, unkeyed=31, batches=2, held=5, unanswered=3, checks=0)
    return replace(early, survey=some_survey(), work=work, committed=NAMES)


def show(pages: Pages, request: Request) -> HTMLResponse:
    """The page before the step that the address names."""
    step: Step | None = next((one for one in EVERY_STEP if one == request.path_params["step"]), None)
    seen = at(step)
    held = {slot: min(asked, 80) for slot, asked in seen.survey.first.items()} if step is None else None
    return pages.render(
        request, "preflight.html", programme=PROGRAMME, now=seen.now, work=seen.work,
        state=DrawState(programme=PROGRAMME.id, draw=PROGRAMME.draw.id), slot_kinds=slot_kinds(PROGRAMME),
        preflight=preflight_of(PROGRAMME, step, findings(seen), pages.words_for(request)),
        slot_charts=slot_charts(PROGRAMME, seen.survey, SLOTS, held))


def show_dry_run(pages: Pages, request: Request) -> HTMLResponse:
    """The page of dry runs after two of them, before the close."""
    state = DrawState(programme=PROGRAMME.id, draw=PROGRAMME.draw.id, stage="frozen")
    last = DrawRehearsed(
        draw=state.draw, rehearsal="dry-run-0123456789ab", over="entries", at=TIMES.freeze_from, entries=10_000,
        won=4_155, by_party={"1": (1100, 2501), "2": (1001, 2453), "3": (1078, 2546), "4": (976, 2500)},
        by_rank={"1": 3865, "2": 238, "3": 52}, left={slot: place % 5 for place, slot in enumerate(SLOTS)}, alone=8_213,
        milliseconds=312, seed_digest="5" * 64, by=("officer-1",))
    done = [last, last.model_copy(update={"over": "invented", "rehearsal": "dry-run-ba9876543210"})]
    return pages.render(
        request, "rehearsals.html", programme=PROGRAMME, state=state, form=Form({}, {"count": "1から"}), refused="",
        open=True, most=100_000, rehearsals=done, real_seed_digest=None, seed_differs=None, entries=10_000,
        **charts_of(PROGRAMME, last))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The pages, without lottery's stores."""
    pages = Pages(ROOT / "services/lottery/pages", "lottery", "/lottery", chrome=as_staff)
    app = Starlette(routes=[
        Route("/preflight/{step}", lambda request: show(pages, request)),
        Route("/rehearsals", lambda request: show_dry_run(pages, request)),
    ])  # fmt: skip
    pages.mount_static(app)
    with serve(app) as url:
        yield url


def fits(page: Page, url: str) -> None:
    """Axe finds nothing and nothing is wider than the screen, at each width."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(url)
        assert [str(one) for one in check_accessibility(page)] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("step", EVERY_STEP)
def test_b14_preflight_is_accessible_and_fits_at_each_step(page: Page, address: str, step: Step | None) -> None:
    fits(page, f"{address}/preflight/{step}")
    assert page.locator("[data-check]").count() == len(findings(at(step)))


def test_b14_b01_dry_runs_are_accessible_and_marked_in_every_part_of_what_they_show(page: Page, address: str) -> None:
    fits(page, f"{address}/rehearsals")
    assert page.locator(".rehearsal__mark").count() == 2
    titles = page.locator(".rehearsal .chart__title").all_inner_texts()
    assert len(titles) == 3 and all("試行・抽選ではありません" in title for title in titles)
