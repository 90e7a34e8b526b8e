"""The only place where adapters meet handlers."""

from __future__ import annotations

from services.notifier import api, inbound, store
from services.notifier.handlers import cancelling, deciding, facts, sending
from services.notifier.handlers.calling import Calling
from services.notifier.handlers.cancelling import Cancelling
from services.notifier.handlers.deciding import Deciding
from services.notifier.handlers.erasing import Erased
from services.notifier.handlers.facts import Facts
from services.notifier.handlers.outcomes import Outcomes
from services.notifier.handlers.printing import Printing
from services.notifier.handlers.sending import Sending
from services.notifier.handlers.watching import Watching
from services.notifier.mail import Sender
from services.notifier.pages import calls, routes
from services.notifier.settings import NotifierSettings
from services.notifier.smtp import Outbound
from services.notifier.store import Store
from shared.messaging.due import DueWork
from shared.platform.service import Service


def build(settings: NotifierSettings) -> Service:
    """Notifier, ready to start."""
    service = Service(settings)
    kept, urls, transactions = Store(service.database), settings.public_urls, service.transactions
    programmes, clock = service.programmes, service.clock

    heard = Facts(kept, service.jobs, clock, programmes)
    service.jobs.register(facts.RELEASE, heard.release)
    service.jobs.register(facts.ANNOUNCE, heard.announce)
    cancels = Cancelling(kept, service.jobs)
    service.jobs.register(cancelling.JOB, cancels.step)
    service.hears(*inbound.subscriptions(heard, cancels, service.records))

    outcomes = Outcomes(kept, clock)
    erased = Erased(kept, transactions, outcomes, service.records)
    service.erasing.before(erased.before)
    sends = Sending(
        kept, transactions, programmes, clock, service.door, Outbound(settings.relay()), outcomes, erased,
        Sender(settings.smtp_from), urls, settings.smtp_connections)
    service.does(
        DueWork("decide", store.APPLICATIONS, Deciding(kept, transactions, programmes, clock).decide,
                batch=deciding.BATCH),
        DueWork("send", store.NOTICES, sends.send, batch=sending.BATCH, lease_seconds=sending.LEASE_SECONDS,
                concurrency=2),
        DueWork("watch", store.WATCHES, Watching(kept, transactions, programmes, clock).look),
    )

    printing = Printing(kept, transactions, programmes, clock, service.door, outcomes, erased, urls)
    service.indexes(*store.INDEXES)
    service.begins_at("/desk")
    calling = Calling(kept, transactions, programmes, clock, service.door, outcomes, erased)
    service.serves(api.router(kept, printing, programmes), routes.router(service, kept, printing),
                   calls.router(service, calling))
    return service
