"""A pass is held to a terminal (S08, B06, B07).

All passes that wait at the same time are decided together in one transaction: three reads, one write a slot, one
insert, however many they are. The unique `_id` of an admission (the pass) keeps two processes from admitting one
pass twice; a slot's counters move only from the numbers that the decision was made on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.checkin.domain.admission import Admission, Refusal, Scan, admit, refuse_moment, refuse_pass
from services.checkin.domain.occupancy import Occupancy
from services.checkin.domain.passes import Forged, Pass, typed_code, verify
from services.checkin.limits import FailureLimit, Notable
from services.checkin.signing import SigningKey
from services.checkin.store import ADMISSIONS, Store, admission_row
from shared.contracts.checkin import AdmissionRefused, PartyAdmitted
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, Transactions, is_duplicate
from shared.platform.clock import Clock
from shared.platform.mongo import Document, StoreError

Verdict = Admission | Refusal
_ASKED = "checkin.asked"


class TooManyForged(Exception):
    """The terminal sent too many tokens that are none; it may go on in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


@dataclass
class _Asked:
    """One pass that waits for its verdict."""

    programme: Programme
    entitlement: Pass
    scan: Scan
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Admissions:
    """Decides who comes in."""

    store: Store
    transactions: Transactions
    clock: Clock
    key: SigningKey
    forged: FailureLimit
    notable: Notable

    async def admit(self, programme: Programme, token: str, scan: Scan) -> Verdict:
        """The verdict on `token`: a pass's token, or the code that somebody typed in.

        Raises `TooManyForged` without looking at the token.
        """
        wait = self.forged.wait(scan.terminal)
        if wait:
            raise TooManyForged(wait)
        found = await self._entitlement(programme, token.strip())
        if isinstance(found, Refusal):
            self.forged.failed(scan.terminal)
            verdict: Verdict = found
        else:
            verdict = await self._decide(programme, found, scan)
        if isinstance(verdict, Refusal):
            await self._note(programme, verdict, scan)
        return verdict

    async def _entitlement(self, programme: Programme, token: str) -> Pass | Refusal:
        code = typed_code(token)
        if code is None:
            try:
                return verify(token, (self.key.public,))
            except Forged:
                return Refusal("forged")
        row = await self.store.pass_by_code(programme.id, code)
        return Pass(row["_id"], programme.id, row["slot"], row["seats"]) if row else Refusal("unknown-pass")

    async def _decide(self, programme: Programme, entitlement: Pass, scan: Scan) -> Verdict:
        refusal = refuse_pass(programme, entitlement, scan) or refuse_moment(
            programme, scan.slot, scan.scanned_at, self.clock.now(programme.id))
        if refusal:
            return refusal

        async def ask(tx: Transaction) -> _Asked:
            asked = _Asked(programme, entitlement, scan)
            tx.scratch.setdefault(_ASKED, []).append(asked)
            tx.before_commit(self._decide_all, _ASKED)
            return asked

        try:
            asked = await self.transactions.grouped(ask)
        except StoreError as error:
            # Another process admitted the same pass at the same moment: now its admission can be read.
            if not is_duplicate(error):
                raise
            asked = await self.transactions.grouped(ask)
        assert asked.verdict is not None
        return asked.verdict

    async def _decide_all(self, tx: Transaction) -> None:
        every: list[_Asked] = tx.scratch[_ASKED]
        ids = {asked.entitlement.id for asked in every}
        passes = await self.store.passes(ids, tx.session)
        first = await self.store.admissions(ids, tx.session)
        for programme in {asked.programme.id: asked.programme for asked in every}.values():
            mine = [asked for asked in every if asked.programme.id == programme.id]
            before = await self.store.occupancies(programme.id, _slots(mine), tx.session)
            after = self._in_order(tx, mine, passes, first, before)
            for slot, occupancy in after.items():
                if occupancy != before[slot]:
                    await self.store.count(programme.id, slot, before[slot], occupancy, tx.session)

    def _in_order(
        self, tx: Transaction, every: Sequence[_Asked], passes: dict[str, Document], first: dict[str, Admission],
        before: dict[str, Occupancy],
    ) -> dict[str, Occupancy]:
        after = dict(before)
        for asked in every:
            number, slot = asked.entitlement.id, asked.scan.slot.id
            row = passes.get(number)
            if row is None:
                asked.verdict = Refusal("unknown-pass", asked.entitlement)
                continue
            asked.verdict = admit(
                asked.entitlement, asked.scan, void=row["void"], first=first.get(number), occupancy=after[slot])
            if isinstance(asked.verdict, Admission) and number not in first:
                first[number] = asked.verdict
                after[slot] = after[slot].with_party(asked.verdict.seats)
                self._let_in(tx, asked.programme.id, asked.verdict, row["trace"])
        return after

    def _let_in(self, tx: Transaction, programme: str, admission: Admission, trace: str | None) -> None:
        tx.insert(ADMISSIONS, admission_row(programme, admission))
        event = PartyAdmitted(
            admission=admission.id, pass_id=admission.pass_id, slot=admission.slot, seats=admission.seats,
            scanned_at=admission.scanned_at, terminal=admission.terminal, by=admission.by,
        )
        # Under the application's own trace: one application's way is one trace (B13).
        tx.say(event, subject=admission.slot, programme=programme, at=admission.scanned_at, traceparent=trace)

    async def _note(self, programme: Programme, refusal: Refusal, scan: Scan) -> None:
        number = refusal.entitlement.id if refusal.entitlement else None
        if not self.notable.is_notable(scan.terminal, (number, refusal.reason)):
            return
        now: datetime = self.clock.now(programme.id)
        event = AdmissionRefused(
            pass_id=number, slot=scan.slot.id, reason=refusal.reason, scanned_at=min(scan.scanned_at, now),
            terminal=scan.terminal, by=scan.by,
        )

        async def say(tx: Transaction) -> Any:
            tx.say(event, subject=scan.slot.id, programme=programme.id, at=now)

        await self.transactions.grouped(say)


def _slots(every: Iterable[_Asked]) -> set[str]:
    return {asked.scan.slot.id for asked in every}
