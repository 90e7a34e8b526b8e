"""One line of the custody ledger: kept for the page, said for everybody else (S15)."""

from __future__ import annotations

import time

from services.checkin.store import MOVES
from shared.contracts.checkin import CardMoved
from shared.messaging.transaction import Transaction


def record(tx: Transaction, programme: str, move: CardMoved, recorded_by: str) -> None:
    """Writes `move` into the ledger, with who typed it in."""
    event_id = tx.say(move, subject=move.object, programme=programme, at=move.moved_at)
    row = move.model_dump() | {
        "_id": event_id, "programme": programme, "recorded_by": recorded_by, "order": time.time_ns(),
    }
    tx.insert(MOVES, row)
