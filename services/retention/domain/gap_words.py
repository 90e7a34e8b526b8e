"""What keeps a certificate back, in words for the officer (`words/certificate.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from services.retention.domain.certificate_gaps import Gap

_FILE = files("services.retention") / "words" / "certificate.toml"
WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(_FILE.read_text("utf-8"))


def gap_text(gap: Gap, language: str = "ja") -> str:
    """The gap as a sentence in `ja` or `en`."""
    return WORDS[gap.code][language].format(where=gap.where, **gap.values)
