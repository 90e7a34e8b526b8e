"""The calendar as documents: each duty is looked at when its day begins, and warned of before (S17, B10).

`{_id: "<programme>/<code>", programme, kind, state: "due"|"waiting"|"done", due_at (of the next look), falls_at (of
the duty), ...}`. Kinds: "erase" (looked at daily from its day on, until the contract is over and nothing is left),
"keys" and "month" (a change of keys; "waiting" until a batch or a rotation wakes it), "deadline" (of a batch),
"warning" (before a duty), "remind" (people act, the calendar shows it).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.retention import erasure_store, store
from services.retention.domain.schedule import Duty, Near, calendar, warnings
from services.retention.erasure_store import DUTIES
from shared.contracts.programme import Programme
from shared.messaging.due import DUE
from shared.messaging.transaction import Transaction

_KIND = {"erase": "erase", "keys": "keys"}


async def plan(tx: Transaction, programme: Programme) -> None:
    """Makes the programme's duties what its rules, its draw and its cancellations say now; what was begun goes on."""
    duties = calendar(programme, await erasure_store.drawn_at(tx, programme.id),
                      await erasure_store.cancellation(tx, programme.id))
    known = {row["_id"]: row async for row in tx.database[DUTIES].find(
        {"programme": programme.id, "planned": True}, session=tx.session)}
    wanted = dict([*(_duty(programme.id, duty) for duty in duties),
                   *(_warning(programme.id, near) for near in warnings(programme, duties))])
    for key, fields in wanted.items():
        row = known.get(key)
        moved = row is None or row["falls_at"] != fields["falls_at"]
        again = {"state": DUE, "due_at": fields["falls_at"], "lease_until": None} if moved else {}
        await store.put(tx, DUTIES, key, fields | again)
    gone = [key for key, row in known.items() if key not in wanted and not row.get("collecting")]
    await tx.database[DUTIES].delete_many({"_id": {"$in": gone}}, session=tx.session)


def _duty(programme: str, duty: Duty) -> tuple[str, dict[str, Any]]:
    fields = asdict(duty)
    falls_at = fields.pop("due_at")
    return f"{programme}/{duty.code}", {
        **fields, "programme": programme, "planned": True, "standings": list(duty.standings), "falls_at": falls_at,
        "kind": _KIND.get(duty.what, "remind"),
    }


def _warning(programme: str, near: Near) -> tuple[str, dict[str, Any]]:
    return f"{programme}/near/{near.code}/{near.days}", {
        "programme": programme, "planned": True, "kind": "warning", "code": near.code, "days": near.days,
        "falls_at": near.at, "of": near.due_at,
    }
