"""Ticks of simulated time, and what the services say about them."""

from __future__ import annotations

from datetime import datetime

from services.retention import store
from services.retention.domain.ticks import Tick, next_tick
from shared.contracts.envelope import Envelope
from shared.contracts.programme import ClockTicked, Programme, TickDone
from shared.messaging.transaction import Transaction


async def tick(tx: Transaction, programme: Programme, at: datetime) -> Tick:
    """The programme's time is now `at`, to the second. Raises `TickRefused`."""
    at = at.replace(microsecond=0)
    following = next_tick(programme, await store.last_tick(tx.database, programme.id, tx), at)
    await store.put(tx, store.TICKS, programme.id, {"number": following.number, "at": following.at})
    tx.say(ClockTicked(number=following.number, at=following.at), subject=programme.id, programme=programme.id,
           at=following.at)
    return following


async def tick_done(tx: Transaction, message: Envelope[TickDone]) -> None:
    """A part of a service is through with a tick."""
    done = message.data
    await store.put(tx, store.PARTS, f"{message.programme}/{done.part}", {
        "programme": message.programme, "part": done.part, "number": done.number, "activity": done.activity,
    })
