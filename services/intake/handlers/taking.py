"""Taking an application, by web or by postcard (S01, S02, S12).

Application, sealed personal record, outgoing events: one transaction, shared with what waits at that time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from services.intake.domain.age import age_fault
from services.intake.domain.application import Application, faults_of
from services.intake.domain.fault import Fault
from services.intake.domain.receipt import proves
from services.intake.domain.residency import Eligibility, eligibility, residency_fault
from services.intake.domain.window import (
    COUNTS,
    NOT_RESIDENT,
    OTHER_AGE,
    Verdict,
    WindowRefused,
    keying_allowed,
    postcard_date_faults,
    postcard_verdict,
    web_verdict,
)
from services.intake.handlers.cards import keep_with_its_day, keyed_in
from services.intake.handlers.documents import (
    Card,
    Draft,
    content_key,
    decided_fact,
    document_of,
    taken_fact,
)
from services.intake.handlers.means import Means
from services.intake.handlers.searching import scoped
from services.intake.numbering import KeysOutdated, Numbered, WindowShut, say_numbered
from services.intake.store import APPLICATIONS
from shared.contracts.envelope import Id, derived_id, new_id
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, is_duplicate
from shared.platform.mongo import Document

_TRIES = 8
_NEW_KEYS_SECONDS = 0.25


class Unfit(Exception):
    """The application cannot be taken as it is; `faults` say why, field by field."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("unfit application")
        self.faults = faults


class KeyUsed(Exception):
    """The idempotency key, or the card's number, belongs to an application with other content."""


class SecretRenewed(Exception):
    """The application is in, but its secret was renewed at the enquiry desk: the first one opens nothing any more."""


@dataclass(frozen=True)
class Taken:
    """What the applicant, or the desk, gets. A postcard has no secret."""

    receipt: str
    secret: str | None
    entry: Id
    taken_at: datetime
    announcement: str | None
    counted: bool
    reason: str | None


def check_web(means: Means, programme: Programme, application: Application) -> Verdict:
    """Whether the application could be taken now; raises `WindowRefused` or `Unfit`."""
    verdict = web_verdict(programme, means.now(programme))
    faults = web_faults(programme, application, means.cancelled(programme))
    if faults:
        raise Unfit(faults)
    return verdict


def web_faults(programme: Programme, application: Application, cancelled: Collection[str]) -> list[Fault]:
    """Everything that keeps the application from being taken by web, where the applicant lives included."""
    faults = faults_of(application, programme, "web", cancelled)
    wrong = {fault.field for fault in faults}
    rules = (residency_fault(_residency(programme, application), programme.residency),
             age_fault(application, programme))
    return [*faults, *(fault for fault in rules if fault is not None and fault.field not in wrong)]


def check_postcard(means: Means, programme: Programme, application: Application, card: Card) -> Verdict:
    """Whether the card can be kept, and whether it counts; raises `WindowRefused` or `Unfit`."""
    now = means.now(programme)
    keying_allowed(programme, now)
    faults = faults_of(application, programme, "postcard")
    faults += postcard_date_faults(
        programme, card.postmarked_on, card.received_on, programme.local(now).date(), card.by_hand)
    found = _residency(programme, application)
    if found.unclear and not any(fault.field == "address" for fault in faults):
        # Whoever keys it in reads the card again; nobody is turned away for an address that says too little.
        faults += filter(None, [residency_fault(found, programme.residency)])
    if faults:
        raise Unfit(faults)
    if not found.resident:
        return NOT_RESIDENT
    if age_fault(application, programme):
        return OTHER_AGE
    return postcard_verdict(programme, card.postmarked_on, card.received_on, card.by_hand)


async def take_web(means: Means, programme: Programme, application: Application, key: str | None) -> Taken:
    """Takes an application by web. The same `key` and content get the same answer, secret included."""
    scope = scoped(programme, key) if key else None
    draft = Draft(
        programme, application, COUNTS,
        application_id=means.search_keys.name_of("application", scope)[:32] if scope else new_id(),
        # Derived, so that a retry gets its secret again although only a hash of it is stored.
        secret=means.search_keys.name_of("receipt secret", scope)[:32] if scope else os.urandom(16).hex(),
    )
    try:
        draft = replace(draft, verdict=check_web(means, programme, application))
    except WindowRefused:
        # Whoever lost the first answer gets it again, also when the window has ended in between.
        earlier = await means.store.application(draft.application_id)
        if earlier is None:
            raise
        return _repeated(means, earlier, draft)
    return await _take(means, draft)


async def take_postcard(means: Means, programme: Programme, application: Application, card: Card) -> Taken:
    """Keeps a postcard, counted or not. The same card keyed in again alike gives the same answer."""
    verdict = check_postcard(means, programme, application, card)
    await keep_with_its_day(means, programme, card)
    return await _take(means, card_draft(means, programme, application, card, verdict))


def card_draft(
    means: Means, programme: Programme, application: Application, card: Card, verdict: Verdict
) -> Draft:
    """The card on its way into the store, under an id that follows from its number: no card comes in twice."""
    application_id = means.search_keys.name_of("application", scoped(programme, f"card {card.number}"))[:32]
    return Draft(programme, application, verdict, application_id, None, card)


async def _take(means: Means, draft: Draft) -> Taken:
    programme = draft.programme
    await means.store.prepare_windows(programme.id)
    items = draft.application.party.items()
    for _ in range(_TRIES):
        document, epochs = document_of(means, draft), means.sealer.epochs(programme)
        record = means.sealer.seal(ApplicationRecorded, programme, draft.application_id, 1, items)
        try:
            if draft.card:
                await means.transactions.grouped(
                    partial(_write_card, means, draft.card, programme, document, record, epochs))
            else:
                await means.transactions.noted(partial(_write, means, programme, document, record, epochs))
            return answer_of(document, draft.secret)
        except WindowShut:
            raise WindowRefused("closed") from None
        except KeysOutdated:
            await asyncio.sleep(_NEW_KEYS_SECONDS)
            continue
        except Exception as error:
            if not is_duplicate(error):
                raise
        # Either a retry of what is in already or, very rarely, a receipt number that exists: another then.
        earlier = await means.store.application(draft.application_id)
        if earlier is not None:
            return _repeated(means, earlier, draft)
        if draft.card and await means.postcards.card(programme.id, draft.card.number):
            raise KeyUsed  # keyed in before the keys of an epoch were changed, or before it was erased
    raise KeysOutdated


async def _write_card(
    means: Means, card: Card, programme: Programme, document: Document, record: ApplicationRecorded,
    epochs: Mapping[str, int], tx: Transaction,
) -> None:
    seen = await means.postcards.card(programme.id, card.number, tx)
    await write_card(means, card, programme, document, record, epochs, seen, tx)


async def write_card(
    means: Means, card: Card, programme: Programme, document: Document, record: ApplicationRecorded,
    epochs: Mapping[str, int], seen: Document | None, tx: Transaction,
) -> None:
    """A card's application with all that belongs to it, with the commit; `seen`: what the desk knows of it so far."""
    await keyed_in(means, programme, card, document["_id"], seen, tx)
    _write(means, programme, document, record, epochs, tx)


def _write(
    means: Means, programme: Programme, document: Document, record: ApplicationRecorded, epochs: Mapping[str, int],
    tx: Transaction,
) -> None:
    application, at = document["_id"], document["taken_at"]
    tx.insert(APPLICATIONS, document)
    means.records.keep_first(tx, programme.id, record)
    tx.say(record, subject=application, programme=programme.id, at=at, traceparent=document["traceparent"])
    say_numbered(tx, Numbered(
        application, programme.id, at, partial(taken_fact, document), taking=True,
        traceparent=document["traceparent"], sealed_under=epochs))
    if not document["counted"]:
        say_numbered(tx, Numbered(
            application, programme.id, at, partial(decided_fact, document),
            traceparent=document["traceparent"], event_id=derived_id("decided", application)))


def _repeated(means: Means, earlier: Document, draft: Draft) -> Taken:
    if earlier["body"] != content_key(means, draft):
        raise KeyUsed
    if draft.secret and not proves(earlier["receipt"], draft.secret, earlier["proof"]):
        raise SecretRenewed
    return answer_of(earlier, draft.secret)


def answer_of(document: Document, secret: str | None) -> Taken:
    """What is said of an application as it is stored."""
    return Taken(
        document["receipt"], secret, document["entry"], document["taken_at"], document["announcement"],
        document["counted"], document["reason"],
    )


def _residency(programme: Programme, application: Application) -> Eligibility:
    return eligibility(application.party.address or "", programme.residency)
