"""Why a programme file is refused, in words for the officer who wrote it (`words/complaints.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from shared.contracts.programme import Misfit

_FILE = files("services.retention") / "words" / "complaints.toml"
_WORDS: dict[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


def misfit_reason(misfit: Misfit) -> str:
    """Why parts do not fit together."""
    return _say(_WORDS["misfit"][misfit.code], misfit.values)


def shape_reason(problem: Mapping[str, Any]) -> str:
    """Why one value is not what its field takes; `problem` is one of pydantic's errors."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "string_pattern_mismatch":
        words = _WORDS["pattern"].get(context["pattern"])
    else:
        words = _WORDS["shape"].get(kind) or _WORDS["shape"].get(f"{kind.split('_')[0]}_type")
    return _say(words, context) if words else _say(_WORDS["other"], {"message": problem["msg"]})


def syntax_reason(message: str, line: str = "") -> str:
    """Why the text is not TOML; `message` is the reader's own, without its place, about `line`."""
    day = _DAY.search(line)
    if day:
        # The reader stops where the digits cease to be a date and can only say that something else follows.
        return _say(_WORDS["no-such-day"], {"written": day.group()})
    return _say(_WORDS["syntax"], {"message": message})


def _say(words: str, values: Mapping[str, Any]) -> str:
    return words.format(**values)
