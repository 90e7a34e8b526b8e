"""Whom a notice goes to, out of an opened record: a letter goes where its applicant was reached before the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts.privacy import LETTERS

Addressee = Mapping[str, Any]
"""`name`, `email`, `address` as far as they are there, and the `secret` that a new receipt brings."""


def addressee_of(notice: Mapping[str, Any], record: Mapping[str, Any]) -> Addressee:
    """The addressee of a stored notice; empty while the record that brings a new secret is on its way.

    A record without an entry for a letter is the one before the change, or was written anew since the letter was sent.
    """
    for entry in record.get(LETTERS, ()):
        if entry["notice"] == notice["_id"]:
            return dict(entry)
    return {} if notice["kind"] == "receipt" else record
