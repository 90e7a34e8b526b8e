"""Two-person verification: another person keys the deciding items in again; two settle what differs (S02, S12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from services.intake.domain.application import Application, declared_items
from services.intake.domain.checking import OPEN_ITEMS, SEALED_ITEMS, Reading, differing
from services.intake.domain.desk import DeskRefused
from services.intake.domain.window import Verdict, WindowRefused, decided_by_desk
from services.intake.handlers.amending import Given, given
from services.intake.handlers.batches import HANDLERS, batch_of
from services.intake.handlers.documents import Card
from services.intake.handlers.means import Means
from services.intake.handlers.overtaken import Overtaken
from services.intake.handlers.searching import keys_to_keep
from services.intake.handlers.taking import check_postcard
from services.intake.numbering import Numbered, WindowShut, say_numbered
from services.intake.postcard_store import AGREED, DIFFERS, DUE, SETTLED
from shared.contracts.intake import ApplicationAmended, ApplicationDecided
from shared.contracts.postcards import CheckedItem, PostcardChecked, PostcardSettled
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme, Purpose
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.privacy.door import Door, RecordMissing

PURPOSE: Purpose = "enquiry"


@dataclass(frozen=True)
class Opened:
    """A card on the checking desk: its row, its application's document, what was read first, opened for a person."""

    row: Document
    document: Document
    first: Reading


@dataclass(frozen=True)
class Change:
    """What two people found: what was given before, how it is right, and which items were keyed in wrongly."""

    before: Given
    application: Application
    verdict: Verdict | None
    corrected: tuple[CheckedItem, ...]


async def next_to_check(means: Means, programme: Programme, person: Person) -> Document | None:
    """The card that `person` may check next: none that they keyed in themselves."""
    for row in await means.postcards.to_check(programme.id):
        if row["check"] == DUE and row["by"] != person.staff:
            return row
    return None


def checked_items(programme: Programme) -> frozenset[str]:
    """The personal items that are keyed in again."""
    return declared_items(programme, "postcard").intersection(SEALED_ITEMS)


async def check(
    means: Means, door: Door, programme: Programme, number: str, second: Reading, person: Person
) -> tuple[Opened, tuple[CheckedItem, ...]]:
    """Compares a second reading with the first and records whether they agree; returns the first, and what differs.

    Opened through the door only when the second reading is here: it is blind. Raises `DeskRefused`.
    """
    row = await to_check(means, programme, number, person)
    opened = await _open(means, door, programme, row, person)
    items = differing(opened.first, second)
    said = PostcardChecked(
        batch=row["batch"], card=number, by=person.staff, at=means.now(programme), application=row["application"],
        differing=items)
    values = {"check": DIFFERS if items else AGREED, "checked_by": person.staff, "checked_at": said.at,
              "differing": list(items)}
    await means.transactions.run(partial(_checked, means, programme, row, values, said))
    return opened, items


async def to_check(means: Means, programme: Programme, number: str, person: Person) -> Document:
    """The row of a card that `person` may check. Raises `DeskRefused`."""
    row = await means.postcards.card(programme.id, number)
    if row is None or row.get("check") != DUE:
        raise DeskRefused("no-check", card=number)
    if row["by"] == person.staff:
        raise DeskRefused("own-card", card=number)
    return row


async def reopen(means: Means, door: Door, programme: Programme, number: str, person: Person) -> Opened:
    """A card whose readings differ, with what was keyed in first. Raises `DeskRefused`."""
    row = await means.postcards.card(programme.id, number)
    if row is None or row.get("check") != DIFFERS:
        raise DeskRefused("not-differing", card=number)
    return await _open(means, door, programme, row, person)


async def settle(
    means: Means, door: Door, programme: Programme, opened: Opened, right: Reading, person: Person, together_with: str
) -> tuple[CheckedItem, ...]:
    """Two people looked at the card together: what was wrong is amended; returns the corrected items.

    Raises `DeskRefused`, `Unfit` where what they read cannot be kept, and `WindowRefused` after the closing.
    """
    if together_with == person.staff:
        raise DeskRefused("same-person")
    if means.register.refusal(together_with, HANDLERS, programme.id, means.now(programme)):
        raise DeskRefused("not-designated", staff=together_with)
    change = await _change(means, door, programme, opened, right)
    said = PostcardSettled(
        batch=opened.row["batch"], card=opened.row["card"], by=person.staff, at=means.now(programme),
        application=opened.document["_id"], together_with=together_with, corrected=change.corrected)
    try:
        await means.transactions.run(partial(_settled, means, programme, opened, change, said))
    except WindowShut:
        raise WindowRefused("closed") from None
    return change.corrected


async def _open(means: Means, door: Door, programme: Programme, row: Document, person: Person) -> Opened:
    document = await means.store.application(row["application"])
    try:
        items = await door.open(person, "desk", programme.id, PURPOSE, row["application"], checked_items(programme))
    except RecordMissing:
        document = None
    if document is None:
        raise DeskRefused("overtaken")
    first = Reading(items.get("name"), items.get("address"), items.get("telephone"), document["seats"],
                    tuple(document["wishes"]))
    return Opened(row, document, first)


async def _change(means: Means, door: Door, programme: Programme, opened: Opened, right: Reading) -> Change:
    try:
        before = await given(door, programme, opened.document)
    except Overtaken:
        raise DeskRefused("overtaken") from None
    party = replace(before.application.party, **{item: getattr(right, item) for item in checked_items(programme)})
    application = replace(before.application, party=party, seats=right.seats, wishes=right.wishes)
    corrected: tuple[CheckedItem, ...] = tuple(
        item for item in (*SEALED_ITEMS, *OPEN_ITEMS)
        if item in (*checked_items(programme), *OPEN_ITEMS) and getattr(opened.first, item) != getattr(right, item))
    verdict = check_postcard(means, programme, application, await _card(means, programme, opened))
    document = opened.document
    same = (document["counted"], document["reason"]) == (verdict.counted, verdict.reason)
    mine = document["counted"] or decided_by_desk(document["reason"])
    return Change(before, application, verdict if mine and not same else None, corrected)


async def _card(means: Means, programme: Programme, opened: Opened) -> Card:
    document, batch = opened.document, await batch_of(means, programme, opened.row["batch"])
    posted = document["postmarked_on"]
    return Card(
        document["card"], date.fromisoformat(posted) if posted else None, date.fromisoformat(document["received_on"]),
        document["entered_by"], batch["batch"], batch["delivery"] == "hand", opened.row["reply_half"])


async def _checked(
    means: Means, programme: Programme, row: Document, values: Document, said: PostcardChecked, tx: Transaction
) -> None:
    if not await means.postcards.change_card(tx, row, values):
        raise DeskRefused("overtaken")
    tx.say(said, subject=said.batch, programme=programme.id, at=said.at)


async def _settled(
    means: Means, programme: Programme, opened: Opened, change: Change, said: PostcardSettled, tx: Transaction
) -> None:
    values = {"check": SETTLED, "settled_by": [said.by, said.together_with], "settled_at": said.at,
              "corrected": list(said.corrected)}
    if not await means.postcards.change_card(tx, opened.row, values):
        raise DeskRefused("overtaken")
    tx.say(said, subject=said.batch, programme=programme.id, at=said.at)
    if change.corrected:
        await _amend(means, programme, opened.document, change, tx)


async def _amend(
    means: Means, programme: Programme, document: Document, change: Change, tx: Transaction
) -> None:
    subject, application, verdict = document["_id"], change.application, change.verdict
    version, now, epochs = document.get("version", 1) + 1, means.now(programme), means.sealer.epochs(programme)
    values = {
        "version": version, "amended_at": now, "seats": application.seats, "wishes": list(application.wishes),
        "keys": keys_to_keep(means, programme, application.party),
    } | ({"counted": verdict.counted, "reason": verdict.reason} if verdict else {})
    if not await means.store.correct(tx, document, values):
        raise DeskRefused("overtaken")
    record = means.sealer.seal(
        ApplicationRecorded, programme, subject, version, application.party.items(), list(change.before.letters))
    await means.records.keep(tx, programme.id, record)
    tx.say(record, subject=subject, programme=programme.id, at=now)
    say_numbered(tx, Numbered(subject, programme.id, now, lambda number: ApplicationAmended(
        application=subject, number=number, contact=application.contact, seats=application.seats,
        wishes=application.wishes), sealed_under=epochs))
    if verdict:
        say_numbered(tx, Numbered(subject, programme.id, now, lambda number: ApplicationDecided(
            application=subject, number=number, counted=verdict.counted, reason=verdict.reason or "counted")))
