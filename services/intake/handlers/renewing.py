"""A lost receipt: a new secret, by letter to the contact on record or printed at the counter (B19)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from services.intake.domain.receipt import proof
from services.intake.handlers.amending import Given, given, history_entry, letters_with
from services.intake.handlers.means import Means
from services.intake.handlers.overtaken import Overtaken, through_upkeep
from services.intake.handlers.searching import scoped
from services.intake.numbering import write_sealed
from shared.contracts.envelope import Id
from shared.contracts.intake import AtDesk, ReceiptRenewed
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door

How = Literal["letter", "counter"]


@dataclass(frozen=True)
class _Renewal:
    document: Document
    before: Given
    secret: str
    how: How
    desk: AtDesk


async def renew(
    means: Means, door: Door, programme: Programme, document: Document, enquiry: Id, how: How, desk: AtDesk
) -> str:
    """Voids the secret that there was; returns the new one. The same enquiry that asks again gets the same.

    By letter it travels sealed for notifier, and only to whom the application's record names. Raises `Overtaken`.
    """
    secret = means.search_keys.of("receipt secret", scoped(programme, f"{how} {enquiry}"))[:32]
    wanted = proof(document["receipt"], secret)
    if document["proof"] == wanted:
        return secret

    async def attempt(document: Document) -> None:
        before = await given(door, programme, document, desk.caller)
        renewal = _Renewal(document, before, secret, how, desk)
        await means.transactions.run(partial(_write, means, programme, renewal))

    try:
        await through_upkeep(means.store, document, attempt)
    except Overtaken:
        again = await means.store.application(document["_id"])
        if again is None or again["proof"] != wanted:
            raise
    return secret


async def _write(means: Means, programme: Programme, renewal: _Renewal, tx: Transaction) -> None:
    document, now = renewal.document, means.now(programme)
    version, subject, epochs = document.get("version", 1) + 1, document["_id"], means.sealer.epochs(programme)
    letters = letters_with(programme, renewal.before, version, document,
                           renewal.secret if renewal.how == "letter" else None)
    done = await means.store.next_version(tx, document, {
        "version": version, "proof": proof(document["receipt"], renewal.secret),
        "letters": [letter["notice"] for letter in letters],
    }, history=history_entry(now, "renewed", renewal.desk))
    if not done:
        raise Overtaken
    record = means.sealer.seal(ApplicationRecorded, programme, subject, version,
                               renewal.before.application.party.items(), letters)
    await write_sealed(tx, programme.id, subject, epochs)
    await means.records.keep(tx, programme.id, record)
    tx.say(record, subject=subject, programme=programme.id, at=now)
    tx.say(ReceiptRenewed(application=subject, how=renewal.how, contact=document["contact"], version=version,
                          desk=renewal.desk), subject=subject, programme=programme.id, at=now)
