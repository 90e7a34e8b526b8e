"""The certificate of erasure checks itself: signed, consistent, and without personal data (S18, B11)."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.retention.domain.certificate import canonical, certificate_number, digest, statement
from services.retention.domain.evidence import Hold, OtherOrder
from services.retention.domain.orders_digest import orders_digest
from services.retention.seals import SealKey
from shared.contracts.topics import SERVICES
from tests.unit.retention import certificates as make

Signed = dict[str, Any]

RFC_8032 = (  # §7.1: key, message, signature
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)


@pytest.fixture(scope="module")
def verifier() -> ModuleType:
    return make.verifier()


def faults(verifier: ModuleType, signed: Signed, **options: Any) -> list[str]:
    return [en for _, en in verifier.check(signed, **options).faults]


def resigned(change: Callable[[Signed], None]) -> Signed:
    """A certificate whose signer changed the statement before signing: only its own consistency can tell."""
    seal = SealKey(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
    said = copy.deepcopy(make.signed()["statement"])
    change(said)
    return {"statement": said, "signature": seal.sign(canonical(said)), "key_id": seal.key_id,
            "public_key": seal.public_key}


def test_b11_the_verifier_holds_to_the_vectors_of_rfc_8032(verifier: ModuleType) -> None:
    for key, message, signature in RFC_8032:
        public, said, bare = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
        assert verifier.is_signed(public, said, bare)
        assert not verifier.is_signed(public, said + b"\0", bare)
        assert not verifier.is_signed(public, said, bare[:32] + bytes(32))
        assert not verifier.is_signed(public, said, bare[:63] + bytes([bare[63] | 0xF0]))
    neutral = b"\x01" + bytes(31)
    assert not verifier.is_signed(neutral, b"anything", neutral + bytes(32))


def test_b11_a_true_certificate_is_found_true(verifier: ModuleType) -> None:
    signed = make.signed()
    report = make.report().model_dump(mode="json")
    options = {"key": signed["public_key"], "digest": digest(signed["statement"]), "report": report}
    assert faults(verifier, signed, **options) == []


def test_b11_it_runs_alone_without_packages(tmp_path: Path) -> None:
    alone = tmp_path / "verify_certificate.py"
    alone.write_bytes(make.VERIFIER.read_bytes())
    certificate, report = tmp_path / "certificate.json", tmp_path / "report.json"
    certificate.write_text(json.dumps(make.signed(), ensure_ascii=False, indent=2), encoding="utf-8")
    report.write_text(make.report().model_dump_json())
    run = [sys.executable, "-I", "-S", str(alone), str(certificate), "--audit", str(report)]
    done = subprocess.run(run, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "RESULT: TRUE" in done.stdout.decode() and "NOT PROVED" in done.stdout.decode()
    certificate.write_text(certificate.read_text("utf-8").replace('"subjects": 370', '"subjects": 371', 1), "utf-8")
    assert subprocess.run(run, capture_output=True, check=False, timeout=60).returncode == 1
    certificate.write_text('{"statement": {"x": 1.5}}')
    assert subprocess.run(run, capture_output=True, check=False, timeout=60).returncode == 2


def test_b11_every_changed_value_breaks_the_signature(verifier: ModuleType) -> None:
    signed = make.signed()
    places = list(_places(signed["statement"]))
    assert len(places) > 300
    # The signature is over all bytes alike: of each kind of place, by its last name, one is enough.
    for path in {next(str(one) for one in reversed(path) if isinstance(one, str)): path for path in places}.values():
        changed = copy.deepcopy(signed)
        _change(changed["statement"], path)
        found = faults(verifier, changed)
        assert "the Ed25519 signature fits the whole statement" in found, path


def test_b11_a_wrong_key_is_refused(verifier: ModuleType) -> None:
    other = make.signed(key=SealKey(Ed25519PrivateKey.generate()))
    published = make.signed()["public_key"]
    assert faults(verifier, other) == []
    assert faults(verifier, other, key=published) == ["it was signed with the published key"]
    swapped = {**make.signed(), "public_key": other["public_key"]}
    assert "the Ed25519 signature fits the whole statement" in faults(verifier, swapped)


def _swap_counts(said: Signed) -> None:
    first, second = said["attested"]["orders"]
    first["subjects"], second["subjects"] = second["subjects"], first["subjects"]


def _later(said: Signed) -> None:
    said["seen"]["began_at"] = "2021-10-04T00:00:00Z"


def _other_orders(said: Signed) -> None:
    said["orders_beside"] = [{"id": "0f" * 16, "subjects": 0, "certified": True}]


def _forget_a_service(said: Signed) -> None:
    said["attested"]["orders"][0]["receipts"].pop()


def _forget_a_key(said: Signed) -> None:
    said["attested"]["keys"].pop()


def _rows_seen(said: Signed) -> None:
    said["seen"]["stores"][0]["erased"] = 1


def _blind(said: Signed) -> None:
    said["seen"]["trials"][0]["canaries_opened"] = 0


def _unread(said: Signed) -> None:
    said["seen"]["topics"][2]["end"] = 1


def _paper(said: Signed) -> None:
    said["paper"]["count"] += 1


def _shapeless(said: Signed) -> None:
    del said["seen"]


@pytest.mark.parametrize("change", [
    _swap_counts, _later, _other_orders, _forget_a_service, _forget_a_key, _rows_seen, _blind, _unread, _paper,
    _shapeless,
])
def test_b11_what_does_not_fit_together_is_refused_though_signed(
    verifier: ModuleType, change: Callable[[Signed], None]
) -> None:
    found = faults(verifier, resigned(change))
    assert found and "the Ed25519 signature fits the whole statement" not in found


def test_b11_another_audit_report_is_refused(verifier: ModuleType) -> None:
    other = make.report(began_at=make.SEEN + timedelta(minutes=1)).model_dump(mode="json")
    assert faults(verifier, make.signed(), report=other)[0] == "the audit report is the one that the certificate quotes"


def test_b11_in_simulated_time_the_two_clocks_are_not_compared(verifier: ModuleType) -> None:
    """The demo's programme lives in 2021 while keys die today, or the other way round: both certificates hold."""
    for days in (-2000, 2000):
        shift = timedelta(days=days)
        moved = make.batch(
            ordered_at=make.ORDERED + shift, removed_at=make.REMOVED + shift,
            orders=tuple(_answered_later(order, shift) for order in make.batch().orders))
        found = make.evidence(batches=(moved,))
        signed = make.signed(found, issued_at=make.ISSUED + shift, simulated_time=True)
        assert faults(verifier, signed) == []


def _answered_later(order: Any, shift: timedelta) -> Any:
    from dataclasses import replace

    receipts = {name: replace(one, at=one.at + shift) for name, one in order.receipts.items()}
    return replace(order, receipts=receipts)


def test_s18_attested_and_seen_are_apart_and_all_the_issue_lists_is_there() -> None:
    said = make.signed()["statement"]
    assert said["attested"]["services"] == list(SERVICES)
    assert {key["key"] for key in said["attested"]["keys"]} == {f"{one}/epoch-1" for one in SERVICES}
    assert {(one["topic"], one["partition"]) for one in said["seen"]["topics"]} >= {("intake.personal.v1", 5)}
    assert (said["batches"][0]["removed_at"], said["batches"][0]["final_at"]) == (
        "2021-10-05T00:04:00Z", "2021-10-05T01:00:00Z")
    assert said["paper"]["destroyed"][0] == {
        "count": 5012, "method": "shredded", "destroyed_by": ["attendant-3", "attendant-4"],
        "witnessed_by": ["officer-2"], "at": "2021-10-05T00:00:00Z"}
    assert said["scope"] == "erased-at-the-contractor"
    left = {one["code"]: one["until"] for one in said["remaining"]}
    assert left["returned-to-ward"] == "ward" and left["recipients-mailboxes"] == "recipient"
    assert left["segment-files"] == "2021-10-05T02:04:00Z"


def test_s18_exceptions_are_named() -> None:
    beside = (OtherOrder("0c" * 16, 40, True), OtherOrder("0d" * 16, 7, False))
    ids = [*make.ORDERS, *(one.id for one in beside)]
    report = make.audit(orders=4, subjects=417, orders_digest=orders_digest(ids))
    found = make.evidence(holds=(Hold("h1", "tax-law", 2, False),), others=beside, audit=report)
    codes = {one["code"]: one for one in statement(found, make.issue())["exceptions"]}
    assert codes["held"]["subjects"] == 2 and codes["not-final-yet"]["subjects"] == 7
    assert codes["certified-before"] == {"code": "certified-before", "orders": 1, "subjects": 40}


def test_a_certificate_has_the_initials_of_its_programme_and_a_number() -> None:
    assert certificate_number("live-site-2020", 2021, 1) == "LS-2021-0001"
    assert certificate_number("2020", 2021, 12) == "K-2021-0012"


def test_a_statement_holds_no_floats() -> None:
    with pytest.raises(TypeError):
        canonical({"share": 0.5})


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _places(one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _places(one, (*path, number))
    else:
        yield path


def _change(value: Any, path: tuple[Any, ...]) -> None:
    for step in path[:-1]:
        value = value[step]
    old = value[path[-1]]
    value[path[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old or ''}x"
