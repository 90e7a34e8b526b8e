"""What the handlers work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.following import Demand, Draws
from services.intake.postcard_store import PostcardStore
from services.intake.store import Store
from shared.contracts.programme import Programme
from shared.messaging.jobs import Jobs
from shared.messaging.transaction import Transactions
from shared.platform.clock import Clock
from shared.platform.programmes import Programmes
from shared.platform.register import Register
from shared.privacy.records import Records
from shared.privacy.sealing import Sealer
from shared.privacy.searchkeys import SearchKeys


@dataclass(frozen=True)
class Means:
    """Handed to each handler by the wiring."""

    clock: Clock
    programmes: Programmes
    transactions: Transactions
    sealer: Sealer
    records: Records
    search_keys: SearchKeys
    jobs: Jobs
    store: Store
    postcards: PostcardStore
    register: Register
    draws: Draws
    demand: Demand

    def now(self, programme: Programme) -> datetime:
        """The programme's time."""
        return self.clock.now(programme.id)

    def cancelled(self, programme: Programme) -> frozenset[str]:
        """The slots that will not be held, and are wished no more (B17)."""
        return self.draws.standing(programme.id).cancelled
