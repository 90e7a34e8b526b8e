"""A programme file (TOML): read, checked as a whole, and refused with line, field and reason."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.retention.domain.fitness import misfits
from services.retention.domain.reasons import misfit_reason, shape_reason, syntax_reason
from services.retention.domain.toml_lines import Path, line_of, lines_of
from shared.contracts.programme import Misfit, Programme

_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class Complaint:
    """What is wrong in a programme file: line from 1, the field's path with dots, the reason in Japanese."""

    line: int
    field: str
    reason: str


def parse(text: str) -> Programme | tuple[Complaint, ...]:
    """The programme that `text` defines, or everything that is wrong with it, by line."""
    try:
        document = tomllib.loads(text)
    except RecursionError:
        return (Complaint(1, "", syntax_reason("nested too deeply")),)
    except ValueError as error:
        return (_syntax_complaint(text, str(error)),)
    lines = lines_of(text)
    try:
        programme = Programme.model_validate(document)
    except ValidationError as error:
        found = [found for problem in error.errors() for found in _complaints(problem, document, lines)]
    else:
        found = [_misfit_complaint(misfit, document, lines) for misfit in misfits(programme)]
        if not found:
            return programme
    return tuple(sorted(found, key=lambda complaint: (complaint.line, complaint.field)))


def complaint(text: str, misfit: Misfit) -> Complaint:
    """What a rule outside the file has against a well-formed file, such as an old version."""
    return _misfit_complaint(misfit, tomllib.loads(text), lines_of(text))


def digest(text: str) -> str:
    """What a published programme is known by: the SHA-256 of its file."""
    return hashlib.sha256(text.encode()).hexdigest()


def _syntax_complaint(text: str, message: str) -> Complaint:
    place = _WHERE.search(message)
    bare = message[: place.start()] if place else message
    written = text.split("\n")
    line = int(place["line"]) if place and place["line"] else len(written)
    return Complaint(line, "", syntax_reason(bare, written[line - 1]))


def _complaints(
    problem: Mapping[str, Any], document: dict[str, Any], lines: dict[Path, int]
) -> list[Complaint]:
    if problem["type"] == "misfit":
        return [_misfit_complaint(misfit, document, lines) for misfit in problem["ctx"]["misfits"]]
    if problem["type"] == "too_short" and problem["input"]:
        return []  # its elements are there and have complaints of their own
    path = _in_document(problem["loc"], document)
    return [Complaint(line_of(path, lines), _dotted(path), shape_reason(problem))]


def _misfit_complaint(misfit: Misfit, document: dict[str, Any], lines: dict[Path, int]) -> Complaint:
    steps = tuple(int(step) if step.isdigit() else step for step in misfit.field.split("."))
    path = _in_document(steps, document)
    return Complaint(line_of(path, lines), _dotted(path), misfit_reason(misfit))


def _in_document(location: Path, document: dict[str, Any]) -> Path:
    """The way as the file has it: without the names of alternatives that pydantic puts in between."""
    path: Path = ()
    here: Any = document
    for position, step in enumerate(location):
        inside = here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        if step in inside:
            here = here[step]
        elif position < len(location) - 1:
            continue
        path = (*path, step)
    return path


def _dotted(path: Path) -> str:
    """`times[2].seats` for people who count from one."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text
