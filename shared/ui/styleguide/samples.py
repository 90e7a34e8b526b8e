"""What the sample pages show: a day at the desk of the 2021 programme, with invented people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.ui.form import Form
from shared.ui.rendering import Link

NAMES = {
    "index": "部品",
    "form": "申し込み",
    "desk": "事務の画面",
    "charts": "図",
    "door": "入口の端末",
    "problem": "エラー画面",
}
NOW = datetime(2021, 7, 9, 1, 42, tzinfo=UTC)
SLOTS = ["10:00–12:30", "13:30–16:00", "17:00–19:30"]

PROBLEM: dict[str, Any] = {
    "what": "申し込みを受け付けられませんでした",
    "kept": "入力された内容は保存していません。申し込みは受け付けられていません。",
    "todo": "10分ほどたってから、もう一度お試しください。締め切りは7月14日（水）23:59（日本時間）です。",
    "back": Link("申し込みの画面に戻る", "form.html"),
    "reference": "K7Q4-2M9X",
}


def context() -> dict[str, Any]:
    """What every sample page gets."""
    return {
        "now": NOW,
        "form": Form(),
        "wrong": Form(WRONG_VALUES, ERRORS),
        "slots": SLOTS,
        "demand": demand(),
        "outcome": OUTCOME,
        "ranges": RANGES,
        "ranges_table": [(row["label"], f"{row['value']}%", f"{row['low']}%〜{row['high']}%") for row in RANGES],
        "notices": [10_214, 6_120, 2_840, None, None, None],
        "notice_days": ["7/16（金）", "7/17（土）", "7/18（日）", "7/19（月）", "7/20（火）", "7/21（水）"],
        "hours": [f"{9 + i // 2}:{'30' if i % 2 else '00'}" for i in range(25)],
        "inside": INSIDE,
        "cards": CARDS,
    }


WRONG_VALUES = {"name": "髙﨑 𠮷子", "tel": "03-１２３４", "email": "", "seats": "12", "slots": ["0721-1"]}
ERRORS = {
    "tel": "電話番号は市外局番から数字で入力してください",
    "email": "メールアドレスを入力してください",
    "seats": "人数は1人から8人までで入力してください",
    "consent": "利用目的を読み、同意する場合は印を付けてください",
}

RANGES = [
    {"label": "1人", "value": 31.8, "mark": 32.4, "low": 30.9, "high": 34.0, "says": None},
    {"label": "2人", "value": 33.6, "mark": 31.9, "low": 30.7, "high": 33.1, "says": "幅の外"},
    {"label": "3人", "value": 30.2, "mark": 31.5, "low": 28.8, "high": 34.4, "says": None},
]
OUTCOME = [
    {"label": "1人", "value": 41.2, "mark": 40.1, "href": "#"},
    {"label": "2人", "value": 39.6, "mark": 40.1, "href": "#"},
    {"label": "3人", "value": 40.4, "mark": 40.1, "href": "#"},
    {"label": "4人", "value": 38.9, "mark": 40.1, "href": "#"},
    {"label": "5人以上", "value": 36.0, "mark": 40.1, "href": "#"},
]

INSIDE = [0, 18, 64, 121, 160, 178, 183, 170, 96, 61, 88, 150, 182, None, None, None, None, None, None,
          None, None, None, None, None, None]  # fmt: skip

CARDS = [
    ("はがき 0412", "7月8日（木）", "7月9日（金）", "2", "入力済み", "good"),
    ("はがき 0413", "7月8日（木）", "7月9日（金）", "4", "保留：消印が読めない", "waiting"),
    ("はがき 0414", "7月15日（木）", "7月16日（金）", "1", "締め切り後", "bad"),
    ("はがき 0415", "7月9日（金）", "7月10日（土）", "3", "未入力", "neutral"),
]


def demand() -> dict[date, list[int]]:
    """Applications by day and slot, heavier at weekends and for the opening."""
    first = date(2021, 7, 21)
    days = [first + timedelta(days=i) for i in range(19)]
    days += [date(2021, 8, 24) + timedelta(days=i) for i in range(13)]
    return {when: _demand_of(when) for when in days}


def _demand_of(when: date) -> list[int]:
    base = 95 if when.weekday() >= 5 else 52
    base += 70 if when == date(2021, 7, 23) else 0
    wave = when.toordinal() * 7 % 23
    return [base + wave, base + 18 - wave // 2, round(base * 1.25) + wave // 3]
