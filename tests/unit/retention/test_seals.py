"""The seal of checkpoints and certificates (S18, S25)."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.retention import seals, signing
from shared.contracts.envelope import envelope
from shared.contracts.retention import SigningKeyPublished
from shared.platform.register import Register


def test_s25_the_seal_outlives_a_restart_and_is_readable_by_its_user_only(tmp_path: Path) -> None:
    first, second = seals.load_or_make(tmp_path), seals.load_or_make(tmp_path)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(first.public_key)).verify(
        bytes.fromhex(second.sign(b"statement")), b"statement")
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_s24_the_seal_checks_no_sign_in_tokens(tmp_path: Path) -> None:
    """Whoever makes the seal sign something of their choice must not get a token by it."""
    register = Register()
    for key in (seals.load_or_make(tmp_path), signing.load_or_make(tmp_path)):
        register.apply(envelope(
            SigningKeyPublished(key_id=key.key_id, public_key=key.public_key, use=key.use), source="retention",
            subject=key.key_id, programme="*", at=datetime.now(UTC)))
    assert register.key(seals.load_or_make(tmp_path).key_id) is None
    assert register.key(signing.load_or_make(tmp_path).key_id) is not None
