"""Gathers what preflight looks at: programme, state, entries, intake's open work. It changes nothing (B01)."""

from __future__ import annotations

from datetime import datetime

from services.lottery.domain.faults import Refused
from services.lottery.domain.preflight import Situation, SlotSeats, Step, Work
from services.lottery.domain.rules import read_rules
from services.lottery.domain.witness import signatures_needed
from services.lottery.handlers.applications import is_complete
from services.lottery.handlers.office import Office
from services.lottery.handlers.rules import provisional_rules
from services.lottery.handlers.views import beacon_at, beacon_due
from services.lottery.store import DrawState, Stage, moment_of, partitions_of, untold
from services.lottery.survey_store import survey
from shared.contracts.programme import Programme

NEXT: dict[Stage, Step] = {
    "preparing": "announce", "announced": "freeze", "freezing": "freeze", "frozen": "close", "closing": "close",
    "closed": "publish", "drawing": "publish",
}
"""The step that is next at each stage; after the draw there is none."""


async def situation(
    office: Office, programme: Programme, state: DrawState, now: datetime, work: Work | None
) -> Situation:
    """Everything as it is now."""
    draw, witnesses = programme.draw, [witness.name for witness in programme.draw.witnesses]
    partitions = await partitions_of(office.database, programme.id)
    expected = next((partition["partitions"] for partition in partitions if partition.get("partitions")), None)
    return Situation(
        now=now, step=NEXT.get(state.stage),
        slots=[SlotSeats(slot.id, slot.seats, slot.reserve) for slot in programme.slots],
        max_seats=programme.party.max_seats, max_wishes=draw.max_wishes, publication=draw.publication,
        witnesses=witnesses, committed=sorted(state.witnesses), revealed=state.revealed,
        signatures=len(state.closing.signatures) if state.closing else None,
        needed=signatures_needed(len(witnesses)), opens=programme.window.opens, closes=programme.window.closes,
        commit_until=draw.timetable.commit_until, freeze_from=draw.timetable.freeze_from,
        close_from=draw.timetable.close_from, beacons=[beacon_at(beacon) for beacon in draw.beacons],
        closed_at=moment_of(state.closed_at) if state.closed_at else None,
        beacon_due=beacon_due(programme, state) if state.closed_at else None,
        second=draw.previous is not None,
        untold=await untold(office.database, programme.id, draw.id) if draw.previous and state.root is None else 0,
        fault=None if state.is_at_least("announced") else rules_fault(programme, state),
        survey=await survey(office.database, programme.id), work=work,
        partitions=(sum(is_complete(partition) for partition in partitions), expected))


def rules_fault(programme: Programme, state: DrawState) -> tuple[str, str] | None:
    """Why the announcement would refuse the rules, as code and reason, whoever is still to commit."""
    try:
        read_rules(provisional_rules(programme, state))
    except Refused as error:
        return error.code, f"{error.field}: {error.reason}"
    return None
