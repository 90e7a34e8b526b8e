"""What intake hears, so that an applicant can see it: results, passes, notices, accesses. Idempotent each."""

from __future__ import annotations

from typing import Any

from services.intake.store import ACCESSES, Store, change_outcome
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import Envelope
from shared.contracts.lottery import ResultChanged, ResultDrawn
from shared.contracts.notifier import BESIDE_RESULT, NoticeFact
from shared.contracts.privacy import AccessOpened
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

_NOTICE_STATES = {
    "NoticeFellDue": "due", "NoticeSent": "sent", "NoticePrinted": "printed", "NoticePosted": "posted",
    "NoticeFailed": "failed",
}


async def hear_result(tx: Transaction, message: Envelope[ResultDrawn]) -> None:
    """The draw's result for one entry; a second draw's takes the place of all that the first one left."""
    result = message.data
    change_outcome(tx, result.application, message.programme, {
        "outcome": result.outcome, "place": result.place, "holds": list(result.won),
        "result": result.result_digest, "audit": result.audit, **({"change": None} if result.replaces else {}),
    })


async def hear_change(tx: Transaction, message: Envelope[ResultChanged]) -> None:
    """What the application holds after a change."""
    changed = message.data
    change_outcome(tx, changed.application, message.programme, {
        "change": changed.kind, "holds": list(changed.holds),
    })


async def hear_pass(tx: Transaction, message: Envelope[PassIssued]) -> None:
    """A pass that the applicant can show."""
    issued = message.data
    change_outcome(tx, issued.application, message.programme, {
        f"passes.{issued.pass_id}": {"slot": issued.slot, "token": issued.token},
    })


async def hear_void(tx: Transaction, message: Envelope[PassVoided]) -> None:
    """A pass that admits nobody any more."""
    void = message.data
    change_outcome(tx, void.application, message.programme, {f"void.{void.pass_id}": void.reason})


async def hear_notice(tx: Transaction, message: Envelope[Any]) -> None:
    """Where the notice of the result is."""
    fact: NoticeFact = message.data
    if fact.kind in BESIDE_RESULT:
        return
    change_outcome(tx, fact.application, message.programme, {"notice": {
        "kind": fact.kind, "way": fact.way, "state": _NOTICE_STATES[type(fact).__name__], "at": message.time,
    }})


async def hear_access(store: Store, tx: Transaction, message: Envelope[AccessOpened]) -> None:
    """Somebody opened personal data; kept where the subject is an application."""
    access = message.data
    accesses: list[Document] = tx.scratch.setdefault(ACCESSES, [])
    accesses.append({
        "_id": message.id, "application": access.subject, "programme": message.programme, "at": access.at,
        "role": access.role, "kind": access.actor_kind, "service": access.service, "purpose": access.purpose,
        "items": list(access.items), "caller": access.caller,
    })

    async def write(tx: Transaction) -> None:
        known = await store.known(tx, [one["application"] for one in accesses])
        for one in accesses:
            if one["application"] in known:
                tx.insert(ACCESSES, one)

    tx.before_commit(write, ACCESSES)
