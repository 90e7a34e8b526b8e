"""checkin, put together: the only place where adapters meet handlers."""

from __future__ import annotations

from services.checkin import api, desk_api, incident_store, store
from services.checkin.desk import Desk
from services.checkin.door import Door
from services.checkin.handlers.admissions import Admissions
from services.checkin.handlers.custody import Custody
from services.checkin.handlers.destructions import Destructions
from services.checkin.handlers.groups import Groups
from services.checkin.handlers.incidents import Incidents
from services.checkin.handlers.passes import VOID_CANCELLED, Passes
from services.checkin.inbound import subscriptions
from services.checkin.limits import FailureLimit, Notable
from services.checkin.pages import routes
from services.checkin.settings import CheckinSettings
from services.checkin.signing import load_or_make
from shared.platform.service import Service


def build(settings: CheckinSettings) -> Service:
    """The service, not started."""
    service = Service(settings)
    key, kept = load_or_make(settings.keys_dir), store.Store(service.database)
    book = incident_store.IncidentStore(service.database)
    custody = Custody(kept, service.transactions, service.clock, service.register)
    door = Door(
        programmes=service.programmes, clock=service.clock, store=kept, key=key, pages=service.pages,
        admissions=Admissions(kept, service.transactions, service.clock, key, FailureLimit(), Notable()),
        groups=Groups(kept, service.transactions, service.clock),
        custody=custody,
    )
    desk = Desk(
        door, Incidents(book, custody, service.transactions, service.clock, service.register),
        Destructions(book, service.transactions, service.clock, service.register), book)
    service.indexes(*store.INDEXES, *incident_store.INDEXES)
    passes = Passes(kept, key, service.jobs)
    service.jobs.register(VOID_CANCELLED, passes.void_cancelled)
    service.hears(*subscriptions(passes, service.records))
    service.begins_at("/terminal")
    service.serves(api.routes(door), desk_api.routes(desk), routes.router(desk, service))
    return service
