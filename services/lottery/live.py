"""The live demand by slot: a Faust view (`python -m services.lottery.live`; `shared.messaging.view_process`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.lottery.demand import DemandCount
from services.lottery.settings import LotterySettings
from shared.contracts.envelope import Envelope
from shared.contracts.intake import ApplicationFact, ApplicationWithdrawnLate
from shared.contracts.lottery import DemandCounted
from shared.messaging.view_process import Now, Statement, ViewProcess, run

PART = "lottery.live"


class LiveDemand:
    """Counts wishes, and says a programme's snapshot when it changed."""

    def __init__(self) -> None:
        self._count = DemandCount()

    def hear(self, message: Envelope[Any]) -> None:
        """One fact of intake; others of its topic don't count."""
        if isinstance(message.data, ApplicationFact | ApplicationWithdrawnLate):
            self._count.hear(message)

    def changes(self, now: Now) -> Iterator[Statement]:
        """The snapshots that differ from what was said last."""
        for programme in sorted(self._count.changed):
            at = now(programme)
            yield Statement(self._count.snapshot(programme, at), programme, programme, at)


def process(settings: LotterySettings) -> ViewProcess:
    """The view, not started."""
    return ViewProcess(settings, PART, ApplicationFact.TOPIC, DemandCounted.TOPIC, LiveDemand())


if __name__ == "__main__":
    run(process(LotterySettings()))
