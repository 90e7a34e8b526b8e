"""The enquiry desk: script, identity, and what may be done for a caller whose identity is confirmed (B19)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.intake.domain.enquiry import (
    CONFIRMED_FOR,
    MOST_FAILED_ABOUT,
    MOST_FAILED_BY_STAFF,
    items_compared,
    question,
)
from services.intake.domain.receipt import legible
from services.intake.front import Front
from services.intake.handlers import enquiring
from services.intake.handlers.enquiring import Desk, Enquiry, TooManyTries
from services.intake.handlers.renewing import How
from services.intake.mine_api import next_words
from services.intake.pages.enquiry_form import OTHER, Sent, read
from services.intake.pages.fields import companion_fields
from services.intake.pages.showing import Words
from services.intake.refusals import Say, fault_words, local_words
from shared.contracts.intake import IdentityDocument
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import Form, form_of
from shared.ui.formats import day
from shared.ui.language import speaking

Clerk = Annotated[Person, Depends(staff("desk", "officer"))]
_SURE = frozenset({"letter", "counter", "withdraw", "erase"})
"""Steps after which nothing can be undone: the page says first what will happen."""


def routes(front: Front, desk: Desk, own_url: str) -> APIRouter:
    """`/intake/{programme}/enquiry`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/enquiry", response_class=HTMLResponse)
    async def ask(request: Request, programme: str, person: Clerk) -> HTMLResponse:
        return _Page(front, desk, request, front.programme(programme), person, own_url).ask(Form())

    @router.post("/{programme}/enquiry", response_class=HTMLResponse)
    async def identify(request: Request, programme: str, person: Clerk) -> HTMLResponse:
        known, say = front.programme(programme), front.say(request)
        sent = read((await request.form(max_fields=40)).multi_items(), known, say)
        return await _Page(front, desk, request, known, person, own_url).identify(sent)

    @router.post("/{programme}/enquiry/act", response_class=HTMLResponse)
    async def act(request: Request, programme: str, person: Clerk) -> HTMLResponse:
        form = form_of((await request.form(max_fields=40)).multi_items())
        page = _Page(front, desk, request, front.programme(programme), person, own_url)
        enquiry = await enquiring.resume(desk, page.programme, person, form.value("enquiry"))
        if enquiry is None:
            return page.ask(Form(), "over", status=410)
        return await _Acting(page, enquiry, form).answer()

    return router


@dataclass(frozen=True)
class _Page:
    """What the desk's pages share."""

    front: Front
    desk: Desk
    request: Request
    programme: Programme
    person: Person
    own_url: str

    @property
    def say(self) -> Say:
        return self.front.say(self.request)

    @property
    def words(self) -> Words:
        return Words(self.programme, "ja", self.say)

    @property
    def here(self) -> str:
        return f"/intake/{self.programme.id}"

    async def identify(self, sent: Sent) -> HTMLResponse:
        """Confirmed or not; a caller who may be told nothing is not looked for."""
        if sent.form.value("caller") == OTHER:
            return self.ask(sent.form, "other")
        if sent.faults or sent.asking is None:
            return self.ask(Form(sent.form.values, fault_words(self.say, sent.faults)), status=422)
        self.front.check_ready(self.say, self.programme)
        try:
            enquiry = await enquiring.identify(self.desk, self.programme, self.person, sent.asking, sent.said)
        except TooManyTries as many:
            return self._too_many(sent.form, many)
        if enquiry is None:
            return self.ask(sent.form, "not-confirmed")
        return await _Acting(self, enquiry, Form()).show()

    def _too_many(self, form: Form, many: TooManyTries) -> HTMLResponse:
        with speaking(self.front.pages.words, "ja"):
            again = local_words(self.programme, many.until)
        response = self.ask(form, f"too-many-{many.of}", status=429, again=again)
        left = (many.until - datetime.now(UTC)).total_seconds()
        response.headers["Retry-After"] = str(max(1, math.ceil(left)))
        return response

    def ask(
        self, form: Form, answer: str | None = None, status: int = 200, again: str | None = None
    ) -> HTMLResponse:
        """The script and the form, with the answer to what was asked before."""
        held, asked = items_compared(self.programme), question(self.programme)
        with speaking(self.front.pages.words, "ja"):
            days = [(one.isoformat(), day(one)) for one in sorted({slot.day for slot in self.programme.slots})]
        return self.show("enquiry.html", {
            "form": form, "answer": answer, "again": again, "held": held, "asked": asked, "days": days,
            "documents": get_args(IdentityDocument), "by_staff": MOST_FAILED_BY_STAFF, "about": MOST_FAILED_ABOUT,
        }, status)

    def show(self, template: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
        return self.front.pages.render(
            self.request, template, status_code=status, programme=self.programme, words=self.words, here=self.here,
            **context)


@dataclass
class _Acting:
    """One step for a caller whose identity is confirmed."""

    page: _Page
    enquiry: Enquiry
    form: Form
    done: list[str] = field(default_factory=list)

    async def answer(self) -> HTMLResponse:
        """The page after the step that was asked for."""
        step = self.form.value("step")
        if step in _SURE:
            return await self._sure(step)
        match step:
            case "withdrawn" | "erasure":
                await self._end(step)
            case "lettered" if "notifier" in self._programme.recipients:
                await self._renew("letter")
                self.done.append("letter")
            case "printed" if self._at_counter:
                return self._receipt(await self._renew("counter"))
            case "passes" if self._at_counter:
                return await self._passes()
            case "companions":
                return await self._names(None)
            case "named":
                return await self._rename()
            case _:
                await enquiring.look(self.page.desk, self._programme, self.page.person, self.enquiry)
        return await self.show()

    @property
    def _at_counter(self) -> bool:
        return self.enquiry.asking.place == "counter"

    @property
    def _front(self) -> Front:
        return self.page.front

    @property
    def _programme(self) -> Programme:
        return self.page.programme

    def _render(self, template: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
        document = self.enquiry.document
        return self.page.show(template, {
            "enquiry": self.enquiry, "document": document, "at_counter": self._at_counter,
            "minutes": int(CONFIRMED_FOR.total_seconds() // 60), **context}, status)

    async def show(self) -> HTMLResponse:
        """What may be said, and what may be done."""
        view = await self._front.view(self._programme, self.enquiry.document)
        allowed = await self._front.amendable(self._programme, self.enquiry.document)
        with speaking(self._front.pages.words, "ja"):
            context = {"sentence": self.page.say(f"sentence.{view.standing.state}"),
                       "next": next_words(self.page.say, self._programme, view)}
        return self._render("enquiry_open.html", {
            **context, "view": view, "allowed": allowed, "done": self.done,
            "named": "companions" in items_compared(self._programme)})

    async def _sure(self, step: str) -> HTMLResponse:
        view = await self._front.view(self._programme, self.enquiry.document)
        if step == "withdraw" and not view.standing.may_withdraw:
            return await self.show()
        return self._render("enquiry_sure.html", {"step": step, "view": view})

    async def _end(self, step: str) -> None:
        document, desk = self.enquiry.document, self.enquiry.at_desk(self.page.person, self._programme)
        if step == "withdrawn":
            changed = await self._front.withdraw(self.page.say, self._programme, document, desk)
        else:
            changed = await self._front.ask_erasure(self._programme, document, desk)
        self.enquiry = Enquiry(self.enquiry.id, changed, self.enquiry.asking)
        self.done.append(step)

    async def _renew(self, how: How) -> str:
        return await self._front.renew(
            self.page.say, self._programme, self.enquiry.document, self.enquiry.id, how,
            self.enquiry.at_desk(self.page.person, self._programme))

    def _receipt(self, secret: str) -> HTMLResponse:
        receipt = self.enquiry.document["receipt"]
        link = f"{self.page.own_url}{self.page.here}/mine#{receipt}.{secret}"
        code = segno.make(link, error="m").svg_inline(omitsize=True, light="white")
        return self._render("enquiry_receipt.html", {"secret": legible(secret), "code": code})

    async def _passes(self) -> HTMLResponse:
        await enquiring.look(self.page.desk, self._programme, self.page.person, self.enquiry)
        view = await self._front.view(self._programme, self.enquiry.document)
        with speaking(self._front.pages.words, "ja"):
            passes = [(self.page.words.slot(one.slot), segno.make(one.token, error="m").svg_inline(
                omitsize=True, light="white"), one.code) for one in view.passes]
        return self._render("enquiry_passes.html", {"passes": passes, "view": view})

    async def _names(self, form: Form | None) -> HTMLResponse:
        allowed = await self._front.amendable(self._programme, self.enquiry.document)
        if allowed.scope is None or "companions" not in items_compared(self._programme):
            return await self.show()
        opened = await enquiring.look(self.page.desk, self._programme, self.page.person, self.enquiry, ("companions",))
        names = opened.get("companions", [])
        fields = companion_fields(self._programme)
        if allowed.scope == "details":
            fields = fields[:len(names)]
        shown = form or Form(dict(zip(fields, names, strict=False)))
        return self._render("enquiry_names.html", {"form": shown, "fields": fields}, 422 if form else 200)

    async def _rename(self) -> HTMLResponse:
        fields = companion_fields(self._programme)
        filled = [(name, self.form.value(name)) for name in fields if self.form.value(name).strip()]
        try:
            self.enquiry = Enquiry(self.enquiry.id, await self._front.rename_companions(
                self.page.say, self._programme, self.enquiry.document, tuple(value for _, value in filled),
                self.enquiry.at_desk(self.page.person, self._programme)), self.enquiry.asking)
        except Problem as problem:
            if problem.type != "unfit-application":
                raise
            return await self._names(Form(self.form.values, _by_field(problem, [name for name, _ in filled])))
        self.done.append("companions")
        return await self.show()


def _by_field(problem: Problem, filled: list[str]) -> dict[str, str]:
    """What is wrong with each field of the form: positions count those that were filled in."""
    errors = {}
    for error in problem.extra["errors"]:
        _, _, position = str(error["field"]).partition(".")
        place = int(position) - 1 if position.isdecimal() else 0
        errors[filled[min(place, len(filled) - 1)] if filled else "companions.1"] = str(error["message"])
    return errors
