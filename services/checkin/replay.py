"""Checkin's store out of its own topics again (B12): passes, admissions, seats, and where each paper card is."""

from __future__ import annotations

from typing import Any

from services.checkin import replay_incidents
from services.checkin.incident_store import DESTRUCTIONS, INCIDENTS
from services.checkin.store import (
    ADMISSIONS,
    CARDS,
    CASES,
    COLLECTIONS,
    GROUPS,
    MOVES,
    PASSES,
    SLOTS,
    key_of,
)
from shared.contracts.checkin import CardMoved, CardsDestroyed, GroupSeated, PartyAdmitted, PassIssued, PassVoided
from shared.contracts.envelope import Envelope
from shared.platform.mongo import Document
from shared.replay.rebuilding import (
    ERASED_COMPARED,
    PERSONAL_COMPARED,
    Compared,
    Figure,
    Rebuild,
    counted_by,
    personal_fold,
)
from shared.replay.sheet import Sheet

TRACE = "a trace, not a fact"
KEY = "the key by which a repeated request is known: said to nobody"


def issued(sheet: Sheet, message: Envelope[PassIssued]) -> None:
    """A pass."""
    fact = message.data
    sheet.put(PASSES, {
        "_id": fact.pass_id, "programme": message.programme, "application": fact.application, "slot": fact.slot,
        "seats": fact.seats, "void": False,
    })


def voided(sheet: Sheet, message: Envelope[PassVoided]) -> None:
    """It admits nobody any more."""
    sheet.change(PASSES, message.data.pass_id, {"void": True, "reason": message.data.reason})


def admitted(sheet: Sheet, message: Envelope[PartyAdmitted]) -> None:
    """A party came in."""
    fact = message.data
    sheet.put(ADMISSIONS, {
        "_id": fact.pass_id, "programme": message.programme, "id": fact.admission, "slot": fact.slot,
        "seats": fact.seats, "scanned_at": fact.scanned_at, "terminal": fact.terminal, "by": fact.by,
    })
    _slot(sheet, message.programme, fact.slot, {"admitted": fact.seats, "parties": 1})


def seated(sheet: Sheet, message: Envelope[GroupSeated]) -> None:
    """A walk-in group has a seat and a card."""
    fact = message.data
    sheet.put(GROUPS, {
        "_id": fact.group, "programme": message.programme, "slot": fact.slot, "seat": fact.seat, "people": fact.people,
        "card": fact.card, "seated_at": fact.seated_at, "by": fact.by,
    })
    sheet.change(CARDS, key_of(message.programme, fact.card), {
        "programme": message.programme, "card": fact.card, "slot": fact.slot, "seat": fact.seat, "group": fact.group})
    _slot(sheet, message.programme, fact.slot, {"seated": fact.people, "groups": 1})


def moved(sheet: Sheet, message: Envelope[CardMoved]) -> None:
    """A card or a case is somewhere else now."""
    fact = message.data
    sheet.put(MOVES, {"_id": message.id, "programme": message.programme, **fact.model_dump()})
    key = key_of(message.programme, fact.object)
    where = {"programme": message.programme, "place": fact.place, "venue": fact.venue, "since": fact.moved_at}
    if fact.kind == "card":
        sheet.change(CARDS, key, {**where, "card": fact.object})
    else:
        sheet.change(CASES, key, {**where, "case": fact.object, "count": fact.count})


def _slot(sheet: Sheet, programme: str, slot: str, add: dict[str, int]) -> None:
    sheet.change(SLOTS, key_of(programme, slot), add=add)


def _counters(row: Document) -> Document:
    names = ("admitted", "parties", "seated", "groups")
    return {**row, **{name: row.get(name, 0) for name in names}}


def _of_programme(programme: str) -> dict[str, Any]:
    return {"_id": {"$gte": f"{programme}/", "$lt": f"{programme}0"}}


REBUILD = Rebuild(
    service="checkin",
    collections=COLLECTIONS,
    folds={
        "checkin.passes.v1": {PassIssued: issued, PassVoided: voided},
        "checkin.admissions.v1": {PartyAdmitted: admitted, GroupSeated: seated},
        "checkin.custody.v1": {CardMoved: moved, CardsDestroyed: replay_incidents.destroyed},
        **replay_incidents.FOLDS,
        "intake.personal.v1": personal_fold("checkin"),
    },
    compared=(
        Compared(PASSES, ("programme", "application", "slot", "seats", "void", "reason"), left_out={
            "draw": "of the result that the pass follows from", "issue": "counts passes of one slot", "trace": TRACE}),
        Compared(ADMISSIONS, ("programme", "id", "slot", "seats", "scanned_at", "terminal", "by"),
                 left_out={"key": KEY}),
        Compared(GROUPS, ("programme", "slot", "seat", "people", "card", "seated_at", "by"), left_out={
            "seats": "the fact names the first seat and how many people", "venue": "the slot's, by the programme",
            "order": "the machine's clock, for two within one second", "key": KEY}),
        Compared(SLOTS, ("admitted", "parties", "seated", "groups"), plain=_counters, belongs=_of_programme, left_out={
            "taken": "follows from the groups' seats", "released": "a decision at the desk that is no fact yet"}),
        Compared(CARDS, ("programme", "card", "place", "venue", "since", "slot", "seat", "group"), left_out={
            "number": "is in the card's name", "day": "of the slot, by the programme",
            "by": "who handed it out: in the first of its moves"}),
        Compared(CASES, ("programme", "case", "place", "venue", "count", "since")),
        Compared(MOVES, ("programme", *CardMoved.model_fields), left_out={
            "recorded_by": "who typed it in", "order": "the machine's clock, for two within one second"}),
        *replay_incidents.COMPARED,
        PERSONAL_COMPARED,
        ERASED_COMPARED,
    ),
    figures=(
        Figure("counts", "passes by slot and whether void", counted_by(PASSES, "slot", "void")),
        Figure("counts", "parties admitted by slot", counted_by(ADMISSIONS, "slot")),
        Figure("ledger", "custody: cards by venue and place", counted_by(CARDS, "venue", "place")),
        Figure("ledger", "custody: hand-overs by kind and place", counted_by(MOVES, "kind", "place")),
        Figure("ledger", "incidents by state", counted_by(INCIDENTS, "state")),
        Figure("ledger", "cards destroyed, piles by method", counted_by(DESTRUCTIONS, "method")),
    ),
)
