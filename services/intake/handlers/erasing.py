"""Erasure, as intake sees it: asked for, carried out, shown afterwards (B10, B16)."""

from __future__ import annotations

from functools import partial

from services.intake.domain.application import Party
from services.intake.handlers import closing, pairing
from services.intake.handlers.means import Means
from services.intake.handlers.searching import lasting, search_keys, searched_items
from services.intake.handlers.withdrawing import withdraw_within
from services.intake.store import CLOSED, SHOWN, Store
from shared.contracts.envelope import Envelope, Id
from shared.contracts.erasure import CertificateIssued, ErasureOrdered
from shared.contracts.intake import AtDesk, ErasureAsked
from shared.contracts.programme import Programme, Purpose
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door, ServiceActor
from shared.privacy.rotating import NotYet

REKEYED_AT_ONCE = 200


class StillFinding(NotYet):
    """Pairs are being found by these very keys: the rotation goes on a little later."""

_SHOWN_OF_ACCESS = ("at", "role", "kind", "service", "purpose")


async def ask(means: Means, programme: Programme, document: Document, desk: AtDesk | None = None) -> Document:
    """The applicant asks for erasure; the ward decides. Asked again, nothing more is said."""
    now = means.now(programme)

    async def work(tx: Transaction) -> None:
        if await means.store.ask_erasure(tx, document["_id"], now):
            tx.say(ErasureAsked(application=document["_id"], asked_at=now, desk=desk), subject=document["_id"],
                   programme=programme.id, at=now)

    await means.transactions.run(work)
    return await means.store.application(document["_id"]) or document


async def before(means: Means, tx: Transaction, message: Envelope[ErasureOrdered]) -> None:
    """Before an order's rows go: who asked out is out of the draw, and what may be shown for good is set apart."""
    order = message.data
    programme = means.programmes.find(message.programme)
    documents = await means.store.these(tx, order.subjects)
    accesses = await means.store.accesses_of(tx, [document["_id"] for document in documents])
    for document in documents:
        if programme is not None and order.why == "request" and _matters_still(means, programme, document):
            await withdraw_within(means, tx, programme, document)
        if document.get("proof"):
            tx.insert(SHOWN, _shown(document, message, accesses.get(document["_id"], [])))


def _matters_still(means: Means, programme: Programme, document: Document) -> bool:
    today = programme.local(means.now(programme)).date()
    return document["withdrawn_at"] is None and today <= programme.last_day


def _shown(document: Document, message: Envelope[ErasureOrdered], accesses: list[Document]) -> Document:
    """Under the proof, which nobody can guess; nothing of who it was."""
    return {
        "_id": document["proof"], "programme": message.programme, "order": message.data.order,
        "batch": message.data.batch, "why": message.data.why, "ordered_at": message.time, "removed_at": None,
        "certificate": None, "accesses": [{name: one[name] for name in _SHOWN_OF_ACCESS} for one in accesses],
    }


async def attested(means: Means, tx: Transaction, erasure: Document) -> None:
    """Not even ciphertext is left: the time of that is shown."""
    removed_at = means.clock.now(erasure["programme"])
    await means.store.change_shown(tx, {"order": erasure["_id"]}, {"removed_at": removed_at})


async def certified(store: Store, tx: Transaction, message: Envelope[CertificateIssued]) -> None:
    """The certificate that an erasure stands in is shown by its number."""
    await store.change_shown(
        tx, {"batch": {"$in": list(message.data.batches)}},
        {"certificate": {"number": message.data.number, "at": message.time}})


async def fence(means: Means, epochs: dict[str, int]) -> None:
    """Before records are wrapped anew: a replica that has not heard of the change can no longer write (ADR 8)."""
    for programme in means.programmes.all():
        await means.store.prepare_windows(programme.id)  # or one that nobody used yet would have no fence
    await means.store.fence(epochs)


async def renew_search_keys(means: Means, door: Door, _: int) -> None:
    """Before the local key of an older epoch goes: search keys are made anew, a step after the other."""
    for programme in means.programmes.all():
        state = (await means.store.window(programme.id)).state
        if await means.jobs.unfinished(programme.id, closing.JOB, pairing.JOB):
            raise StillFinding
        # With the window closed nobody looks for duplicates any more; who calls is still looked for.
        await _renew(means, door, programme, "enquiry" if state == CLOSED else "duplicates")


async def _renew(means: Means, door: Door, programme: Programme, purpose: Purpose) -> None:
    after, items = "", searched_items(programme, purpose)
    while applications := await means.store.searchable(programme.id, after, REKEYED_AT_ONCE):
        after = applications[-1]
        opened = await door.open_many(
            ServiceActor("intake"), "service", programme.id, purpose, applications, items)
        keys = {application: search_keys(means, programme, Party.of(given)) for application, given in opened.items()}
        if purpose == "enquiry":
            keys = {application: lasting(own) for application, own in keys.items()}
        if keys:
            await means.transactions.run(partial(_set, means, keys))


async def _set(means: Means, keys: dict[Id, list[str]], tx: Transaction) -> None:
    await means.store.set_search_keys(tx, keys)
