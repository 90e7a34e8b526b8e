"""Incidents and destructions out of checkin's own topics again (B12)."""

from __future__ import annotations

from typing import Any

from services.checkin.incident_store import DESTRUCTIONS, INCIDENT_CARDS, INCIDENT_STEPS, INCIDENTS
from services.checkin.store import key_of
from shared.contracts.checkin import (
    CardClosed,
    CardContacted,
    CardOpened,
    CardsDestroyed,
    CardsReleased,
    IncidentClosed,
    IncidentOpened,
)
from shared.contracts.envelope import Envelope
from shared.replay.rebuilding import Compared, Folds
from shared.replay.sheet import Sheet

Step = IncidentOpened | CardsReleased | CardOpened | CardContacted | CardClosed | IncidentClosed
STEPS: tuple[type[Step], ...] = (
    IncidentOpened, CardsReleased, CardOpened, CardContacted, CardClosed, IncidentClosed)
COMPLETE = frozenset({"reached", "handed-to-authority"})


def opened(sheet: Sheet, message: Envelope[IncidentOpened]) -> None:
    """An incident, and its cards under lock."""
    fact = message.data
    _step(sheet, message)
    sheet.put(INCIDENTS, fact.model_dump(mode="json", exclude={"incident", "opened_at"}) | {
        "_id": fact.incident, "programme": message.programme, "state": "opened", "opened_at": fact.opened_at})
    for card in fact.cards:
        sheet.put(INCIDENT_CARDS, {
            "_id": key_of(fact.incident, card), "programme": message.programme, "incident": fact.incident,
            "card": card, "state": "locked", "attempts": 0})


def released(sheet: Sheet, message: Envelope[CardsReleased]) -> None:
    """Its cards may be opened."""
    fact = message.data
    _step(sheet, message)
    sheet.change(INCIDENTS, fact.incident, {
        "state": "released", "released_by": fact.released_by, "released_at": fact.released_at})


def taken_out(sheet: Sheet, message: Envelope[CardOpened]) -> None:
    """A card is out."""
    fact = message.data
    _step(sheet, message)
    sheet.change(INCIDENT_CARDS, key_of(fact.incident, fact.card), {"state": "out", "out_since": fact.opened_at})


def contacted(sheet: Sheet, message: Envelope[CardContacted]) -> None:
    """A call came to something, or to nothing."""
    fact = message.data
    _step(sheet, message)
    sheet.change(INCIDENT_CARDS, key_of(fact.incident, fact.card), {
        "outcome": fact.outcome, "next_attempt_at": fact.next_attempt_at,
        "complete_since": fact.contacted_at if fact.outcome in COMPLETE else None}, add={"attempts": 1})


def put_back(sheet: Sheet, message: Envelope[CardClosed]) -> None:
    """A card is under lock again."""
    fact = message.data
    _step(sheet, message)
    sheet.change(INCIDENT_CARDS, key_of(fact.incident, fact.card), {
        "state": "locked" if fact.result == "later" else "closed", "out_since": None, "result": fact.result,
        "reason": fact.reason})


def closed(sheet: Sheet, message: Envelope[IncidentClosed]) -> None:
    """The incident is over."""
    fact = message.data
    _step(sheet, message)
    sheet.change(INCIDENTS, fact.incident, {
        "state": "closed", "closed_by": fact.closed_by, "closed_at": fact.closed_at, "contacted": fact.contacted,
        "left": fact.left})


def destroyed(sheet: Sheet, message: Envelope[CardsDestroyed]) -> None:
    """A pile of cards is no more; each card's own move is in the ledger."""
    fact = message.data
    sheet.put(DESTRUCTIONS, fact.model_dump(mode="json", exclude={"destruction", "at"}) | {
        "_id": fact.destruction, "programme": message.programme, "at": fact.at})


def _step(sheet: Sheet, message: Envelope[Any]) -> None:
    sheet.put(INCIDENT_STEPS, message.data.model_dump(mode="json") | {
        "_id": message.id, "programme": message.programme, "step": message.data.TYPE.split(".")[1],
        "at": message.time})


FOLDS: Folds = {
    "checkin.contacts.v1": {
        IncidentOpened: opened, CardsReleased: released, CardOpened: taken_out, CardContacted: contacted,
        CardClosed: put_back, IncidentClosed: closed,
    },
}

_OF_THE_GROUP = "of the group that was given the card"
_TYPED_IN = "who typed it in"

COMPARED: tuple[Compared, ...] = (
    Compared(INCIDENTS, (
        "programme", "venue", "day", "scope", "basis", "reference", "limit", "cards", "state", "opened_by",
        "opened_at", "released_by", "released_at", "closed_by", "closed_at", "contacted", "left"),
        left_out={"steps": "keeps two steps at once from resting on the same state"}),
    Compared(INCIDENT_CARDS, (
        "programme", "incident", "card", "state", "attempts", "outcome", "next_attempt_at", "complete_since",
        "out_since", "result", "reason"),
        left_out={"number": "is in the card's name", **dict.fromkeys(
            ("slot", "seat", "last_seat", "people"), _OF_THE_GROUP)}),
    Compared(INCIDENT_STEPS, (
        "programme", "step", "at", *sorted({name for step in STEPS for name in step.model_fields})),
        left_out={"recorded_by": _TYPED_IN, "order": "the machine's clock, for two within one second"}),
    Compared(DESTRUCTIONS, (
        "programme", "count", "used", "ranges", "method", "destroyed_by", "witnessed_by", "reason", "at"),
        left_out={"venue": "of its cards' moves", "recorded_by": _TYPED_IN}),
)
