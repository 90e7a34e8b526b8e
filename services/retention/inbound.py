"""Which topic's events go to which handler."""

from __future__ import annotations

from services.retention.handlers import (
    alarms,
    batches,
    clock,
    clusters,
    facts,
    requests,
    returns,
    rotations,
    scheduling,
)
from shared.contracts.checkin import (
    AdmissionRefused,
    CardClosed,
    CardMoved,
    CardOpened,
    CardsDestroyed,
    CardsReleased,
    GroupSeated,
    IncidentClosed,
    IncidentOpened,
    PartyAdmitted,
    PassIssued,
    PassVoided,
)
from shared.contracts.erasure import (
    AccessLogAltered,
    AccessUnusual,
    AlarmDecided,
    ArchiveMade,
    DutyNear,
    EpochDestroyed,
    ErasureOverdue,
    RecordsRewrapped,
    ReturnWaits,
    SubjectsErased,
)
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
    ErasureAsked,
)
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn, SlotsCancelled
from shared.contracts.messaging import MessageDismissed, MessageReplayed, MessageSetAside
from shared.contracts.notifier import (
    NoticeCalled,
    NoticeFailed,
    NoticeFellDue,
    NoticePosted,
    NoticePrinted,
    NoticeSent,
    NoticesLate,
    NoticeUnreached,
)
from shared.contracts.postcards import PostcardGivenUp, PostcardHeld, PostcardKeyedIn
from shared.contracts.privacy import AccessExported, AccessOpened, AccessRefused
from shared.contracts.programme import TickDone
from shared.contracts.retention import SignInLocked
from shared.contracts.topics import SERVICES
from shared.messaging.consumer import Subscription

SUBSCRIPTIONS: tuple[Subscription, ...] = (
    Subscription("programme.progress.v1", {TickDone: clock.tick_done}),
    Subscription("intake.applications.v1", {
        ApplicationTaken: facts.application_taken,
        ApplicationAmended: facts.application_amended,
        ApplicationWithdrawn: facts.application_withdrawn,
        ApplicationWithdrawnLate: facts.application_withdrawn,
        ApplicationDecided: facts.application_decided, ErasureAsked: requests.erasure_asked,
    }),
    Subscription("lottery.results.v1", {
        ResultDrawn: facts.result_drawn, ResultChanged: facts.result_changed,
    }),
    Subscription("privacy.receipts.v1", {
        SubjectsErased: batches.subjects_erased, RecordsRewrapped: rotations.records_rewrapped,
        ArchiveMade: returns.archive_made,
    }),
    Subscription("privacy.recipients.v1", {EpochDestroyed: rotations.epoch_destroyed}),
    Subscription("lottery.draws.v1", {
        DrawStepTaken: facts.draw_stepped, SlotsCancelled: facts.slots_cancelled}),
    Subscription("notifier.notices.v1", {
        NoticeFellDue: facts.notice_moved, NoticeSent: facts.notice_moved, NoticePrinted: facts.notice_moved,
        NoticePosted: facts.notice_moved, NoticeCalled: facts.notice_moved, NoticeFailed: facts.notice_moved,
        NoticeUnreached: facts.notice_moved,
    }),
    Subscription("notifier.alarms.v1", {NoticesLate: facts.notices_late}),
    Subscription("checkin.passes.v1", {PassIssued: facts.pass_moved, PassVoided: facts.pass_moved}),
    Subscription("checkin.admissions.v1", {
        PartyAdmitted: facts.received, AdmissionRefused: facts.received, GroupSeated: facts.received,
    }),
    Subscription("intake.postcards.v1", {
        PostcardKeyedIn: facts.postcard_moved, PostcardHeld: facts.postcard_moved,
        PostcardGivenUp: facts.postcard_moved,
    }),
    Subscription("checkin.custody.v1", {
        CardMoved: facts.card_moved, CardsDestroyed: clusters.cards_destroyed,
    }),
    Subscription("checkin.contacts.v1", {
        IncidentOpened: clusters.incident_opened, CardsReleased: clusters.cards_released,
        CardOpened: clusters.card_opened, CardClosed: clusters.card_closed, IncidentClosed: clusters.incident_closed,
    }),
    Subscription("privacy.access.v1", {
        AccessOpened: facts.accessed, AccessExported: facts.accessed, AccessRefused: facts.accessed,
    }),
    Subscription("retention.alarms.v1", {
        SignInLocked: facts.sign_in_locked, ErasureOverdue: scheduling.erasure_overdue, DutyNear: scheduling.duty_near,
        AccessUnusual: alarms.access_unusual, AccessLogAltered: alarms.log_altered, AlarmDecided: alarms.decided,
        ReturnWaits: returns.return_waits,
    }),
    *(
        Subscription(f"{service}.dead-letters.v1", {
            MessageSetAside: facts.message_set_aside, MessageReplayed: facts.message_settled,
            MessageDismissed: facts.message_settled,
        })
        for service in SERVICES
    ),
)
