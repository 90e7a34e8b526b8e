"""The Japanese words of documents, and how their times and numbers are written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

_FILE = files("services.retention") / "words" / "certificate_document.toml"
WORDS: Mapping[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))
_REIWA = date(2019, 5, 1)
_JAPAN = 9 * 60


def coded(family: Mapping[str, str], code: str) -> str:
    """A code in words; one that came later than these words stands for itself."""
    return family.get(code, code)


def era_day(day: date) -> str:
    """`令和3年10月5日`, as offices date; before Reiwa by the common era."""
    if day < _REIWA:
        return f"{day.year}年{day.month}月{day.day}日"
    year = day.year - _REIWA.year + 1
    return f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日"


def zone_name(minutes: int) -> str:
    """`日本時間`, or the offset from UTC."""
    if minutes == _JAPAN:
        return "日本時間"
    return f"協定世界時{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def local(moment: str, minutes: int) -> datetime:
    """A statement's moment on the clocks of the place."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(timezone(timedelta(minutes=minutes)))


def short(moment: str, minutes: int) -> str:
    """`2021/10/05 09:04:00`, for cells whose zone is said above."""
    return f"{local(moment, minutes):%Y/%m/%d %H:%M:%S}"


def count(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def grouped(digits: str) -> str:
    """Hexadecimal digits in groups of eight, so that they can be read out and compared."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))
