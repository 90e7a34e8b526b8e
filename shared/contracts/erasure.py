"""Erasing: what retention orders, what each service answers, and what makes it final (rows S17, S18, B09–B12)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Event, Id, Moment

SUBJECTS_AN_ORDER = 250
"""An order names at most so many subjects: each service carries one out in one transaction."""

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]+$")]
Kind = Literal["application", "staff"]
Why = Literal["schedule", "request", "withdrawal", "contract-end"]


class ErasureOrdered(Event):
    """Erase these subjects (random ids only). Kept for good and applied again at each start and after a restore.

    `batch` is the decision that the order is a part of; `decided_by` is empty where the programme's schedule decided.
    """

    TOPIC: ClassVar[str] = "retention.orders.v1"
    TYPE: ClassVar[str] = "retention.erasure-ordered.v1"
    order: Id
    batch: Id
    kind: Kind
    why: Why
    subjects: tuple[Id, ...] = Field(min_length=1, max_length=SUBJECTS_AN_ORDER)
    decided_by: tuple[str, ...] = ()


class HoldPlaced(Event):
    """A legal hold: nothing of these subjects (of the whole programme where there are none) may be ordered erased."""

    TOPIC: ClassVar[str] = "retention.orders.v1"
    TYPE: ClassVar[str] = "retention.hold-placed.v1"
    hold: Id
    subjects: tuple[Id, ...] = ()
    basis: str
    decided_by: tuple[str, str]


class HoldLifted(Event):
    """The hold is over."""

    TOPIC: ClassVar[str] = "retention.orders.v1"
    TYPE: ClassVar[str] = "retention.hold-lifted.v1"
    hold: Id
    decided_by: tuple[str, str]


ROTATIONS_KEY = "rotations"
"""The one record key of all orders to rotate: each service hears them in the same order."""


class RotationOrdered(Event):
    """Every service begins a new epoch of keys, wraps the living anew, and destroys its older epochs."""

    TOPIC: ClassVar[str] = "retention.orders.v1"
    TYPE: ClassVar[str] = "retention.rotation-ordered.v1"
    rotation: Id
    why: Literal["demand", "month", "contract-end"]
    decided_by: tuple[str, ...] = ()


class ReturnOrdered(Event):
    """Part `part` (from 1) of `parts`: seal these subjects' records to the ward's archive key (S17).

    `key` is an uncompressed P-256 point, base64url; its private half is the ward's affair. An archive that this one
    `replaces` is of no use any more and goes.
    """

    TOPIC: ClassVar[str] = "retention.orders.v1"
    TYPE: ClassVar[str] = "retention.return-ordered.v1"
    archive: Id
    part: int = Field(ge=1)
    parts: int = Field(ge=1)
    subjects: tuple[Id, ...] = Field(min_length=1, max_length=SUBJECTS_AN_ORDER)
    key: str
    decided_by: tuple[str, ...]
    replaces: Id | None = None


class SubjectsErased(Event):
    """`service` has carried out an order; said only after it looked again and found nothing left.

    `rows` counts, by collection, what was deleted or cleared; `records` the tombstones on the service's own personal
    topic; `files` deleted files. `reread` is, for an owner of a personal topic, up to which offset each partition was
    read from 0 without a value of these subjects. This is what is *attested*.
    """

    TOPIC: ClassVar[str] = "privacy.receipts.v1"
    TYPE: ClassVar[str] = "privacy.subjects-erased.v1"
    order: Id
    service: str
    subjects: int
    rows: dict[str, int]
    records: int = 0
    files: int = 0
    reread: dict[str, int] = Field(default_factory=dict)
    at: Moment


class OrdersReapplied(Event):
    """At a start, after a restore perhaps, rows of erased subjects were found again and erased again."""

    TOPIC: ClassVar[str] = "privacy.receipts.v1"
    TYPE: ClassVar[str] = "privacy.orders-reapplied.v1"
    service: str
    subjects: int
    rows: dict[str, int]
    at: Moment


class RecordsRewrapped(Event):
    """The owner of a personal topic has wrapped the records of all living subjects under the new epoch's keys."""

    TOPIC: ClassVar[str] = "privacy.receipts.v1"
    TYPE: ClassVar[str] = "privacy.records-rewrapped.v1"
    rotation: Id
    service: str
    records: int


class ArchiveMade(Event):
    """The records asked for by `ReturnOrdered` lie sealed at `service`; `digest` is the SHA-256 of the archive file.

    `missing` subjects had no record any more. `confirmation` is the SHA-256 of the plain digest: it lets retention
    check what the ward says without knowing it.
    """

    TOPIC: ClassVar[str] = "privacy.receipts.v1"
    TYPE: ClassVar[str] = "privacy.archive-made.v1"
    archive: Id
    service: str
    records: int
    bytes: int
    digest: Hex
    missing: int = 0
    confirmation: Hex = "0"


class EpochDestroyed(Event):
    """The keys of `service` for `epoch` are gone: no copy that was sealed under them can be opened by anybody.

    `at` is on the real clock. On the topic of the keys, so that every process drops what it holds in memory.
    """

    TOPIC: ClassVar[str] = "privacy.recipients.v1"
    TYPE: ClassVar[str] = "privacy.epoch-destroyed.v1"
    service: str
    epoch: int
    rotation: Id
    at: Moment


class PersonalMarked(Event):
    """A marker on a personal topic: it rolls the segment so that compaction goes on, and holds nothing of anybody.

    With a `rotation`, everything before it in its partition is wrapped under that rotation's keys or erased.
    """

    TOPIC: ClassVar[str] = "*.personal.v1"
    TYPE: ClassVar[str] = "privacy.personal-marked.v1"
    partition: int
    rotation: Id | None = None


class ReturnAcknowledged(Event):
    """The ward opened the archive and confirms it: `digest` is of the plain records, which only an opener knows."""

    TOPIC: ClassVar[str] = "retention.certificates.v1"
    TYPE: ClassVar[str] = "retention.return-acknowledged.v1"
    archive: Id
    digest: Hex
    by: str


class CertificateIssued(Event):
    """A certificate of erasure was issued (S18, B11): `digest` is the SHA-256 of its signed statement."""

    TOPIC: ClassVar[str] = "retention.certificates.v1"
    TYPE: ClassVar[str] = "retention.certificate-issued.v1"
    certificate: Id
    number: str
    batches: tuple[Id, ...]
    subjects: int
    digest: Hex
    key_id: str
    by: str


class CheckpointSigned(Event):
    """The access log's partition held `size` records with the Merkle root `root` (RFC 9162 §2.1.1).

    `previous` is the SHA-256 of the former checkpoint's statement in this partition, or 64 zeros: a checkpoint that
    is taken away breaks the chain. `signature` (Ed25519, hex) is over the statement; see `shared.privacy.checkpoints`.
    """

    TOPIC: ClassVar[str] = "retention.certificates.v1"
    TYPE: ClassVar[str] = "retention.checkpoint-signed.v1"
    topic: str
    partition: int
    number: int = Field(ge=1)
    size: int = Field(ge=1)
    root: Hex
    previous: Hex
    at: Moment
    key_id: str
    signature: Hex


AlarmDecision = Literal["explained", "corrected", "incident"]
AccessLogFault = Literal[
    "line-changed", "line-missing", "truncated", "root-differs", "checkpoint-missing", "checkpoint-forged"]


class AccessLogAltered(Event):
    """Alarm: the access log is not what was signed (S25); `shared.privacy.checkpoints` says what each `fault` means.

    Lines are numbered from 0 in each partition: the fault lies in `first_line` … `last_line`. `checkpoint` is the
    number of the checkpoint that showed it.
    """

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.access-log-altered.v1"
    topic: str
    partition: int
    fault: AccessLogFault
    checkpoint: int
    first_line: int
    last_line: int
    at: Moment


class AccessUnusual(Event):
    """Alarm: the watch over the access log counted more than usual (S24, S25). `count` within `minutes`."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.access-unusual.v1"
    pattern: Literal["many-openings", "many-refusals", "many-subjects", "outside-shift", "same-subject"]
    actor: str
    role: str
    service: str
    count: int
    minutes: int
    first_at: Moment
    last_at: Moment


class AlarmDecided(Event):
    """An officer has seen the alarm `alarm` (the id of its event, or of the letter) and decided what follows."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.alarm-decided.v1"
    alarm: str
    by: str
    decision: AlarmDecision
    at: Moment


class ErasureOverdue(Event):
    """Alarm: a batch is not erased by its deadline; `waits_for` says, by code, what is missing."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.erasure-overdue.v1"
    batch: Id
    subjects: int
    deadline: Moment
    waits_for: tuple[str, ...]


class ReturnWaits(Event):
    """Alarm: a batch can't be returned to the ward yet; `waits_for` says, by code, what is missing (S17)."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.return-waits.v1"
    batch: Id
    subjects: int
    waits_for: Literal["no-archive-key"]


class DutyNear(Event):
    """An early warning: a duty of the calendar falls due in `days` days."""

    TOPIC: ClassVar[str] = "retention.alarms.v1"
    TYPE: ClassVar[str] = "retention.duty-near.v1"
    duty: str
    due_at: Moment
    days: int
