"""Passwords and key files: made once at first start, readable for their owner only."""

import json
import os
import secrets
from pathlib import Path

from deploy.local.state import private_folder

FIRST_OFFICER = "officer-1"


def secret(path: Path, length: int = 32) -> str:
    """The secret in this file; made if the file is not there yet.

    Secrets are URL-safe text, so they need no quoting in URIs and in Java's login configuration.
    """
    return _once(path, secrets.token_urlsafe(length))


def mongo_key_file(path: Path) -> Path:
    """The key that members of the replica set know each other by (MongoDB wants base64 text, mode 0600)."""
    _once(path, secrets.token_hex(256))
    return path


def first_officer(path: Path) -> Path:
    """The sign-in of the first officer, which retention creates when its register is empty."""
    _once(path, json.dumps({"staff_id": FIRST_OFFICER, "password": secrets.token_urlsafe(12)}) + "\n")
    return path


def _once(path: Path, text: str) -> str:
    private_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        return path.read_text(encoding="utf-8")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return text
