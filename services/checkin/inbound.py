"""Topic → handler."""

from __future__ import annotations

from services.checkin.handlers.passes import Passes
from shared.contracts.lottery import ResultChanged, ResultDrawn, SlotsCancelled
from shared.messaging.consumer import Subscription
from shared.privacy.records import Records


def subscriptions(passes: Passes, records: Records) -> tuple[Subscription, ...]:
    """What checkin hears."""
    return (
        Subscription("lottery.draws.v1", {SlotsCancelled: passes.on_cancelled}),
        Subscription("lottery.results.v1", {ResultDrawn: passes.on_result, ResultChanged: passes.on_change}),
        records.subscription("intake.personal.v1"),
    )
