"""Letters about changes: once one is sent, whom it went to and what it brought is taken out of the record again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.handlers.amending import given
from services.intake.handlers.means import Means
from services.intake.handlers.overtaken import Overtaken
from services.intake.numbering import write_sealed
from services.intake.store import Store
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import LETTER_KINDS, NoticeFact, NoticePosted, NoticeSent, NoticeUnreached
from shared.contracts.privacy import ApplicationRecorded
from shared.messaging.jobs import Starts
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door

TAKE_OUT = "take-letters-out"
_ENDS = (NoticeSent, NoticePosted, NoticeUnreached)


@dataclass(frozen=True)
class Letters:
    """Hears what became of letters."""

    store: Store
    jobs: Starts

    async def hear(self, tx: Transaction, message: Envelope[Any]) -> None:
        """A letter's end starts the job that writes the record anew without it."""
        fact: NoticeFact = message.data
        if fact.kind in LETTER_KINDS and isinstance(fact, _ENDS):
            await self.store.letter_ended(tx, fact.application, fact.notice)
            await self.jobs.start(tx, TAKE_OUT, f"{TAKE_OUT}/{fact.notice}", message.programme,
                                  {"application": fact.application})


async def take_out(means: Means, door: Door, tx: Transaction, job: Document) -> dict[str, Any] | None:
    """The job's one step: the record's next version, without letters. While another one waits, its end does it."""
    programme = means.programmes.get(job["programme"])
    document = await means.store.application(job["args"]["application"])
    if document is None or document.get("letters") != []:
        return None
    try:
        before = await given(door, programme, document)
    except Overtaken:
        return None
    version, now = document.get("version", 1) + 1, means.now(programme)
    epochs = means.sealer.epochs(programme)
    if not await means.store.next_version(tx, document, {"version": version}):
        return {}  # amended at this moment: look again
    record = means.sealer.seal(
        ApplicationRecorded, programme, document["_id"], version, before.application.party.items())
    await write_sealed(tx, programme.id, document["_id"], epochs)
    await means.records.keep(tx, programme.id, record)
    tx.say(record, subject=document["_id"], programme=programme.id, at=now)
    return None
