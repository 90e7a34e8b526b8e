"""Names as they are compared: one person writes 髙橋 on the web and 高橋 on a postcard (B03)."""

from __future__ import annotations

from itertools import chain

import joyokanji

from services.intake.domain.writing import comparable

# Variants in family names that the library's tables of old and variant forms leave as they are.
_ALSO_WRITTEN = str.maketrans({
    "邉": "辺", "邊": "辺", "濵": "浜", "濱": "浜", "嶋": "島", "嶌": "島", "冨": "富",
    "檜": "桧", "槇": "槙", "靏": "鶴", "靍": "鶴", "曾": "曽", "薮": "藪", "舘": "館",
    "斎": "斉", "埜": "野", "峯": "峰", "舩": "船", "栁": "柳", "桒": "桑", "淵": "渕",
})


# Blocks of ideographs and of their compatibility forms; the library converts character by character.
_IDEOGRAPHS = "".join(map(chr, chain(range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x2FA20))))
_MODERN = {
    ord(written): modern
    for written, modern in zip(
        _IDEOGRAPHS, joyokanji.convert(_IDEOGRAPHS, variants=True).translate(_ALSO_WRITTEN), strict=True)
    if written != modern
}


def comparable_name(name: str) -> str:
    """A copy for comparing: variant characters, width, case and spaces are folded. Never stored, never shown."""
    return comparable(name).translate(_MODERN)
