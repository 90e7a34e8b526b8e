"""PINs of people on shared tablets (S21): six digits that their owner chose, and that nobody guesses first."""

from __future__ import annotations

from itertools import pairwise

LENGTH = 6
SERVICES_BY_PIN = frozenset({"checkin"})
"""Where shared tablets are."""

_OFTEN = frozenset({"159753", "147258", "258369", "142536", "696969", "520520", "131419", "808080"})


def fault(pin: str, staff: str) -> str | None:
    """Why a PIN is refused: `shape`, or `weak`; None if it may be used."""
    if len(pin) != LENGTH or not (pin.isascii() and pin.isdigit()):
        return "shape"
    return "weak" if _weak(pin, staff) else None


def _weak(pin: str, staff: str) -> bool:
    digits = "".join(letter for letter in staff if letter.isdigit())
    return (
        _repeats(pin) or _runs(pin) or _is_date(pin) or pin == pin[::-1] or pin in _OFTEN
        or (len(digits) >= 4 and (digits in pin or pin in digits)))


def _repeats(pin: str) -> bool:
    """`111111`, `121212`, `123123`, `111222`: too few different digits, or one part again and again."""
    return len(set(pin)) < 3 or any(pin == pin[:size] * (LENGTH // size) for size in (1, 2, 3))


def _runs(pin: str) -> bool:
    """`123456`, `987654`, `024680`: each digit the same step from the last."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1


def _is_date(pin: str) -> bool:
    """A birthday as YYMMDD, DDMMYY or YYYYMM of the last or this century: the first thing that is tried."""
    pairs = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    day_first, year_first = pairs[0] <= 31 and pairs[1] <= 12, pairs[1] <= 12 and pairs[2] <= 31
    return bool(
        (day_first and pairs[0] and pairs[1]) or (year_first and pairs[1] and pairs[2])
        or (pin[:2] in {"19", "20"} and 1 <= pairs[2] <= 12))
