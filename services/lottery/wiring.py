"""Lottery put together: the only place where its handlers meet topics, deadlines and routes."""

from __future__ import annotations

from services.lottery import audit_store, inbound, store
from services.lottery.api import downloads, draws
from services.lottery.api import rehearsals as rehearsals_api
from services.lottery.following import OpenWork, Rehearsals
from services.lottery.handlers.applications import Applications
from services.lottery.handlers.approving import let_fall
from services.lottery.handlers.changing import Changing
from services.lottery.handlers.drawing import Drawing
from services.lottery.handlers.fairness import Simulating
from services.lottery.handlers.freezing import Freezing
from services.lottery.handlers.late import LateWithdrawals
from services.lottery.handlers.office import Office
from services.lottery.handlers.rehearsing import Rehearsing
from services.lottery.pages import (
    audit_routes,
    cancellation,
    guide,
    preflight_routes,
    public_routes,
    rehearsal_routes,
)
from services.lottery.pages import routes as desk
from services.lottery.pages.public_view import Demand
from services.lottery.settings import LotterySettings
from services.lottery.transcripts import Transcripts
from shared.contracts.intake import WorkCounted
from shared.contracts.lottery import DemandCounted, DrawRehearsed
from shared.messaging.due import DueWork
from shared.platform.service import Service


def build(settings: LotterySettings) -> Service:
    """The service, ready to start."""
    service = Service(settings)
    office = Office(
        transactions=service.transactions, database=service.database, clock=service.clock,
        programmes=service.programmes, jobs=service.jobs, settings=settings,
        transcripts=Transcripts(service.database),
    )
    office.ends_turn = let_fall
    freezing, demand, work = Freezing(office), Demand(), OpenWork()
    rehearsing, rehearsals = Rehearsing(office), Rehearsals()
    Drawing(office)
    service.indexes(*store.INDEXES, *audit_store.INDEXES)
    service.hears(*inbound.subscriptions(Applications(service.programmes, office)))
    service.does(
        DueWork("freeze", store.WINDOWS, freezing.begin),
        DueWork("late withdrawals", store.LATE, LateWithdrawals(office).take),
        DueWork("end of a day of changes", store.CHANGES, Changing(office).day_is_over),
    )
    service.runs(Simulating(office).run)
    service.follows(DemandCounted.TOPIC, demand.apply)
    service.follows(WorkCounted.TOPIC, work.apply)
    service.follows(DrawRehearsed.TOPIC, rehearsals.apply)
    service.begins_at("")
    service.serves(
        downloads.routes(office), draws.routes(office), rehearsals_api.routes(office, rehearsing, rehearsals),
        preflight_routes.routes(office, service.pages, work),
        rehearsal_routes.routes(office, service.pages, rehearsing, rehearsals),
        audit_routes.routes(office, service.pages), guide.routes(office, service.pages),
        cancellation.routes(office, service.pages), desk.routes(office, service.pages, work),
        public_routes.routes(office, service.pages, demand, service.sign_in))
    return service
