"""What a certificate of erasure rests on: the rows that retention gathered, as values without ways to change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.contracts.audit import AuditReport
from shared.contracts.erasure import Kind, Why
from shared.contracts.programme import Programme


@dataclass(frozen=True)
class Receipt:
    """A service's answer to an order. `at` is when it had looked again and found nothing left."""

    service: str
    subjects: int
    rows: Mapping[str, int]
    at: datetime
    records: int = 0
    files: int = 0
    reread: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """An order about `subjects` subjects; the receipts by service."""

    id: str
    batch: str
    subjects: int
    receipts: Mapping[str, Receipt] = field(default_factory=dict)


@dataclass(frozen=True)
class DestroyedKey:
    """The epoch whose keys a service destroyed, and when on the real clock."""

    epoch: int
    at: datetime


@dataclass(frozen=True)
class Rotation:
    """A change of all services' keys, with the older epochs that were destroyed by service."""

    id: str
    destroyed: Mapping[str, DestroyedKey] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """A decision to erase: one or more orders. `final_at` is None while keys of an older epoch live."""

    id: str
    kind: Kind
    why: Why
    rule: str
    subjects: int
    orders: tuple[Order, ...]
    ordered_at: datetime
    decided_by: tuple[str, ...] = ()
    archive: str | None = None
    removed_at: datetime | None = None
    final_at: datetime | None = None
    rotation: Rotation | None = None


@dataclass(frozen=True)
class OtherOrder:
    """An order that this certificate is not about: certified before, or not yet final."""

    id: str
    subjects: int
    certified: bool


@dataclass(frozen=True)
class Destruction:
    """Paper that was destroyed before witnesses (S16)."""

    id: str
    count: int
    method: str
    destroyed_by: tuple[str, ...]
    witnessed_by: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Hold:
    """A legal hold that is not lifted. `ordered` says whether it is about somebody of these batches or about all."""

    id: str
    basis: str
    subjects: int
    ordered: bool


@dataclass(frozen=True)
class Return:
    """What was given back to the ward before the erasure; `acknowledged_at` is None until the ward opened it."""

    id: str
    records: int
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True)
class Responsible:
    """A designated person: staff id (a pseudonym), roles, employer."""

    staff: str
    roles: tuple[str, ...]
    employer: str


@dataclass(frozen=True)
class Audit:
    """A report of what was seen, as it was taken in. `digest` is the SHA-256 of its canonical JSON."""

    report: AuditReport
    digest: str
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True)
class Evidence:
    """Everything at hand about the batches that are to be certified. `audit` is the latest one."""

    programme: Programme
    batches: tuple[Batch, ...]
    others: tuple[OtherOrder, ...] = ()
    audit: Audit | None = None
    destructions: tuple[Destruction, ...] = ()
    cards_left: int = 0
    today: date = date.min
    holds: tuple[Hold, ...] = ()
    returns: tuple[Return, ...] = ()
    people: tuple[Responsible, ...] = ()

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders of these batches."""
        return tuple(order for batch in self.batches for order in batch.orders)

    @property
    def kinds(self) -> frozenset[Kind]:
        """Whose data it is about."""
        return frozenset(batch.kind for batch in self.batches)

    @property
    def paper_is_due(self) -> bool:
        """Whether the day has come by which the contact cards must be destroyed (S16)."""
        cards = self.programme.cards
        return cards is not None and (self.today - self.programme.last_day).days >= cards.destroyed_days_after_event
