"""The life of a batch: from its rule to its certificate, and what it waits for (S17, S18, B10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

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
    state: str, orders: Iterable[Mapping[str, Any]], destroyed: Iterable[str] | None = None, *, held: bool = False
) -> tuple[str, ...]:
    """What a batch waits for, by code.

    `hold`, `return`, the name of a service that has not answered, `rotation` where none was ordered,
    `keys-<service>` where one has not destroyed its older keys, `audit`, or nothing more. `destroyed` are the
    services that have destroyed theirs in the rotation after the batch; None where there is no such rotation.
    """
    if state in ORDERABLE:
        return ("hold",) if held else ("return",) if state == "awaiting-return" else ("collecting",)
    if state == "ordered":
        missing = {service for order in orders for service in unanswered(order["receipts"])}
        return tuple(service for service in SERVICES if service in missing)
    if state == "attested":
        return ("rotation",) if destroyed is None else tuple(f"keys-{name}" for name in unanswered(destroyed))
    return ("audit",) if state == "final" else ()
