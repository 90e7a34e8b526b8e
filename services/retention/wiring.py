"""Retention, put together: the only place where adapters meet handlers."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, date, datetime
from functools import partial

from services.retention import (
    access_api,
    access_store,
    accesslog,
    alarm_desk,
    api,
    certificate_api,
    certificate_store,
    erasure_api,
    erasure_store,
    returns_api,
    returns_store,
    seals,
    staff_store,
    store,
)
from services.retention.certificates import Certificates
from services.retention.domain.lockout import AddressLimit
from services.retention.domain.staff import SINCE_EVER, first_officer
from services.retention.erasure_office import ErasureOffice
from services.retention.handlers import staff
from services.retention.handlers.batches import Batches
from services.retention.handlers.returns import Returns
from services.retention.handlers.rotations import Rotations
from services.retention.handlers.scheduling import Scheduling
from services.retention.handlers.signin import SignIns
from services.retention.inbound import SUBSCRIPTIONS
from services.retention.office import Office
from services.retention.pages import certificates as certificates_page
from services.retention.pages import erasure as erasure_page
from services.retention.pages import returns_page, routes
from services.retention.passwords import Passwords
from services.retention.seals import SealKey
from services.retention.settings import RetentionSettings
from services.retention.signing import SigningKey, load_or_make
from services.retention.staff_office import StaffOffice
from shared.contracts.retention import StaffTrained
from shared.messaging.transaction import Transaction
from shared.platform.mongo import StoreError
from shared.platform.service import Service

HEARTBEAT_SECONDS = 10

log = logging.getLogger(__name__)


def build(settings: RetentionSettings) -> Service:
    """The service, not started."""
    service = Service(settings)
    key, passwords = load_or_make(settings.keys_dir), Passwords()
    seal = seals.load_or_make(settings.keys_dir)
    register = staff.Register(service.sealer, service.records, settings.courses)
    sign_ins = SignIns(service.database, service.transactions, passwords, key, AddressLimit())
    office = Office(service, settings, sign_ins, StaffOffice(service, settings, register, passwords))
    rotations, batches = Rotations(service.clock), Batches(service.transactions, service.clock)
    scheduling = Scheduling(service, batches, rotations)
    erasing = ErasureOffice(office, rotations)
    service.serves(erasure_api.router(erasing), erasure_page.router(erasing))
    returns = Returns(service.database, service.transactions, service.clock)
    service.does(scheduling.work, batches.work, returns.work)
    service.at_start(scheduling.replan)
    service.indexes(*staff_store.INDEXES, *store.INDEXES, *access_store.INDEXES, *erasure_store.INDEXES,
                    *returns_store.INDEXES, *certificate_store.INDEXES)
    service.hears(*SUBSCRIPTIONS)
    service.serves(api.router(office), access_api.router(service.database), alarm_desk.router(service),
                   routes.router(office))
    service.serves(returns_api.router(service, returns), returns_page.router(office, returns))
    certificates = Certificates(service, seal)
    service.serves(certificate_api.router(certificates), certificates_page.router(office, certificates))
    service.at_start(lambda: _open_register(service, settings, register, passwords, (key, seal)))
    service.runs(lambda: _heartbeat(service))
    service.runs(accesslog.keeper(service, settings, seal).run)
    return service


async def _open_register(
    service: Service, settings: RetentionSettings, register: staff.Register, passwords: Passwords,
    keys: tuple[SigningKey | SealKey, ...],
) -> None:
    """Publishes the signing keys, brings in the first officer where nobody is on the register, affirms it."""
    now = datetime.now(UTC).replace(microsecond=0)
    for key in keys:
        await service.transactions.run(partial(staff.publish_key, key=key, now=now))
    if not await store.register(service.database):
        await _first_officer(service, settings, register, passwords, now)
    await service.transactions.run(lambda tx: staff.affirm(tx, datetime.now(UTC)))


async def _first_officer(
    service: Service, settings: RetentionSettings, register: staff.Register, passwords: Passwords, now: datetime,
) -> None:
    path = settings.first_officer_file
    if path is None or not path.is_file():
        log.warning("nobody is on the staff register: name the first officer by KUJIBIKI_FIRST_OFFICER_FILE")
        return
    told = json.loads(path.read_text())
    trained_on = date.fromisoformat(told["trained_on"]) if told.get("trained_on") else None
    designation = first_officer(told["staff_id"], trained_on, SINCE_EVER if settings.allow_ticks else now)
    hashed = await passwords.hash(told["password"])

    trained = tuple(
        StaffTrained(staff=designation.staff, course=course, day=trained_on, recorded_by="deployment")
        for course in settings.courses) if trained_on else ()

    async def work(tx: Transaction) -> None:
        await register.designate(tx, designation, None, hashed, now, trained)

    await service.transactions.run(work)
    log.info("first officer designated: %s", designation.staff)


async def _heartbeat(service: Service) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await service.transactions.run(lambda tx: staff.affirm(tx, datetime.now(UTC)))
        except StoreError as error:
            # The services notice by themselves: without a recent word they keep the door shut.
            log.warning("the register could not be affirmed: %s", type(error).__name__)
