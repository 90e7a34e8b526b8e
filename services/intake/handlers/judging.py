"""A person judges pairs: the same, different, to be asked first; and takes it back (B03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.intake import pair_store
from services.intake.domain.application import Party
from services.intake.domain.duplicates import in_order
from services.intake.handlers.closing import candidate, go_on_if_closing
from services.intake.handlers.means import Means
from services.intake.handlers.pairing import contradiction
from services.intake.handlers.searching import searched_items
from services.intake.pair_store import ASK, DIFFERENT, OPEN, SAME
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.privacy.door import Door

Judgement = Literal["same", "different", "ask", "undo"]
Question = Literal["who", "address", "telephone", "reading", "family"]
"""What a call is to find out: whether it is one person; where they live; a number; what a card says; who belongs."""

_STATES: Mapping[Judgement, str] = {"same": SAME, "different": DIFFERENT, "ask": ASK, "undo": OPEN}


class NoPair(Exception):
    """There is no such pair (any more)."""


class Decided(Exception):
    """The window is closed, or being closed: nothing is judged any more."""


class Contradiction(Exception):
    """By other judgements the two are the same and different at once; nothing was changed."""


@dataclass(frozen=True)
class Side:
    """One application of a pair as the desk sees it. `counts`: it is the one that counts if the two are the same."""

    application: Document
    party: Party
    counts: bool


@dataclass(frozen=True)
class Pair:
    """A pair, opened."""

    pair: Document
    sides: tuple[Side, ...]


async def look(means: Means, door: Door, programme: Programme, pair: str, person: Person) -> Pair:
    """Opens both applications for a member of staff; on record, and shown to both applicants. Raises `NoPair`."""
    known = await pair_store.pair(means.store.database, programme.id, pair)
    if known is None:
        raise NoPair
    ids = known["applications"]
    opened = await door.open_many(person, "desk", programme.id, "duplicates", ids, searched_items(programme))
    rows = {one: await means.store.application(one) for one in ids}
    if set(opened) != set(ids) or None in rows.values():
        raise NoPair
    first, *_ = in_order((candidate(programme, row) for row in rows.values() if row), programme.duplicates.counts)
    sides = (Side(row, Party.of(opened[one]), one == first.application) for one, row in rows.items() if row)
    return Pair(known, tuple(sorted(sides, key=lambda side: not side.counts)))


async def judge(
    means: Means, programme: Programme, pair: str, judgement: Judgement, person: Person,
    question: Question | None = None,
) -> None:
    """Judges a pair, or takes a judgement back. Raises `NoPair`, `Decided`, `Contradiction`."""
    await means.transactions.run(lambda tx: _judge(means, tx, programme, pair, {
        "state": _STATES[judgement], "by": person.staff, "at": means.now(programme),
        "question": question if judgement == "ask" else None}))


async def _judge(means: Means, tx: Transaction, programme: Programme, id: str, values: dict[str, Any]) -> None:
    if not await means.store.may_judge(tx, programme.id):
        raise Decided
    pair = await pair_store.pair(tx, programme.id, id)
    if pair is None:
        raise NoPair
    await pair_store.judge(tx, id, values)
    if contradiction(await pair_store.judged_with(tx, pair["applications"])):
        raise Contradiction
    await go_on_if_closing(means, tx, programme)
