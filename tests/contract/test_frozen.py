"""Contracts are frozen: schemas and golden examples in the tree are what consumers were built against."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from shared.contracts.envelope import decode, encode, known_events
from shared.contracts.publish import SCHEMAS, files

EXAMPLES = SCHEMAS.parent / "examples"


@pytest.mark.parametrize("name", sorted(known_events()))
def test_the_golden_example_is_still_read_and_written_the_same(name: str) -> None:
    """A field that became required, was renamed, removed or changed fails here: give the event a new version."""
    frozen = json.loads((EXAMPLES / f"{name}.json").read_text())
    again = json.loads(encode(decode(json.dumps(frozen).encode())))
    assert _within(frozen, again), f"{name} no longer says what its example says"


@pytest.mark.parametrize("name", sorted(known_events()))
def test_the_golden_example_fits_the_frozen_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.validate(json.loads((EXAMPLES / f"{name}.json").read_text())["data"], schema)


def test_no_example_or_schema_outlived_its_event() -> None:
    """An event that topics may still hold is never dropped: auditors replay for good (B09)."""
    known = set(known_events())
    assert {path.stem for path in EXAMPLES.glob("*.json")} == known
    assert {path.stem for path in SCHEMAS.glob("*.json")} == known


def test_s32_generated_files_are_what_the_table_says() -> None:
    """Schemas, AsyncAPI, the flow of personal data and the deployment's topics cannot drift: run `make contracts`."""
    stale = [
        path.relative_to(path.parents[3]).as_posix() if len(path.parents) > 3 else str(path)
        for path, text in files().items()
        if not path.exists() or path.read_text() != text
    ]
    assert stale == []


def test_a_breaking_change_would_be_noticed() -> None:
    """The check itself can fail: an example that lacks a field is not within what is written now."""
    assert not _within({"a": 1, "b": 2}, {"a": 1})
    assert not _within({"a": [1]}, {"a": ["1"]})
    assert _within({"a": 1}, {"a": 1, "added": None})


def _within(old: object, new: object) -> bool:
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and _within(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(_within, old, new))
    return old == new


def test_asyncapi_refers_to_schemas_that_exist() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs/asyncapi.yaml").read_text()
    for line in text.splitlines():
        if "schemas/" in line:
            assert (root / "docs" / line.split("$ref: ")[1].strip()).resolve().exists(), line
