"""After the draw: what is given up or decided, and at the end of its day who loses a seat and who is promoted (B02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.records import read_change
from services.lottery.handlers.office import Office, Turn
from services.lottery.store import CHANGES, RESULTS, DrawState, Phase, open_changes, result_of
from shared.contracts.lottery import ResultChanged
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

_SAID_AS = {"revoked": "revoked", "promotion": "promoted"}


async def give_up(
    turn: Turn, kind: str, entry: str, slot: str | None, *, traceparent: str | None = None
) -> DrawState:
    """An applicant withdraws or declines: of one slot, or (`slot` None) of all that the entry holds or waits for."""
    return await _take(turn, {"kind": kind, "entry": entry, "slot": slot}, traceparent)


async def decide(turn: Turn, change: Mapping[str, Any]) -> DrawState:
    """A decision of the ward: "disqualified", "seats" or "granted", with reason and decision number."""
    if change["kind"] != "disqualified":
        turn.must_be_held(change["slot"])
    return await _take(turn, dict(change), None)


async def cut(turn: Turn, seats: Mapping[str, int], reason: str, decision: str) -> None:
    """Takes all seats away that these slots have, by one decision."""
    for slot, left in seats.items():
        await _take(turn, {"kind": "seats", "slot": slot, "seats": -left, "reason": reason, "decision": decision}, None)


async def _take(turn: Turn, change: dict[str, Any], traceparent: str | None) -> DrawState:
    state = turn.state
    if state.stage != "drawn":
        raise OutOfOrder("step", "changes are taken after the draw only; before the close, strike or adjust",
                         "change-early")
    record = {"type": "change", **change, "at": turn.at}
    read_change(record)
    holdings = turn.transcript.holdings
    if holdings is not None and holdings.starts_new_day(turn.at):
        await settle(turn)
    turn.transcript.change(record)
    turn.spoilt = True
    turn.tx.insert(CHANGES, {
        "_id": f"{state.id}/{state.changes:06}", "draw": state.id, "programme": state.programme, "record": record,
        "state": DUE, "due_at": end_of_day(turn),
    })
    state.changes += 1
    if "entry" in record:
        await _say_changed(turn, record["kind"], record["entry"], record["slot"], traceparent)
    return state


async def settle(turn: Turn) -> None:
    """Ends the open day: its changes become lines of the transcript, with the revocations and promotions they cause."""
    state, database = turn.state, turn.tx.database
    turn.spoilt = True
    changes = await open_changes(database, state.id, turn.tx.session)
    followed = turn.transcript.settle_day()
    records = [change["record"] for change in changes] + followed
    lines = turn.keep(Phase.CHANGES, f"{state.change_lines:06}", *records)
    state.change_lines += 1
    await database[CHANGES].update_many(
        {"_id": {"$in": [change["_id"] for change in changes]}}, {"$set": {"state": "settled"}},
        session=turn.tx.session)
    for record in followed:
        await _say_changed(turn, _SAID_AS[record["type"]], record["entry"], record["slot"], None)
    assert turn.held is not None
    turn.held.settled()
    state.digest = turn.held.end["digest"] if turn.held.end else None
    counts = {kind: sum(record["type"] == kind for record in records) for kind in ("change", "revoked", "promotion")}
    turn.said("changed", lines, digest=state.digest, counts=counts)


class Changing:
    """Settles each day on the first tick after it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def day_is_over(self, change: Document) -> None:
        """A change whose day has ended; the first one of a day settles them all."""
        programme, _, draw = change["draw"].partition("/")

        async def work(tx: Transaction) -> None:
            async with self._office.turn(tx, programme, draw) as turn:
                if await tx.database[CHANGES].find_one({"_id": change["_id"], "state": DUE}, session=tx.session):
                    await settle(turn)

        await self._office.transactions.run(work)


def end_of_day(turn: Turn) -> datetime:
    """The midnight, at the event's offset, that ends the day of this turn."""
    there = turn.programme.local(turn.now)
    return datetime.combine(there.date() + timedelta(days=1), time(), tzinfo=turn.programme.zone)


async def _say_changed(turn: Turn, kind: str, entry: str, slot: str | None, traceparent: str | None) -> None:
    state, transcript = turn.state, turn.transcript
    assert transcript.entries is not None and transcript.holdings is not None
    held = transcript.holdings.holds(transcript.entries.number(entry))
    holds = [transcript.rules.slots[number].slot for number in held]
    result = await result_of(turn.tx.database, state.id, entry, turn.tx.session)
    await turn.tx.database[RESULTS].update_one(
        {"draw": state.id, "entry": entry}, {"$set": {"holds": holds}}, session=turn.tx.session)
    if result is None:
        return
    event = ResultChanged.model_validate({
        "draw": state.draw, "application": result["application"], "entry": entry, "seats": result["seats"],
        "kind": kind, "slot": slot, "holds": holds,
    })
    turn.tx.say(event, subject=result["application"], programme=state.programme, at=turn.now,
                traceparent=traceparent or result.get("traceparent"))

