"""Topic → handler."""

from __future__ import annotations

from services.lottery.handlers.applications import Applications
from services.lottery.handlers.auditing import hear_traced
from shared.contracts import intake
from shared.contracts.notifier import NoticeFellDue
from shared.messaging.consumer import Subscription


def subscriptions(applications: Applications) -> tuple[Subscription, ...]:
    """What lottery hears."""
    return (
        Subscription(intake.ApplicationFact.TOPIC, {
            intake.ApplicationTaken: applications.taken,
            intake.ApplicationAmended: applications.amended,
            intake.ApplicationWithdrawn: applications.withdrawn,
            intake.ApplicationDecided: applications.decided,
            intake.ApplicationWithdrawnLate: applications.withdrawn_late,
            intake.EntryTraced: hear_traced,
        }),
        Subscription(intake.PartitionClosed.TOPIC, {intake.PartitionClosed: applications.closed}),
        Subscription(NoticeFellDue.TOPIC, {NoticeFellDue: applications.told_of}),
    )
