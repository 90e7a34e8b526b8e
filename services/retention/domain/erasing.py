"""The life of a batch: from its rule to its certificate, and what it waits for (S17, S18, B10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from shared.contracts.envelope import Id, derived_id
from shared.contracts.topics import SERVICES

State = Literal["collecting", "awaiting-return", "ordered", "attested", "final", "certified"]

ORDERABLE: tuple[State, ...] = ("collecting", "awaiting-return")
"""Nothing is said yet: a hold still takes a subject out."""

REMOVED: tuple[State, ...] = ("attested", "final", "certified")
FINAL: tuple[State, ...] = ("final", "certified")


def batch_id(duty: str, number: int) -> Id:
    """A duty's `number`-th batch: a restart in the middle goes on with it."""
    return derived_id("batch", duty, str(number))


def order_id(batch: Id, number: int) -> Id:
    """A batch's `number`-th order."""
    return derived_id("order", batch, str(number))


def unanswered(receipts: Iterable[str]) -> tuple[str, ...]:
    """The services that have not carried an order out."""
    answered = set(receipts)
    return tuple(service for service in SERVICES if service not in answered)


def waits_for(
    state: str, silent: Iterable[str] = (), destroyed: Iterable[str] | None = None, *, held: bool = False
) -> tuple[str, ...]:
    """What a batch waits for, by code; nothing more once it is certified.

    `hold`, `return`, the name of each service that has not answered all orders (`silent`), `rotation` where none was
    ordered, `keys-<service>` for each that has not destroyed its older keys, `audit`. `destroyed` are the services
    that have, in the rotation after the batch; None where there is no such rotation.
    """
    if state in ORDERABLE:
        return ("hold",) if held else ("return",) if state == "awaiting-return" else ("collecting",)
    if state == "ordered":
        return tuple(silent)
    if state == "attested":
        return ("rotation",) if destroyed is None else tuple(f"keys-{name}" for name in unanswered(destroyed))
    return ("audit",) if state == "final" else ()
