"""One's own data as a page, and amending it: number and secret travel in each form, never in an address (B04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.intake.domain.application import Application, declared_items
from services.intake.domain.fault import Fault
from services.intake.front import Front
from services.intake.handlers.amending import Allowed, amendment_faults
from services.intake.mine_api import own_file
from services.intake.pages.fields import Sent, companion_fields, read, wish_fields
from services.intake.pages.history import history_of
from services.intake.pages.origin import refuse_foreign_post
from services.intake.pages.picking import Picked, picked_slot, press, shown
from services.intake.pages.postcode import Looked, look_up, offers_postcodes, wants_address
from services.intake.pages.showing import Words
from services.intake.refusals import fault_words
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.ui.form import Form
from shared.ui.language import speaking

_KEYS = frozenset({"receipt", "secret"})
_STEPS = frozenset({"amend", "back", "check", "amended", "postcode"})


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/mine/data`: step by step from what was given to what it is amended to."""
    router = APIRouter(include_in_schema=False)

    @router.post("/{programme}/mine/data", response_class=HTMLResponse)
    async def data(request: Request, programme: str) -> Response:
        known, say = front.programme(programme), front.say(request)
        refuse_foreign_post(request, say)
        pairs = (await request.form(max_fields=200)).multi_items()
        sent = read(pairs, known, say, front.pages.language(request), _KEYS)
        document = await front.find(request, known, sent.form.value("receipt"), sent.form.value("secret"))
        allowed = await front.amendable(known, document)
        page = _Page(front, request, known, document, sent.form.value("secret"), allowed)
        step = sent.form.value("step")
        if step == "file":
            return own_file(document, await front.own(say, known, document))
        if allowed.scope is None and step in {"check", "amended"}:
            await front.amend(say, known, document, sent.application)  # says why not
        return await _answer(page, sent, step)

    return router


def filled(application: Application, programme: Programme) -> Form:
    """A form that holds what was given."""
    party = application.party
    values = {"name": party.name, "address": party.address, "telephone": party.telephone, "email": party.email,
              "age": None if party.age is None else str(party.age), "seats": str(application.seats)}
    values |= dict(zip(companion_fields(programme), party.companions, strict=False))
    values |= dict(zip(wish_fields(programme), application.wishes, strict=False))
    return Form({name: value for name, value in values.items() if value})


async def _answer(page: _Page, sent: Sent, step: str) -> HTMLResponse:
    # After the period there are no wishes to pick any more.
    slot = picked_slot(sent.form, page.programme) if page.allowed.scope == "everything" else None
    if page.allowed.scope is None or (step not in _STEPS and not slot):
        return await page.own()
    before = await page.front.own(page.say, page.programme, page.document)
    if step == "amend":
        return await page.form(filled(before, page.programme), before)
    if step == "back":
        return await page.form(sent.form, before)
    if slot:
        return await page.picked(press(sent.form, slot, page.programme, page.say), before)
    if step != "amended" and offers_postcodes(page.programme) and wants_address(sent.form):
        return await page.looked(look_up(sent.form, page.programme, page.say), before)
    return await _go_on(page, sent, step, before)


async def _go_on(page: _Page, sent: Sent, step: str, before: Application) -> HTMLResponse:
    # Notices go on in the language of the application, whichever the page speaks.
    application = replace(sent.application, language=page.document["language"])
    assert page.allowed.scope is not None
    faults = sent.all_faults(amendment_faults(
        page.programme, page.allowed.scope, before, application, page.front.means.cancelled(page.programme)))
    if faults:
        return await page.form(sent.form, before, faults)
    if step == "check":
        values = {name: sent.form.value(name) for name in sent.form.values if name not in {"step", "key", *_KEYS}}
        return page.show("amend_check.html", {"application": application, "values": values})
    await page.front.amend(page.say, page.programme, page.document, application)
    return page.show("amended.html", {"application": application})


class _Page:
    """What the pages of one request share."""

    def __init__(
        self, front: Front, request: Request, programme: Programme, document: Document, secret: str, allowed: Allowed
    ) -> None:
        self.front, self.request, self.programme, self.document = front, request, programme, document
        self.say, self._secret, self.allowed = front.say(request), secret, allowed

    async def own(self) -> HTMLResponse:
        """What was given, and what happened to it."""
        application = await self.front.own(self.say, self.programme, self.document)
        with speaking(self.front.pages.words, self.front.pages.language(self.request)):
            history = history_of(self.say, self.document)
        return self.show("own.html", {"application": application, "history": history})

    async def looked(self, looked: Looked, before: Application) -> HTMLResponse:
        """The form after the postcode's button."""
        return await self._form(looked.form, before, 200 if looked.filled else 422, filled=looked.filled)

    async def picked(self, picked: Picked, before: Application) -> HTMLResponse:
        """The form after a slot's button."""
        return await self._form(picked.form, before, picked.status, picked=picked)

    async def form(self, form: Form, before: Application, faults: list[Fault] | None = None) -> HTMLResponse:
        """The form, with what is wrong in it."""
        return await self._form(Form(form.values, fault_words(self.say, faults or [])), before, 422 if faults else 200)

    async def _form(
        self, form: Form, before: Application, status: int, filled: bool = False, picked: Picked | None = None
    ) -> HTMLResponse:
        words, programme = self._words(), self.programme
        details = self.allowed.scope == "details"
        demand = await self.front.demand(programme)
        with speaking(self.front.pages.words, words.language):
            wishes = shown(words, demand, form, picked)
        companions = companion_fields(programme)
        return self.show("amend_details.html" if details else "amend.html", {
            "form": form, **wishes, "postcodes_fill": offers_postcodes(programme), "filled": filled,
            "declared": declared_items(programme, "web"), "before": before,
            "companion_fields": companions[:len(before.party.companions)] if details else companions,
            "unchanged": unchanged(before, programme)}, status)

    def show(self, template: str, more: dict[str, Any], status: int = 200) -> HTMLResponse:
        """A page under My application."""
        until = self.allowed.until
        return self.front.pages.render(
            self.request, template, status_code=status, programme=self.programme, words=self._words(),
            here=f"/intake/{self.programme.id}", document=self.document, allowed=self.allowed,
            last_day=self.programme.local(until - timedelta(seconds=1)).date() if until else None,
            keys={"receipt": self.document["receipt"], "secret": self._secret}, **more)

    def _words(self) -> Words:
        return Words(self.programme, self.front.pages.language(self.request), self.say,
                     self.front.means.cancelled(self.programme))


def unchanged(before: Application, programme: Programme) -> dict[str, str]:
    """The fields of a form in which only details can be changed, that are sent along as they are."""
    frozen = {"name", "age", "seats", *wish_fields(programme)}
    return {name: str(value) for name, value in filled(before, programme).values.items() if name in frozen}
