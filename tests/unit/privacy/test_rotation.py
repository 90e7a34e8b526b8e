"""Keys by epoch: what a rotation leaves that opens, and what it doesn't (B09)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.contracts.envelope import Envelope, envelope, new_id
from shared.contracts.erasure import EpochDestroyed
from shared.contracts.privacy import ApplicationRecorded
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.keyring import KeyRing, NoPairKey
from shared.privacy.sealing import Sealer, rewrap, unseal
from tests.unit.privacy.test_sealing import PROGRAMME

AT = PROGRAMME.window.opens


class Two:
    """Intake, which owns, and notifier, which receives; each with its folder of keys."""

    def __init__(self, root: Path) -> None:
        self.folders = {name: KeyFolder(root / name) for name in ("intake", "notifier")}
        self.rings = {name: KeyRing(name, folder.load(), folder.load) for name, folder in self.folders.items()}
        for name in self.rings:
            self.tell(self.rings[name].publication())
        self.pair_up()

    def tell(self, event: object) -> None:
        message: Envelope[object] = envelope(event, source="x", subject="x", programme="-", at=AT)  # type: ignore[type-var]
        for ring in self.rings.values():
            ring.apply(message)

    def pair_up(self) -> None:
        for name in self.rings["intake"].missing(self.rings):
            self.tell(self.rings["intake"].new_pair(name))

    def begin(self, name: str, rotation: str) -> None:
        self.rings[name].use(self.folders[name].begin(rotation))
        self.tell(self.rings[name].publication())

    def record(self) -> ApplicationRecorded:
        return Sealer(self.rings["intake"]).seal_shares(
            ApplicationRecorded, PROGRAMME.id, new_id(), 1, {name: {"name": "田中"} for name in self.rings})

    def opens(self, name: str, record: ApplicationRecorded) -> bool:
        part = record.part_for(name)
        assert part is not None
        try:
            return unseal(self.rings[name], part, PROGRAMME.id, record.subject, 1) == {"name": "田中"}
        except NoPairKey:
            return False


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_b09_what_was_wrapped_anew_opens_after_the_old_keys_are_gone_and_the_old_copy_does_not(two: Two) -> None:
    old, rotation = two.record(), new_id()
    for name in two.rings:
        two.begin(name, rotation)
    two.pair_up()
    assert two.rings["intake"].rotated(rotation, two.rings)
    again = rewrap(two.rings["intake"], old)
    assert [part.ciphertext for part in again.parts] == [part.ciphertext for part in old.parts]
    for name in two.rings:
        assert two.folders[name].destroy_before(2) == (1,)
        two.tell(EpochDestroyed(service=name, epoch=1, rotation=rotation, at=AT))
        assert two.opens(name, again)
        assert not two.opens(name, old)
        assert two.rings[name].epochs == (2,)


def test_b09_the_owner_does_not_count_as_rotated_before_every_recipient_began(two: Two) -> None:
    rotation = new_id()
    two.begin("intake", rotation)
    two.pair_up()
    assert not two.rings["intake"].rotated(rotation, two.rings)
    stays = two.record()
    two.begin("notifier", rotation)
    part = stays.part_for("notifier")
    assert part is not None
    assert two.rings["intake"].is_old(part.pair)
    assert two.rings["intake"].missing(two.rings) == ("notifier",)
    two.pair_up()
    assert two.rings["intake"].rotated(rotation, two.rings)


def test_b09_a_rotation_begun_twice_makes_one_epoch(two: Two) -> None:
    rotation = new_id()
    first = two.folders["intake"].begin(rotation)
    again = two.folders["intake"].begin(rotation)
    assert sorted(first) == sorted(again) == [1, 2]
    assert first[2].local_key == again[2].local_key != first[1].local_key


def test_b09_destroyed_key_files_are_gone_and_the_living_one_stays(two: Two, tmp_path: Path) -> None:
    two.folders["intake"].begin(new_id())
    two.folders["intake"].destroy_before(2)
    assert [path.name for path in (tmp_path / "intake").iterdir()] == ["epoch-2.json"]
    assert two.folders["intake"].destroy_before(2) == ()


def test_b09_another_replica_takes_up_the_epoch_that_it_hears_of(two: Two) -> None:
    replica = KeyRing("intake", two.folders["intake"].load(), two.folders["intake"].load)
    keys = two.folders["intake"].begin(new_id())
    ring = KeyRing("intake", keys)
    replica.apply(envelope(ring.publication(), source="intake", subject="intake", programme="-", at=AT))
    assert replica.current.epoch == 2
