"""The page on which officers cancel a slot, a day, a venue or the event: first whom it concerns (B17)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.lottery.api.bodies import Cancellation
from services.lottery.domain.faults import Refused
from services.lottery.handlers.cancelling import concerned
from services.lottery.handlers.office import Office
from services.lottery.pages.public_view import slot_names
from shared.contracts.programme import Programme
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.ui import Form, Pages

Officer = Annotated[Person, Depends(staff("officer"))]
WHAT = "what"
"""The form's one choice: scope and value in one, `day/2021-07-23`."""


def routes(office: Office, pages: Pages) -> APIRouter:
    """`/lottery/{programme}/cancellation`"""
    router = APIRouter(include_in_schema=False)

    @router.get("/{programme}/cancellation")
    async def ask(request: Request, programme: str, _: Officer) -> Response:
        known = office.programmes.get(programme)
        return pages.render(request, "cancellation.html", programme=known, form=Form(), body=None,
                            choices=_choices(known))

    @router.post("/{programme}/cancellation")
    async def show(request: Request, programme: str, _: Officer) -> Response:
        known, say = office.programmes.get(programme), pages.words_for(request)
        stands = await office.standing(programme)
        typed = {key: str(value).strip() for key, value in (await request.form()).multi_items()}
        errors = {name: say(f"cancel.lacks-{name}") for name in _wrong(typed)}
        body, figures = None, None
        if not errors:
            try:
                body = _body(typed)
                figures = await concerned(office, known, stands, body.scope, body.value)
            except Refused:
                errors, body = {WHAT: say("cancel.lacks-what")}, None
        return pages.render(
            request, "cancellation.html", status_code=422 if errors else 200, programme=known,
            form=Form(typed, errors), body=body, figures=figures, choices=_choices(known),
            what=named(known, body.scope, body.value) if body else None, sent=_sent(body) if body else {},
            draw=stands.draw)

    return router


def named(programme: Programme, scope: str, value: str | None) -> Any:
    """What is cancelled, as its page writes it: a day as a date, all else as its Japanese name."""
    match scope:
        case "day":
            return next((slot.day for slot in programme.slots if slot.day.isoformat() == value), None)
        case "venue":
            return programme.venue_by_id[value].name.ja if value in programme.venue_by_id else None
        case "slot":
            return slot_names(programme).get(value or "")
        case _:
            return programme.title.ja


def _body(typed: dict[str, str]) -> Cancellation:
    scope, _, value = typed.get(WHAT, "").partition("/")
    return Cancellation.model_validate({
        "scope": scope, "value": value or None, "reason": typed.get("reason"), "decision": typed.get("decision")})


def _sent(body: Cancellation) -> dict[str, str]:
    """The fields of the desk's own form, which proposes it."""
    return {f"cancellations.{name}": value for name, value in body.model_dump().items() if value is not None}


def _wrong(typed: dict[str, str]) -> set[str]:
    try:
        _body(typed)
    except ValidationError as error:
        fields = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        return {WHAT if field in ("scope", "value") else field for field in fields}
    return set()


def _choices(programme: Programme) -> dict[str, list[tuple[str, Any]]]:
    """By scope, from the whole event to the single slot: value and name."""
    days = dict.fromkeys(slot.day.isoformat() for slot in programme.slots)
    values: dict[str, list[str | None]] = {
        "event": [None], "venue": [venue.id for venue in programme.venues], "day": [*days],
        "slot": [slot.id for slot in programme.slots]}
    return {scope: [(f"{scope}/{value or ''}", named(programme, scope, value)) for value in some]
            for scope, some in values.items()}
