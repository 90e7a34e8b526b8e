"""Applications as a ward's residents would send them: no two alike, in the bytes that a program posts."""

from __future__ import annotations

import json
from itertools import count

from shared.contracts.programme import Programme

_FAMILY = ("佐藤", "鈴木", "髙橋", "田中", "渡邉", "伊藤", "山本", "中村", "小林", "𠮷田", "斎藤", "山﨑", "金")
_GIVEN = ("花子", "太郎", "さくら", "健一", "美咲", "翔", "陽子", "大輔", "由美子", "蓮", "葵", "Linh", "民秀")
_TELEPHONES = ("090-{:04d}-{:04d}", "080{:04d}{:04d}", "０７０－{:04d}－{:04d}", "03-{:04d}-{:04d}")
# Four digits that both mobile and Tokyo's exchanges begin with.
_EXCHANGES = range(3000, 7000)


def bodies(programme: Programme, many: int, first: int = 0) -> list[bytes]:
    """`many` JSON bodies, numbered from `first`: other numbers make other people."""
    slots = [slot.id for slot in programme.slots if slot.seats]
    towns = [town.name for town in programme.residency.towns] if programme.residency else ["西新宿"]
    return [_body(number, slots, towns) for number, _ in zip(count(first), range(many), strict=False)]


def _body(number: int, slots: list[str], towns: list[str]) -> bytes:
    family = _FAMILY[number % len(_FAMILY)]
    companions = number % 4
    telephone = _TELEPHONES[3 if number % 8 == 0 else number % 3]
    return json.dumps({
        "name": f"{family}　{_GIVEN[number % len(_GIVEN)]}",
        "address": f"東京都新宿区{towns[number % len(towns)]}{number % 5 + 1}丁目{number % 31 + 1}番{number % 7}号",
        "age": 18 + number % 70,
        "telephone": telephone.format(_EXCHANGES[number // 10_000 % len(_EXCHANGES)], number % 10_000),
        "email": f"applicant-{number}@mail.example",
        "companions": [f"{family}　{_GIVEN[(number + one) % len(_GIVEN)]}" for one in range(1, companions + 1)],
        "seats": 1 + companions // 2,
        "wishes": [slots[(number * 7 + one * 13) % len(slots)] for one in range(1 + number % 3)],
        "language": "ja",
    }, ensure_ascii=False).encode()
