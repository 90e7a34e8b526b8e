"""What retention keeps of clusters and of destroyed paper cards: counts, codes, staff ids (S10, S16, S28)."""

from __future__ import annotations

from services.retention import store
from shared.contracts.checkin import (
    CardClosed,
    CardOpened,
    CardsDestroyed,
    CardsReleased,
    IncidentClosed,
    IncidentOpened,
)
from shared.contracts.envelope import Envelope
from shared.messaging.transaction import Transaction


async def incident_opened(tx: Transaction, message: Envelope[IncidentOpened]) -> None:
    """Somebody asked for the cards of a cluster."""
    fact = message.data
    await store.put(tx, store.INCIDENTS, fact.incident, {
        "programme": message.programme, "venue": fact.venue, "day": fact.day.isoformat(), "basis": fact.basis,
        "reference": fact.reference, "cards": len(fact.cards), "openings": 0, "contacted": 0, "left": 0,
        "state": "opened", "opened_by": fact.opened_by, "opened_at": fact.opened_at,
    })


async def cards_released(tx: Transaction, message: Envelope[CardsReleased]) -> None:
    """A second person released them."""
    fact = message.data
    await store.put(tx, store.INCIDENTS, fact.incident, {
        "state": "released", "released_by": fact.released_by, "released_at": fact.released_at})


async def card_opened(tx: Transaction, message: Envelope[CardOpened]) -> None:
    """Two people took a card out of its case."""
    await tx.database[store.INCIDENTS].update_one(
        {"_id": message.data.incident}, {"$inc": {"openings": 1}}, session=tx.session)


async def card_closed(tx: Transaction, message: Envelope[CardClosed]) -> None:
    """A card is under lock again; unless it will be tried again, it is counted."""
    fact = message.data
    if fact.result != "later":
        await tx.database[store.INCIDENTS].update_one(
            {"_id": fact.incident}, {"$inc": {fact.result: 1}}, session=tx.session)


async def incident_closed(tx: Transaction, message: Envelope[IncidentClosed]) -> None:
    """An incident was counted to 100 %."""
    fact = message.data
    await store.put(tx, store.INCIDENTS, fact.incident, {
        "state": "closed", "contacted": fact.contacted, "left": sum(fact.left.values()), "closed_by": fact.closed_by,
        "closed_at": fact.closed_at})


async def cards_destroyed(tx: Transaction, message: Envelope[CardsDestroyed]) -> None:
    """A pile of paper cards was destroyed before a witness of the ward."""
    fact = message.data
    await store.put(tx, store.DESTRUCTIONS, fact.destruction, {
        "programme": message.programme, "count": fact.count, "used": fact.used, "method": fact.method,
        "destroyed_by": list(fact.destroyed_by), "witnessed_by": fact.witnessed_by, "reason": fact.reason,
        "at": fact.at,
    })
