"""`kujibiki audit`: what it counts against "erased", and what it keeps (S18, B09)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.audit.copies import Sample, read_copies
from cli.audit.orders import Orders
from cli.audit.running import missing
from cli.audit.stores import key_files_seen
from shared.contracts.audit import FilesSeen, LogSeen, StoreSeen, TopicSeen, TrialSeen
from shared.contracts.envelope import envelope, new_id
from shared.contracts.privacy import ApplicationRecorded, CanaryRecorded

TOPIC = TopicSeen(topic="intake.personal.v1", partition=0, first=0, end=9, records=4, living=4)
STORE = StoreSeen(service="intake", collection="personal", rows=4, erased=0)
TRIAL = TrialSeen(service="intake", old_copies=3, old_opened=0, canaries=1, canaries_opened=1)
LOG = LogSeen(checkpoints=2, records=50)
FILES = FilesSeen(place="key files of intake", files=1)


def test_s18_nothing_stands_against_an_audit_that_saw_nothing_and_could_have() -> None:
    assert list(missing(1, [TOPIC], (STORE,), (TRIAL,), LOG, (FILES,))) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"orders": 0}, "no-orders"),
        ({"topic": TOPIC.model_copy(update={"erased": 1})}, "records-left:intake.personal.v1/0"),
        ({"store": STORE.model_copy(update={"erased": 2})}, "rows-left:intake.personal"),
        ({"trial": TRIAL.model_copy(update={"old_opened": 1})}, "old-copy-opens:intake"),
        ({"trial": TRIAL.model_copy(update={"canaries_opened": 0})}, "canary-shut:intake"),
        ({"trial": TRIAL.model_copy(update={"canaries": 0, "canaries_opened": 0})}, "no-canary"),
        ({"trial": TRIAL.model_copy(update={"old_copies": 0})}, "no-old-copies"),
        ({"log": LOG.model_copy(update={"problem": "line-changed"})}, "access-log:line-changed"),
        ({"log": LOG.model_copy(update={"checkpoints": 0})}, "access-log:no-checkpoint"),
        ({"files": FILES.model_copy(update={"left": 1})}, "key-files-left:key files of intake"),
    ],
)
def test_s18_whatever_stands_against_it_is_named(changed: dict[str, object], code: str) -> None:
    """A service that answered without erasing is seen by its rows, whatever it attested."""
    seen = {"orders": 1, "topic": TOPIC, "store": STORE, "trial": TRIAL, "log": LOG, "files": FILES, **changed}
    found = missing(seen["orders"], [seen["topic"]], (seen["store"],), (seen["trial"],),  # type: ignore[arg-type, list-item]
                    seen["log"], (seen["files"],))  # type: ignore[arg-type]
    assert list(found) == [code]


def test_b09_orders_lie_on_disk_and_answer_for_many_at_once() -> None:
    with Orders() as orders:
        erased = [new_id() for _ in range(2000)]
        for start in range(0, 2000, 250):
            orders.add(f"{start:032}", "application", erased[start : start + 250])
        orders.add("0" * 32, "application", erased[:10])  # said again by a relay that was killed
        assert (orders.count, orders.subjects) == (8, 2000)
        assert orders.among([*erased[:700], new_id()]) == set(erased[:700])
        assert sum(map(len, orders.of_kind("application"))) == 2000
        assert list(orders.of_kind("staff")) == []


def test_b09_a_sample_keeps_everybody_with_the_same_chance_and_no_canary(tmp_path: Path) -> None:
    sample = Sample(50, random.Random(1))
    for number in range(1000):
        sample.hear(envelope(ApplicationRecorded(subject=f"{number:032}", version=1, parts=()), source="intake",
                             subject="x", programme="p", at=datetime.now(UTC)))
    sample.hear(envelope(CanaryRecorded(subject="c" * 32, version=1, parts=()), source="intake", subject="x",
                         programme="-", at=datetime.now(UTC)))
    sample.write(tmp_path / "copies")
    kept = [int(copy["subject"]) for copy in read_copies(tmp_path / "copies")]
    assert len(kept) == len(set(kept)) == 50
    assert 350 < sum(kept) / 50 < 650, "neither the first nor the last are preferred"
    assert (tmp_path / "copies").stat().st_mode & 0o077 == 0


def test_b09_key_files_of_destroyed_epochs_are_counted(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        (tmp_path / f"epoch-{epoch}.json").write_text("{}")
    (seen,) = key_files_seen({"intake": tmp_path}, {"intake": {1: None, 2: None}})
    assert (seen.files, seen.left) == (3, 2)
