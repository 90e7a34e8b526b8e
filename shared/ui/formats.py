"""How times, dates and numbers are written: always with weekday and zone, always with their unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from markupsafe import Markup

from shared.ui.language import Phrase, spoken_language, t

JAPAN = timedelta(hours=9)

_WEEKDAYS = {
    "ja": "月火水木金土日",
    "zh-Hans": "一二三四五六日",
    "ko": "월화수목금토일",
}
_ENGLISH_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def local(moment: datetime, offset: timedelta = JAPAN) -> datetime:
    """The moment on the clocks of the event's place. A time without a zone is refused: it means nothing."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone can't be shown")
    return moment.astimezone(timezone(offset))


def jst(moment: datetime, offset: timedelta = JAPAN) -> str:
    """`2021年7月23日（金）10:00（日本時間）`, or the same in the language of the page."""
    there = local(moment, offset)
    language = spoken_language()
    text, zone = f"{there:%H:%M}", _zone(offset, language)
    if language == "en":
        return f"{day(there.date())}, {text} ({zone})"
    if language == "ko":
        return f"{day(there.date())} {text}({zone})"
    return f"{day(there.date())}{text}（{zone}）"


def day(when: date) -> str:
    """`2021年7月23日（金）`, or the same in the language of the page."""
    language = spoken_language()
    if language == "en":
        return f"{_ENGLISH_DAYS[when.weekday()]} {when.day} {_ENGLISH_MONTHS[when.month - 1]} {when.year}"
    weekday = _WEEKDAYS[language][when.weekday()]
    if language == "ko":
        return f"{when.year}년 {when.month}월 {when.day}일({weekday})"
    return f"{when.year}年{when.month}月{when.day}日（{'周' if language == 'zh-Hans' else ''}{weekday}）"


def short_day(when: date) -> str:
    """`7/23（金）`, for narrow cells of charts and tables that carry the full date elsewhere."""
    language = spoken_language()
    if language == "en":
        return f"{_ENGLISH_DAYS[when.weekday()]} {when.day} {_ENGLISH_MONTHS[when.month - 1][:3]}"
    return f"{when.month}/{when.day}（{_WEEKDAYS[language][when.weekday()]}）"


def weekday(when: date) -> str:
    """`金`: the weekday alone, as short as the page's language allows."""
    language = spoken_language()
    return _ENGLISH_DAYS[when.weekday()] if language == "en" else _WEEKDAYS[language][when.weekday()]


def clock(moment: datetime, offset: timedelta = JAPAN) -> str:
    """`10:42`: only where the day and zone are said right beside it."""
    return f"{local(moment, offset):%H:%M}"


def moment(when: datetime, offset: timedelta = JAPAN) -> Markup:
    """The same as `jst`, as a `<time>` element that machines can read."""
    machine = when.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, jst(when, offset))


def _zone(offset: timedelta, language: str) -> str:
    if offset == JAPAN:
        return {
            "ja": "日本時間",
            "en": "Japan time",
            "zh-Hans": "日本时间",
            "ko": "일본 시간",
        }[language]
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def number(value: int | float, digits: int = 0) -> str:
    """`12,345`; with `digits`, that many places after the point."""
    return f"{value:,.{digits}f}"


def unit(value: int | float, name: str, digits: int = 0) -> Phrase:
    """`12,345件`: a number with a unit of `shared/ui/words` (`unit.<name>`) or of the service's own words."""
    return t(f"unit.{name}", n=number(value, digits), count=value)


def seats(value: int) -> Phrase:
    """`4席`."""
    return unit(value, "seats")


def percent(share: float, digits: int = 0) -> str:
    """`37%` of 0.37."""
    return f"{share * 100:,.{digits}f}%"
