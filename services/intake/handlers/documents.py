"""An application as it is stored and as it is said: ids, hashes, wishes and times, never a name."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import date

import orjson

from services.intake.domain.application import Application
from services.intake.domain.receipt import proof, receipt_number
from services.intake.domain.window import Verdict
from services.intake.handlers.means import Means
from services.intake.handlers.searching import keys_to_keep
from shared.contracts.envelope import Id, new_id
from shared.contracts.intake import ApplicationDecided, ApplicationTaken
from shared.contracts.programme import Programme
from shared.platform.mongo import Document
from shared.platform.telemetry import current_traceparent
from shared.privacy.searchkeys import keyed


@dataclass(frozen=True)
class Card:
    """A postcard as a thing: its custody number and batch, its dates, and who keyed it in.

    `postmarked_on` is None where no postmark can be read, and on a card that was handed in. The other half of one with
    `reply_half` goes back with the result. `imported`:
    the keyed digest of the file that it came in, where it was keyed in elsewhere.
    """

    number: str
    postmarked_on: date | None
    received_on: date
    entered_by: str
    batch: str
    by_hand: bool = False
    reply_half: bool = False
    imported: Id | None = None


@dataclass(frozen=True)
class Draft:
    """An application on its way into the store. A postcard has a card and no secret."""

    programme: Programme
    application: Application
    verdict: Verdict
    application_id: Id
    secret: str | None
    card: Card | None = None


def document_of(means: Means, draft: Draft) -> Document:
    """The document of collection `applications`, with a fresh receipt number."""
    programme, application, card = draft.programme, draft.application, draft.card
    receipt = receipt_number(programme, os.urandom(16))
    return {
        "_id": draft.application_id, "programme": programme.id, "entry": new_id(), "receipt": receipt,
        "proof": proof(receipt, draft.secret) if draft.secret else None,
        "channel": "postcard" if card else "web", "contact": application.contact,
        "language": application.language, "seats": application.seats, "wishes": list(application.wishes),
        "taken_at": means.now(programme),
        # Only to tell which of two came first within one second of the programme's time.
        "order": time.time_ns(),
        "counted": draft.verdict.counted, "reason": draft.verdict.reason, "told_with": None,
        "withdrawn_at": None,
        "keys": keys_to_keep(means, programme, application.party),
        "body": content_key(means, draft),
        "announcement": means.draws.standing(programme.id).announcement,
        "traceparent": current_traceparent(),
        "card": card.number if card else None, "entered_by": card.entered_by if card else None,
        "imported": card.imported if card else None,
        "postmarked_on": card.postmarked_on.isoformat() if card and card.postmarked_on else None,
        "received_on": card.received_on.isoformat() if card else None,
        "reply_half": card.reply_half if card else None,
    }


def content_key(means: Means, draft: Draft) -> str:
    """The content as an HMAC, by which a retry is known from another application under the same key.

    By web it is under the applicant's secret, which is stored nowhere: known again across a change of keys, and by
    nobody else. A postcard has no secret; after a change of keys the same card looks like another.
    """
    application, card = draft.application, draft.card
    posted = card.postmarked_on.isoformat() if card and card.postmarked_on else ""
    dates = [card.number, posted, card.received_on.isoformat()] if card else []
    content = [application.party.items(), application.seats, application.wishes, application.language, dates]
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    return keyed(draft.secret, "content", text) if draft.secret else means.search_keys.of("content", text)


def taken_fact(document: Document, number: int) -> ApplicationTaken:
    """The fact that the application is in."""
    return ApplicationTaken(
        application=document["_id"], number=number, entry=document["entry"], receipt=document["receipt"],
        channel=document["channel"], contact=document["contact"], language=document["language"],
        seats=document["seats"], wishes=tuple(document["wishes"]), taken_at=document["taken_at"],
        postmarked_on=document["postmarked_on"], received_on=document["received_on"], card=document["card"],
        entered_by=document["entered_by"], imported=document.get("imported"), reply_half=document["reply_half"],
    )


def decided_fact(document: Document, number: int) -> ApplicationDecided:
    """The fact that the application does not count, for a reason of its own."""
    return ApplicationDecided(
        application=document["_id"], number=number, counted=False, reason=document["reason"])
