"""What the draw desk shows: what is missing for the next step, what was refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.lottery.domain.witness import signatures_needed
from services.lottery.handlers.applications import is_complete
from services.lottery.handlers.office import Office
from services.lottery.handlers.second import is_missed
from services.lottery.handlers.views import beacon_due, missing_witnesses, timeline, witness_condition
from services.lottery.store import DrawState, open_changes, partitions_of, refusals_of
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import CeremonyBeacon


@dataclass(frozen=True)
class Missing:
    """Something that a step waits for: name of its words, and their values."""

    words: str
    values: dict[str, Any] = field(default_factory=dict)


async def desk_of(office: Office, programme: Programme, state: DrawState, now: datetime) -> dict[str, Any]:
    """The context of `desk.html`."""
    partitions = await partitions_of(office.database, programme.id)
    complete = sum(is_complete(partition) for partition in partitions)
    expected = next((partition["partitions"] for partition in partitions if partition.get("partitions")), None)
    changes = await open_changes(office.database, state.id)
    return {
        "programme": programme, "state": state, "now": now, "points": timeline(programme, state, now),
        "witnesses": [(witness, witness_condition(witness.name, state)) for witness in programme.draw.witnesses],
        "absent": missing_witnesses(state), "needed": signatures_needed(len(programme.draw.witnesses)),
        "missing": missing(programme, state, now, complete, expected, len(changes)),
        "refusals": await refusals_of(office.database, state.id),
        "ceremony": awaits_ceremony(programme, state), "beacon_due": beacon_due(programme, state),
    }


def missing(
    programme: Programme, state: DrawState, now: datetime, complete: int, expected: int | None, changes: int
) -> list[Missing]:
    """What the next step waits for; empty if it can be taken now."""
    if state.stage != "drawn" and state.cancelled and len(state.cancelled) == len(programme.slots):
        return [Missing("event-cancelled")]
    match state.stage:
        case "preparing":
            return _before_announcement(programme, state, now)
        case "announced":
            return _before_freeze(programme, now, complete, expected)
        case "frozen" | "closing":
            return _before_close(programme, state, now)
        case "closed":
            return _before_beacon(programme, state, now)
        case "freezing" | "drawing":
            return [Missing("drawing")]
        case _:
            return [Missing("changes-open", {"count": changes})] if changes else []


def awaits_ceremony(programme: Programme, state: DrawState) -> bool:
    """Whether the beacon that counts is a ceremony."""
    due = beacon_due(programme, state)
    return any(isinstance(beacon, CeremonyBeacon) and beacon.at == due for beacon in programme.draw.beacons)


def _before_announcement(programme: Programme, state: DrawState, now: datetime) -> list[Missing]:
    if programme.draw.previous is None and now >= programme.window.opens:
        return [Missing("announce-late")]
    if programme.draw.previous is not None and now > programme.draw.timetable.freeze_from:
        return [Missing("second-late", {"at": programme.draw.timetable.freeze_from})]
    names = [witness.name for witness in programme.draw.witnesses if witness.name not in state.witnesses]
    return [Missing("witnesses", {"names": "、".join(names)})] if names else []


def _before_freeze(programme: Programme, now: datetime, complete: int, expected: int | None) -> list[Missing]:
    waits = []
    if expected is None:
        waits.append(Missing("window", {"at": programme.window.closes}))
    elif complete < expected:
        waits.append(Missing("partitions", {"done": complete, "all": expected}))
    if now < programme.draw.timetable.freeze_from:
        waits.append(Missing("freeze-from", {"at": programme.draw.timetable.freeze_from}))
    return waits


def _before_close(programme: Programme, state: DrawState, now: datetime) -> list[Missing]:
    if is_missed(programme, state, now):
        return [Missing("beacon-missed")]
    waits = []
    everybody = [witness.name for witness in programme.draw.witnesses]
    absent = [name for name in everybody if name not in state.revealed]
    if absent and state.stage == "frozen":
        waits.append(Missing("reveals", {"names": "、".join(absent)}))
    if now < programme.draw.timetable.close_from:
        waits.append(Missing("close-from", {"at": programme.draw.timetable.close_from}))
    if state.closing is not None:
        waits += _signatures(len(state.closing.signatures), len(everybody))
    return waits


def _before_beacon(programme: Programme, state: DrawState, now: datetime) -> list[Missing]:
    due = beacon_due(programme, state)
    if due is None or is_missed(programme, state, now):
        return [Missing("beacon-missed")]
    if now < due:
        return [Missing("beacon-at", {"at": due})]
    if not awaits_ceremony(programme, state):
        return []
    if state.beacon is None:
        return [Missing("readings", {"done": len(state.readings)})]
    return _signatures(len(state.beacon.signatures), len(programme.draw.witnesses))


def _signatures(done: int, everybody: int) -> list[Missing]:
    needed = signatures_needed(everybody)
    return [Missing("signatures", {"done": done, "needed": needed, "all": everybody})] if done < needed else []
