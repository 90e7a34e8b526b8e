"""The JSON interface of the postcard desk: batches, cards, held ones, checks (S02, S12, S15)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from services.intake import answers as answer
from services.intake.api import CARD, ApplicationBody, Body, CardNumber, Text
from services.intake.domain.batches import MOST_CARDS, HandOver, Standing, card_number, ways
from services.intake.domain.checking import Reading
from services.intake.front import Front
from services.intake.handlers import batches, cards, checks, finishing
from services.intake.postcard_store import GIVEN_UP, HELD
from services.intake.problem_kinds import DESK
from shared.contracts.envelope import moment_text
from shared.contracts.postcards import Delivery, HoldReason, PostPlace
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.openapi import ProgrammeName, answers, refuses
from shared.platform.register import Person
from shared.platform.signin import staff
from shared.platform.strict_json import StrictRoute

_REFUSES = refuses(
    "unfit-application", "idempotency-key-used", "too-early", "closed", "no-such-application", "access-refused", *DESK)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Desk = Annotated[Person, Depends(staff("desk"))]
Overseer = Annotated[Person, Depends(staff("desk", "officer"))]
BatchNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z-]{1,32}$")]
StaffId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]


def _written_day(value: Any) -> Any:
    """Days come as `2021-06-10`: a number would be read as seconds since 1970."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    raise PydanticCustomError("date_parsing", "This must be a date such as 2021-06-10")


Day = Annotated[date, BeforeValidator(_written_day)]


class PostcardBody(ApplicationBody):
    """A postcard as keyed in: an application, with what the card itself tells (S02, S12).

    With `batch`, number and day may be left out: the next card of the batch is meant, and it came on the batch's day.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [CARD]})
    card: CardNumber | None = None
    batch: BatchNumber | None = None
    postmarked_on: Day | None = None
    received_on: Day | None = None
    by_hand: StrictBool = False
    reply_half: StrictBool = False

    def told(self) -> cards.Told:
        """What is said of the card."""
        return cards.Told(
            self.card, self.batch, self.postmarked_on, self.received_on, self.by_hand, self.reply_half)


class BatchBody(Body):
    """Post that came in and was counted."""

    count: Annotated[StrictInt, Field(ge=1, le=MOST_CARDS)]
    received_on: Day
    delivery: Delivery = "mail"
    reply_halves: StrictBool = False


class HandOverBody(Body):
    """A batch changes hands."""

    place: PostPlace
    count: Annotated[StrictInt, Field(ge=0, le=9999)]
    handed_by: StaffId
    taken_by: StaffId


class RecountBody(Body):
    """Two people counted again."""

    count: Annotated[StrictInt, Field(ge=1, le=MOST_CARDS)]
    counted_by: tuple[StaffId, StaffId]


class HoldBody(Body):
    """A card that cannot be keyed in as it is: nothing of what it says, only why."""

    reason: HoldReason
    card: CardNumber | None = None
    batch: BatchNumber | None = None
    received_on: Day | None = None
    by_hand: StrictBool = False


class ReadingBody(Body):
    """The deciding items, read from the card by a second person."""

    name: Text | None = None
    address: Text | None = None
    telephone: Text | None = None
    seats: StrictInt
    wishes: Annotated[list[Text], Field(max_length=100)]

    def reading(self) -> Reading:
        """As the domain knows it."""
        return Reading(self.name, self.address, self.telephone, self.seats, tuple(self.wishes))


class SettlingBody(ReadingBody):
    """What two people found to stand on the card."""

    together_with: StaffId


def routes(front: Front) -> APIRouter:
    """`/intake/{programme}/api/postcards`."""
    router = APIRouter(prefix="/{programme}/api/postcards", tags=["desk"], route_class=StrictRoute)
    _card_routes(router, front)
    _batch_routes(router, front)
    _held_routes(router, front)
    _check_routes(router, front)
    return router


def _card_routes(router: APIRouter, front: Front) -> None:
    @router.post(
        "", status_code=201, summary="Key in a postcard",
        responses=answers(201, answer.CardKept, "Kept; the same card keyed in again alike gets the same answer."),
        openapi_extra=_REFUSES)
    async def keep(request: Request, programme: ProgrammeName, body: PostcardBody, person: Desk) -> JSONResponse:
        known, say = front.programme(programme), front.say(request)
        card, taken = await front.keep_card(say, known, body.application(), body.told(), person.staff)
        return JSONResponse({
            "card": card.number, "receipt": taken.receipt, "entry": taken.entry, "counted": taken.counted,
            "reason": taken.reason,
        }, 201)

    @router.get("/left", summary="What is left to do before closing")
    async def left(programme: ProgrammeName, _: Overseer) -> JSONResponse:
        found = await finishing.unfinished(front.means, front.programme(programme))
        return JSONResponse({"unkeyed": found.unkeyed, "held": found.held, "checks": found.checks,
                             "unanswered": found.unanswered})


def _batch_routes(router: APIRouter, front: Front) -> None:
    @router.post("/batches", status_code=201, summary="A batch has come in", openapi_extra=_REFUSES)
    async def arrive(request: Request, programme: ProgrammeName, body: BatchBody, person: Desk) -> JSONResponse:
        known = front.programme(programme)
        arrival = batches.Arrival(body.count, body.received_on, body.delivery, body.reply_halves)
        batch = await front.open_batch(front.say(request), known, arrival, person.staff)
        return JSONResponse(_batch_body(batch, Standing(body.count)), 201)

    @router.get("/batches", summary="List the batches")
    async def listing(programme: ProgrammeName, _: Overseer) -> JSONResponse:
        known = front.programme(programme)
        rows = await front.means.postcards.batches(known.id)
        standings = await front.means.postcards.standings(known.id, rows)
        return JSONResponse({"batches": [_batch_body(row, standings[row["batch"]]) for row in rows]})

    @router.post(
        "/batches/{batch}/hand-overs", status_code=201, summary="A batch changes hands", openapi_extra=_REFUSES)
    async def hand_over(
        request: Request, programme: ProgrammeName, batch: BatchNumber, body: HandOverBody, _: Overseer
    ) -> JSONResponse:
        move = HandOver(body.place, body.count, body.handed_by, body.taken_by)
        known = front.programme(programme)
        row = await front.desk(front.say(request), known, batches.hand_over(front.means, known, batch, move))
        return JSONResponse(await _with_standing(front, known, row), 201)

    @router.post(
        "/batches/{batch}/recounts", status_code=201, summary="Two people counted again", openapi_extra=_REFUSES)
    async def recount(
        request: Request, programme: ProgrammeName, batch: BatchNumber, body: RecountBody, _: Overseer
    ) -> JSONResponse:
        known = front.programme(programme)
        row = await front.desk(
            front.say(request), known, batches.recount(front.means, known, batch, body.count, body.counted_by))
        return JSONResponse(await _with_standing(front, known, row), 201)


def _held_routes(router: APIRouter, front: Front) -> None:
    @router.post("/held", status_code=201, summary="Hold a card with a reason", openapi_extra=_REFUSES)
    async def hold(request: Request, programme: ProgrammeName, body: HoldBody, person: Desk) -> JSONResponse:
        known = front.programme(programme)
        told = cards.Told(body.card, body.batch, received_on=body.received_on, by_hand=body.by_hand)
        card = await front.desk(
            front.say(request), known, cards.hold(front.means, known, told, body.reason, person.staff))
        return JSONResponse({"card": card, "reason": body.reason}, 201)

    @router.get("/held", summary="List held cards")
    async def listing(programme: ProgrammeName, _: Overseer) -> JSONResponse:
        known = front.programme(programme)
        rows = [row for state in (HELD, GIVEN_UP)
                for row in await front.means.postcards.cards_that_are(known.id, state)]
        return JSONResponse({"cards": [
            {"card": row["card"], "batch": row["batch"], "state": row["state"], "reason": row["reason"],
             "by": row["by"], "at": moment_text(row["at"]), "replied": row.get("replied_at") is not None}
            for row in rows]})

    @router.post("/held/{card}/replies", status_code=204, summary="The sender was asked", openapi_extra=_REFUSES)
    async def reply(request: Request, programme: ProgrammeName, card: CardNumber, person: Desk) -> None:
        known = front.programme(programme)
        await front.desk(front.say(request), known, cards.replied(front.means, known, card, person.staff))

    @router.post("/held/{card}/giving-up", status_code=204, summary="Nothing came of asking", openapi_extra=_REFUSES)
    async def give_up(request: Request, programme: ProgrammeName, card: CardNumber, person: Desk) -> None:
        known = front.programme(programme)
        await front.desk(front.say(request), known, cards.give_up(front.means, known, card, person.staff))


def _check_routes(router: APIRouter, front: Front) -> None:
    @router.get("/checks", summary="List the cards that a second person reads")
    async def listing(programme: ProgrammeName, person: Desk) -> JSONResponse:
        rows = await front.means.postcards.to_check(front.programme(programme).id)
        return JSONResponse({"cards": [
            {"card": row["card"], "batch": row["batch"], "state": row["check"], "own": row["by"] == person.staff}
            for row in rows]})

    @router.post("/checks/{card}", summary="Read a card as the second person", openapi_extra=_REFUSES)
    async def check(
        request: Request, programme: ProgrammeName, card: CardNumber, body: ReadingBody, person: Desk
    ) -> JSONResponse:
        known = front.programme(programme)
        _, items = await front.desk(front.say(request), known, checks.check(
            front.means, front.door, known, card, body.reading(), person))
        return JSONResponse({"card": card, "agree": not items, "differing": list(items)})

    @router.post("/checks/{card}/settling", summary="Settle what differs", openapi_extra=_REFUSES)
    async def settle(
        request: Request, programme: ProgrammeName, card: CardNumber, body: SettlingBody, person: Desk
    ) -> JSONResponse:
        known, say = front.programme(programme), front.say(request)
        front.check_ready(say, known)
        opened = await front.desk(say, known, checks.reopen(front.means, front.door, known, card, person))
        corrected = await front.desk(say, known, checks.settle(
            front.means, front.door, known, opened, body.reading(), person, body.together_with))
        return JSONResponse({"card": card, "corrected": list(corrected)})


async def _with_standing(front: Front, programme: Programme, row: Document) -> dict[str, Any]:
    return _batch_body(row, (await front.means.postcards.standings(programme.id, [row]))[row["batch"]])


def _batch_body(row: Document, standing: Standing) -> dict[str, Any]:
    count = row["count"]
    return {
        "batch": row["batch"], "count": count, "received_on": row["received_on"], "delivery": row["delivery"],
        "reply_halves": row["reply_halves"], "first": card_number(row["batch"], 1) if count else None,
        "last": card_number(row["batch"], count) if count else None, "keyed": standing.keyed, "held": standing.held,
        "given_up": standing.given_up, "left": standing.left, "place": row["place"], "counted": row["counted"],
        "booked": standing.booked, "ways": list(ways(row["place"])),
    }
