"""My application: number and secret in, state, passes and accesses out; withdrawing."""

from __future__ import annotations

from typing import Any

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.intake.front import Front
from services.intake.handlers.looking import View
from services.intake.mine_api import next_words
from services.intake.pages.history import history_of
from services.intake.pages.origin import refuse_foreign_post
from services.intake.pages.showing import Words
from services.intake.refusals import Erased
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.ui.form import Form, form_of
from shared.ui.language import speaking
from shared.ui.policy import content_security_policy

_TONES = {"taken": "waiting", "won": "good", "waiting": "waiting"}
_REFUSED = frozenset({404, 429})
_ASKING = {"withdraw": "withdraw.html", "erase": "erase.html"}


def routes(front: Front, draw_url: str) -> APIRouter:
    """`/intake/{programme}/mine`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/mine", response_class=HTMLResponse)
    async def ask(request: Request, programme: str) -> HTMLResponse:
        return _ask(front, request, front.programme(programme), Form())

    @router.post("/{programme}/mine", response_class=HTMLResponse)
    async def answer(request: Request, programme: str) -> HTMLResponse:
        known, say = front.programme(programme), front.say(request)
        refuse_foreign_post(request, say)
        form = form_of((await request.form(max_fields=10)).multi_items())
        try:
            document = await front.find(request, known, form.value("receipt"), form.value("secret"))
        except Erased as erased:
            return _show(front, request, known, "mine_erased.html", _erased_context(front, request, erased.shown))
        except Problem as problem:
            if problem.status not in _REFUSED:
                raise
            response = _ask(front, request, known, Form({"receipt": form.value("receipt")}), problem)
            response.headers.update(problem.headers)
            return response
        step = form.value("step")
        if step == "withdrawn":
            document = await front.withdraw(say, known, document)
        elif step == "erasure-asked":
            document = await front.ask_erasure(known, document)
        view = await front.view(known, document)
        template = _ASKING.get(step, "mine.html") if step != "withdraw" or view.standing.may_withdraw else "mine.html"
        response = _show(front, request, known, template, {
            "view": view, "secret": form.value("secret"), "just_withdrawn": step == "withdrawn",
            "just_asked": step == "erasure-asked",
            "draw_url": f"{draw_url}/lottery/{known.id}", **_view_context(front, request, known, view)})
        # The draw's own page answers what became of the entry, and gives its proof.
        response.headers["Content-Security-Policy"] = content_security_policy(
            {"form-action": [draw_url] if draw_url else []})
        return response

    return router


def _ask(
    front: Front, request: Request, programme: Programme, form: Form, problem: Problem | None = None
) -> HTMLResponse:
    return _show(front, request, programme, "mine_ask.html", {"form": form, "problem": problem},
                 problem.status if problem else 200)


def _show(
    front: Front, request: Request, programme: Programme, template: str, context: dict[str, Any], status: int = 200
) -> HTMLResponse:
    words = Words(programme, front.pages.language(request), front.say(request))
    return front.pages.render(
        request, template, status_code=status, programme=programme, words=words,
        here=f"/intake/{programme.id}", **context)


def _view_context(front: Front, request: Request, programme: Programme, view: View) -> dict[str, Any]:
    say, pages = front.say(request), front.pages
    words = Words(programme, pages.language(request), say)
    with speaking(pages.words, pages.language(request)):
        return {
            "sentence": say(f"sentence.{view.standing.state}"), "next": next_words(say, programme, view),
            "tone": _TONES.get(view.standing.state, "bad"),
            "passes": [
                (words.slot(one.slot), segno.make(one.token, error="m").svg_inline(omitsize=True, light="white"),
                 one.code)
                for one in view.passes
            ],
            "accesses": [_access(say, one) for one in view.accesses],
            "history": history_of(say, view.document),
            "items": words.items(view.document["channel"]),
        }


def _erased_context(front: Front, request: Request, shown: Document) -> dict[str, Any]:
    say, pages = front.say(request), front.pages
    with speaking(pages.words, pages.language(request)):
        return {"shown": shown, "accesses": [
            (one["at"], _who(say, one), str(say(f"purpose.{one['purpose']}"))) for one in shown["accesses"]]}


def _access(say: Any, access: Document) -> tuple[Any, str, str, str]:
    items = str(say("value.between")).join(str(say(f"item.{item}")) for item in access["items"])
    seen = str(say("mine.items", items=items) if items else say("mine.items-none"))
    asked = str(say("mine.asked", who=say(f"history.{access['caller']}"))) if access.get("caller") else ""
    return access["at"], _who(say, access), str(say(f"purpose.{access['purpose']}")), seen + asked


def _who(say: Any, access: Document) -> str:
    return str(say(f"service.{access['service']}") if access["kind"] == "service" else say(f"role.{access['role']}"))
