"""What the postcard desk has still to do before the window may be closed (S02, S07)."""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.domain.window import WindowRefused
from services.intake.handlers.means import Means
from services.intake.postcard_store import GIVEN_UP, HELD, OPEN_CHECKS
from shared.contracts.programme import Programme


@dataclass(frozen=True)
class Unfinished:
    """Cards that nobody has looked at and how many batches they lie in, cards that are held, cards to be checked,
    replies that are owed by post."""

    unkeyed: int
    batches: int
    held: int
    checks: int
    unanswered: int


async def unfinished(means: Means, programme: Programme) -> Unfinished:
    """The desk's work that is left."""
    batches = await means.postcards.batches(programme.id)
    standings = await means.postcards.standings(programme.id, batches)
    checks = await means.postcards.count_checks(programme.id)
    aside = [row for state in (HELD, GIVEN_UP) for row in await means.postcards.cards_that_are(programme.id, state)]
    return Unfinished(
        unkeyed=sum(standing.left for standing in standings.values()),
        batches=sum(standing.left > 0 for standing in standings.values()),
        held=sum(standing.held for standing in standings.values()),
        checks=sum(checks.get(state, 0) for state in OPEN_CHECKS),
        unanswered=sum(row.get("replied_at") is None for row in aside))


async def check_desk_finished(means: Means, programme: Programme) -> None:
    """Raises `WindowRefused` while a card is neither keyed in nor held, or a check is open.

    A held card does not keep the window open: its sender is answered by post.
    """
    left = await unfinished(means, programme)
    if left.unkeyed or left.checks:
        raise WindowRefused("desk-unfinished", unkeyed=left.unkeyed, checks=left.checks, held=left.held)
