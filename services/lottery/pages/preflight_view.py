"""Preflight in words: each check's title, what it found, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.lottery.domain.preflight import STEPS, VERDICTS, Finding, Step, Verdict, worst
from services.lottery.pages.public_view import slot_names
from shared.contracts.programme import Programme
from shared.ui.formats import jst, number
from shared.ui.language import MissingWords

MOST_NAMED = 4
"""Slots that are called by name; of more their number is enough."""

LISTS = {"window": "window", "duplicates": "duplicates", "postcards": "desk/batches", "held": "desk/held"}
"""Where intake shows what lies behind a check's figure."""

Say = Any


@dataclass(frozen=True)
class Shown:
    """A check as the page shows it; `ahead`: its step is not the next one, so that nothing is wrong yet."""

    check: str
    verdict: Verdict
    ahead: bool
    title: str
    found: str
    todo: str | None
    original: str | None = None
    href: str | None = None


@dataclass(frozen=True)
class Preflight:
    """All checks by step; `verdict` and `counts` are of the next step, `now` those of it that are not good."""

    step: Step | None
    verdict: Verdict
    counts: Mapping[Verdict, int]
    by_step: Mapping[Step, Sequence[Shown]]

    @property
    def now(self) -> list[Shown]:
        """What is not good before the next step, the worst first."""
        found = [shown for shown in self.by_step.get(self.step, ()) if shown.verdict != "good"] if self.step else []
        return sorted(found, key=lambda shown: VERDICTS.index(shown.verdict))


def preflight_of(
    programme: Programme, step: Step | None, found: Sequence[Finding], say: Say, intake: str = ""
) -> Preflight:
    """The findings in the page's words; `intake` is where its pages are."""
    names, lists = _Names(programme), f"{intake}/intake/{programme.id}"
    mine = [finding for finding in found if finding.step == step]
    return Preflight(
        step=step, verdict=worst(mine),
        counts={verdict: sum(finding.verdict == verdict for finding in mine) for verdict in VERDICTS},
        by_step={of: [_shown(finding, step, names, say, lists) for finding in found if finding.step == of]
                 for of in STEPS if any(finding.step == of for finding in found)})


def _shown(finding: Finding, step: Step | None, names: _Names, say: Say, lists: str) -> Shown:
    key = f"preflight.{finding.check}"
    values = {name: names.told(name, value) for name, value in finding.values.items()}
    if "code" in values:
        values["why"] = str(_words(say, f"refused.{values['code']}") or say("refused.other"))
    todo = _words(say, f"{key}.{finding.outcome}-do", **values)
    return Shown(
        check=finding.check, verdict=finding.verdict, ahead=finding.step != step, title=str(say(f"{key}.title")),
        found=str(say(f"{key}.{finding.outcome}", **values)), todo=str(todo) if todo else None,
        original=str(values["reason"]) if "reason" in values else None,
        href=f"{lists}/{LISTS[finding.check]}" if finding.check in LISTS else None)


def _words(say: Say, key: str, **values: object) -> object | None:
    try:
        phrase: object = say(key, **values)
    except MissingWords:
        return None
    return phrase


class _Names:
    """Slots and witnesses as people call them, times and numbers as they are written."""

    def __init__(self, programme: Programme) -> None:
        self._slots = slot_names(programme)
        self._bodies = {witness.name: witness.body.ja for witness in programme.draw.witnesses}

    def told(self, name: str, value: object) -> object:
        """One value of a finding."""
        if isinstance(value, datetime):
            return jst(value)
        if isinstance(value, int):
            return number(value)
        if isinstance(value, list):
            known = self._slots if name == "slots" else self._bodies
            said = [known[one] for one in value[:MOST_NAMED]]
            return "、".join(said) + (f"ほか{len(value) - MOST_NAMED}" if len(value) > MOST_NAMED else "")
        return value
