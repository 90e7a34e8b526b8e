"""Two stores held side by side, row by row in the order of their ids, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.platform.mongo import Database, Document
from shared.replay.rebuilding import Compared

EXAMPLES = 5
BATCH = 2000


@dataclass
class Rows:
    """What the comparison of a collection found; `examples` name fields, never values."""

    collection: str
    rebuilt: int = 0
    living: int = 0
    equal: int = 0
    different: int = 0
    only_rebuilt: int = 0
    only_living: int = 0
    examples: list[str] = field(default_factory=list)
    undeclared: set[str] = field(default_factory=set)

    @property
    def alike(self) -> bool:
        """Whether both stores have the same rows."""
        return self.equal == self.rebuilt == self.living

    def unlike(self, key: str, what: str) -> None:
        """Keeps an example of a difference."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{key}: {what}")


async def compare(rebuilt: Database, living: Database, by: Compared, programme: str | None) -> Rows:
    """Compares a collection of two stores, of one programme or of all."""
    found = Rows(by.collection)
    query = {**by.only, **(by.belongs(programme) if programme else {})}
    here, there = _in_order(rebuilt, by, query), _in_order(living, by, query)
    left, right = await anext(here, None), await anext(there, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left["_id"] < right["_id"]):
            assert left is not None
            found.rebuilt, found.only_rebuilt = found.rebuilt + 1, found.only_rebuilt + 1
            found.unlike(left["_id"], "in the rebuilt store only")
            left = await anext(here, None)
        elif left is None or right["_id"] < left["_id"]:
            found.living, found.only_living = found.living + 1, found.only_living + 1
            found.unlike(right["_id"], "in the living store only")
            right = await anext(there, None)
        else:
            _hold(found, by, left, right)
            left, right = await anext(here, None), await anext(there, None)
    return found


def _in_order(database: Database, by: Compared, query: Mapping[str, Any]) -> AsyncIterator[Document]:
    return aiter(database[by.collection].find(dict(query)).sort("_id", 1).batch_size(BATCH))


def _hold(found: Rows, by: Compared, left: Document, right: Document) -> None:
    found.rebuilt, found.living = found.rebuilt + 1, found.living + 1
    found.undeclared |= right.keys() - {"_id"} - set(by.fields) - by.left_out.keys()
    here, there = by.plain(left), by.plain(right)
    unlike = [name for name in by.fields if plain(here.get(name)) != plain(there.get(name))]
    if unlike:
        found.different += 1
        found.unlike(left["_id"], ", ".join(unlike))
    else:
        found.equal += 1


def plain(value: Any) -> Any:
    """A value as events can say it: times to the second, tuples as lists."""
    match value:
        case datetime():
            return value.replace(microsecond=0)
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value
