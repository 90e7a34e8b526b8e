"""Keeping a whole sheet of postcards: all of its cards in one transaction, or none (S02).

A retry finds the cards by their numbers, so the same sheet gets the same answer however often it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from services.intake.domain.desk import DeskRefused
from services.intake.domain.window import WindowRefused
from services.intake.handlers.batches import Arrival, arrive
from services.intake.handlers.cards import day_of
from services.intake.handlers.documents import Card, Draft, content_key, document_of
from services.intake.handlers.means import Means
from services.intake.handlers.taking import KeyUsed, Taken, answer_of, write_card
from services.intake.numbering import WindowShut
from services.intake.postcard_store import KEYED
from shared.contracts.envelope import Id
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, is_duplicate
from shared.platform.mongo import Document

_TRIES = 3
AT_ONCE = 50
"""So many cards are worked on before other requests have their turn."""


@dataclass(frozen=True)
class Known:
    """What is known of a sheet's cards: kept alike already, kept otherwise, erased; by card number."""

    alike: Mapping[str, Taken]
    otherwise: frozenset[str]
    erased: frozenset[str]


@dataclass(frozen=True)
class _Written:
    """A card with all that is written of it; sealed before the transaction begins."""

    draft: Draft
    document: Document
    record: ApplicationRecorded
    epochs: Mapping[str, int]


async def known_cards(means: Means, programme: Programme, drafts: Sequence[Draft]) -> Known:
    """Compares the cards with those that are in. One that was erased stays so, whatever sheet it comes back in."""
    by_number = {card_of_draft(draft).number: draft for draft in drafts}
    rows = await means.postcards.cards(programme.id, list(by_number))
    # Where the row is tied to no application any more, that was erased.
    keyed = {number: row.get("application") or "" for number, row in rows.items() if row["state"] == KEYED}
    documents = await means.store.kept(list(keyed.values()))
    alike, otherwise, erased = dict[str, Taken](), set[str](), set[str]()
    for number, application in keyed.items():
        document = documents.get(application)
        if document is None:
            erased.add(number)
        elif document["body"] == content_key(means, by_number[number]):
            alike[number] = answer_of(document, None)
        else:
            otherwise.add(number)
    return Known(alike, frozenset(otherwise), frozenset(erased))


async def keep_cards(means: Means, programme: Programme, drafts: Sequence[Draft]) -> list[Taken]:
    """Keeps all cards, and answers for each in order. Raises `WindowRefused`, `KeyUsed` and `Busy`: then none is kept.

    `KeyUsed`: meanwhile somebody else had one of them in hand.
    """
    await means.store.prepare_windows(programme.id)
    for _ in range(_TRIES):
        known = await known_cards(means, programme, drafts)
        if known.otherwise or known.erased:
            raise KeyUsed
        fresh = [draft for draft in drafts if card_of_draft(draft).number not in known.alike]
        written = await _written(means, programme, fresh)
        days = await _missing_days(means, programme, fresh)
        try:
            if written:
                await means.transactions.grouped(partial(_write_all, means, programme, written, days))
        except WindowShut:
            raise WindowRefused("closed") from None
        except DeskRefused:
            raise KeyUsed from None
        except Exception as error:
            if not is_duplicate(error):
                raise
            continue
        kept = dict(known.alike) | {one.document["card"]: answer_of(one.document, None) for one in written}
        return [kept[card_of_draft(draft).number] for draft in drafts]
    raise KeyUsed


async def _written(means: Means, programme: Programme, drafts: Sequence[Draft]) -> list[_Written]:
    written = []
    for position, draft in enumerate(drafts):
        if position % AT_ONCE == 0:
            await asyncio.sleep(0)
        items = draft.application.party.items()
        epochs = means.sealer.epochs(programme)
        record = means.sealer.seal(ApplicationRecorded, programme, draft.application_id, 1, items)
        written.append(_Written(draft, document_of(means, draft), record, epochs))
    return written


async def _missing_days(means: Means, programme: Programme, drafts: Sequence[Draft]) -> dict[str, tuple[Arrival, Id]]:
    """The days of single cards of which there was none so far: name → arrival, and by whom it was booked."""
    there = {batch["batch"] for batch in await means.postcards.batches(programme.id)}
    days = {}
    for card in map(card_of_draft, drafts):
        arrival = day_of(programme, card)
        if arrival is not None and card.batch not in there:
            days[card.batch] = (arrival, card.entered_by)
    return days


async def _write_all(
    means: Means, programme: Programme, written: Sequence[_Written], days: Mapping[str, tuple[Arrival, Id]],
    tx: Transaction,
) -> None:
    for name, (arrival, by) in days.items():
        await arrive(means, programme, name, arrival, by, tx)
    seen = await means.postcards.cards(programme.id, [one.document["card"] for one in written], tx)
    for position, one in enumerate(written):
        if position % AT_ONCE == 0:
            await asyncio.sleep(0)
        card = card_of_draft(one.draft)
        await write_card(means, card, programme, one.document, one.record, one.epochs, seen.get(card.number), tx)


def card_of_draft(draft: Draft) -> Card:
    """The postcard of a draft that has one."""
    assert draft.card is not None
    return draft.card


def import_key(means: Means, programme: Programme, digest: str) -> Id:
    """The file as facts name it: a keyed digest, by which nobody can guess what stood in it."""
    return means.search_keys.of("import", f"{programme.id}\x1f{digest}")[:32]


def previewed_key(means: Means, programme: Programme, person: Id, digest: str) -> str:
    """What somebody shows to have looked at this very file: bound to them and to the programme."""
    return means.search_keys.of("previewed", f"{programme.id}\x1f{person}\x1f{digest}")
