"""A second draw: append-only, named by what it replaces, over the same applications (B01).

The programme's next version defines it (`[draw.previous]`). Nothing of the first draw changes until it is announced,
with two officers as every announcement; then the first one takes no step any more, and its lines stay public.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime

from services.lottery.domain.beacon import has_fallen
from services.lottery.domain.faults import Refused
from services.lottery.domain.rules import read_rules
from services.lottery.domain.second import beacons_missed, digest_so_far
from services.lottery.domain.witness import signatures_needed
from services.lottery.handlers.changing import settle
from services.lottery.handlers.closing import cut
from services.lottery.handlers.draws import draws_of
from services.lottery.handlers.late import DECISION, REASON, release
from services.lottery.handlers.office import Office, StepRefused, Turn
from services.lottery.handlers.rules import rules_record
from services.lottery.store import WINDOWS, DrawState, Phase, draw_key, lines_of
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.contracts.programme_draw import PreviousDraw
from shared.messaging.due import DUE


def may_be_replaced(programme: Programme, state: DrawState, now: datetime) -> bool:
    """Whether a second draw may follow: this one is drawn, or can never be, as every announced beacon was missed.

    One that was not announced in time can never be drawn either.
    """
    if state.replaced_by is not None or state.stage in ("freezing", "drawing"):
        return False
    if state.stage == "preparing":
        return now >= (programme.draw.timetable.freeze_from if programme.draw.previous else programme.window.opens)
    return state.stage == "drawn" or is_missed(programme, state, now)


def is_missed(programme: Programme, state: DrawState, now: datetime) -> bool:
    """Whether an announced draw can never be drawn, as no beacon can be taken any more."""
    if not state.is_at_least("announced") or state.seed is not None:
        return False
    rules, closed_at, at = read_rules(rules_record(programme, state)), state.closed_at, moment_text(now)
    if closed_at is None and state.closing is not None and state.closing.signatures:
        # A witness signs one closing only. Once its beacon has fallen nobody may close with it either.
        closed_at = state.closing.record["at"]
        if has_fallen(rules.beacons, closed_at, at):
            return True
    seen = state.beacon is not None and len(state.beacon.signatures) >= signatures_needed(len(rules.witnesses))
    return beacons_missed(rules.beacons, closed_at, at, seen=seen)


async def end_replaced(turn: Turn, previous: PreviousDraw) -> str:
    """Ends the draw that this one replaces, its open day of changes settled; the digest by which it is named."""
    async with turn.beside(previous.draw) as before:
        if before.state.replaced_by is not None:
            raise StepRefused("replaced-already", f"{before.state.replaced_by} replaces {previous.draw} already")
        if not may_be_replaced(before.programme, before.state, turn.now):
            raise StepRefused("first-not-over", f"{previous.draw} goes on: a second draw may follow when it is drawn, "
                                                "or when every announced beacon was missed")
        transcript = before.held.transcript if before.held else None
        if transcript is not None and transcript.holdings is not None and transcript.holdings.day_is_open:
            await settle(before)
        before.state.replaced_by = turn.state.draw
        turn.state.cancelled = list(before.state.cancelled)
        return digest_so_far(transcript)


async def freeze_again(turn: Turn) -> None:
    """With the announcement: the same applications are frozen once more when the new `freeze_from` is reached."""
    await turn.tx.database[WINDOWS].update_one(
        {"_id": turn.state.programme, "state": {"$in": [DUE, "frozen", "refused"]}},
        {"$set": {"state": DUE, "due_at": turn.programme.draw.timetable.freeze_from}, "$unset": {"lease_until": ""}},
        session=turn.tx.session)


async def carry_over(turn: Turn, previous: PreviousDraw) -> None:
    """With the freeze: whoever was taken out of the first draw as a whole is struck again, by the same decision.

    Slots that were cancelled stay so (B17): they have no seats in this draw either, by the decision that it rests on.
    Those who withdrew since are struck last, in the same way as in a first draw.
    """
    taken_out = {entry: why async for entry, *why in _taken_out(turn, draw_key(turn.state.programme, previous.draw))}
    for entry, (reason, decision) in sorted(taken_out.items()):
        try:
            record = turn.transcript.strike(entry, reason, decision, turn.at)
        except Refused as error:
            if error.field != "entry":  # else it is not among these entries
                raise
            continue
        turn.spoilt = True
        turn.state.struck += 1
        turn.said("struck", turn.keep(Phase.STRUCK, entry, record), counts={"struck": turn.state.struck},
                  event_id=turn.event_id("struck-again", entry))
    seats = turn.transcript.seats_by_slot()
    await cut(turn, {slot: seats[slot] for slot in turn.state.cancelled if seats[slot]}, previous.reason,
              previous.decision)
    await release(turn.tx, turn.state.programme, again=True)


async def _taken_out(turn: Turn, draw: str) -> AsyncIterator[tuple[str, str, str]]:
    """Entry, reason and decision: strikes, and who was disqualified from all they held or withdrew from all."""
    async for line in lines_of(turn.tx.database, draw, [Phase.STRUCK, Phase.CHANGES], turn.tx.session):
        match json.loads(line):
            case {"type": "struck", "entry": entry, "reason": reason, "decision": decision} | {
                "kind": "disqualified", "slot": None, "entry": entry, "reason": reason, "decision": decision,
            }:
                yield entry, reason, decision
            case {"kind": "withdrawn", "slot": None, "entry": entry}:
                yield entry, REASON, DECISION


async def at_hand(office: Office, programme: str) -> DrawState:
    """The draw that officers work on: the one that stands, or the one defined to replace it, once it may."""
    draws = await draws_of(office.database, office.programmes, programme)
    stands = await office.standing(programme)
    over = may_be_replaced(office.defined(programme, stands.draw), stands, office.clock.now(programme))
    return draws[0] if over else stands
