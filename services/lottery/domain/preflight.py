"""What there is to see before a step that can't be taken back: each check, what it found, and how bad that is (B01).

`stop`: the step would be refused, and somebody must do something. `wait`: it can't be taken yet, and time or work in
hand brings it. `warn`: it can be taken, and the ward should know this first. `good`: nothing to do. What is `stop` or
`wait` here is refused by the domain when the step is tried; a warning never is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import perm
from typing import Literal

Verdict = Literal["stop", "wait", "warn", "good"]
Step = Literal["announce", "freeze", "close", "publish"]
STEPS: tuple[Step, ...] = ("announce", "freeze", "close", "publish")
VERDICTS: tuple[Verdict, ...] = ("stop", "wait", "warn", "good")

TIGHT_SHARE = 20
"""The largest party is more than one in so many of a slot's seats (5 %): there skipping favours small parties."""
FEWEST_WITNESSES = 3
BEFORE_BEACON = timedelta(hours=1)
SOON = timedelta(days=1)
FEW_A_WAY = 5
"""Fewer parties than this for each way to choose seats and wishes: then many will be alone with theirs."""


@dataclass(frozen=True)
class SlotSeats:
    """A slot as announced: seats that are drawn, and its reserve."""

    slot: str
    seats: int
    reserve: int


@dataclass(frozen=True)
class Survey:
    """The entries as they are now, as counts: by party size, and the seats wished of each slot, first and at all.

    `alone` is how many share seats and wishes with nobody; of the applications that were `taken` some are `withdrawn`
    and others not counted.
    """

    taken: int = 0
    withdrawn: int = 0
    entries: int = 0
    alone: int = 0
    by_party: Mapping[int, int] = field(default_factory=dict)
    first: Mapping[str, int] = field(default_factory=dict)
    wished: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What intake said last of its open work (`intake.work-counted.v1`)."""

    as_of: datetime
    window: Literal["open", "closing", "closed"]
    pairs: int
    unkeyed: int
    batches: int
    held: int
    unanswered: int
    checks: int


@dataclass(frozen=True)
class Situation:
    """All that the checks look at. `step` is the next one; None when the draw is done.

    `fault` is why the domain would refuse the rules as they are (code, reason), `closed_at` when the draw was closed;
    `partitions` how many of intake's are complete, of how many (None before the window is closed); `second`: it
    replaces another draw, and is announced long after the window; `untold` are those in it without a notice of it yet.
    """

    now: datetime
    step: Step | None
    slots: Sequence[SlotSeats]
    max_seats: int
    max_wishes: int
    publication: Literal["full", "digest"]
    witnesses: Sequence[str]
    committed: Sequence[str]
    revealed: Sequence[str]
    signatures: int | None
    needed: int
    opens: datetime
    closes: datetime
    commit_until: datetime
    freeze_from: datetime
    close_from: datetime
    beacons: Sequence[datetime]
    closed_at: datetime | None = None
    beacon_due: datetime | None = None
    second: bool = False
    untold: int = 0
    fault: tuple[str, str] | None = None
    survey: Survey = Survey()
    work: Work | None = None
    partitions: tuple[int, int | None] = (0, None)


@dataclass(frozen=True)
class Finding:
    """One check before a step. `outcome` names the words of what was found, `values` what they tell."""

    step: Step
    check: str
    verdict: Verdict
    outcome: str
    values: Mapping[str, object] = field(default_factory=dict)


Found = tuple[Verdict, str, Mapping[str, object]]
Check = Callable[[Situation], Found]


def findings(situation: Situation) -> list[Finding]:
    """Every check of the next step and of those that follow it, in the order of the steps."""
    if situation.step is None:
        return []
    ahead = STEPS[STEPS.index(situation.step):]
    return [Finding(step, check, *look(situation)) for step in ahead for check, look in CHECKS[step].items()]


def worst(found: Sequence[Finding]) -> Verdict:
    """The verdict that decides: of no finding at all, good."""
    return min((finding.verdict for finding in found), key=VERDICTS.index, default="good")


def combinations(slots: int, max_seats: int, max_wishes: int) -> int:
    """How many different (seats, wishes) an entry can have: wishes are ordered, none twice."""
    return max_seats * sum(perm(slots, wishes) for wishes in range(1, min(max_wishes, slots) + 1))


# -- before the announcement -----------------------------------------------------------------------------------------


def _rules(at: Situation) -> Found:
    if at.fault:
        return "stop", "refused", {"code": at.fault[0], "reason": at.fault[1]}
    return "good", "good", {"count": len(at.slots)}


def _timetable(at: Situation) -> Found:
    if at.second and at.now > at.freeze_from:
        return "stop", "second-late", {"at": at.freeze_from}
    if not at.second and at.now >= at.opens:
        return "stop", "late", {"opens": at.opens}
    lacking = set(at.witnesses) - set(at.committed)
    if lacking and at.now > at.commit_until:
        return "stop", "commit-late", {"until": at.commit_until}
    if lacking and at.now > at.commit_until - SOON:
        return "warn", "soon", {"until": at.commit_until}
    return "good", "good", {"until": at.commit_until, "opens": at.opens}


def _commitments(at: Situation) -> Found:
    lacking = [name for name in at.witnesses if name not in at.committed]
    if lacking:
        return "stop", "missing", {"names": lacking, "done": len(at.committed), "all": len(at.witnesses)}
    return "good", "good", {"all": len(at.witnesses)}


def _number_of_witnesses(at: Situation) -> Found:
    values = {"all": len(at.witnesses), "needed": at.needed}
    if len(at.witnesses) < FEWEST_WITNESSES:
        return "stop", "few", {**values, "fewest": FEWEST_WITNESSES}
    return ("warn", "all-needed", values) if at.needed == len(at.witnesses) else ("good", "good", values)


def _seats(at: Situation) -> Found:
    empty = [slot.slot for slot in at.slots if slot.seats == 0]
    if len(empty) == len(at.slots):
        return "warn", "none", {}
    if empty:
        return "warn", "empty", {"slots": empty}
    return "good", "good", {"seats": sum(slot.seats for slot in at.slots), "count": len(at.slots)}


def _reserve(at: Situation) -> Found:
    larger = [slot.slot for slot in at.slots if slot.reserve > slot.seats]
    if larger:
        return "warn", "larger", {"slots": larger}
    return "good", "good", {"seats": sum(slot.reserve for slot in at.slots)}


def _largest_party(at: Situation) -> Found:
    too_small = [slot.slot for slot in at.slots if 0 < slot.seats < at.max_seats]
    if too_small:
        return "warn", "larger-than-slot", {"slots": too_small, "seats": at.max_seats}
    tight = [slot.slot for slot in at.slots if 0 < slot.seats < at.max_seats * TIGHT_SHARE]
    if tight:
        return "warn", "tight", {"slots": tight, "seats": at.max_seats}
    return "good", "good", {"seats": at.max_seats}


def _publication(at: Situation) -> Found:
    if at.publication == "digest":
        return "good", "digest", {}
    # As many parties as could be seated, spread evenly: who would be alone then is alone all the more in truth.
    ways, parties = combinations(len(at.slots), at.max_seats, at.max_wishes), sum(slot.seats for slot in at.slots)
    return ("warn", "rare", {"ways": ways}) if parties < ways * FEW_A_WAY else ("good", "full", {"ways": ways})


# -- before the freeze -----------------------------------------------------------------------------------------------


def _window(at: Situation) -> Found:
    if at.partitions[1] is not None or (at.work is not None and at.work.window == "closed"):
        return "good", "closed", {}
    if at.now < at.closes:
        return "wait", "open", {"until": at.closes}
    if at.work is not None and at.work.window == "closing":
        return "wait", "closing", {}
    return "stop", "to-close", {"since": at.closes}


def _duplicates(at: Situation) -> Found:
    return _of_work(at, lambda work: ("stop", "open", {"count": work.pairs}) if work.pairs else None)


def _postcards(at: Situation) -> Found:
    def left(work: Work) -> Found | None:
        if work.unkeyed:
            return "stop", "unread", {"count": work.unkeyed, "batches": work.batches}
        return ("stop", "unchecked", {"count": work.checks}) if work.checks else None

    return _of_work(at, left)


def _held_postcards(at: Situation) -> Found:
    def held(work: Work) -> Found | None:
        return ("warn", "held", {"count": work.held, "unanswered": work.unanswered}) if work.held else None

    return _of_work(at, held)


def _of_work(at: Situation, left: Callable[[Work], Found | None]) -> Found:
    if at.work is None:
        # Before the window opens intake has nothing to tell; after that its silence is a fault.
        return ("wait", "not-yet", {}) if at.now < at.opens else ("warn", "unknown", {})
    return left(at.work) or ("good", "good", {"at": at.work.as_of})


def _records(at: Situation) -> Found:
    done, expected = at.partitions
    if expected is None:
        return "wait", "not-closed", {}
    return ("good" if done == expected else "wait", "of", {"done": done, "all": expected})


def _freeze_time(at: Situation) -> Found:
    return ("wait", "early", {"at": at.freeze_from}) if at.now < at.freeze_from else ("good", "good", {})


def _notices(at: Situation) -> Found:
    if at.untold:
        return "wait", "untold", {"count": at.untold}
    return "good", "told" if at.second else "first", {}


def _entries(at: Situation) -> Found:
    if at.survey.entries:
        return "good", "good", {
            "count": at.survey.entries, "taken": at.survey.taken, "withdrawn": at.survey.withdrawn}
    return ("stop", "nobody", {}) if at.now >= at.closes else ("wait", "none", {})


def _demand(at: Situation) -> Found:
    if not at.survey.entries:
        return "wait", "none", {}
    over = sum(at.survey.first.get(slot.slot, 0) > slot.seats for slot in at.slots)
    unwished = [slot.slot for slot in at.slots if slot.seats and not at.survey.wished.get(slot.slot)]
    values = {"over": over, "asked": sum(at.survey.first.values()), "seats": sum(slot.seats for slot in at.slots)}
    return ("warn", "unwished", {**values, "slots": unwished}) if unwished else ("good", "good", values)


def _too_large(at: Situation) -> Found:
    widest = max((slot.seats for slot in at.slots), default=0)
    stuck = sum(count for party, count in at.survey.by_party.items() if party > widest)
    return ("warn", "stuck", {"count": stuck, "seats": widest}) if stuck else ("good", "good", {})


def _alone(at: Situation) -> Found:
    values = {"count": at.survey.alone, "all": at.survey.entries}
    if at.publication == "full" and at.survey.alone:
        return "warn", "full", values
    return "good", "digest" if at.survey.alone else "good", values


# -- before the close and the publication ----------------------------------------------------------------------------


def _reveals(at: Situation) -> Found:
    absent = [name for name in at.witnesses if name not in at.revealed]
    values = {"names": absent, "done": len(at.revealed), "all": len(at.witnesses)}
    if not at.revealed:
        return "stop", "none", values
    return ("warn", "missing", values) if absent else ("good", "good", values)


def _close_time(at: Situation) -> Found:
    return ("wait", "early", {"at": at.close_from}) if at.now < at.close_from else ("good", "good", {})


def _signatures(at: Situation) -> Found:
    values = {"done": at.signatures or 0, "needed": at.needed, "all": len(at.witnesses)}
    if at.signatures is None:
        return "wait", "not-proposed", values
    return ("wait", "few", values) if at.signatures < at.needed else ("good", "good", values)


def _beacons(at: Situation) -> Found:
    earliest = max(at.now, at.close_from) + BEFORE_BEACON
    left = [beacon for beacon in at.beacons if beacon >= earliest]
    if not left:
        return "stop", "none", {}
    return ("warn" if len(left) == 1 else "good", "last" if len(left) == 1 else "good",
            {"count": len(left), "at": left[0]})


def _beacon(at: Situation) -> Found:
    if at.closed_at is None:
        return "wait", "not-closed", {}
    if at.beacon_due is None:
        return "stop", "missed", {}
    return ("wait" if at.now < at.beacon_due else "good", "due", {"at": at.beacon_due})


CHECKS: Mapping[Step, Mapping[str, Check]] = {
    "announce": {
        "rules": _rules, "timetable": _timetable, "commitments": _commitments, "witnesses": _number_of_witnesses,
        "beacons": _beacons, "seats": _seats, "reserve": _reserve, "largest": _largest_party,
        "publication": _publication,
    },
    "freeze": {
        "window": _window, "duplicates": _duplicates, "postcards": _postcards, "held": _held_postcards,
        "records": _records, "freeze-time": _freeze_time, "notices": _notices, "entries": _entries, "demand": _demand,
        "too-large": _too_large, "alone": _alone,
    },
    "close": {"reveals": _reveals, "close-time": _close_time, "beacons": _beacons, "signatures": _signatures},
    "publish": {"beacon": _beacon, "alone": _alone},
}
"""By step, each check under the name of its words."""
