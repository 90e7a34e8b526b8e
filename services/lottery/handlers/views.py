"""Where a draw is, for pages and programs: computed from its state, the programme and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.lottery.domain.beacon import beacon_that_counts, drand_time
from services.lottery.domain.faults import Refused
from services.lottery.domain.rules import read_rules
from services.lottery.domain.witness import signatures_needed
from services.lottery.handlers.rules import rules_record
from services.lottery.handlers.second import is_missed
from services.lottery.store import DrawState, moment_of
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import Beacon, DrandBeacon

Condition = Literal["done", "now", "next", "failed"]


@dataclass(frozen=True)
class Point:
    """A step on the timeline; `at` is when it was done, else when it is due."""

    step: str
    condition: Condition
    at: datetime | None

    def plain(self) -> dict[str, Any]:
        """For the API."""
        return {"step": self.step, "condition": self.condition, "at": moment_text(self.at) if self.at else None}


def timeline(programme: Programme, state: DrawState, now: datetime) -> list[Point]:
    """The public steps in their order: what is done, what is now, what comes next and when."""
    times, window = programme.draw.timetable, programme.window
    committed = [moment_of(witness.at) for witness in state.witnesses.values()]
    announced = state.is_at_least("announced")
    due = beacon_due(programme, state)
    plan: list[tuple[str, bool, datetime | None]] = [
        ("announce", announced, max(committed) if announced else times.commit_until),
        ("apply", now >= window.closes, window.closes if now >= window.opens else window.opens),
        ("freeze", state.root is not None, _or(state.frozen_at if state.root else None, times.freeze_from)),
        ("close", state.closing_digest is not None, _or(state.closed_at, times.close_from)),
        ("beacon", state.seed is not None, _or(state.beacon_at, due)),
        ("draw", state.stage == "drawn", _or(state.drawn_at, due)),
        ("changes", now > times.promote_until, times.promote_until),
    ]
    points: list[Point] = []
    never = is_missed(programme, state, now)
    current = next((step for step, done, _ in plan if not done), None)
    for step, done, at in plan:
        late = now >= window.opens and programme.draw.previous is None if step == "announce" else never
        missed = step == current and late
        condition: Condition = "failed" if missed else "done" if done else "now" if step == current else "next"
        points.append(Point(step, condition, at))
    return points


def beacon_due(programme: Programme, state: DrawState) -> datetime | None:
    """When the beacon that counts falls: the first announced one, or after the close the one that it leads to."""
    if state.closed_at is None:
        return beacon_at(programme.draw.beacons[0])
    try:
        rules = read_rules(rules_record(programme, state))
        return moment_of(beacon_that_counts(rules.beacons, state.closed_at).at)
    except Refused:
        return None


def beacon_at(beacon: Beacon) -> datetime:
    """When an announced beacon is due."""
    return moment_of(drand_time(beacon.round)) if isinstance(beacon, DrandBeacon) else beacon.at


def summary(programme: Programme, state: DrawState, now: datetime) -> dict[str, Any]:
    """What `GET …/draws/{draw}` answers: public, and nothing about anybody."""
    return {
        "programme": programme.id, "draw": state.draw, "state": state.stage,
        "previous": programme.draw.previous and {**programme.draw.previous.model_dump(), "digest": state.previous},
        "replaced_by": state.replaced_by,
        "timeline": [point.plain() for point in timeline(programme, state, now)],
        "announcement": state.announcement, "root": state.root, "closing_digest": state.closing_digest,
        "seed": state.seed, "result_digest": state.result_digest, "digest": state.digest,
        "counts": {"entries": state.count, **state.counts},
        "witnesses": [witness_condition(name.name, state) for name in programme.draw.witnesses],
        "missing": missing_witnesses(state), "cancelled": state.cancelled,
        "signatures_needed": signatures_needed(len(programme.draw.witnesses)),
    }


def witness_condition(name: str, state: DrawState) -> dict[str, Any]:
    """What a witness has done so far."""
    return {
        "name": name, "committed": name in state.witnesses, "revealed": name in state.revealed,
        "signed_closing": state.closing is not None and name in state.closing.signatures,
        "signed_beacon": state.beacon is not None and name in state.beacon.signatures,
    }


def missing_witnesses(state: DrawState) -> list[str]:
    """Who stayed away, or whose secret did not open the commitment: fixed by the closing, by name."""
    names: list[str] = state.closing.record["missing"] if state.closing and state.closing_digest else []
    return names


def _or(done: str | None, due: datetime | None) -> datetime | None:
    return moment_of(done) if done else due
