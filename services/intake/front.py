"""What API and pages do alike with a request: take, look up under the limit, withdraw, say why not."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from services.intake.domain.application import Application
from services.intake.domain.desk import DeskRefused
from services.intake.domain.receipt import as_issued
from services.intake.domain.window import WindowRefused
from services.intake.following import Demanded
from services.intake.handlers import amending, erasing, looking
from services.intake.handlers.batches import Arrival, arrival_faults, open_batch
from services.intake.handlers.cards import Told, card_of
from services.intake.handlers.documents import Card
from services.intake.handlers.means import Means
from services.intake.handlers.overtaken import Overtaken
from services.intake.handlers.renewing import How, renew
from services.intake.handlers.taking import KeyUsed, SecretRenewed, Taken, Unfit, take_postcard, take_web
from services.intake.handlers.withdrawing import withdraw
from services.intake.limits import Pacing
from services.intake.refusals import (
    Erased,
    Say,
    busy,
    desk_refused,
    key_used,
    not_found,
    out_of_window,
    overtaken,
    secret_renewed,
    slow_down,
    unfit,
)
from shared.contracts.envelope import Id
from shared.contracts.intake import AtDesk
from shared.contracts.programme import Programme
from shared.messaging.transaction import Busy
from shared.platform.failures import FailureLimit
from shared.platform.mongo import Document
from shared.privacy.door import Door
from shared.ui.rendering import Pages

T = TypeVar("T")


@dataclass(frozen=True)
class Front:
    """Turns what handlers refuse into answers."""

    means: Means
    pages: Pages
    limit: FailureLimit
    door: Door
    pacing: Pacing

    def say(self, request: Request) -> Say:
        """Words in the request's language."""
        return self.pages.words_for(request)

    def programme(self, name: str) -> Programme:
        """The programme of the path; raises problem 404."""
        return self.means.programmes.get(name)

    async def demand(self, programme: Programme) -> Demanded:
        """How much each slot is wished, and whether the figures stopped coming."""
        demand = self.means.demand
        taken = (await self.means.store.window(programme.id)).applications
        return Demanded(demand.of(programme.id), demand.lags(programme.id, taken, time.monotonic()))

    async def take(self, say: Say, programme: Programme, application: Application, key: str | None) -> Taken:
        """Takes an application by web."""
        self.check_ready(say, programme)
        return await _answered(say, programme, take_web(self.means, programme, application, key))

    async def keep_card(
        self, say: Say, programme: Programme, application: Application, told: Told, by: str
    ) -> tuple[Card, Taken]:
        """Keeps a postcard that `by` keyed in."""
        self.check_ready(say, programme)
        card = await self.desk(say, programme, card_of(self.means, programme, told, by))
        return card, await self.desk(say, programme, take_postcard(self.means, programme, application, card))

    async def open_batch(self, say: Say, programme: Programme, arrival: Arrival, by: str) -> Document:
        """Opens a batch that `by` counted."""
        faults = arrival_faults(self.means, programme, arrival)
        if faults:
            raise unfit(say, faults)
        return await self.desk(say, programme, open_batch(self.means, programme, arrival, by))

    async def desk(self, say: Say, programme: Programme, doing: Awaitable[T]) -> T:
        """Something at the postcard desk."""
        return await _answered(say, programme, doing)

    async def find(self, request: Request, programme: Programme, receipt: str, secret: str) -> Document:
        """The application that number and secret open; wrong ones count against the client's address and the number.

        Raises problem 410 where it was erased, 404 for whatever is wrong, 429 after too many of them.
        """
        began, say, address = self.pacing.began(), self.say(request), request.client.host if request.client else ""
        document = await looking.find(self.means, programme, receipt, secret)
        if document is None:
            erased = await looking.find_erased(self.means, programme, receipt, secret)
            if erased is not None:
                raise Erased(say, erased)
            # Only wrong ones: many share an address, and nobody is to lock the others out.
            if wait := self.limit.wait(address):
                raise slow_down(say, wait)
            self.limit.failed(address)
            await self._pace(say, began, receipt)
            raise not_found(say)
        return document

    async def _pace(self, say: Say, began: float, receipt: str) -> None:
        seconds = self.pacing.answer_in(began, as_issued(receipt))
        if seconds is None:
            raise slow_down(say, math.ceil(self.pacing.longest))
        await asyncio.sleep(seconds)

    async def view(self, programme: Programme, document: Document) -> looking.View:
        """What the applicant sees."""
        return await looking.view(self.means, programme, document)

    async def withdraw(
        self, say: Say, programme: Programme, document: Document, desk: AtDesk | None = None
    ) -> Document:
        """Withdraws; returns the application as it is then."""
        await _answered(say, programme, withdraw(self.means, programme, document, desk))
        return await self.means.store.application(document["_id"]) or document

    async def own(self, say: Say, programme: Programme, document: Document) -> Application:
        """What the applicant gave, opened for them."""
        return await _answered(say, programme, amending.own(self.means, self.door, programme, document))

    async def amendable(self, programme: Programme, document: Document) -> amending.Allowed:
        """What may be changed now."""
        return await amending.scope(self.means, programme, document)

    async def amend(self, say: Say, programme: Programme, document: Document, application: Application) -> Document:
        """Amends; returns the application as it is then."""
        self.check_ready(say, programme)
        await _answered(say, programme, amending.amend(self.means, self.door, programme, document, application))
        return await self.means.store.application(document["_id"]) or document

    async def rename_companions(
        self, say: Say, programme: Programme, document: Document, names: tuple[str, ...], desk: AtDesk
    ) -> Document:
        """Replaces the companions' names at the desk; returns the application as it is then."""
        self.check_ready(say, programme)
        await _answered(say, programme, amending.rename_companions(
            self.means, self.door, programme, document, names, desk))
        return await self.means.store.application(document["_id"]) or document

    async def renew(
        self, say: Say, programme: Programme, document: Document, enquiry: Id, how: How, desk: AtDesk
    ) -> str:
        """A new secret in place of the one that there was."""
        self.check_ready(say, programme)
        return await _answered(say, programme, renew(
            self.means, self.door, programme, document, enquiry, how, desk))

    async def ask_erasure(self, programme: Programme, document: Document, desk: AtDesk | None = None) -> Document:
        """Asks for erasure; returns the application as it is then."""
        return await erasing.ask(self.means, programme, document, desk)

    def check_ready(self, say: Say, programme: Programme) -> None:
        """Raises problem 503 before the keys of all recipients are there."""
        # Without every recipient's key nothing can be sealed, and nothing is written unsealed.
        if not self.means.sealer.ready(programme):
            raise busy(say)


async def _answered(say: Say, programme: Programme, doing: Awaitable[T]) -> T:
    try:
        return await doing
    except Unfit as error:
        raise unfit(say, error.faults) from None
    except WindowRefused as error:
        raise out_of_window(say, programme, error) from None
    except DeskRefused as error:
        raise desk_refused(say, error) from None
    except Overtaken:
        raise overtaken(say) from None
    except KeyUsed:
        raise key_used(say) from None
    except SecretRenewed:
        raise secret_renewed(say) from None
    except Busy:
        raise busy(say) from None
