"""One dry run in a process of its own, so that seconds of computing never hold up the service (B01).

Standard input: a line of JSON (`rules`, `seats` by slot, `struck` entries, `invented` how many or null), then, where
none are invented, the entry lines. Standard output: the sums and the milliseconds that the draw took, as JSON; or
`{"refused": [field, reason]}`. The seed is drawn and forgotten in here.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from typing import Any, BinaryIO

from services.lottery.domain.entries import Entries
from services.lottery.domain.faults import Refused
from services.lottery.domain.rehearsal import invented, rehearse
from services.lottery.domain.rules import read_rules

NICENESS = 10
"""The service itself goes first."""
_CHANCE = secrets.SystemRandom()


def run(asked: BinaryIO) -> dict[str, Any]:
    """What is answered to what was asked."""
    head = json.loads(asked.readline())
    try:
        rules = read_rules(head["rules"])
        entries = invented(rules, head["invented"], _CHANCE) if head["invented"] else Entries.frozen(
            map(json.loads, asked), rules)
        struck = frozenset(entries.number(entry) for entry in head["struck"])
        begun = time.perf_counter()
        sums = rehearse(rules, entries, struck, head["seats"], secrets.token_hex(32))
    except Refused as refused:
        return {"refused": [refused.field, refused.reason]}
    return {**sums._asdict(), "milliseconds": round(1000 * (time.perf_counter() - begun))}


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.stdout.write(json.dumps(run(sys.stdin.buffer)))
