"""The one door: the only way to plaintext (S19, S20, S25, S27).

It checks who asks, for which purpose, which items; it commits the access event; only then does it return. If the
event cannot be committed, it returns nothing. Refusals are events as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.contracts.envelope import Id
from shared.contracts.privacy import LETTERS, AccessOpened, AccessRefused, Caller, Part
from shared.contracts.programme import Programme, Purpose
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.problems import Problem
from shared.platform.programmes import Programmes
from shared.platform.register import Person, Register
from shared.privacy.hpke import CannotOpen
from shared.privacy.keyring import KeyRing, NoPairKey
from shared.privacy.records import Records
from shared.privacy.sealing import unseal

ITEMS_OF_REGISTER = frozenset({"name"})
EVERY_PROGRAMME = "*"
DoorPurpose = Purpose | Literal["register", "return", "own"]
"""What programmes declare, and three more: an officer reads names of staff, to report who is designated (S19:
register); by contract, everything goes back to the ward (S17: return); applicants see what they gave themselves
(B04: own)."""
_WHOLE_RECORD = frozenset({"return", "own"})
_LETTERS_FOR = frozenset({"notice", "own"})
"""To send a letter, and to carry it over into the record's next version."""

PURPOSES_OF_ROLE: dict[str, frozenset[DoorPurpose]] = {
    "officer": frozenset({"enquiry", "register"}),
    "desk": frozenset({"eligibility", "duplicates", "enquiry"}),
    "notices": frozenset({"notice"}),
    "attendant": frozenset({"reception"}),
    "custodian": frozenset(),
    "tracer": frozenset({"cluster"}),
    "records": frozenset(),
    "auditor": frozenset({"audit"}),
}

PURPOSES_OF_SERVICE: dict[str, frozenset[DoorPurpose]] = {
    "intake": frozenset({"eligibility", "duplicates", "enquiry", "return", "own"}),
    "notifier": frozenset({"notice"}),
    "checkin": frozenset({"reception"}),
}


@dataclass(frozen=True)
class ServiceActor:
    """A service that acts by itself: sending a notice is a purpose too."""

    service: str


Actor = Person | ServiceActor


class DoorRefused(Problem):
    """The door stays shut. `reason` is a code: purpose, items, or one of the register's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            403, "access-refused", "This personal data may not be opened",
            "The refusal is on record. If your work needs this data, ask the responsible person for the designation.",
            reason=reason,
        )
        self.reason = reason


class RecordMissing(Exception):
    """There is no record of the subject here (yet, or any more)."""


class Door:
    """Opens personal data for an actor and a purpose, item by item."""

    def __init__(
        self, service: str, transactions: Transactions, records: Records, ring: KeyRing, register: Register,
        programmes: Programmes, clock: Clock,
    ) -> None:
        self._service, self._transactions, self._records, self._ring = service, transactions, records, ring
        self._register, self._programmes, self._clock = register, programmes, clock

    async def open(
        self, actor: Actor, role: str, programme: str, purpose: DoorPurpose, subject: Id, items: Collection[str],
        caller: Caller | None = None,
    ) -> dict[str, Any]:
        """The asked items of one subject; `caller` asked for it at a desk. Raises `DoorRefused`, `RecordMissing`."""
        opened = await self.open_many(actor, role, programme, purpose, [subject], items, caller)
        if subject not in opened:
            raise RecordMissing
        return opened[subject]

    async def open_many(
        self, actor: Actor, role: str, programme: str, purpose: DoorPurpose, subjects: Sequence[Id],
        items: Collection[str], caller: Caller | None = None,
    ) -> dict[Id, dict[str, Any]]:
        """The asked items of each subject whose record is here. One access event a subject, one commit in all.

        Raises `DoorRefused` before anything was read.
        """
        reason = self._refusal(actor, role, programme, purpose, items)
        if reason is not None:
            await self._transactions.run(lambda tx: self._record_refusal(
                tx, reason, _who(actor, role, caller), programme, purpose, subjects, items))
            raise DoorRefused(reason)
        return await self._transactions.run(lambda tx: self._open(
            tx, _who(actor, role, caller), programme, purpose, subjects, items))

    async def trial(self, auditor: Person, programme: str, subject: Id, version: int, part: Part) -> bool:
        """Whether this service can still open a copy that an auditor holds; what it holds is told to nobody.

        Logged as any opening is, with no item: an open copy is an opening, a shut one a refusal for want of keys.
        """
        try:
            unseal(self._ring, part, programme, subject, version)
            opens = True
        except (NoPairKey, CannotOpen):
            opens = False
        now = self._clock.now(programme)
        told: dict[str, Any] = {**_who(auditor, "auditor"), "service": self._service, "purpose": "audit",
                                "subject": subject, "items": (), "at": now}
        event = AccessOpened(**told) if opens else AccessRefused(**told, reason="keys-destroyed")

        async def work(tx: Transaction) -> None:
            tx.say(event, subject=subject, programme=programme, at=now)

        await self._transactions.run(work)
        return opens

    def _refusal(
        self, actor: Actor, role: str, programme: str, purpose: DoorPurpose, items: Collection[str]
    ) -> str | None:
        definition = self._programmes.find(programme)
        register = programme == EVERY_PROGRAMME and purpose == "register" and self._service == "retention"
        if definition is None and not register:
            return "programme"
        if isinstance(actor, ServiceActor):
            allowed = PURPOSES_OF_SERVICE.get(actor.service, frozenset())
            if actor.service != self._service:
                return "service"
        else:
            allowed = PURPOSES_OF_ROLE.get(role, frozenset())
            covered = None if register else programme
            refused = self._register.refusal(actor.staff, [role], covered, self._clock.now(programme))
            if refused is not None:
                return refused
        if purpose not in allowed:
            return "purpose"
        declared = _declared(definition, purpose, self._service) if definition else ITEMS_OF_REGISTER
        return None if set(items) <= declared else "items"

    async def _open(
        self, tx: Transaction, who: dict[str, Any], programme: str, purpose: DoorPurpose, subjects: Sequence[Id],
        items: Collection[str],
    ) -> dict[Id, dict[str, Any]]:
        opened: dict[Id, dict[str, Any]] = {}
        for subject, (of_programme, version, part) in (
            await self._records.parts(list(subjects), session=tx.session)
        ).items():
            if of_programme != programme:
                continue
            try:
                everything = unseal(self._ring, part, programme, subject, version)
            except (NoPairKey, CannotOpen):
                continue  # its keys are gone: nobody can open it any more
            opened[subject] = {item: everything[item] for item in items if item in everything}
            tx.say(
                AccessOpened(**who, service=self._service, purpose=purpose, subject=subject,
                             items=tuple(sorted(opened[subject])), at=self._clock.now(programme)),
                subject=subject, programme=programme, at=self._clock.now(programme),
            )
        return opened

    async def _record_refusal(
        self, tx: Transaction, reason: str, who: dict[str, Any], programme: str, purpose: DoorPurpose,
        subjects: Sequence[Id], items: Collection[str],
    ) -> None:
        now = self._clock.now(programme)
        for subject in subjects:
            tx.say(
                AccessRefused(**who, service=self._service, purpose=purpose, subject=subject,
                              items=tuple(sorted(items)), at=now, reason=reason),
                subject=subject, programme=programme, at=now,
            )


def _declared(programme: Programme, purpose: DoorPurpose, service: str) -> frozenset[str]:
    held = programme.items_for(service)
    declared = held if purpose in _WHOLE_RECORD else held & programme.items_for_purpose(purpose)
    return declared | {LETTERS} if purpose in _LETTERS_FOR else declared


def _who(actor: Actor, role: str, caller: Caller | None = None) -> dict[str, Any]:
    if isinstance(actor, ServiceActor):
        return {"actor": actor.service, "actor_kind": "service", "role": "service", "caller": caller}
    return {"actor": actor.staff, "actor_kind": "staff", "role": role, "caller": caller}
