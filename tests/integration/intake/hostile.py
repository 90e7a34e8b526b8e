"""Texts that a field must refuse, and texts that it must keep exactly as they are: for the API and the form alike."""

from __future__ import annotations

from itertools import count

ZALGO = "山" + "\u0301\u0316\u0317\u0334\u0335" + "田"
REFUSED: dict[str, tuple[str, str]] = {
    "NUL": ("山田\0花子", "control"), "line feed": ("山田\n花子", "control"), "tab": ("山田\t花子", "control"),
    "escape": ("山田\x1b[2J", "control"), "DEL": ("山田\x7f", "control"), "C1": ("山田\x85花子", "control"),
    "line separator": ("山田\u2028花子", "control"), "paragraph separator": ("山田\u2029", "control"),
    "right-to-left override": ("山田\u202e子花", "direction"), "isolate": ("\u2066山田\u2069", "direction"),
    "right-to-left mark": ("山田\u200f花子", "direction"), "Arabic letter mark": ("山田\u061c", "direction"),
    "zero width space": ("山\u200b田", "invisible"), "zero width joiner": ("山\u200d田", "invisible"),
    "byte order mark": ("\ufeff山田", "invisible"), "soft hyphen": ("Yama\u00adda", "invisible"),
    "Hangul filler": ("\u3164\u3164", "invisible"), "half-width filler": ("김\uffa0", "invisible"),
    "empty Braille": ("\u2800\u2800", "invisible"), "grapheme joiner": ("山\u034f田", "invisible"),
    "emoji": ("山田😀", "emoji"), "family": ("山田👨‍👩‍👧", "emoji"), "flag": ("🇯🇵", "emoji"),
    "heart with selector": ("山田❤\ufe0f", "emoji"), "tag characters": ("山田\U000e0041", "emoji"),
    "private use": ("山\ue000田", "private-use"), "private plane": ("山\U000f0000", "private-use"),
    "not a character": ("山\uffff田", "unreadable"), "not an ideograph": ("山\U0003ffff", "unreadable"),
    "replacement character": ("山\ufffd田", "unreadable"), "a tower of marks": (ZALGO, "marks"),
    "Cyrillic а among Latin": ("Yаmada Hanako", "mixed-script"), "Greek Ο among Latin": ("ΟNO Taro", "mixed-script"),
    "spaces alone": ("　 \u00a0", "required"), "81 characters": ("山" * 81, "too-long"),
}
KEPT: dict[str, str] = {
    "80 characters": "山" * 80, "80 of two units": "𠮷" * 80, "old and variant forms": "髙橋　﨑子",
    "extension B": "𠮷田 𠀋", "extension G": "山\U00030000田", "extension H": "山\U00031350田",
    "variation selector": "葛\U000e0100城 辻\U000e0101", "long vowels": "ジョーンズ・メアリー", "half-width": "ﾔﾏﾀﾞ ﾊﾅｺ",
    "Latin with apostrophe": "Siobhán O’Brien-D'Arcy", "marks typed apart": "Nguye\u0302\u0303n Thi\u0323",
    "Polish": "Łukasz Żółć", "Korean": "김민수", "Korean typed apart": "\u1100\u1175\u11b7 \u1106\u1175\u11ab",
    "Chinese": "欧阳娜娜", "Uyghur with a dot": "古丽米热·买买提", "Cyrillic alone": "Анна Иванова",
    "Greek alone": "Άννα Ιωάννου", "Arabic": "محمد علي", "Thai": "สมชาย ใจดี", "brackets": "山田（旧姓：佐藤）花子",
    "iteration marks": "佐々木 いすゞ", "markup": "<b>山田</b> & \"co\"", "a formula": "=HYPERLINK(1)",
    "a template": "{{7*7}}",
}
HOUSES: dict[str, str] = {"Greek in a building": "東京都新宿区西新宿二丁目8番1号 SUNα Ωハイツ★"}
_number = count(1)


def another_telephone() -> str:
    """One that nobody else in this run has."""
    return f"090-7{next(_number):03d}-0001"
