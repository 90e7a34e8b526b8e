"""Intake's store out of the topics again (B12): its applications from its own facts, what became of them by its ears.

A proof of a secret and a search key can't be rebuilt: the first is said to nobody, the second needs the epoch's key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.intake import (
    archive_store,
    audit_store,
    enquiry_store,
    inbound,
    pair_store,
    postcard_store,
    replay_postcards,
    window_store,
)
from services.intake.handlers.amending import history_entry
from services.intake.handlers.letters import Letters
from services.intake.store import (
    ACCESSES,
    APPLICATIONS,
    CLOSED,
    COLLECTIONS,
    FENCE,
    OPEN,
    OUTCOMES,
    WINDOWS,
    Store,
    window_id,
)
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationFact,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    DetailsChanged,
    EntryTraced,
    PartitionClosed,
    ReceiptRenewed,
)
from shared.contracts.partitions import partition_of
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Database, Document
from shared.platform.programmes import Programmes
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


def taken(sheet: Sheet, message: Envelope[ApplicationTaken]) -> None:
    """An application, which counts until something else is said."""
    fact = message.data
    sheet.put(APPLICATIONS, {
        "_id": fact.application, "programme": message.programme, "entry": fact.entry, "receipt": fact.receipt,
        "channel": fact.channel, "contact": fact.contact, "language": fact.language, "seats": fact.seats,
        "wishes": list(fact.wishes), "taken_at": fact.taken_at, "counted": True, "reason": None, "told_with": None,
        "withdrawn_at": None, "card": fact.card, "entered_by": fact.entered_by, "imported": fact.imported,
        "postmarked_on": fact.postmarked_on.isoformat() if fact.postmarked_on else None,
        "received_on": fact.received_on.isoformat() if fact.received_on else None, "reply_half": fact.reply_half,
    })
    _numbered(sheet, message, applications=1)


def amended(sheet: Sheet, message: Envelope[ApplicationAmended]) -> None:
    """Other seats, wishes or ways to reach the applicant."""
    fact = message.data
    sheet.change(APPLICATIONS, fact.application, {
        "contact": fact.contact, "seats": fact.seats, "wishes": list(fact.wishes), "amended_at": message.time},
        append=_history(message, "amended") if fact.version else None)
    _numbered(sheet, message)


def details(sheet: Sheet, message: Envelope[DetailsChanged]) -> None:
    """Changed after the window was closed: a fact without a number."""
    sheet.change(APPLICATIONS, message.data.application, {
        "contact": message.data.contact, "amended_at": message.time}, append=_history(message, "details"))


def renewed(sheet: Sheet, message: Envelope[ReceiptRenewed]) -> None:
    """A new secret: of it nothing is said but that there is one."""
    sheet.change(APPLICATIONS, message.data.application, append=_history(message, "renewed"))


def _history(message: Envelope[Any], what: str) -> dict[str, list[Document]]:
    return {"history": [history_entry(message.time, what, message.data.desk)]}


def decided(sheet: Sheet, message: Envelope[ApplicationDecided]) -> None:
    """Whether it counts; the last word stands."""
    fact = message.data
    sheet.change(APPLICATIONS, fact.application, {
        "counted": fact.counted, "reason": None if fact.counted else fact.reason, "told_with": fact.told_with})
    _numbered(sheet, message)


def withdrawn(sheet: Sheet, message: Envelope[ApplicationWithdrawn]) -> None:
    """Withdrawn before the window was closed."""
    sheet.change(APPLICATIONS, message.data.application, {"withdrawn_at": message.time})
    _numbered(sheet, message)


def withdrawn_late(sheet: Sheet, message: Envelope[ApplicationWithdrawnLate]) -> None:
    """Withdrawn afterwards: a fact without a number."""
    sheet.change(APPLICATIONS, message.data.application, {"withdrawn_at": message.time})


def traced(sheet: Sheet, message: Envelope[EntryTraced]) -> None:
    """What an auditor found; the last finding stands."""
    sheet.put(audit_store.TRACED, audit_store.row_of(message.programme, message.data, message.time))


def closed(sheet: Sheet, message: Envelope[PartitionClosed]) -> None:
    """Nothing numbered follows in this partition."""
    fact = message.data
    sheet.change(WINDOWS, window_id(message.programme, fact.partition), {
        "programme": message.programme, "partition": fact.partition, "state": CLOSED}, highest={"facts": fact.facts})


def _numbered(sheet: Sheet, message: Envelope[Any], applications: int = 0) -> None:
    fact: ApplicationFact = message.data
    # Where the event lies is what its key leads to: working that out again is the dearest part of a fold.
    known = sheet.partition
    partition = partition_of(fact.application, fact.TOPIC) if known is None else known
    sheet.change(
        WINDOWS, window_id(message.programme, partition), {"programme": message.programme, "partition": partition},
        highest={"facts": fact.number}, add={"applications": applications})


def hears(database: Database, _: Programmes) -> Sequence[Subscription]:
    """What became of applications is heard, as in the living service."""
    store = Store(database)
    return inbound.subscriptions(store, Letters(store, NoJobs()))


class NoJobs:
    """What a letter's end began in the living service is not begun again."""

    async def start(self, tx: Transaction, kind: str, job_id: str, programme: str, args: dict[str, Any]) -> None:
        """Begins nothing."""


def _window(row: Document) -> Document:
    # While a window is being closed is work in hand; what counts is whether it is.
    state = CLOSED if row.get("state") == CLOSED else OPEN
    return {**row, "state": state, "applications": row.get("applications", 0)}


async def _windows(database: Database, programme: str) -> Mapping[str, Any]:
    rows = await database[WINDOWS].find({"programme": programme}).to_list(None)
    return {
        "applications": sum(row.get("applications", 0) for row in rows), "facts": sum(row["facts"] for row in rows),
        "partitions closed": sum(row.get("state") == CLOSED for row in rows),
    }


REBUILD = Rebuild(
    service="intake",
    collections=(
        *COLLECTIONS, *archive_store.COLLECTIONS, *pair_store.COLLECTIONS, *postcard_store.COLLECTIONS,
        *enquiry_store.COLLECTIONS, *window_store.COLLECTIONS, *audit_store.COLLECTIONS),
    folds={
        "intake.applications.v1": {
            ApplicationTaken: taken, ApplicationAmended: amended, ApplicationDecided: decided,
            ApplicationWithdrawn: withdrawn, ApplicationWithdrawnLate: withdrawn_late, DetailsChanged: details,
            ReceiptRenewed: renewed, EntryTraced: traced,
        },
        "intake.windows.v1": {PartitionClosed: closed},
        "intake.personal.v1": personal_fold("intake"),
        **replay_postcards.FOLDS,
    },
    hears=hears,
    compared=(
        Compared(APPLICATIONS, (
            "programme", "entry", "receipt", "channel", "contact", "language", "seats", "wishes", "taken_at", "counted",
            "reason", "told_with", "withdrawn_at", "amended_at", "card", "entered_by", "imported", "postmarked_on",
            "received_on", "history", "reply_half",
        ), left_out={
            "proof": "the hash of a secret, said to nobody",
            "keys": "search keys: need the epoch's key, by which nothing is read here",
            "body": "a search key over the content",
            "version": "of the personal record, which is compared itself",
            "letters": "work in hand",
            "order": "the machine's clock, for two within one second",
            "announcement": "what the receipt showed of the draw; the draw's own topic has it",
            "traceparent": "a trace, not a fact",
        }),
        Compared(WINDOWS, ("programme", "partition", "state", "facts", "applications"), plain=_window,
                 left_out={
                     **dict.fromkeys(("found", "settling", "judged"), "how far a closing in hand is"),
                     **dict.fromkeys((FENCE, "sealed"), "which keys may still seal here, not what was said"),
                 },
                 # A partition that nobody used yet is in the living store only.
                 only={"$or": [{"facts": {"$gt": 0}}, {"state": CLOSED}]}),
        Compared(OUTCOMES, (
            "programme", "outcome", "place", "holds", "result", "audit", "change", "passes", "void", "notice",
        )),
        Compared(ACCESSES, ("application", "programme", "at", "role", "kind", "service", "purpose", "items",
                            "caller")),
        *replay_postcards.COMPARED,
        Compared(audit_store.TRACED, ("programme", "draw", "entry", "finding", "by", "at")),
        PERSONAL_COMPARED,
        ERASED_COMPARED,
    ),
    figures=(
        Figure("counts", "the window", _windows),
        Figure("held", "applications by channel, whether they count, and why not",
               counted_by(APPLICATIONS, "channel", "counted", "reason")),
        *replay_postcards.FIGURES,
    ),
)
