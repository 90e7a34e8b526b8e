"""docs/compliance.md and docs/walkthrough.md speak of rows, files, functions and tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [*(f"S{number:02}" for number in range(1, 34)), *(f"B{number:02}" for number in range(1, 21))]
STATES = {"done", "thin", "not built yet"}
LINK = re.compile(r"\]\(([^)#]+)\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
WALKED = re.compile(r"\[`?([\w./-]+\.\w+)`?\]\((\.\./[^)]+)\)((?:[:,]? `[\w.]+`)*)")


class Row(NamedTuple):
    """A row of the table."""

    name: str
    state: str
    text: str
    code: str
    tests: str


def table() -> list[Row]:
    """The rows of docs/compliance.md."""
    lines = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if re.match(r"\| [SB]\d\d \|", line)]
    return [Row(*(cell.strip() for cell in row)) for row in rows]


@cache
def tree(file: str) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


@cache
def defined(file: str) -> dict[str, ast.AST]:
    """Functions, classes and methods (`Class.method`) of a file, by name."""
    found: dict[str, ast.AST] = {}
    for node in tree(file).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}": one for one in node.body
                      if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


def carries(file: str, test: str, row: str) -> bool:
    """The test's name, its docstring, or the docstring of its file names the row."""
    function = defined(file)[test]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    says = f"{test.upper()} {ast.get_docstring(function)} {ast.get_docstring(tree(file))}"
    covered = {f"{letter}{number:02}" for letter, first, last in re.findall(r"([SB])(\d\d)–[SB]?(\d\d)", says)
               for number in range(int(first), int(last) + 1)}
    return row in covered or re.search(rf"(?<![A-Z0-9]){row}(?![0-9])", says) is not None


def test_every_row_stands_in_the_table_once_and_in_order() -> None:
    assert [row.name for row in table()] == ROWS
    assert {row.state for row in table()} <= STATES


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_a_row_names_files_and_tests_that_exist(row: Row) -> None:
    for path in LINK.findall(row.code):
        assert (ROOT / "docs" / path).resolve().exists(), path
    for file, test in TEST.findall(row.tests):
        assert test in defined(file), f"{file}::{test}"


@pytest.mark.parametrize("row", [row for row in table() if row.state != "not built yet"], ids=lambda row: row.name)
def test_what_is_built_is_carried_by_a_test(row: Row) -> None:
    tests = TEST.findall(row.tests)
    assert any(carries(file, test, row.name) for file, test in tests), row.name
    assert LINK.findall(row.code)


@pytest.mark.parametrize("row", [row for row in table() if row.state == "not built yet"], ids=lambda row: row.name)
def test_what_is_not_built_claims_no_test(row: Row) -> None:
    assert row.tests == "—"


def test_the_summary_counts_the_rows() -> None:
    text = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
    counts = {state: sum(row.state == state for row in table()) for state in STATES}
    assert f"{counts['done']} rows are done, {counts['thin']} thin, {counts['not built yet']} not built yet" in text


def walked() -> list[tuple[str, list[str]]]:
    """The files of docs/walkthrough.md and the functions named beside each."""
    text = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")
    return [(path.removeprefix("../"), re.findall(r"`([\w.]+)`", names)) for _, path, names in WALKED.findall(text)]


@pytest.mark.parametrize(("file", "names"), walked())
def test_the_walkthrough_names_what_exists(file: str, names: list[str]) -> None:
    assert (ROOT / file).exists()
    if file.endswith(".py"):
        assert [name for name in names if name not in defined(file)] == []


def test_the_walkthrough_goes_through_all_five_services() -> None:
    assert sum(len(names) for _, names in walked()) > 40
    assert {file.split("/")[1] for file, _ in walked() if file.startswith("services/")} == {
        "intake", "lottery", "checkin", "notifier", "retention"}  # fmt: skip
