"""Says how much work is left before the window may be closed, as counts, for the draw desk's preflight (S02, B03)."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from services.intake import pair_store, window_store
from services.intake.handlers.finishing import unfinished
from services.intake.handlers.means import Means
from shared.contracts.intake import WorkCounted
from shared.contracts.programme import Programme
from shared.messaging.transaction import Busy, Transaction
from shared.platform.mongo import StoreError

EVERY_SECONDS = 2.0

log = logging.getLogger(__name__)


class WorkCounting:
    """Looks every two seconds, and says what changed since it was said last, by whichever replica."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def run(self) -> None:
        """Runs as long as the service does; while the store is away it waits."""
        while True:
            for programme in self._means.programmes.all():
                try:
                    await self._look(programme)
                except (StoreError, Busy) as error:
                    log.warning("counting open work waits: %s", type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def _look(self, programme: Programme) -> None:
        now = self._means.now(programme)
        if not programme.window.opens <= now or programme.local(now).date() > programme.last_day:
            return
        counted = await count(self._means, programme)
        said = await window_store.said_of_work(self._means.store.database, programme.id)
        if said is None or said["counts"] != counts_of(counted):
            await self._means.transactions.run(partial(_say, programme, counted))


async def count(means: Means, programme: Programme) -> WorkCounted:
    """What is left as of now."""
    left = await unfinished(means, programme)
    return WorkCounted.model_validate({
        "as_of": means.now(programme), "window": (await means.store.window(programme.id)).state,
        "pairs": len(await pair_store.undecided(means.store.database, programme.id)),
        "unkeyed": left.unkeyed, "batches": left.batches, "held": left.held, "unanswered": left.unanswered,
        "checks": left.checks,
    })


def counts_of(counted: WorkCounted) -> dict[str, object]:
    """All but the time: what makes it news."""
    return counted.model_dump(exclude={"as_of"})


async def _say(programme: Programme, counted: WorkCounted, tx: Transaction) -> None:
    if await window_store.keep_said_of_work(tx, programme.id, counts_of(counted)):
        tx.say(counted, subject=programme.id, programme=programme.id, at=counted.as_of)
