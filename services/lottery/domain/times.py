"""Times of the protocol: `YYYY-MM-DDTHH:MM:SSZ` as text, whole seconds since 1970 as numbers."""

import re
from datetime import UTC, date, datetime

HOUR = 3600
_DAY_SECONDS = 86_400
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def epoch(text: str) -> int:
    """Seconds since 1970-01-01T00:00:00Z; ValueError if the text is no such time."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("is not a time written YYYY-MM-DDTHH:MM:SSZ")
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError("is not a time of the calendar") from None


def written(seconds: int) -> str:
    """The text of a time given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_day(text: str, utc_offset: int) -> int:
    """Number of the local day on which a time falls; `utc_offset` in minutes east of UTC."""
    return (epoch(text) + utc_offset * 60) // _DAY_SECONDS


def checked_time(text: str) -> str:
    epoch(text)
    return text


def checked_date(text: str) -> str:
    if _DATE.fullmatch(text) is None:
        raise ValueError("is not a date written YYYY-MM-DD")
    date.fromisoformat(text)
    return text
