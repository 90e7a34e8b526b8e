"""Problems are an interface: each type that intake can answer is listed, described and stable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from services.intake.domain.desk import DeskRefused, Refusal
from services.intake.problem_kinds import KINDS
from services.intake.refusals import desk_refused
from shared.platform.problem_kinds import Kind
from shared.ui.language import Phrase

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "api.md"
MARKS = ("<!-- problems -->\n", "<!-- /problems -->")


def table() -> str:
    """All types, by status."""
    rows = [f"| {kind.status} | `{kind.type}` | {kind.when}. | {kind.todo} |" for kind in in_order()]
    return "\n".join(("| status | `type`: `/problems/…` | when | what to do |", "|---|---|---|---|", *rows)) + "\n"


def in_order() -> list[Kind]:
    """By status, then by type."""
    return sorted(KINDS.values(), key=lambda kind: (kind.status, kind.type))


def problems_in_the_code() -> Iterator[tuple[str, int, str]]:
    """Place, status and type of each `Problem(status, "type", …)`, or call of a subclass's constructor with them."""
    for path in (*(ROOT / "services" / "intake").rglob("*.py"), *(ROOT / "shared").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            status, kind = node.args[:2]
            if (isinstance(status, ast.Constant) and isinstance(kind, ast.Constant) and isinstance(kind.value, str)
                    and isinstance(status.value, int) and 400 <= status.value < 600):
                yield str(path.relative_to(ROOT)), status.value, kind.value


def test_the_guide_lists_every_type_of_problem() -> None:
    """`python -m tests.contract.test_api_guide` writes it."""
    begin, end = (GUIDE.read_text().index(mark) for mark in MARKS)
    assert GUIDE.read_text()[begin + len(MARKS[0]):end] == table()


def test_no_problem_is_answered_that_is_not_listed() -> None:
    """What the code raises, with the status that is listed: services/intake/problem_kinds.py is where to add one."""
    found = {(status, kind): place for place, status, kind in problems_in_the_code()}
    assert len(found) > 20
    assert {key: place for key, place in found.items() if key not in {(k.status, k.type) for k in KINDS.values()}} == {}


def test_the_windows_refusals_are_listed() -> None:
    """Their types are codes of the domain."""
    assert {KINDS[code].status for code in refusals_of_the_window()} == {409}


def refusals_of_the_window() -> set[str]:
    """The codes with which something is refused for its time."""
    code = "".join(path.read_text() for path in (ROOT / "services" / "intake").rglob("*.py"))
    return set(re.findall(r'WindowRefused\(\s*"([a-z-]+)"', code))


def test_the_desks_refusals_are_listed() -> None:
    """Their types are codes of the domain, their statuses the ones that are answered."""
    for code in get_args(Refusal):
        problem = desk_refused(lambda key, /, **values: Phrase(key, values, "en", "en"), DeskRefused(code))
        assert KINDS[problem.type].status == problem.status


def test_nothing_is_listed_that_nobody_answers() -> None:
    """A type that went is taken off the list in the open."""
    answered = {kind for _, _, kind in problems_in_the_code()} | refusals_of_the_window() | {"status-404", "status-405"}
    answered |= {f"desk-{code}" for code in get_args(Refusal)}
    assert set(KINDS) - answered == set()


def main() -> None:
    """Writes the table into the guide."""
    text = GUIDE.read_text()
    begin, end = (text.index(mark) for mark in MARKS)
    GUIDE.write_text(text[:begin + len(MARKS[0])] + table() + text[end:])


if __name__ == "__main__":
    main()
