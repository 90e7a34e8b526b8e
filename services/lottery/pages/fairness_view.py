"""How fair a draw came out, as plain values for `fairness.html` (row B02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.lottery.domain.verdict import LEVEL, is_unusual
from services.lottery.store import STATED
from shared.contracts.lottery import DrawnAlone, FairnessStated, GroupFairness
from shared.contracts.programme import Programme

KINDS = ("party", "wish", "day", "channel")
OUTSIDE_OF_100 = 5
"""So many of a hundred fair draws are outside the range that is shown of a group."""


def fairness_of_page(programme: Programme, known: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The context of `fairness.html`: `state` is "waiting" with how far it is, or "stated"; None before the draw."""
    if known is None:
        return None
    if known["state"] != STATED:
        return {"state": "waiting", "done": known["done"], "runs": known.get("runs")}
    said = FairnessStated.model_validate(known)
    rows = {kind: [_row(group, said.runs) for group in said.groups if group.kind == kind] for kind in KINDS}
    compared = [row for kind in KINDS for row in rows[kind]]
    shifts = [row["detectable"] for row in compared if row["detectable"] is not None]
    return {
        "state": "stated", "said": said, "charts": rows, "compared": len(compared),
        "unusual": [row for row in compared if row["unusual"]],
        "outside": sum(row["outside"] for row in compared), "outside_expected": len(compared) * OUTSIDE_OF_100 / 100,
        "level": LEVEL, "shifts": (min(shifts), max(shifts)) if shifts else None,
        "too_small": [row for row in compared if row["too_small"]],
        "alone": [_alone(one, said) for one in said.alone if one.key != "1"], "left": _left(programme, said),
    }


def _row(group: GroupFairness, runs: int) -> dict[str, Any]:
    """One bar: rates in percent, and what the comparison says of it."""
    of, expected = group.entries, group.expected
    mean = expected.total / runs if runs else None
    shift = group.detectable
    too_small = mean is not None and (shift is None or shift > max(mean, of - mean))
    return {
        "kind": group.kind, "key": _key(group), "entries": of, "won": group.won, "value": _percent(group.won, of),
        "mark": None if mean is None else _percent(mean, of),
        "low": _percent(expected.low, of), "high": _percent(expected.high, of),
        "outside": bool(runs) and not expected.low <= group.won <= expected.high,
        "unusual": is_unusual(group.as_extreme, runs), "too_small": too_small,
        "detectable": None if shift is None or too_small else _percent(shift, of),
    }


def _key(group: GroupFairness) -> Any:
    """The key as the template writes it: a number, a date or a word."""
    if group.key.isdigit():
        return int(group.key)
    return date.fromisoformat(group.key) if group.kind == "day" and group.key[:1].isdigit() else group.key


def _alone(one: DrawnAlone, said: FairnessStated) -> dict[str, Any]:
    """Whole parties as they are drawn, beside each person drawn alone; in percent."""
    whole = next(group for group in said.groups if group.kind == "party" and group.key == one.key)
    return {
        "key": _key(whole), "whole": _percent(whole.expected.total / said.runs, whole.entries),
        "person": _percent(one.won / said.runs_alone, one.persons),
        "together": _percent(one.together / said.runs_alone, one.entries),
    }


def _left(programme: Programme, said: FairnessStated) -> dict[str, Any]:
    """Seats that nobody got: in all, and of the slots that had any, or in which a seat or more was to be expected."""
    in_all = next(row for row in said.left if row.slot is None)
    slots = [row for row in said.left
             if row.slot in programme.slot_by_id and (row.left or row.expected.total >= max(said.runs, 1))]
    return {
        "left": in_all.left, "low": in_all.expected.low, "high": in_all.expected.high,
        "slots": [{"slot": row.slot, "value": row.left, "mark": row.expected.total / said.runs if said.runs else None,
                   "low": row.expected.low, "high": row.expected.high} for row in slots],
    }


def _percent(part: float, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
