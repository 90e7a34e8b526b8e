"""S25: a line changed, a line missing, a checkpoint deleted or forged, a log cut short: each is found and placed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.contracts.erasure import CheckpointSigned
from shared.privacy.checkpoints import NO_FORMER, Check, Fault, digest, signed_by, statement, verify
from shared.privacy.merkle import leaf_hash, root_of

PARTITION = 4
KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KEYS = {"seal": KEY.public_key().public_bytes_raw().hex()}
LINES = [f'{{"line":{number}}}'.encode() for number in range(40)]
SIZES = (7, 16, 25, 40)

Records = list[tuple[int, bytes | None]]


def signed(number: int, size: int, root: bytes, previous: str, key: Ed25519PrivateKey = KEY) -> CheckpointSigned:
    unsigned = CheckpointSigned(
        topic="privacy.access.v1", partition=PARTITION, number=number, size=size, root=root.hex(), previous=previous,
        at=datetime(2021, 7, 1, tzinfo=UTC) + timedelta(minutes=number), key_id="seal", signature="00")
    return unsigned.model_copy(update={"signature": key.sign(statement(unsigned)).hex()})


def chain(lines: list[bytes] = LINES, sizes: tuple[int, ...] = SIZES) -> list[CheckpointSigned]:
    said: list[CheckpointSigned] = []
    for number, size in enumerate(sizes, 1):
        said.append(signed(number, size, root_of(lines[:size]), digest(said[-1]) if said else NO_FORMER))
    return said


def log(lines: list[bytes] = LINES) -> Records:
    return list(enumerate(lines))


def test_s25_an_untouched_log_passes_and_lines_after_the_last_checkpoint_are_counted() -> None:
    assert verify(PARTITION, log(), chain(), KEYS) is None
    check = Check(PARTITION, chain(sizes=(7, 16)), KEYS)
    for offset, value in log():
        assert check.hear(offset, value) is None
    assert check.end() is None
    assert (check.covered, check.lines) == (16, 40)


def test_s25_a_changed_line_is_found_between_two_checkpoints() -> None:
    records = log([*LINES[:20], b"other", *LINES[21:]])
    assert verify(PARTITION, records, chain(), KEYS) == Fault(PARTITION, "root-differs", 3, 16, 24)


def test_s25_with_kept_hashes_the_very_line_is_named() -> None:
    records, hashes = log([*LINES[:20], b"other", *LINES[21:]]), map(leaf_hash, LINES)
    assert verify(PARTITION, records, chain(), KEYS, hashes=hashes) == Fault(PARTITION, "line-changed", 3, 20, 20)


def test_s25_a_missing_line_is_found() -> None:
    gap: Records = [*log()[:20], *log()[21:]]
    assert verify(PARTITION, gap, chain(), KEYS) == Fault(PARTITION, "line-missing", 3, 20, 20)
    written_anew = log([*LINES[:20], *LINES[21:]])
    assert verify(PARTITION, written_anew, chain(), KEYS) == Fault(PARTITION, "root-differs", 3, 16, 24)


def test_s25_a_log_whose_beginning_is_gone_is_found() -> None:
    assert verify(PARTITION, log()[5:], chain(), KEYS) == Fault(PARTITION, "line-missing", 1, 0, 4)


@pytest.mark.parametrize(("length", "checkpoint"), [(0, 1), (16, 3), (30, 4), (39, 4)])
def test_s25_a_truncated_log_is_found(length: int, checkpoint: int) -> None:
    found = verify(PARTITION, log()[:length], chain(), KEYS)
    assert found == Fault(PARTITION, "truncated", checkpoint, length, SIZES[checkpoint - 1] - 1)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_s25_a_deleted_checkpoint_is_found(number: int) -> None:
    left = [one for one in chain() if one.number != number]
    found = verify(PARTITION, log(), left, KEYS)
    assert found is not None and (found.code, found.checkpoint) == ("checkpoint-missing", number)


def test_s25_the_last_checkpoint_is_missed_by_whoever_wrote_it_down() -> None:
    """Nothing in a log can say that it once was longer: an auditor keeps what they saw."""
    assert verify(PARTITION, log(), chain()[:-1], KEYS) is None
    found = verify(PARTITION, log(), chain()[:-1], KEYS, kept=chain()[-1])
    assert found == Fault(PARTITION, "checkpoint-missing", 4, 25, 39)
    cut = verify(PARTITION, log()[:25], chain()[:-1], KEYS, kept=chain()[-1])
    assert cut is not None and cut.code == "checkpoint-missing"


FORGERIES: dict[str, Callable[[CheckpointSigned], CheckpointSigned]] = {
    "root": lambda one: one.model_copy(update={"root": "ab" * 32}),
    "size": lambda one: one.model_copy(update={"size": one.size + 1}),
    "time": lambda one: one.model_copy(update={"at": one.at + timedelta(days=1)}),
    "previous": lambda one: signed(one.number, one.size, bytes.fromhex(one.root), "cd" * 32),
    "other key": lambda one: signed(one.number, one.size, bytes.fromhex(one.root), one.previous, OTHER_KEY),
    "unknown key": lambda one: one.model_copy(update={"key_id": "nobody"}),
    "no hex": lambda one: one.model_copy(update={"signature": "zz"}),
    "other partition": lambda one: one.model_copy(update={"partition": PARTITION + 1}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("number", [1, 3])
def test_s25_a_forged_checkpoint_is_found(forge: Callable[[CheckpointSigned], CheckpointSigned], number: int) -> None:
    said = chain()
    said[number - 1] = forge(said[number - 1])
    found = verify(PARTITION, log(), said, KEYS)
    assert found is not None and (found.code, found.checkpoint) == ("checkpoint-forged", number)


def test_s25_a_history_written_anew_by_the_key_holder_is_found_by_who_kept_a_checkpoint() -> None:
    """Whoever holds the seal can sign another history, but not one that fits what an auditor wrote down."""
    lines = [b"invented", *LINES[1:]]
    assert verify(PARTITION, log(lines), chain(lines), KEYS) is None
    found = verify(PARTITION, log(lines), chain(lines), KEYS, kept=chain()[1])
    assert found is not None and (found.code, found.checkpoint) == ("checkpoint-forged", 2)


def test_s25_a_checkpoint_said_twice_by_a_killed_relay_is_one() -> None:
    said = chain()
    assert verify(PARTITION, log(), [said[0], said[0], *said[1:]], KEYS) is None


def test_s25_the_statement_is_what_is_documented() -> None:
    one = chain()[1]
    assert statement(one).decode().splitlines() == [
        "kujibiki-checkpoint/1", "privacy.access.v1", "4", "2", "16", one.root, digest(chain()[0]),
        "2021-07-01T00:02:00Z", "seal"]
    assert signed_by(KEYS["seal"], one)
