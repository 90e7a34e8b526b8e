"""B12: each service declares what it keeps, and from which topics a replay rebuilds it."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from cli.replay.running import REBUILDS
from shared.contracts.topics import SERVICES, TOPIC, topics_read_by
from shared.platform.collections import Declared, declared
from shared.replay.rebuilding import Rebuild

ROOT = Path(__file__).parents[3]
NOT_STORES = {"replay.py", "redrawing.py"}
"""They name collections of the scratch store."""


@cache
def modules(service: str) -> dict[Path, ModuleType]:
    """The service's modules."""
    files = [file for file in (ROOT / "services" / service).rglob("*.py")
             if "public" not in file.relative_to(ROOT).parts and file.name not in NOT_STORES | {"__main__.py"}]
    return {file: importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)) for file in files}


def used(service: str) -> set[str]:
    """Names of collections in `database[NAME]` and `tx.insert(NAME, …)` of the service's code."""
    found = set()
    for file, module in modules(service).items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = _named(node)
            if named is not None and (name := _value(named, module)) is not None:
                found.add(name)
    return found


def _named(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.Subscript(value=value, slice=named) if ast.unparse(value).endswith("database"):
            return named
        case ast.Call(func=ast.Attribute(value=value, attr="insert"), args=[named, *_]) if ast.unparse(value) == "tx":
            return named
    return None


def _value(named: ast.expr, module: ModuleType) -> str | None:
    """The text that an expression stands for; None for a parameter, whose callers name it."""
    try:
        value = eval(ast.unparse(named), vars(module))
    except NameError:
        return None
    return value if isinstance(value, str) else None


@pytest.fixture(params=SERVICES)
def rebuild(request: pytest.FixtureRequest) -> Rebuild:
    return REBUILDS[request.param]


def test_b12_every_collection_that_a_service_uses_is_declared(rebuild: Rebuild) -> None:
    names = used(rebuild.service)
    assert names, "the search found nothing: it proves nothing"
    assert names <= declared(rebuild.collections).keys()


def test_b12_whatever_a_module_declares_is_known_to_the_replay(rebuild: Rebuild) -> None:
    said = {one for module in modules(rebuild.service).values() for one in getattr(module, "COLLECTIONS", ())}
    assert said == set(rebuild.collections)


def test_b12_sources_are_own_topics_or_heard_ones(rebuild: Rebuild) -> None:
    heard = {topic.name for topic in topics_read_by(rebuild.service)}
    for one in rebuild.collections:
        assert set(one.sources) <= heard, one.name
        if one.kind == "authoritative" and one.sources:
            assert any(TOPIC[name].owner == rebuild.service for name in one.sources), one.name


def test_b12_what_is_not_rebuilt_says_why(rebuild: Rebuild) -> None:
    for one in rebuild.collections:
        if one.kind != "passing":
            assert bool(one.sources) != bool(one.not_rebuilt), one.name


def test_b12_what_is_rebuilt_is_compared(rebuild: Rebuild) -> None:
    sourced = {one.name for one in declared(rebuild.collections).values() if one.sources}
    compared = {one.collection for one in rebuild.compared}
    # Lines lie in other chunks and refusals have ids of their own: both are compared as figures.
    assert sourced - compared == ({"lines", "refusals"} if rebuild.service == "lottery" else set())
    assert compared <= sourced


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        declared((Declared("outbox", "passing"),))
