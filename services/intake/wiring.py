"""Puts intake together: the only place where adapters meet handlers."""

from __future__ import annotations

from functools import partial

from services.intake import (
    api,
    archive_api,
    archive_store,
    audit_store,
    desk_api,
    duplicates_api,
    enquiry_store,
    import_api,
    mine_api,
    pair_store,
    postcard_store,
)
from services.intake.enquiry_store import EnquiryStore
from services.intake.entrances import entrances
from services.intake.following import Demand, Draws
from services.intake.front import Front
from services.intake.handlers import erasing
from services.intake.handlers.closing import JOB, go_on_closing
from services.intake.handlers.counting import WorkCounting
from services.intake.handlers.enquiring import Desk
from services.intake.handlers.letters import TAKE_OUT, Letters, take_out
from services.intake.handlers.means import Means
from services.intake.handlers.pairing import Finding
from services.intake.handlers.returning import Returning
from services.intake.inbound import subscriptions
from services.intake.limits import Pacing
from services.intake.pages import (
    apply,
    auditing,
    batches,
    checks,
    desk,
    duplicates,
    enquiry,
    held,
    importing,
    mine,
    own,
    postcard,
    window,
)
from services.intake.postcard_store import PostcardStore
from services.intake.problem_kinds import KINDS
from services.intake.settings import IntakeSettings
from services.intake.sheets.reading import Readers
from services.intake.store import INDEXES, Store
from services.intake.upload import MAX_BODY
from shared.platform.failures import FailureLimit
from shared.platform.service import Service


def build(settings: IntakeSettings) -> Service:
    """The service, not yet started."""
    service = Service(settings)
    service.describes(api.ABOUT, api.TAGS, KINDS)
    means = Means(
        clock=service.clock, programmes=service.programmes, transactions=service.transactions,
        sealer=service.sealer, records=service.records, search_keys=service.search_keys, jobs=service.jobs,
        store=Store(service.database), postcards=PostcardStore(service.database), register=service.register,
        draws=Draws(), demand=Demand(),
    )
    service.indexes(
        *INDEXES, *archive_store.INDEXES, *pair_store.INDEXES, *postcard_store.INDEXES, *enquiry_store.INDEXES,
        *audit_store.INDEXES)
    service.follows("lottery.draws.v1", means.draws.apply)
    service.follows("lottery.demand.v1", means.demand.apply)
    service.hears(*subscriptions(means.store, Letters(means.store, service.jobs)))
    finding = Finding(means, service.door)
    finding.register()
    service.jobs.register(JOB, partial(go_on_closing, finding))
    service.jobs.register(TAKE_OUT, partial(take_out, means, service.door))
    service.runs(WorkCounting(means).run)
    returning = Returning(service.database, service.door, service.jobs, service.clock, service.programmes)
    returning.register()
    service.hears(*returning.subscriptions())
    service.erasing.before(partial(erasing.before, means))
    service.erasing.when_attested(partial(erasing.attested, means))
    service.rotating.before_wrapping(partial(erasing.fence, means))
    service.rotating.before_destroying(partial(erasing.renew_search_keys, means, service.door))
    front = Front(
        means, service.pages, FailureLimit(settings.lookup_failures, settings.lookup_pause), service.door,
        Pacing(settings.lookup_floor, settings.lookup_free, settings.lookup_spacing, settings.lookup_longest))
    service.entrances.add(*entrances(settings))
    urls, readers = settings.public_urls, Readers()
    for sheets in ("/api/postcards/import", "/desk/import"):
        service.takes_larger(sheets, MAX_BODY)
    service.begins_at("")
    service.serves(
        api.routes(front, service.lanes), import_api.routes(front, readers), desk_api.routes(front),
        mine_api.routes(front), archive_api.routes(service), desk.routes(front), importing.routes(front, readers),
        batches.routes(front), held.routes(front), checks.routes(front),
        duplicates_api.routes(front, finding), duplicates.routes(front, finding),
        enquiry.routes(front, Desk(means, service.door, EnquiryStore(service.database)), urls.get("intake", "")),
        window.routes(front, urls.get("lottery", "")), auditing.routes(front, urls.get("lottery", "")),
        mine.routes(front, urls.get("lottery", "")), own.routes(front), postcard.routes(front),
        apply.routes(front, urls.get("lottery", ""), urls.get("intake", "")),
    )
    return service
