"""Withdrawals after the window was closed: a strike before the closing, a change after the draw (S06, B04)."""

from __future__ import annotations

from services.lottery.domain.faults import Refused
from services.lottery.handlers.changing import give_up
from services.lottery.handlers.draws import check_not_replaced
from services.lottery.handlers.office import Office, Turn
from services.lottery.store import LATE, Phase
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document

REASON, DECISION = "withdrawn", "applicant"
"""How a withdrawal stands in a `struck` record: no decision of the ward is behind it, but the applicant's own."""


class LateWithdrawals:
    """Takes each when the draw can take it. In between (freezing, closing, drawing) it is held, and released after."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def take(self, late: Document) -> None:
        """One withdrawal whose time has come. The turn writes the draw's state, so no change of stage is missed."""
        state = await self._office.standing(late["programme"])

        async def work(tx: Transaction) -> None:
            async with self._office.turn(tx, state.programme, state.draw) as turn:
                check_not_replaced(turn.state)  # a moment ago: the next look finds the draw that stands
                await self._decide(turn, late)

        await self._office.transactions.run(work)

    async def _decide(self, turn: Turn, late: Document) -> None:
        if turn.state.stage == "frozen":
            await _mark(turn, late, "struck" if strike_withdrawn(turn, late["entry"]) else "moot")
        elif turn.state.stage == "drawn":
            await _mark(turn, late, "changed" if await _change(turn, late) else "moot")
        else:
            await _mark(turn, late, "held")


async def strike_held(turn: Turn) -> None:
    """Strikes all that wait: before a closing is proposed, so that nobody who withdrew is drawn."""
    waiting = turn.tx.database[LATE].find(
        {"programme": turn.state.programme, "state": {"$in": ["held", DUE]}}, session=turn.tx.session)
    for late in await waiting.sort("_id", 1).to_list(None):
        await _mark(turn, late, "struck" if strike_withdrawn(turn, late["entry"]) else "moot")


def strike_withdrawn(turn: Turn, entry: str) -> bool:
    """Strikes an entry that its applicant withdrew; False if it is not in the draw, or struck already."""
    try:
        record = turn.transcript.strike(entry, REASON, DECISION, turn.at)
    except Refused as error:
        if error.field == "entry":
            return False
        raise
    turn.spoilt = True
    turn.state.struck += 1
    turn.said("struck", turn.keep(Phase.STRUCK, entry, record), counts={"struck": turn.state.struck})
    return True


async def release(tx: Transaction, programme: str, *, again: bool = False) -> None:
    """What was held may be taken now; `again`: all that ever came, in a draw that begins anew."""
    of_state = {} if again else {"state": "held"}
    await tx.database[LATE].update_many(
        {"programme": programme, **of_state}, {"$set": {"state": DUE}, "$unset": {"lease_until": ""}},
        session=tx.session)


async def _change(turn: Turn, late: Document) -> bool:
    try:
        await give_up(turn, "withdrawn", late["entry"], None, traceparent=late.get("traceparent"))
    except Refused as error:
        if error.field == "entry":
            return False
        raise
    return True


async def _mark(turn: Turn, late: Document, state: str) -> None:
    await turn.tx.database[LATE].update_one(
        {"_id": late["_id"]}, {"$set": {"state": state, "taken_at": turn.now}}, session=turn.tx.session)
