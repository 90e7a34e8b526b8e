"""What somebody does to an application while something else happens to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.intake.store import Store
from shared.platform.mongo import Document

_TRIES = 4


class Overtaken(Exception):
    """The application was amended, withdrawn or erased meanwhile; nothing was changed."""


async def through_upkeep(store: Store, document: Document, attempt: Callable[[Document], Awaitable[None]]) -> None:
    """Does `attempt`, anew where only the record's own upkeep came between. Raises `Overtaken` for all else.

    A record also gets a version when a letter in it was sent: whoever changes it has done nothing wrong.
    """
    for left in reversed(range(_TRIES)):
        try:
            await attempt(document)
        except Overtaken:
            again = await store.application(document["_id"])
            if not left or again is None or not _by_nobody(document, again):
                raise
            document = again
        else:
            return


def _by_nobody(document: Document, again: Document) -> bool:
    """Whether nobody did anything in between."""
    done, later = (len(one.get("history", ())) for one in (document, again))
    return done == later and document.get("withdrawn_at") == again.get("withdrawn_at")
