"""Sealing, keys and their limits, without I/O."""

from __future__ import annotations

import ast
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import envelope, new_id
from shared.contracts.privacy import ApplicationRecorded
from shared.contracts.programme import Programme
from shared.privacy import hpke
from shared.privacy.epochkeys import EpochKeys, KeyFolder
from shared.privacy.keyring import KeyRing, NoPairKey
from shared.privacy.sealing import PADDED_TO, Sealer, UndeclaredItem, unseal
from shared.privacy.searchkeys import SearchKeys

ROOT = Path(__file__).parents[3]
PROGRAMME = Programme.model_validate(tomllib.loads((ROOT / "programmes/live-site-2020.toml").read_text()))
PERSON = {
    "name": "髙橋 花子",
    "address": "東京都新宿区西新宿1-1-1",
    "age": 40,
    "telephone": "090-1234-5678",
    "email": "hanako@example.jp",
    "companions": ["髙橋 一郎"],
}


def rings(*services: str) -> dict[str, KeyRing]:
    """Key rings that heard each other's keys, with pair keys from intake to all."""
    made = {
        name: KeyRing(name, {1: EpochKeys(1, ec.generate_private_key(ec.SECP256R1()), name.encode().ljust(32))})
        for name in services
    }
    for event in [ring.publication() for ring in made.values()]:
        _tell(made, event)
    for recipient in made["intake"].missing(services):
        _tell(made, made["intake"].new_pair(recipient))
    return made


def _tell(made: dict[str, KeyRing], event: object) -> None:
    message = envelope(event, source="intake", subject="x", programme="-", at=datetime.now(UTC))  # type: ignore[type-var]
    for ring in made.values():
        ring.apply(message)


RINGS = rings("intake", "notifier", "checkin", "lottery")


def sealed(version: int = 1) -> ApplicationRecorded:
    return Sealer(RINGS["intake"]).seal(ApplicationRecorded, PROGRAMME, "a" * 32, version, PERSON)


def test_each_recipient_opens_its_own_part_and_finds_only_what_its_purposes_need() -> None:
    """S27: the programme's declaration decides which items a service can ever read."""
    record = sealed()
    for name in PROGRAMME.recipients:
        part = record.part_for(name)
        assert part is not None
        items = unseal(RINGS[name], part, PROGRAMME.id, record.subject, record.version)
        assert items == {item: PERSON[item] for item in PROGRAMME.items_for(name) & PERSON.keys()}
    assert record.part_for("lottery") is None


def test_no_other_service_opens_a_part() -> None:
    record = sealed()
    part = record.part_for("notifier")
    assert part is not None
    for name in ("checkin", "lottery"):
        with pytest.raises(NoPairKey):
            unseal(RINGS[name], part, PROGRAMME.id, record.subject, record.version)


@pytest.mark.parametrize(
    "change",
    [
        {"programme": "another"},
        {"subject": "b" * 32},
        {"version": 2},
    ],
)
def test_a_part_moved_to_another_record_does_not_open(change: dict[str, object]) -> None:
    record = sealed()
    part = record.part_for("intake")
    assert part is not None
    place = {"programme": PROGRAMME.id, "subject": record.subject, "version": record.version} | change
    with pytest.raises(hpke.CannotOpen):
        unseal(RINGS["intake"], part, **place)  # type: ignore[arg-type]


def test_s13_an_undeclared_item_cannot_be_sealed() -> None:
    with pytest.raises(UndeclaredItem, match="blood_type"):
        Sealer(RINGS["intake"]).seal(ApplicationRecorded, PROGRAMME, new_id(), 1, {**PERSON, "blood_type": "A"})


def test_nothing_typed_is_visible_in_a_sealed_record() -> None:
    text = sealed().model_dump_json()
    assert not any(str(value) in text for value in PERSON.values() if isinstance(value, str))


@given(st.text(max_size=200))
def test_lengths_are_padded_to_steps_and_text_comes_back_as_it_was(name: str) -> None:
    record = Sealer(RINGS["intake"]).seal(ApplicationRecorded, PROGRAMME, "c" * 32, 1, {"name": name})
    part = record.part_for("intake")
    assert part is not None
    assert (len(hpke.bytes_of(part.ciphertext)) - 16) % PADDED_TO == 0
    assert unseal(RINGS["intake"], part, PROGRAMME.id, "c" * 32, 1) == {"name": name}


def test_two_seals_of_the_same_data_share_no_key_and_no_nonce() -> None:
    first, second = sealed().parts[0], sealed().parts[0]
    assert first.nonce != second.nonce
    assert first.wrapped_key != second.wrapped_key
    assert first.ciphertext != second.ciphertext


def test_hpke_refuses_another_info_and_another_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    box = hpke.seal(b"secret", hpke.public_text(key.public_key()), b"for this")
    assert hpke.open_sealed(box, key, b"for this") == b"secret"
    with pytest.raises(hpke.CannotOpen):
        hpke.open_sealed(box, key, b"for that")
    with pytest.raises(hpke.CannotOpen):
        hpke.open_sealed(box, ec.generate_private_key(ec.SECP256R1()), b"for this")


def test_a_restarted_owner_finds_its_pair_keys_on_the_topic() -> None:
    """The pair key is kept nowhere but sealed on the topic: to the recipient, and to its owner."""
    epochs = {1: EpochKeys(1, ec.generate_private_key(ec.SECP256R1()), b"l" * 32)}
    before = {"intake": KeyRing("intake", epochs)}
    _tell(before, before["intake"].publication())
    sent = before["intake"].new_pair("intake")
    after = {"intake": KeyRing("intake", epochs)}
    for event in (before["intake"].publication(), sent):
        _tell(after, event)
    assert after["intake"].ready_for(["intake"])


def test_search_keys_differ_by_purpose_and_by_key() -> None:
    keys, others = SearchKeys(RINGS["intake"], b"a"), SearchKeys(RINGS["notifier"], b"b")
    assert keys.of("telephone", "1") == keys.of("telephone", "1")
    assert len({keys.of("telephone", "1"), keys.of("name", "1"), others.of("telephone", "1")}) == 3


def test_key_files_are_for_their_owner_only_and_refused_otherwise(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    made = folder.load()
    file = tmp_path / "keys" / "epoch-1.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.load()[1].local_key == made[1].local_key
    file.chmod(0o640)
    with pytest.raises(PermissionError, match="0600"):
        folder.load()


def test_only_the_door_unseals() -> None:
    """PRIVACY, one door: no other module of the product calls the decryption function, nor AES-GCM's own."""
    callers = set()
    for folder in ("services", "shared", "cli", "deploy"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent.name == "public":
                continue  # stand-alone files that people keep: they import nothing of ours
            tree = ast.parse(path.read_text())
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
            names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            if names & {"unseal", "AESGCM", "aes_key_unwrap"}:
                callers.add(path.relative_to(ROOT).as_posix())
    # A held key's file holds a private key under its holder's passphrase, and nobody's data.
    assert callers == {"shared/privacy/sealing.py", "shared/privacy/door.py", "shared/privacy/heldkey.py"}
