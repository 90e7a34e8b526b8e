"""Applications over the form's API and the postcard desk, day by day, withdrawals among them."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cli.demo.applicants import Applicant, postmark
from cli.demo.people import DESK
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces, Unexpected
from shared.contracts.programme import Programme

AT_ONCE = 24


@dataclass
class Applying:
    """What became of each application at the counter: receipts by applicant number, refusals by case."""

    programme: Programme
    interfaces: Interfaces
    driver: TimeDriver
    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    async def window(
        self, applicants: list[Applicant], advance: Callable[[int], None], days: int | None = None
    ) -> None:
        """Lives through the window: on each day that day's applications, at its end the day's withdrawals."""
        window = self.programme.window
        length = max(1, (window.closes - window.opens).days)
        for day in range(length if days is None else days):
            await self.driver.to(window.opens + timedelta(days=day, hours=1))
            todays = [a for a in applicants if a.day == day and a.case != "late"]
            await self._all(todays, self._one, advance)
            await self._all([a for a in todays if a.case == "withdrawn" and a.number in self.receipts], self.withdraw)

    async def late(self, applicants: list[Applicant], advance: Callable[[int], None]) -> None:
        """Those who come after the end: by web they are refused, their postcards are kept and do not count."""
        await self._all([a for a in applicants if a.case == "late"], self._one, advance)

    async def _all(
        self, applicants: list[Applicant], act: Callable[[Applicant], Any], advance: Callable[[int], None] | None = None
    ) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(applicant: Applicant) -> None:
            async with gate:
                await act(applicant)
            if advance:
                advance(1)

        await asyncio.gather(*(one(applicant) for applicant in applicants))

    async def _one(self, applicant: Applicant) -> None:
        if applicant.channel == "postcard":
            await self._postcard(applicant)
        else:
            await self._web(applicant)

    async def _web(self, applicant: Applicant) -> None:
        body = {**applicant.form(self._declared("web")), "language": "ja"}
        response = await self.interfaces.raw(
            "POST",
            "intake",
            f"/intake/{self.programme.id}/api/applications",
            json=body,
            repeatable=True,
            headers={"Idempotency-Key": secrets.token_hex(16)},
        )
        if response.status_code == 201:
            self.receipts[applicant.number] = response.json()
        elif applicant.case in ("late", "non-resident") and response.status_code in (403, 409, 422):
            self.refused[applicant.case] += 1
        else:
            raise Unexpected(
                f"an application ({applicant.case}) was answered {response.status_code}: {response.text[:300]}"
            )

    async def _postcard(self, applicant: Applicant) -> None:
        posted, received = postmark(self.programme, applicant)
        body = {
            **applicant.form(self._declared("postcard")),
            "card": applicant.card,
            "postmarked_on": posted.isoformat(),
            "received_on": received.isoformat(),
        }
        self.receipts[applicant.number] = await self.interfaces.call(
            "POST",
            "intake",
            f"/intake/{self.programme.id}/api/postcards",
            staff=DESK,
            json=body,
            expect=201,
            repeatable=True,
        )

    async def withdraw(self, applicant: Applicant) -> None:
        """By receipt number and secret; a postcard applicant has none and withdraws at the desk, which is not shown."""
        receipt = self.receipts[applicant.number]
        if "secret" in receipt:
            await self.interfaces.call(
                "POST",
                "intake",
                f"/intake/{self.programme.id}/api/withdrawals",
                json={"receipt": receipt["receipt"], "secret": receipt["secret"]},
            )

    def _declared(self, channel: str) -> frozenset[str]:
        return frozenset(item.item for item in self.programme.data_items if channel in item.channels)
