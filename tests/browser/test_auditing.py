"""The auditor's two pages in a real browser: accessible, and within the screen (B01, B14).

The templates and words are the services' own; what they show is made up, so that no store is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from deploy.local.state import CHECKOUT as ROOT
from services.intake.handlers.auditing import Trace
from services.intake.pages.showing import Words
from services.lottery.handlers.auditing import Sampled, Tally
from services.lottery.pages.audit_routes import SIZES
from services.lottery.pages.public_view import slot_names
from services.lottery.store import DrawState
from shared.contracts.intake import TraceFinding
from shared.ui import Form, Pages
from tests.browser.conftest import serve
from tests.browser.test_preflight import PROGRAMME, SLOTS, TIMES, as_staff, fits

STATE = DrawState(programme=PROGRAMME.id, draw=PROGRAMME.draw.id, stage="drawn", announcement="a" * 64)
WISHES = tuple(list(SLOTS)[3:6])
CARD = Trace("0123456789abcdef" * 2, {
    "receipt": "7K4M-2QXP", "channel": "postcard", "taken_at": TIMES.freeze_from, "seats": 3, "wishes": WISHES,
    "withdrawn_at": None, "card": "HG012-045", "postmarked_on": "2021-06-10", "received_on": "2021-06-11",
    "entered_by": "desk-1",
}, 7, {"batch": "HG012", "place": "safe"}, {"name": "髙橋　﨑子", "address": "東京都新宿区西新宿二丁目8番1号"})


def the_list(pages: Pages, request: Request) -> HTMLResponse:
    """The sample, of which some was traced."""
    found: tuple[TraceFinding | None, ...] = ("true", "true", "differs", None, None)
    sample = [Sampled(order, f"{order:032x}", 1 + order % 4, WISHES, 1000 * order, finding)
              for order, finding in enumerate(found, 1)]
    return pages.render(
        request, "audit.html", programme=PROGRAMME, state=STATE, sample=sample, slot_names=slot_names(PROGRAMME),
        size=30, tally=Tally(3, 3, {"true": 2, "differs": 1}), sizes=SIZES, form=Form({"size": "30"}),
        trace_url="/trace")


def the_trace(pages: Pages, request: Request) -> HTMLResponse:
    """A postcard's entry, or one that has no application."""
    say = pages.words_for(request)
    traced = CARD if request.path_params["what"] == "card" else Trace("f" * 32)
    done: list[dict[str, Any]] = [
        {"entry": "1" * 32, "finding": finding, "by": "auditor-1", "at": TIMES.freeze_from}
        for finding in ("true", "card-missing")]
    return pages.render(
        request, "audit.html", programme=PROGRAMME, words=Words(PROGRAMME, "ja", say), form=Form(), done=None,
        refused=None, here="/intake/p", offset=timedelta(hours=9), now=TIMES.freeze_from, traced=traced, drawn=True,
        draw_url="/list", done_so_far=done,
        findings=[("true", say("audit.finding.true")), ("differs", say("audit.finding.differs"))])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Both pages, without the services' stores."""
    lottery = Pages(ROOT / "services/lottery/pages", "lottery", "/lottery", chrome=as_staff)
    intake = Pages(ROOT / "services/intake/pages", "intake", "/intake", chrome=as_staff)
    app = Starlette(routes=[
        Route("/list", lambda request: the_list(lottery, request)),
        Route("/trace/{what}", lambda request: the_trace(intake, request)),
    ])  # fmt: skip
    lottery.mount_static(app)
    intake.mount_static(app)
    with serve(app) as url:
        yield url


@pytest.mark.parametrize("path", ["list", "trace/card", "trace/none"])
def test_b14_the_auditors_pages_are_accessible_and_fit(page: Page, address: str, path: str) -> None:
    fits(page, f"{address}/{path}")
