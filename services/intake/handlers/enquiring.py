"""The enquiry desk looks for an application by what a caller says, and answers confirmed or not (B19).

Every try is on record, with who asked as a code: a refusal where it fails, an access where it succeeds. Wrong identity,
somebody else's application and none at all take the same answer, after the same least time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.application import Party
from services.intake.domain.enquiry import (
    ABOUT_PERIOD,
    MOST_FAILED_ABOUT,
    MOST_FAILED_BY_STAFF,
    STAFF_PERIOD,
    Asking,
    Said,
    confirmed,
    items_compared,
)
from services.intake.domain.receipt import as_issued
from services.intake.enquiry_store import EnquiryStore, keep_confirmed, keep_failure
from services.intake.handlers.means import Means
from services.intake.handlers.searching import search_keys
from shared.contracts.envelope import Id, new_id
from shared.contracts.intake import AtDesk
from shared.contracts.privacy import AccessRefused
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.privacy.door import Door, RecordMissing, ServiceActor

NOT_CONFIRMED_SECONDS = 0.8
MOST_COMPARED = 20
"""Applications under one name and telephone number; of more, only the receipt number tells which is meant."""
_BY_KEY = ("person", "email", "home")
"""By which kinds of search key a caller is looked for, the first that what they say allows."""


class TooManyTries(Exception):
    """This member of staff, or tries about this person, failed too often: `of` is staff or about, `until` when on the
    real clock it may be tried again.
    """

    def __init__(self, of: str, until: datetime) -> None:
        super().__init__(of)
        self.of, self.until = of, until


@dataclass(frozen=True)
class Desk:
    """What the desk works with."""

    means: Means
    door: Door
    store: EnquiryStore


@dataclass(frozen=True)
class Enquiry:
    """A caller whose identity was confirmed, and the application that they ask about."""

    id: Id
    document: Document
    asking: Asking

    def at_desk(self, person: Person, programme: Programme) -> AtDesk:
        """What is said with each change that is made for the caller."""
        approval = programme.enquiry.proxy_approval if self.asking.caller == "proxy" else None
        return AtDesk(staff=person.staff, caller=self.asking.caller, approval=approval, document=self.asking.document)


def role_of(person: Person) -> str:
    """The role in which somebody works at this desk."""
    return "desk" if "desk" in person.roles else "officer"


async def identify(desk: Desk, programme: Programme, person: Person, asking: Asking, said: Said) -> Enquiry | None:
    """The enquiry of a caller who is whom they say they are; None, for whatever reason, otherwise.

    Raises `TooManyTries` before anything is looked for.
    """
    began, sought = asyncio.get_running_loop().time(), _sought(desk.means, programme, said)
    await _check_limits(desk, programme, person, asking, sought)
    meant, enquiry = await _meant(desk.means, programme, said, sought), new_id()
    document = _only([one for one in meant if await _is_applicant(desk, programme, asking, said, one)])
    if document is None:
        subject = meant[0]["_id"] if len(meant) == 1 else enquiry
        await _refuse(desk, programme, person, asking, subject, "not-confirmed", sought)
        await asyncio.sleep(max(0.0, began + NOT_CONFIRMED_SECONDS - asyncio.get_running_loop().time()))
        return None
    await desk.means.transactions.run(lambda tx: _keep(tx, enquiry, programme, person, asking, document))
    found = Enquiry(enquiry, document, asking)
    await look(desk, programme, person, found)
    return found


async def resume(desk: Desk, programme: Programme, person: Person, enquiry: Id) -> Enquiry | None:
    """An enquiry that was confirmed a little while ago; None when it is over, or its application is erased."""
    row = await desk.store.open(enquiry, person.staff, programme.id)
    document = await desk.means.store.application(row["application"]) if row else None
    if row is None or document is None:
        return None
    return Enquiry(enquiry, document, Asking(row["caller"], row["place"], row["letter_seen"], row["document"]))


async def look(
    desk: Desk, programme: Programme, person: Person, enquiry: Enquiry, items: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Shows the member of staff what they ask for; with no item it is the application's state. An access either way."""
    try:
        return await desk.door.open(person, role_of(person), programme.id, "enquiry", enquiry.document["_id"], items,
                                    enquiry.asking.caller)
    except RecordMissing:
        return {}


def _sought(means: Means, programme: Programme, said: Said) -> str:
    """A keyed hash of whom a caller asks about."""
    if said.receipt:
        return "receipt:" + means.search_keys.of("enquiry", f"{programme.id}\x1f{as_issued(said.receipt)}")
    found = search_keys(means, programme, Party(said.name, said.address, None, said.telephone, said.email))
    by_kind = {key.partition(":")[0]: key for key in found}
    return next((by_kind[kind] for kind in _BY_KEY if kind in by_kind), "nothing")


async def _meant(means: Means, programme: Programme, said: Said, sought: str) -> list[Document]:
    """The applications that may be meant. Whose they are is for what the caller says to tell, one by one: if another's
    were in the way of the caller's own, the answer would tell whether somebody else applied."""
    if said.receipt:
        found = await means.store.by_receipt(programme.id, as_issued(said.receipt) or "none")
        return [found] if found else []
    several = await means.store.with_key(programme.id, sought, MOST_COMPARED + 1)
    return several if len(several) <= MOST_COMPARED else []


def _only(found: list[Document]) -> Document | None:
    """The caller's application: of several the one that was not withdrawn and counts.

    None for none, and where only the receipt number tells them apart.
    """
    found = [document for document in found if document["withdrawn_at"] is None] or found
    found = [document for document in found if document["counted"]] or found
    return found[0] if len(found) == 1 else None


async def _is_applicant(desk: Desk, programme: Programme, asking: Asking, said: Said, document: Document) -> bool:
    try:
        items = await desk.door.open(
            ServiceActor("intake"), "service", programme.id, "enquiry", document["_id"], items_compared(programme),
            asking.caller)
    except RecordMissing:
        return False
    slots = (programme.slot_by_id.get(wish) for wish in document["wishes"])
    return confirmed(said, asking, Party.of(items), [slot.day for slot in slots if slot], programme)


async def _check_limits(desk: Desk, programme: Programme, person: Person, asking: Asking, sought: str) -> None:
    for of, whose, most, period in (
        ("staff", person.staff, MOST_FAILED_BY_STAFF, STAFF_PERIOD), ("about", sought, MOST_FAILED_ABOUT, ABOUT_PERIOD),
    ):
        until = await desk.store.full_until({of: whose}, most, period)
        if until is not None:
            await _refuse(desk, programme, person, asking, new_id(), "too-many-tries", None)
            raise TooManyTries(of, until)


async def _refuse(
    desk: Desk, programme: Programme, person: Person, asking: Asking, subject: Id, reason: str, sought: str | None
) -> None:
    now = desk.means.now(programme)

    async def work(tx: Transaction) -> None:
        if sought is not None:
            keep_failure(tx, person.staff, sought)
        tx.say(AccessRefused(
            actor=person.staff, actor_kind="staff", role=role_of(person), service="intake", purpose="enquiry",
            subject=subject, items=(), at=now, reason=reason, caller=asking.caller,
        ), subject=subject, programme=programme.id, at=now)

    await desk.means.transactions.run(work)


async def _keep(
    tx: Transaction, enquiry: Id, programme: Programme, person: Person, asking: Asking, document: Document
) -> None:
    keep_confirmed(tx, {
        "_id": enquiry, "programme": programme.id, "application": document["_id"], "staff": person.staff,
        "caller": asking.caller, "place": asking.place, "letter_seen": asking.letter_seen,
        "document": asking.document,
    })
