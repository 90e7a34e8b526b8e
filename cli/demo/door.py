"""The event's first day at the door: passes, second entries, forged ones, walk-in groups with paper cards."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cli.demo.people import ATTENDANT, SECOND_ATTENDANT
from cli.demo.time_driver import TimeDriver
from cli.interfaces import Interfaces, Unexpected
from shared.contracts.programme import Programme, Slot


@dataclass
class Door:
    """What happened at the door, by outcome."""

    programme: Programme
    interfaces: Interfaces
    driver: TimeDriver
    outcomes: Counter[str] = field(default_factory=Counter)

    async def event(
        self, passes: list[dict[str, str]], slots: int, groups_a_slot: int, advance: Callable[[int], None]
    ) -> None:
        """Lives through the `slots` slots with most passes, in order of time: at each, who won it comes, nine of ten;
        every fifth tries twice; then walk-in groups."""
        by_slot: dict[str, list[str]] = defaultdict(list)
        for held in passes:
            by_slot[held["slot"]].append(held["token"])
        fullest = sorted(by_slot, key=lambda slot: -len(by_slot[slot]))[:slots]
        for slot in sorted(
            (self.programme.slot_by_id[name] for name in fullest), key=lambda s: (s.day, s.starts, s.id)
        ):
            await self.driver.to(self._moment(slot))
            await self._slot(slot, by_slot[slot.id], groups_a_slot)
            advance(1)

    def _moment(self, slot: Slot) -> datetime:
        return datetime.combine(slot.day, slot.starts, self.programme.zone) + timedelta(minutes=5)

    async def _slot(self, slot: Slot, tokens: list[str], groups: int) -> None:
        coming = tokens[: max(1, len(tokens) * 9 // 10)]
        again = coming[::5]
        for answer in await asyncio.gather(*(self._admit(slot, token) for token in coming)):
            self.outcomes[answer] += 1
        for answer in await asyncio.gather(*(self._admit(slot, token) for token in again)):
            self.outcomes[f"again: {answer}"] += 1
        self.outcomes[f"forged: {await self._admit(slot, _forged(coming[0]))}"] += 1
        if self.programme.cards is not None:
            await self._walk_ins(slot, groups)

    async def _admit(self, slot: Slot, token: str) -> str:
        response = await self.interfaces.raw(
            "POST",
            "checkin",
            f"/checkin/{self.programme.id}/api/admissions",
            staff=ATTENDANT,
            json={"token": token, "slot": slot.id, "terminal": f"{slot.venue}-1"},
        )
        if response.status_code == 200:
            return "admitted"
        if response.status_code in (409, 422):
            return str(response.json()["type"]).rsplit("/", 1)[-1]
        raise Unexpected(f"an admission was answered {response.status_code}: {response.text[:300]}")

    async def _walk_ins(self, slot: Slot, groups: int) -> None:
        cards = self.programme.cards
        assert cards is not None
        used = self.outcomes["groups seated"]
        numbers = [f"{cards.numbers}-{cards.first + used + n:05d}" for n in range(groups)]
        for number in numbers:
            await self.interfaces.call(
                "POST",
                "checkin",
                f"/checkin/{self.programme.id}/api/groups",
                staff=ATTENDANT,
                json={"slot": slot.id, "people": 2, "card": number},
                expect=201,
            )
            self.outcomes["groups seated"] += 1
        for number in numbers:
            for place, by, to in (
                ("attendant", "visitor", ATTENDANT),
                ("bag", ATTENDANT, SECOND_ATTENDANT),
                ("case", SECOND_ATTENDANT, ATTENDANT),
            ):
                await self._move(number, "card", place, slot, by, to)
            self.outcomes["cards in the case"] += 1

    async def _move(self, number: str, kind: str, place: str, slot: Slot, by: str, to: str) -> None:
        body: dict[str, Any] = {
            "object": number,
            "kind": kind,
            "place": place,
            "venue": slot.venue,
            "count": None,
            "handed_by": by,
            "taken_by": to,
        }
        await self.interfaces.call(
            "POST", "checkin", f"/checkin/{self.programme.id}/api/custody", staff=ATTENDANT, json=body, expect=201
        )


def _forged(token: str) -> str:
    """The same pass with one character of its signature changed."""
    middle = len(token) - 20
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
