"""A service's own keys by epoch: an HPKE pair and a local key, as files 0600 outside of MongoDB and its backups.

Beside them lies one key that outlives epochs. It only turns what a client chose (a request's key, a card's number) into
ids, so that a retry finds what is there across a change of keys; nothing about a person is made with it.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from shared.privacy.hpke import bytes_of, public_text, text_of

LOCAL_KEY_BYTES = 32
NAMING_FILE = "naming.json"


@dataclass(frozen=True)
class EpochKeys:
    """The keys of one epoch; `rotation` is what it began with, None for the first."""

    epoch: int
    private_key: ec.EllipticCurvePrivateKey
    local_key: bytes
    rotation: str | None = None

    @property
    def public_key(self) -> str:
        """The public half, base64url."""
        return public_text(self.private_key.public_key())


class KeyFolder:
    """The folder that holds a service's epochs, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> dict[int, EpochKeys]:
        """Every epoch that still lives; makes the first one where there is none.

        Raises `PermissionError` if a key file can be read by others.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(self._folder.glob("epoch-*.json")):
            self._make(1)
        return {keys.epoch: keys for keys in map(_read, sorted(self._folder.glob("epoch-*.json")))}

    def naming_key(self) -> bytes:
        """The key that ids are derived with; made once."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._folder / NAMING_FILE
        if not target.exists():
            self._write(target, {"naming_key": text_of(secrets.token_bytes(LOCAL_KEY_BYTES))})
        return bytes_of(_content(target)["naming_key"])

    def begin(self, rotation: str) -> dict[int, EpochKeys]:
        """Every living epoch, the one that begins with `rotation` among them; asked again, nothing more is made."""
        living = self.load()
        if not any(keys.rotation == rotation for keys in living.values()):
            self._make(max(living) + 1, rotation)
        return self.load()

    def destroy_before(self, epoch: int) -> tuple[int, ...]:
        """Overwrites and removes the key files of all epochs before `epoch`; returns which they were."""
        old = tuple(number for number in sorted(self.load()) if number < epoch)
        for number in old:
            path = self._folder / f"epoch-{number}.json"
            with path.open("r+b") as file:
                # On a medium that writes elsewhere this is not enough: the disposal of hardware is the ward's affair.
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return old

    def _make(self, epoch: int, rotation: str | None = None) -> None:
        private_key = ec.generate_private_key(ec.SECP256R1())
        content = {
            "epoch": epoch, "rotation": rotation,
            "private_key": text_of(private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            "local_key": text_of(secrets.token_bytes(LOCAL_KEY_BYTES)),
        }
        self._write(self._folder / f"epoch-{epoch}.json", content)

    def _write(self, target: Path, content: dict[str, Any]) -> None:
        draft = self._folder / f".{target.stem}.{secrets.token_hex(4)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two replicas that start at once, the first one's keys stay, and both read them.
        with suppress(FileExistsError):
            target.hardlink_to(draft)
        draft.unlink()


def _content(path: Path) -> Any:
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others; set it to 0600 and find out who read it")
    return json.loads(path.read_text())


def _read(path: Path) -> EpochKeys:
    content = _content(path)
    private_key = load_der_private_key(bytes_of(content["private_key"]), None)
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no P-256 key")
    return EpochKeys(content["epoch"], private_key, bytes_of(content["local_key"]), content.get("rotation"))
