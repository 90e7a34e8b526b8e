"""Every code that a refusal of the lottery can carry, read from its source: nobody can add one and forget its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from services.lottery.domain import records

LOTTERY = Path(records.__file__).parents[1]
_RAISED = {"Refused": 2, "OutOfOrder": 2, "StepRefused": 0, "refuse": 0}
"""What makes a refusal, and which argument is its code; where that is left out, the field (the first) leads to it."""

ASKED_FOR = ("strike", "adjust", "reveal", "closing", "close", "beacon", "change")
"""Steps that people ask for; `Transcript._expect` makes codes of them (`reveal-early`). Others come by themselves."""

COMPUTED = {
    "transcript.py": {f"{step}-{when}" for step in ASKED_FOR for when in ("early", "late")} - {"adjust-early"}
    | {"before-freeze-from", "before-freeze", "before-commit-until", "at"},
    "chance.py": {"beacon-early", "beacon-late"},
    "closing.py": {"revealed", "missing"},
    "approving.py": {"own-proposal", "not-own-proposal", "proposal-fallen"},
    "witness.py": {"key"},
    "rules.py": {"timetable", "slots", "witnesses", "slot"},
    "beacon.py": {"beacons"},
    "records.py": {field for record in (records.Struck, records.GivenUp, records.SeatsChanged, records.Reveal,
                                        records.WitnessSignature, records.Closed, records.CeremonyValue)
                   for field in record.model_fields} | {"key", "commitment"} - {"type"},
}
"""What a file computes instead of writing it down."""

NOT_A_STEP = {"canonical.py", "replay.py", "redrawing.py", "proofs.py", "seed.py"}
"""These read stored lines or compute from them: where one is wrong, no step was asked for."""


def codes() -> set[str]:
    """All of them."""
    found: set[str] = set()
    for path in sorted(LOTTERY.rglob("*.py")):
        if path.name in NOT_A_STEP or "public" in path.parts:
            continue
        for code in _written_in(path):
            found |= COMPUTED.get(path.name, set()) if code is None else {code}
    return {code.replace("_", "-") for code in found} - {"type"}


def _written_in(path: Path) -> Iterator[str | None]:
    """The codes of one file; None stands for one that it computes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in _RAISED:
            yield _code_of(node)


def _code_of(call: ast.Call) -> str | None:
    place = _RAISED[_name(call.func)]
    named = next((word.value for word in call.keywords if word.arg == "code"), None)
    code = named or (call.args[place] if len(call.args) > place else None)
    if code is not None:
        return code.value if isinstance(code, ast.Constant) and isinstance(code.value, str) else None
    if _name(call.func) == "OutOfOrder":
        return "out-of-order"
    field = call.args[0]
    return field.value.partition(".")[0] if isinstance(field, ast.Constant) and isinstance(field.value, str) else None


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
