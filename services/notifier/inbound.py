"""Topic → handler."""

from __future__ import annotations

from services.notifier.handlers.cancelling import Cancelling
from services.notifier.handlers.facts import Facts
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    DetailsChanged,
    ReceiptRenewed,
)
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn, SlotsCancelled
from shared.messaging.consumer import Subscription
from shared.privacy.records import Records


def subscriptions(facts: Facts, cancelling: Cancelling, records: Records) -> tuple[Subscription, ...]:
    """What notifier hears."""
    return (*fact_subscriptions(facts, cancelling), records.subscription("intake.personal.v1"))


def fact_subscriptions(facts: Facts, cancelling: Cancelling) -> tuple[Subscription, ...]:
    """All of it but the sealed records."""
    return (
        Subscription("intake.applications.v1", {
            ApplicationTaken: facts.taken, ApplicationAmended: facts.amended, ApplicationWithdrawn: facts.withdrawn,
            ApplicationWithdrawnLate: facts.withdrawn, ApplicationDecided: facts.decided,
            DetailsChanged: facts.details, ReceiptRenewed: facts.renewed,
        }),
        Subscription("lottery.draws.v1", {
            DrawStepTaken: facts.draw_step, SlotsCancelled: cancelling.cancelled}),
        Subscription("lottery.results.v1", {ResultDrawn: facts.drawn, ResultChanged: facts.changed}),
        Subscription("checkin.passes.v1", {PassIssued: facts.pass_issued, PassVoided: facts.pass_voided}),
    )
