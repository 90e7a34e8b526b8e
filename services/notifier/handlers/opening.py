"""Opening the addressees of many notices at once, through the door (S07, S25)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from services.notifier.domain.addressees import Addressee, addressee_of
from shared.contracts.envelope import Id
from shared.contracts.notifier import LETTER_KINDS
from shared.contracts.privacy import LETTERS
from shared.privacy.door import Actor, Door


async def addressees(
    door: Door, actor: Actor, role: str, programme: str, notices: Sequence[dict[str, Any]], items: Collection[str]
) -> dict[Id, Addressee]:
    """Notice → its addressee, where the record is here. Only for letters more than `items` is opened."""
    found: dict[Id, Addressee] = {}
    for more in ((), (LETTERS,)):
        some = [notice for notice in notices if (notice["kind"] in LETTER_KINDS) == bool(more)]
        if some:
            opened = await door.open_many(
                actor, role, programme, "notice", list({notice["to"] for notice in some}), [*items, *more])
            found |= {notice["_id"]: addressee_of(notice, opened[notice["to"]])
                      for notice in some if notice["to"] in opened}
    return found
