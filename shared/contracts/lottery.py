"""What lottery says: a draw's steps in the transcript's own lines, its results and fairness, live demand by slot."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Event, Id, Moment

Step = Literal[
    "announced", "frozen", "struck", "adjusted", "revealed", "closing-proposed", "closed", "beacon", "drawn", "changed",
    "ended",
]
Outcome = Literal["won", "waiting", "lost", "struck"]


class DrawStepTaken(Event):
    """A step of the draw was taken.

    `lines` are the transcript's lines that the step added, without their ends, where there are few; entries and
    results are on their own topics. `digest` is the digest that people keep of this step: the announcement, the
    Merkle root of the entries, the closing digest, the result digest. `replaces`: the draw whose place an announced
    second draw takes.
    """

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.draw-step-taken.v1"
    draw: str
    step: Step
    at: Moment
    digest: str | None = None
    lines: tuple[str, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)
    by: tuple[str, ...] = ()
    replaces: str | None = None


class DrawStepRefused(Event):
    """A step was tried out of order or against the rules; refused, recorded, shown."""

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.draw-step-refused.v1"
    draw: str
    step: Step
    reason: str
    by: tuple[str, ...] = ()


class TranscriptHandedOver(Event):
    """An auditor fetched the whole transcript of a draw that publishes digests only; `digest` is its end's."""

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.transcript-handed-over.v1"
    draw: str
    by: str
    at: Moment
    digest: str


class DrawRehearsed(Event):
    """A dry run of `draw`: its computation under a throw-away seed. No draw, no result, and sums only.

    `over` the entries as they were or invented ones; pairs are (won, of how many), `left` seats by slot. Of the seed
    only the SHA-256 is told, so that anybody can see that the draw had another one.
    """

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.draw-rehearsed.v1"
    protocol: Literal["kujibiki-dry-run/1"] = "kujibiki-dry-run/1"
    draw: str
    rehearsal: str
    over: Literal["entries", "invented"]
    at: Moment
    entries: int
    won: int
    by_party: dict[str, tuple[int, int]]
    by_rank: dict[str, int]
    left: dict[str, int]
    alone: int
    milliseconds: int
    seed_digest: str
    by: tuple[str, ...] = ()


AUDITED = 200
"""So many entries of a draw may be audited: an auditor traces as many of the first as were agreed upon."""


class SlotsCancelled(Event):
    """A decision cancelled slots: all that the scope had, as far as they were not cancelled before (B17).

    Nobody is received there any more and no wish for them is taken. Who loses a seat follows as `ResultChanged`.
    `reason` is a code of the programme, `decision` the number of the ward's decision.
    """

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.slots-cancelled.v1"
    draw: str
    scope: Literal["slot", "day", "venue", "event"]
    slots: tuple[str, ...]
    reason: str
    decision: str
    at: Moment
    by: tuple[str, ...] = ()


class ResultDrawn(Event):
    """The result of one entry: `won` holds slots in the order won; `place` counts from 1.

    `replaces`: the draw whose result of this application is void from now on.
    `audit` is the entry's number in the order in which an auditor traces entries to their applications, which follows
    from the seed; the first `AUDITED` have one.
    """

    TOPIC: ClassVar[str] = "lottery.results.v1"
    TYPE: ClassVar[str] = "lottery.result-drawn.v1"
    draw: str
    application: Id
    entry: Id
    seats: int
    place: int
    outcome: Outcome
    won: tuple[str, ...]
    result_digest: str
    replaces: str | None = None
    audit: int | None = None


class ResultChanged(Event):
    """After the draw: what the application holds now, and why."""

    TOPIC: ClassVar[str] = "lottery.results.v1"
    TYPE: ClassVar[str] = "lottery.result-changed.v1"
    draw: str
    application: Id
    entry: Id
    seats: int
    kind: Literal["withdrawn", "declined", "disqualified", "revoked", "promoted"]
    slot: str | None
    holds: tuple[str, ...]


class DemandCounted(Event):
    """How often each slot is wished first, and at all, by seats, as of `as_of`: a snapshot of a Faust view."""

    TOPIC: ClassVar[str] = "lottery.demand.v1"
    TYPE: ClassVar[str] = "lottery.demand-counted.v1"
    as_of: Moment
    applications: int
    first: dict[str, int]
    seats: dict[str, int]


class Expected(BaseModel):
    """What the simulated draws gave: `total` over all of them; from `low` to `high` lie the middle 95 % of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    total: int
    low: int
    high: int


class GroupFairness(BaseModel):
    """Entries of one party size, day of application, channel, or with a wish of this rank: how many `won`.

    `key` "few" stands for groups that are told together, because they are small. `as_extreme`: simulated draws in which
    some group was at least as far out as this one. `detectable`: the smallest shift, in winners, that is found nine
    times in ten.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Literal["party", "day", "channel", "wish"]
    key: str
    entries: int
    won: int
    expected: Expected
    as_extreme: int
    detectable: int | None


class SeatsLeftOver(BaseModel):
    """Seats of a slot, or (`slot` None) of all, that the draw gave to nobody."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    slot: str | None
    left: int
    expected: Expected


class DrawnAlone(BaseModel):
    """Had each person drawn alone: of `persons` asking in parties of this `key`, how many won over all `runs_alone`.

    `together`: parties whose persons all won one slot, over the same simulated draws.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    key: str
    entries: int
    persons: int
    won: int
    together: int


class FairnessStated(Event):
    """How a draw came out beside `runs` simulated ones with the same entries and seats (B02); said once a draw.

    `envious`: entries with reason to envy somebody placed later; 0 is right, None where several wins promise nothing.
    With no `runs` there were too many entries to simulate.
    """

    TOPIC: ClassVar[str] = "lottery.draws.v1"
    TYPE: ClassVar[str] = "lottery.fairness-stated.v1"
    draw: str
    result_digest: str
    entries: int
    runs: int
    runs_alone: int
    envious: int | None
    groups: tuple[GroupFairness, ...]
    left: tuple[SeatsLeftOver, ...]
    alone: tuple[DrawnAlone, ...]
