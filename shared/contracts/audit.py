"""The report of an audit: what was *seen* by somebody who can read everything and change nothing (S18, B09).

`kujibiki audit` writes it, retention takes it in, the certificate of erasure rests on it. No personal data in it, and
no hash of any: counts, offsets, ids of orders, times.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Moment


class Seen(BaseModel):
    """Parts of the report refuse what they do not know: a report is evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TopicSeen(Seen):
    """A partition read from `first` (its first offset that is there) to `end`, exclusive.

    `living` and `erased` count records with a value by whether an order names their key; `erased` must be 0 on a
    personal topic. `tombstones` are those that still stand.
    """

    topic: str
    partition: int
    first: int
    end: int
    records: int
    living: int = 0
    erased: int = 0
    tombstones: int = 0


class StoreSeen(Seen):
    """A collection of `shared.contracts.holdings`: all its rows, and those of erased subjects, which must be 0."""

    service: str
    collection: str
    rows: int
    erased: int


class TrialSeen(Seen):
    """A key holder was asked to open copies kept from before the erasure (must fail) and canaries (must open)."""

    service: str
    old_copies: int
    old_opened: int
    canaries: int
    canaries_opened: int


class EpochsSeen(Seen):
    """The epochs that a service said are destroyed, and the current one; times on the real clock."""

    service: str
    current: int
    destroyed: dict[int, Moment]


class LogSeen(Seen):
    """The access log against its signed checkpoints: how many were checked, and what is wrong, if anything."""

    checkpoints: int
    records: int
    problem: str | None = None


class FilesSeen(Seen):
    """Files that were listed at a place, and those whose name says that they belong to an erased subject or run."""

    place: str
    files: int
    left: int = 0


class SearchSeen(Seen):
    """A plain search for words that were typed: `canary` says whether the planted word was found there."""

    place: str
    searched_bytes: int
    canary: bool
    found: int


class AuditReport(Seen):
    """The whole report. `orders_digest` is the SHA-256 of the ids of all orders read, sorted, joined by newlines.

    `missing` names by code what stands against "erased"; the report is clean when it is empty.
    """

    format: Literal["kujibiki-audit/1"] = "kujibiki-audit/1"
    programme: str
    by: str
    began_at: Moment
    ended_at: Moment
    orders: int
    subjects: int
    orders_digest: str
    topics: tuple[TopicSeen, ...]
    stores: tuple[StoreSeen, ...]
    trials: tuple[TrialSeen, ...]
    epochs: tuple[EpochsSeen, ...]
    log: LogSeen
    files: tuple[FilesSeen, ...] = ()
    searches: tuple[SearchSeen, ...] = ()
    missing: tuple[str, ...] = Field(default=())

    @property
    def clean(self) -> bool:
        """Whether nothing stands against it."""
        return not self.missing
