"""Two officers close the window: one asks, another confirms; until then whoever asked may take it back (S01)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.intake import window_store
from services.intake.domain.window import WindowRefused
from services.intake.handlers.closing import begin_closing, check_may_close
from services.intake.handlers.means import Means
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.two_people import Asked, NotAgreed, check_agreeable, check_retractable


async def ask(means: Means, programme: Programme, officer: str) -> Asked:
    """The request that waits for a second officer: this one, or the one that waits already.

    Raises `WindowRefused` while something may still come, the desk is not finished, or the window is closed.
    """
    await check_may_close(means, programme)
    return await means.transactions.run(lambda tx: _ask(means, tx, programme, officer))


async def _ask(means: Means, tx: Transaction, programme: Programme, officer: str) -> Asked:
    now, before = means.now(programme), await window_store.closing(tx, programme.id)
    waiting = window_store.asked_in(before)
    if before is not None and waiting is None:
        raise WindowRefused("closed")
    if waiting is not None and waiting.stands(now):
        return waiting
    asked = Asked(officer, now)
    await window_store.put_asked(tx, programme.id, asked)
    return asked


async def confirm(means: Means, programme: Programme, officer: str) -> None:
    """The second officer: nothing is taken from now on. Raises `WindowRefused`, also where a card came in since."""
    await check_may_close(means, programme)
    await means.transactions.run(lambda tx: _confirm(means, tx, programme, officer))


async def _confirm(means: Means, tx: Transaction, programme: Programme, officer: str) -> None:
    now, asked = means.now(programme), window_store.asked_in(await window_store.closing(tx, programme.id))
    with _refused():
        check_agreeable(asked, officer, now)
    await window_store.change(tx, programme.id, {"confirmed_by": officer, "confirmed_at": now})
    await begin_closing(means, tx, programme)


async def take_back(means: Means, programme: Programme, officer: str) -> None:
    """Whoever asked asks no more. Raises `WindowRefused` where it is another's request, or none waits."""
    await means.transactions.run(lambda tx: _take_back(means, tx, programme, officer))


async def _take_back(means: Means, tx: Transaction, programme: Programme, officer: str) -> None:
    asked = window_store.asked_in(await window_store.closing(tx, programme.id))
    with _refused():
        check_retractable(asked, officer, means.now(programme))
    await window_store.drop(tx, programme.id)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except NotAgreed as error:
        raise WindowRefused(f"closing-{error.code}") from None
