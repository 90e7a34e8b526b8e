"""Notifier's store out of the topics again (B12): its notices from its own facts, the rest by its ears. Sends nothing.

No sending or printing is imported here: a rebuilt notice is a row that says what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.notifier import inbound
from services.notifier.domain.delivery import OPEN
from services.notifier.handlers.cancelling import Cancelling
from services.notifier.handlers.facts import Facts
from services.notifier.store import APPLICATIONS, COLLECTIONS, DRAWS, NOTICES, RUNS, Store
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import (
    NoticeCalled,
    NoticeFact,
    NoticeFailed,
    NoticeFellDue,
    NoticePosted,
    NoticePrinted,
    NoticeSent,
    NoticeUnreached,
)
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction
from shared.platform.clock import Clock
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

WAITS = "due"


class NoJobs:
    """Work that the living service began when it heard of a draw: it is done, and not done again."""

    async def start(self, tx: Transaction, kind: str, job_id: str, programme: str, args: dict[str, Any]) -> None:
        """Begins nothing."""


def fell_due(sheet: Sheet, message: Envelope[NoticeFellDue]) -> None:
    """A notice, or the next way for one."""
    _fact(sheet, message, {"state": WAITS, "due_by": message.data.due_by}, add={"failures": 0})


def sent(sheet: Sheet, message: Envelope[NoticeSent]) -> None:
    """The relay took the mail."""
    _fact(sheet, message, {"state": "sent", "ended_at": message.time})


def printed(sheet: Sheet, message: Envelope[NoticePrinted]) -> None:
    """It is on a card of a run."""
    _fact(sheet, message, {"state": "printed"})
    _run(sheet, message, message.data.run, {"state": "printed"})


def posted(sheet: Sheet, message: Envelope[NoticePosted]) -> None:
    """The card is with the post."""
    _fact(sheet, message, {"state": "posted", "ended_at": message.time})
    _run(sheet, message, message.data.run, {
        "state": "posted", "posted_by": message.data.by, "posted_at": message.time})


def called(sheet: Sheet, message: Envelope[NoticeCalled]) -> None:
    """The applicant was told by telephone."""
    _fact(sheet, message, {"state": "called", "ended_at": message.time})


def failed(sheet: Sheet, message: Envelope[NoticeFailed]) -> None:
    """An attempt failed, or a card came back."""
    _fact(sheet, message, {"cause": message.data.cause}, add={"failures": 1})


def unreached(sheet: Sheet, message: Envelope[NoticeUnreached]) -> None:
    """No way is left."""
    _fact(sheet, message, {"state": "unreached", "ended_at": message.time})


def _fact(
    sheet: Sheet, message: Envelope[Any], fields: dict[str, Any], add: Mapping[str, int] | None = None
) -> None:
    fact: NoticeFact = message.data
    told = {"programme": message.programme, "about": fact.application, "kind": fact.kind, "way": fact.way}
    sheet.change(NOTICES, fact.notice, {**told, **fields}, add=add)


def _run(sheet: Sheet, message: Envelope[Any], run: str, fields: dict[str, Any]) -> None:
    # A posted card is in the run that was printed; only what is written by hand was not printed before.
    sheet.change(RUNS, run, {"programme": message.programme, **fields}, append={"notices": [message.data.notice]})


def hears(database: Database, programmes: Programmes) -> Sequence[Subscription]:
    """Facts of others, as in the living service; sealed records are folded instead, to a digest."""
    facts = Facts(Store(database), NoJobs(), Clock(), programmes)
    return inbound.fact_subscriptions(facts, Cancelling(Store(database), NoJobs()))


def _notice(row: Document) -> Document:
    """Before its first card is printed a notice waits, whatever for: what is told from then on is said."""
    state = row.get("state")
    waits = state in OPEN and state != "printed"
    return {**row, "state": WAITS if waits else state, "failures": row.get("failures", 0)}


def _cards(row: Document) -> Document:
    return {**row, "notices": sorted(set(row.get("notices", ())))}


REBUILD = Rebuild(
    service="notifier",
    collections=COLLECTIONS,
    folds={
        "notifier.notices.v1": {
            NoticeFellDue: fell_due, NoticeSent: sent, NoticePrinted: printed, NoticePosted: posted,
            NoticeCalled: called, NoticeFailed: failed, NoticeUnreached: unreached,
        },
        "intake.personal.v1": personal_fold("notifier"),
    },
    hears=hears,
    compared=(
        Compared(APPLICATIONS, (
            "programme", "receipt", "entry", "contact", "language", "withdrawn_at", "counted", "reason", "told_with",
            "result", "promoted", "passes", "letters", "reply_card", "wishes", "holds",
        ), left_out={
            **dict.fromkeys(("state", "due_at", "waits", "tries", "lease_until", "leased_by"), "work in hand"),
            **dict.fromkeys(("told", "told_kind", "lettered", "second_draw", "cancelled"),
                            "which notices were made, or are to be: they are rows of their own"),
            "traceparent": "a trace, not a fact",
        }),
        Compared(DRAWS, ("programme", "announcement", "closing", "result", "drawn_at")),
        Compared(NOTICES, ("programme", "about", "kind", "way", "state", "due_by", "failures", "cause", "ended_at"),
                 plain=_notice, left_out={
            **dict.fromkeys(("due_at", "attempt", "tries", "lease_until", "leased_by", "intent_at"), "work in hand"),
            **dict.fromkeys(("to", "contact", "tried", "promotion", "reason", "receipt", "entry", "draw", "passes",
                             "letter", "reply_card", "made_at", "again", "cancelled", "language"),
                            "what the mail or card says, taken from the application's facts"),
            "run": "of the card in hand; the printed ones are in print_runs", "traceparent": "a trace, not a fact",
        }),
        Compared(RUNS, ("programme", "state", "notices", "posted_by", "posted_at"), plain=_cards,
                 only={"state": {"$in": ["printed", "posted"]}},
                 left_out=dict.fromkeys(("made_by", "made_at", "by_hand", "reply_halves"), "said to nobody")),
        PERSONAL_COMPARED,
        ERASED_COMPARED,
    ),
    figures=(
        Figure("ledger", "notices by kind, way and outcome",
               counted_by(NOTICES, "kind", "way", "state", where={"state": {"$nin": ["due", "to-print", "in-run"]}})),
        Figure("ledger", "notices by kind", counted_by(NOTICES, "kind")),
    ),
)
