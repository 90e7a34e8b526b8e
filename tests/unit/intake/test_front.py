"""B04: whatever is wrong with number and secret, the same is done."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.intake.domain.receipt import proof, receipt_number
from services.intake.front import Front
from services.intake.handlers.means import Means
from services.intake.limits import Pacing
from shared.contracts.programme import Programme
from shared.platform.failures import FailureLimit
from shared.platform.problems import Problem
from shared.privacy.door import Door
from shared.ui.rendering import Pages

SECRET = "5" * 32


class Watched:
    """A store with one application, which writes down what it is asked."""

    def __init__(self, receipt: str) -> None:
        self.known = {receipt: {"receipt": receipt, "proof": proof(receipt, SECRET)}}
        self.asked: list[str] = []

    async def by_receipt(self, _: str, receipt: str) -> dict[str, Any] | None:
        self.asked.append("by_receipt")
        return self.known.get(receipt)

    async def shown(self, _: str, __: str) -> None:
        self.asked.append("shown")


def test_b04_a_wrong_secret_and_an_unknown_number_take_the_same_way(programme: Programme) -> None:
    receipt, other = receipt_number(programme, b"1" * 16), receipt_number(programme, b"2" * 16)
    store = Watched(receipt)
    pages = cast(Pages, SimpleNamespace(words_for=lambda _: lambda key, **__: key))
    front = Front(cast(Means, SimpleNamespace(store=store)), pages, FailureLimit(20, 3.0), cast(Door, None),
                  Pacing(0.0, 99, 0.0, 1.0))
    request = cast(Any, SimpleNamespace(client=None))
    ways = []
    for number, secret in ((receipt, "0" * 32), (other, SECRET), (other, "0" * 32), (receipt, "no secret"), ("?", "?")):
        with pytest.raises(Problem) as raised:
            asyncio.run(front.find(request, programme, number, secret))
        ways.append((raised.value.body(), tuple(store.asked)))
        store.asked.clear()
    assert len({str(way) for way in ways}) == 1 and ways[0][1] == ("by_receipt", "shown")
    assert asyncio.run(front.find(request, programme, receipt, SECRET)) == store.known[receipt]
