"""What a transaction says lies in few documents, in its order."""

from __future__ import annotations

from itertools import pairwise

from shared.messaging.transaction import MOST_BYTES, _outbox


def test_what_is_said_keeps_its_order_and_no_document_grows_too_large() -> None:
    said = [{"id": str(number), "value": b"x" * (MOST_BYTES // 3)} for number in range(8)]
    rows = list(_outbox([*said, {"id": "large", "value": b"x" * (2 * MOST_BYTES)}, {"id": "gone", "value": None}]))
    assert [event["id"] for row in rows for event in row["events"]] == [*map(str, range(8)), "large", "gone"]
    assert all(sum(len(event["value"] or b"") for event in row["events"]) <= MOST_BYTES
               or len(row["events"]) == 1 for row in rows)
    assert all(first["order"] < second["order"] for first, second in pairwise(rows))
    assert len({row["_id"] for row in rows}) == len(rows) == 5
