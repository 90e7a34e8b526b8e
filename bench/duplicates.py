"""Precision and recall of finding duplicates, on a labelled set with slips and hard neighbours (B03).

`python -m bench.duplicates [PEOPLE [SEED]]` (20,000 people and seed 1 by default) makes the set, looks for pairs as the
service does, and prints what blocking, the system's own decision and the desk's list find of the true pairs.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from bench.labelled import Labelled, labelled
from services.intake.domain.blocking import pairs_to_compare
from services.intake.domain.keys import key_texts
from services.intake.domain.likeness import contacts_agree, likeness

Counts = Literal["first", "last"]
Pair = tuple[str, str]


@dataclass
class Found:
    """What a stage found: pairs, and how many of them are true ones."""

    pairs: int
    true: int
    of: int

    @property
    def precision(self) -> float:
        """The share of true ones in what was found."""
        return self.true / self.pairs if self.pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of what was found in all true ones."""
        return self.true / self.of if self.of else 1.0


@dataclass
class Measured:
    """The figures of one set. `wrong` and `missed` say by their reasons what went wrong."""

    applications: int
    true_pairs: int
    blocking: Found
    decided: dict[Counts, Found]
    shown: Found
    seconds: float
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)


def measure(applications: list[Labelled]) -> Measured:
    """Looks for pairs as a pass does."""
    began = time.perf_counter()
    by_id = {f"{number:08}": one for number, one in enumerate(applications)}
    true = _true_pairs(by_id)
    compared = pairs_to_compare(
        {one: [f"{key.kind}:{key.text}" for key in key_texts(it.party)] for one, it in by_id.items()}, by_id)
    decided: dict[Counts, set[Pair]] = {"first": set(), "last": set()}
    shown, wrong, missed = set[Pair](), Counter[str](), Counter[str]()
    for pair in compared:
        one, other = by_id[pair[0]].party, by_id[pair[1]].party
        found = likeness(one, other)
        if found.shown:
            shown.add(pair)
        elif pair in true:
            missed[" ".join(found.reasons)] += 1
        for counts, pairs in decided.items():
            if found.certain and contacts_agree(one, other, found, counts):
                pairs.add(pair)
                wrong.update([" ".join(found.reasons)] if pair not in true else [])
    return Measured(
        len(applications), len(true), _found(compared, true),
        {counts: _found(pairs, true) for counts, pairs in decided.items()}, _found(shown, true),
        time.perf_counter() - began, wrong, missed)


def _true_pairs(by_id: dict[str, Labelled]) -> set[Pair]:
    of_person: dict[int, list[str]] = defaultdict(list)
    for one, it in by_id.items():
        of_person[it.person].append(one)
    return {pair for ids in of_person.values() for pair in combinations(sorted(ids), 2)}


def _found(pairs: set[Pair], true: set[Pair]) -> Found:
    return Found(len(pairs), len(pairs & true), len(true))


def main(people: int, seed: int) -> None:
    """Prints the figures, for a programme that asks for the age and for one that does not."""
    applications = labelled(people, seed)
    _print(f"seed {seed}, with ages", measure(applications))
    _print(f"seed {seed}, without ages", measure(without_ages(applications)))


def without_ages(applications: list[Labelled]) -> list[Labelled]:
    """The same, where the programme does not ask for the age."""
    return [replace(one, party=replace(one.party, age=None)) for one in applications]


def _print(title: str, it: Measured) -> None:
    print(f"{title}: {it.applications} applications, {it.true_pairs} true pairs, {it.seconds:.1f} s")
    stages = {"blocking": it.blocking, "shown or decided": it.shown, "decided (first counts)": it.decided["first"],
              "decided (last counts)": it.decided["last"]}
    for name, found in stages.items():
        print(f"{name:<24} {found.pairs:>7} pairs  precision {found.precision:.4f}  recall {found.recall:.4f}")
    for what, reasons in (("decided wrongly", it.wrong), ("compared, true, and not shown", it.missed)):
        for reason, count in reasons.most_common(6):
            print(f"{what}: {count} × {reason}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
