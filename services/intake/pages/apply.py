"""The public form: fill in, check, send, receipt. Works without JavaScript."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.intake.domain.application import declared_items
from services.intake.domain.dates import draw_expected_at, told_by
from services.intake.domain.fault import Fault
from services.intake.domain.receipt import legible
from services.intake.domain.standing import when_taken
from services.intake.domain.window import WindowRefused, keeps_late_now, phase
from services.intake.front import Front
from services.intake.handlers.taking import KeyUsed, SecretRenewed, Taken, Unfit, check_web, take_web
from services.intake.pages.fields import Sent, companion_fields, read
from services.intake.pages.origin import refuse_foreign_post
from services.intake.pages.picking import Picked, picked_slot, press, shown
from services.intake.pages.postcard import offered
from services.intake.pages.postcode import look_up, offers_postcodes, wants_address
from services.intake.pages.showing import Words
from services.intake.refusals import fault_words, window_words
from services.intake.store import CLOSED
from shared.contracts.programme import Programme
from shared.ui.form import Form
from shared.ui.language import speaking


class ApplyPages:
    """Pages of one programme's form."""

    def __init__(self, front: Front, draw_url: str, own_url: str) -> None:
        self._front, self._draw_url, self._own_url = front, draw_url, own_url

    async def form(self, request: Request, programme: Programme) -> HTMLResponse:
        """The form, or when it is not open, since or until when."""
        now = self._front.means.now(programme)
        closed = (await self._front.means.store.window(programme.id)).state == CLOSED
        where = phase(programme, now, closed)
        if where == "open" or (where == "ended" and keeps_late_now(programme, now)):
            return await self._show(request, programme, Form({"key": secrets.token_hex(16)}))
        return self._shut(request, programme, where)

    async def send(self, request: Request, programme: Programme) -> HTMLResponse:
        """One step on: check what was filled in, go back to it, or send it."""
        refuse_foreign_post(request, self._front.say(request))
        language = self._language(request, programme)
        pairs = (await request.form(max_fields=200)).multi_items()
        sent = read(pairs, programme, self._front.say(request), language)
        if sent.form.value("step") == "back":
            return await self._show(request, programme, sent.form)
        slot = picked_slot(sent.form, programme)
        if slot:
            picked = press(sent.form, slot, programme, self._front.say(request))
            return await self._show(request, programme, picked.form, picked.status, picked=picked)
        if offers_postcodes(programme) and wants_address(sent.form):
            looked = look_up(sent.form, programme, self._front.say(request))
            return await self._show(
                request, programme, looked.form, 200 if looked.filled else 422, filled=looked.filled)
        try:
            if sent.form.value("step") == "send" and not sent.faults:
                return await self._take(request, programme, sent)
            check_web(self._front.means, programme, sent.application)
        except Unfit as unfit:
            return await self._again(request, programme, sent, unfit.faults)
        except WindowRefused as refused:
            what, todo = window_words(self._front.say(request), programme, refused)
            return self._front.pages.problem(
                request, status_code=409, what=what, kept=self._front.say(request)("apply.nothing-kept"), todo=todo)
        if sent.faults:
            return await self._again(request, programme, sent, [])
        return self._check(request, programme, sent)

    async def _take(self, request: Request, programme: Programme, sent: Sent) -> HTMLResponse:
        say, key = self._front.say(request), sent.form.value("key") or secrets.token_hex(16)
        self._front.check_ready(say, programme)
        try:
            taken = await take_web(self._front.means, programme, sent.application, f"form {key}")
        except (KeyUsed, SecretRenewed) as error:
            status, words = (422, "refusal.key-used") if isinstance(error, KeyUsed) else (409, "refusal.renewed")
            return self._front.pages.problem(
                request, status_code=status, what=say(words), kept=say("apply.earlier-kept"), todo=say(f"{words}-do"))
        return self._receipt(request, programme, sent, taken)

    async def _show(
        self, request: Request, programme: Programme, form: Form, status: int = 200,
        filled: bool = False, picked: Picked | None = None,
    ) -> HTMLResponse:
        demand = await self._front.demand(programme)

        def more(words: Words) -> dict[str, Any]:
            return {
                "form": form, "items": words.items("web"), **shown(words, demand, form, picked),
                "declared": declared_items(programme, "web"), "key": form.value("key") or secrets.token_hex(16),
                "companion_fields": companion_fields(programme),
                "postcodes_fill": offers_postcodes(programme), "filled": filled,
            }

        return self._render(request, programme, "apply.html", more, status)

    async def _again(
        self, request: Request, programme: Programme, sent: Sent, faults: Iterable[Fault]
    ) -> HTMLResponse:
        words = fault_words(self._front.say(request), sent.all_faults(faults))
        return await self._show(request, programme, Form(sent.form.values, words), 422)

    def _check(self, request: Request, programme: Programme, sent: Sent) -> HTMLResponse:
        values = {name: sent.form.value(name) for name in sent.form.values if name != "step"}
        return self._render(request, programme, "check.html", lambda _: {
            "application": sent.application, "values": values})

    def _receipt(self, request: Request, programme: Programme, sent: Sent, taken: Taken) -> HTMLResponse:
        # The secret stands in the fragment, which never reaches a server or its log.
        link = f"/intake/{programme.id}/mine#{taken.receipt}.{taken.secret}"
        code = segno.make(f"{self._own_url}{link}", error="m").svg_inline(omitsize=True, light="white")
        return self._render(request, programme, "receipt.html", lambda _: {
            "application": sent.application, "taken": taken, "mine": link, "code": code,
            "stood": when_taken(taken.counted, taken.reason), "secret": legible(taken.secret or "")})

    def _shut(self, request: Request, programme: Programme, where: str) -> HTMLResponse:
        code = {"before": "too-early", "ended": "too-late", "closed": "closed"}[where]
        at = programme.window.opens if where == "before" else programme.window.closes
        what, todo = window_words(self._front.say(request), programme, WindowRefused(code, at))
        return self._render(request, programme, "shut.html", lambda _: {
            "where": where, "what": what, "todo": todo})

    def _render(
        self, request: Request, programme: Programme, template: str, more: Any, status: int = 200
    ) -> HTMLResponse:
        pages, language = self._front.pages, self._language(request, programme)
        words = Words(programme, language, self._front.say(request), self._front.means.cancelled(programme))
        with speaking(pages.words, pages.language(request)):
            context = more(words)
        expected, now = draw_expected_at(programme), self._front.means.now(programme)
        return pages.render(
            request, template, status_code=status, programme=programme, words=words, lang=language,
            now=now, late=keeps_late_now(programme, now), here=f"/intake/{programme.id}",
            draw_url=f"{self._draw_url}/lottery/{programme.id}", draw_at=expected,
            told_by=told_by(programme, expected), postcards=offered(self._front, programme), **context)

    def _language(self, request: Request, programme: Programme) -> str:
        language = self._front.pages.language(request)
        return language if language in programme.languages else programme.languages[0]


def routes(front: Front, draw_url: str, own_url: str) -> APIRouter:
    """The form under `/intake/{programme}`."""
    router, pages = APIRouter(include_in_schema=False), ApplyPages(front, draw_url, own_url)

    @router.get("/{programme}", response_class=HTMLResponse)
    async def show(request: Request, programme: str) -> HTMLResponse:
        return await pages.form(request, front.programme(programme))

    @router.post("/{programme}", response_class=HTMLResponse)
    async def send(request: Request, programme: str) -> HTMLResponse:
        return await pages.send(request, front.programme(programme))

    return router
