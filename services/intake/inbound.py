"""Topic → handler."""

from __future__ import annotations

from typing import Any

from services.intake.handlers import erasing, hearing
from services.intake.handlers.letters import Letters
from services.intake.store import Store
from shared.contracts.checkin import PassIssued, PassVoided
from shared.contracts.envelope import Envelope
from shared.contracts.erasure import CertificateIssued
from shared.contracts.lottery import ResultChanged, ResultDrawn
from shared.contracts.notifier import (
    NoticeFailed,
    NoticeFellDue,
    NoticePosted,
    NoticePrinted,
    NoticeSent,
    NoticeUnreached,
)
from shared.contracts.privacy import AccessOpened
from shared.messaging.consumer import Subscription
from shared.messaging.transaction import Transaction


def subscriptions(store: Store, letters: Letters) -> tuple[Subscription, ...]:
    """Everything that intake hears."""

    async def access(tx: Transaction, message: Envelope[Any]) -> None:
        await hearing.hear_access(store, tx, message)

    async def certified(tx: Transaction, message: Envelope[Any]) -> None:
        await erasing.certified(store, tx, message)

    async def notice(tx: Transaction, message: Envelope[Any]) -> None:
        await hearing.hear_notice(tx, message)
        await letters.hear(tx, message)

    notices = (NoticeFellDue, NoticeSent, NoticePrinted, NoticePosted, NoticeFailed)
    return (
        Subscription("lottery.results.v1", {
            ResultDrawn: hearing.hear_result, ResultChanged: hearing.hear_change}),
        Subscription("checkin.passes.v1", {PassIssued: hearing.hear_pass, PassVoided: hearing.hear_void}),
        Subscription("notifier.notices.v1", {**dict.fromkeys(notices, notice), NoticeUnreached: letters.hear}),
        Subscription("privacy.access.v1", {AccessOpened: access}),
        Subscription("retention.certificates.v1", {CertificateIssued: certified}),
    )
