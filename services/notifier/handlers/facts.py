"""What notifier hears: each fact is added to its application's document, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.notifier.domain.application import LetterCause
from services.notifier.domain.ledger import Term
from services.notifier.store import Store
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    Contact,
    DetailsChanged,
    ReceiptRenewed,
)
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn
from shared.contracts.notifier import letter_id
from shared.messaging.jobs import Starts
from shared.messaging.transaction import Transaction
from shared.platform.clock import Clock
from shared.platform.programmes import Programmes

RELEASE, ANNOUNCE = "release-results", "announce-second-draw"
RELEASE_CHUNK = 2000

_DIGEST_OF = {"announced": "announcement", "closed": "closing", "drawn": "result"}


class Facts:
    """Handlers of other services' events."""

    def __init__(self, store: Store, jobs: Starts, clock: Clock, programmes: Programmes) -> None:
        self._store, self._jobs, self._clock, self._programmes = store, jobs, clock, programmes

    async def taken(self, tx: Transaction, message: Envelope[ApplicationTaken]) -> None:
        """An application is in: how to reach its applicant, and its trace."""
        fact = message.data
        self._store.hear(tx, message.programme, fact.application, {
            "receipt": fact.receipt, "entry": fact.entry, "contact": fact.contact, "language": fact.language,
            "reply_card": fact.card if fact.reply_half else None, "wishes": list(fact.wishes),
            "traceparent": message.traceparent,
        }, nudge_at=message.time)

    async def amended(self, tx: Transaction, message: Envelope[ApplicationAmended]) -> None:
        """The way to reach the applicant may have changed. They are told, in the way that held before."""
        fact = message.data
        self._store.hear(tx, message.programme, fact.application,
                         {"contact": fact.contact, "wishes": list(fact.wishes)})
        if fact.version is not None:  # else it was said before changes were told
            self._letter(tx, message, "amended", fact.version, fact.contact_before or fact.contact)

    async def details(self, tx: Transaction, message: Envelope[DetailsChanged]) -> None:
        """The same after the window was closed."""
        self._letter(tx, message, "details", message.data.version, message.data.contact_before)

    async def renewed(self, tx: Transaction, message: Envelope[ReceiptRenewed]) -> None:
        """A new secret: the letter brings it, or tells that it was handed out at the counter."""
        fact = message.data
        self._letter(tx, message, "receipt" if fact.how == "letter" else "renewed", fact.version, fact.contact)

    def _letter(
        self, tx: Transaction, message: Envelope[Any], what: LetterCause, version: int, told_by: Contact
    ) -> None:
        fact: ApplicationAmended | DetailsChanged | ReceiptRenewed = message.data
        notice = letter_id(message.programme, fact.application, version)
        self._store.hear(tx, message.programme, fact.application, {
            "contact": fact.contact, f"letters.{notice}": {"what": what, "at": message.time, "contact": told_by},
        }, due_at=message.time)

    async def withdrawn(
        self, tx: Transaction, message: Envelope[ApplicationWithdrawn] | Envelope[ApplicationWithdrawnLate]
    ) -> None:
        """Confirmed at once: as the result, or by a letter where another result was told already."""
        self._store.hear(tx, message.programme, message.data.application, {"withdrawn_at": message.time},
                         due_at=message.time)

    async def decided(self, tx: Transaction, message: Envelope[ApplicationDecided]) -> None:
        """What does not count is told together with the draw's results (B03)."""
        fact = message.data
        facts = {"counted": fact.counted, "reason": fact.reason, "told_with": fact.told_with}
        self._store.hear(tx, message.programme, fact.application, facts,
                         due_at=None if fact.counted else message.time)

    async def drawn(self, tx: Transaction, message: Envelope[ResultDrawn]) -> None:
        """A result. A second draw's takes the place of the first one's, promotions from its waiting list included."""
        fact = message.data
        result = {"draw": fact.draw, "outcome": fact.outcome, "won": list(fact.won), "place": fact.place}
        anew: dict[str, Any] = {"promoted": {}} if fact.replaces else {}
        self._store.hear(tx, message.programme, fact.application, {
            "result": result | ({"replaces": fact.replaces} if fact.replaces else {}), "entry": fact.entry,
            "holds": list(fact.won), **anew,
        }, due_at=message.time)

    async def changed(self, tx: Transaction, message: Envelope[ResultChanged]) -> None:
        """A promotion or a lost seat is told by a notice of its own; others follow from what the applicant did."""
        fact = message.data
        self._store.hear(tx, message.programme, fact.application, {"holds": list(fact.holds)})
        if fact.kind == "revoked" and fact.slot:
            lost = {"slots": [fact.slot], "what": "revoked", "reason": None, "at": message.time}
            self._store.hear(tx, message.programme, fact.application, {f"cancelled.{message.id}": lost},
                             due_at=message.time)
        if fact.kind == "promoted" and fact.slot:
            self._store.hear(tx, message.programme, fact.application, {f"promoted.{fact.slot}": message.time},
                             due_at=message.time)

    async def pass_issued(self, tx: Transaction, message: Envelope[PassIssued]) -> None:
        """A winner's notice waits for this."""
        fact = message.data
        issued = {"pass_id": fact.pass_id, "seats": fact.seats, "token": fact.token}
        self._store.hear(tx, message.programme, fact.application, {f"passes.{fact.slot}": issued}, due_at=message.time)

    async def pass_voided(self, tx: Transaction, message: Envelope[PassVoided]) -> None:
        """A pass that admits nobody is not sent to anybody."""
        self._store.hear(tx, message.programme, message.data.application, {f"passes.{message.data.slot}": None})

    async def draw_step(self, tx: Transaction, message: Envelope[DrawStepTaken]) -> None:
        """Keeps the digests that every notice carries; the draw itself makes all results due."""
        fact = message.data
        kind = _DIGEST_OF.get(fact.step)
        if kind is None:
            return
        facts: dict[str, Any] = {kind: fact.digest}
        if fact.replaces is not None:
            await self._jobs.start(tx, ANNOUNCE, f"{ANNOUNCE}/{message.programme}/{fact.draw}", message.programme,
                                   {"draw": fact.draw, "at": fact.at})
        if fact.step == "drawn":
            facts["drawn_at"] = fact.at
            await self._jobs.start(tx, RELEASE, f"{RELEASE}/{message.programme}/{fact.draw}", message.programme, {})
            within = timedelta(days=self._programmes.get(message.programme).notices.within_days)
            await self._store.watch(tx, message.programme, Term(fact.at, fact.at + within).warn_at)
        await self._store.know_draw(tx, message.programme, fact.draw, facts)

    async def announce(self, tx: Transaction, job: dict[str, Any]) -> dict[str, Any] | None:
        """A step of the job that follows a second draw's announcement: whoever is in it is to be told (B01)."""
        programme, after = job["programme"], (job["cursor"] or {}).get("after", "")
        last = await self._store.put_in_second_draw(
            tx, programme, job["args"], self._clock.now(programme), after, RELEASE_CHUNK)
        return {"after": last} if last else None

    async def release(self, tx: Transaction, job: dict[str, Any]) -> dict[str, Any] | None:
        """A step of the job that follows the draw: what was heard before the draw's step is looked at now."""
        programme = job["programme"]
        released = await self._store.release(tx, programme, self._clock.now(programme), RELEASE_CHUNK)
        return {} if released == RELEASE_CHUNK else None
