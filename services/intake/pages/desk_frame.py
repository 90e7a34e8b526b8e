"""What the postcard desk's pages have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from services.intake.front import Front
from services.intake.pages.showing import Words
from services.intake.refusals import Say
from shared.contracts.postcards import HoldReason
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui.form import Form
from shared.ui.language import speaking

Desk = Annotated[Person, Depends(staff("desk"))]
Overseer = Annotated[Person, Depends(staff("desk", "officer"))]


@dataclass(frozen=True)
class Answer:
    """What a page answers: the form as it stands, what was done, and what was refused (what happened, what to do)."""

    form: Form = field(default_factory=Form)
    done: Mapping[str, Any] | None = None
    refused: tuple[str, str] | None = None
    status: int = 200


def framed(
    front: Front, request: Request, programme: Programme, template: str, answer: Answer, **context: Any
) -> HTMLResponse:
    """The page, with what all of them show."""
    words = Words(programme, "ja", front.say(request))
    with speaking(front.pages.words, front.pages.language(request)):
        return front.pages.render(
            request, template, status_code=answer.status, programme=programme, words=words, form=answer.form,
            done=answer.done, refused=answer.refused, here=f"/intake/{programme.id}", offset=words.offset,
            now=front.means.now(programme), **context)


def hold_words(say: Say, programme: Programme, reason: HoldReason) -> str:
    """Why a card is held: in the programme's words where it has some, else in ours."""
    words = programme.reasons.get(reason)
    return words.ja if words else str(say(f"desk.reason.{reason}"))
