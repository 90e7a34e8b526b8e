"""Retention's store out of the topics again (B12): its own facts, and its counts by its ears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.retention import access_store, certificate_store, erasure_store, returns_store, staff_store, store
from services.retention.inbound import SUBSCRIPTIONS
from services.retention.store import (
    ACCESSES,
    ALARMS,
    APPLICATIONS,
    CARDS,
    DRAWS,
    NOTICES,
    PARTS,
    PASSES,
    POSTCARDS,
    PROGRAMMES,
    RECEPTIONS,
    SIGNING_KEYS,
    STAFF,
    TICKS,
)
from shared.contracts.envelope import Envelope
from shared.contracts.programme import ClockTicked, ProgrammeDefined
from shared.contracts.retention import SigningKeyPublished, StaffDesignated, StaffDismissed
from shared.messaging.consumer import Subscription
from shared.platform.mongo import Database, Document
from shared.platform.programmes import Programmes
from shared.replay.rebuilding import (
    ERASED_COMPARED,
    PERSONAL_COMPARED,
    Compared,
    Figure,
    Rebuild,
    counted_by,
    named_by,
    of_everybody,
    personal_fold,
)
from shared.replay.sheet import Sheet


def defined(sheet: Sheet, message: Envelope[ProgrammeDefined]) -> None:
    """A version of a programme; the last one stands."""
    fact = message.data
    sheet.change(PROGRAMMES, fact.definition.id, {
        "version": fact.definition.version, "digest": fact.digest, "by": fact.by, "at": message.time,
        "definition": fact.definition.model_dump(mode="json", by_alias=True),
    })


def ticked(sheet: Sheet, message: Envelope[ClockTicked]) -> None:
    """The programme's time."""
    sheet.change(TICKS, message.programme, {"number": message.data.number, "at": message.data.at})


def designated(sheet: Sheet, message: Envelope[StaffDesignated]) -> None:
    """Somebody may do something."""
    designation = message.data.model_dump(mode="json")
    sheet.change(STAFF, message.data.staff, {"designation": designation, "active": True})


def dismissed(sheet: Sheet, message: Envelope[StaffDismissed]) -> None:
    """No more."""
    sheet.change(STAFF, message.data.staff, {"active": False})


def key_published(sheet: Sheet, message: Envelope[SigningKeyPublished]) -> None:
    """A key that sign-ins are checked with."""
    fact = message.data
    sheet.put(SIGNING_KEYS, {"_id": fact.key_id, "public_key": fact.public_key, "use": fact.use, "at": message.time})


def hears(_: Database, __: Programmes) -> Sequence[Subscription]:
    """Everybody's facts, as in the living service, as far as counts and alarms follow from them.

    Answers to orders are left out: how far a batch has come is retention's own work, and stands on the topics.
    """
    sources = {topic for one in store.COLLECTIONS if one.kind == "derived" for topic in one.sources}
    return [subscription for subscription in SUBSCRIPTIONS if subscription.topic in sources]


def _designation(row: dict[str, Any]) -> dict[str, Any]:
    """Fields that came with a later version of the contract are at their defaults in older rows."""
    return {**row, "designation": StaffDesignated.model_validate(row["designation"]).model_dump(mode="json")}


def _subject(row: Document) -> Document:
    return {**row, "open_notices": sorted(row.get("open_notices", ())), "told": row.get("told", False)}


REBUILD = Rebuild(
    service="retention",
    collections=(
        *store.COLLECTIONS, *staff_store.COLLECTIONS, *access_store.COLLECTIONS, *erasure_store.COLLECTIONS,
        *returns_store.COLLECTIONS, *certificate_store.COLLECTIONS,
    ),
    at_once=frozenset({ALARMS}),
    folds={
        "programme.definitions.v1": {ProgrammeDefined: defined},
        "programme.clock.v1": {ClockTicked: ticked},
        "retention.staff.v1": {
            StaffDesignated: designated, StaffDismissed: dismissed, SigningKeyPublished: key_published},
        "retention.personal.v1": personal_fold("retention"),
    },
    hears=hears,
    compared=(
        Compared(PROGRAMMES, ("version", "digest", "by", "at", "definition"), belongs=named_by,
                 left_out={"text": "the file itself: the fact has its digest"}),
        Compared(TICKS, ("number", "at"), belongs=named_by),
        Compared(STAFF, ("designation", "active"), belongs=of_everybody, plain=_designation, left_out={
            **dict.fromkeys(("password_hash", "pin_hash"), "said to nobody"),
            **dict.fromkeys(("subject", "version"), "of the sealed name: its own record")}),
        Compared(SIGNING_KEYS, ("public_key", "use", "at"), belongs=of_everybody),
        Compared(APPLICATIONS, (
            "programme", "channel", "contact", "state", "receipt", "result", "standing", "withdrawn_at", "open_notices",
            "told",
        ), plain=_subject, left_out={
            **dict.fromkeys(("batch", "order"), "of the order that stands on retention.orders.v1"),
            "holds": "of the holds that stand there as well"}),
        Compared(ACCESSES, ("programme", "service", "purpose", "role", "actor", "subject", "items", "opened", "reason",
                            "at")),
        Compared(NOTICES, ("programme", "kind", "way", "state")),
        Compared(PASSES, ("programme", "slot", "state")),
        Compared(RECEPTIONS, ("programme", "kind", "slot")),
        Compared(POSTCARDS, ("programme", "batch", "state")),
        Compared(CARDS, ("programme", "kind", "place", "venue", "at")),
        Compared(store.INCIDENTS, (
            "programme", "venue", "day", "basis", "reference", "cards", "openings", "contacted", "left", "state",
            "opened_by", "opened_at", "released_by", "released_at", "closed_by", "closed_at")),
        Compared(DRAWS, ("programme", "draw", "step", "at", "digest", "replaces", "slots")),
        Compared(PARTS, ("programme", "part", "number"), left_out={
            "activity": "what a part had read when it said so: after a restart it says its last tick again"}),
        Compared(ALARMS, ("programme", "kind", "at", "values")),
        Compared(store.DESTRUCTIONS, (
            "programme", "count", "used", "method", "destroyed_by", "witnessed_by", "reason", "at")),
        PERSONAL_COMPARED,
        ERASED_COMPARED,
    ),
    figures=(
        Figure("counts", "applications by channel and state", counted_by(APPLICATIONS, "channel", "state")),
        Figure("ledger", "postcards by state", counted_by(POSTCARDS, "state")),
        Figure("counts", "at the door", counted_by(RECEPTIONS, "kind")),
        Figure("ledger", "accesses by service, purpose, role and whether opened",
               counted_by(ACCESSES, "service", "purpose", "role", "opened")),
        Figure("ledger", "notices by kind, way and outcome", counted_by(NOTICES, "kind", "way", "state")),
    ),
)
