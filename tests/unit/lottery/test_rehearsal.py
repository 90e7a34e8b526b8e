"""Dry runs: the draw's own computation, which nobody can take for a draw, and no entry comes out of it (B01, B02)."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from services.lottery.domain.canonical import line_of
from services.lottery.domain.entries import Entries
from services.lottery.domain.rehearsal import PREFIX, PROTOCOL, file_lines, invented, rehearse, seed_digest
from services.lottery.domain.rules import read_rules
from services.lottery.rehearsal_process import run
from tests.unit.lottery.campaign import VECTORS, Record, entry, rules, vector_records
from tests.unit.lottery.javascript import both_refuse

ENTRIES = [entry(n, 1 + n % 3, "a", "c") for n in range(1, 41)]
SEATS = [4, 3, 5]
NAME = PREFIX + "0123456789ab"


def asked(entries: list[Record] | None = None, **changed: Any) -> io.BytesIO:
    head = {"rules": rules(), "seats": SEATS, "struck": [], "invented": None, **changed}
    return io.BytesIO(b"".join([json.dumps(head).encode() + b"\n", *map(line_of, entries or [])]))


def test_b02_a_dry_run_tells_sums_that_add_up_and_no_entry() -> None:
    answer = run(asked(ENTRIES, struck=[ENTRIES[0]["entry"]]))
    assert answer["entries"] == 40 and sum(of for _, of in answer["by_party"].values()) == 39
    assert answer["won"] == sum(won for won, _ in answer["by_party"].values()) == sum(answer["by_rank"].values())
    taken = sum(SEATS) - sum(answer["left"].values())
    assert 0 < answer["won"] <= taken and answer["left"]["b"] == 3, "nobody wished b"
    assert not any(one["entry"] in json.dumps(answer) for one in ENTRIES)


def test_b01_each_dry_run_has_a_seed_of_its_own_of_which_only_the_digest_is_told() -> None:
    told = [run(asked(ENTRIES)) for _ in range(30)]
    assert len({one["seed_digest"] for one in told}) == 30 and {len(one["seed_digest"]) for one in told} == {64}
    assert len({str(one["by_party"]) for one in told}) > 1, "the order differs"
    it = read_rules(rules())
    same = [rehearse(it, Entries.frozen(ENTRIES, it), (), SEATS, "5" * 64) for _ in range(2)]
    assert same[0] == same[1] and "5" * 64 not in str(same[0]) and seed_digest("5" * 64) == same[0].seed_digest


def test_b02_invented_entries_keep_the_rules_and_use_every_slot() -> None:
    it = read_rules(rules())
    made = invented(it, 300, random.Random(3))
    assert len(made) == 300 and set(made.seats) == set(range(1, 9)) and set(made.wishes) == {0, 1, 2}
    assert run(asked(invented=25))["entries"] == 25


def test_b01_both_verifiers_refuse_a_dry_runs_file_at_its_first_line(verifier: ModuleType) -> None:
    lines = file_lines(rules(), NAME, run(asked(ENTRIES)))
    assert all(json.loads(line)["protocol"] == PROTOCOL and json.loads(line)["draw"].startswith("dry-run-")
               for line in lines)
    assert both_refuse(verifier, [lines, lines[:1]]) == [1, 1]
    # Nor does it help to take the mark off: a dry run has no commitments, entries, closing, signatures.
    unmarked = [line.replace(PROTOCOL.encode(), b"kujibiki-draw/1") for line in lines]
    assert both_refuse(verifier, [unmarked, unmarked[:1]]) == [2, 2]


@pytest.mark.parametrize("name", VECTORS)
def test_b01_both_verifiers_refuse_a_whole_transcript_under_a_dry_runs_names(verifier: ModuleType, name: str) -> None:
    head, *rest = vector_records(name)
    renamed = [line_of(record) for record in ({**head, "protocol": PROTOCOL, "draw": NAME}, *rest)]
    called = [line_of(record) for record in ({**head, "draw": NAME}, *rest)]
    first, second = both_refuse(verifier, [renamed, called])
    assert first == 1 and second > 1, "under the name of a dry run no commitment and no signature fits any more"


def test_b01_what_cannot_be_drawn_is_refused_with_the_domains_reason() -> None:
    assert run(asked())["refused"][0] == "entries"
    assert run(asked([entry(1, 9, "a")]))["refused"][0] == "seats"


def test_b01_the_process_answers_as_the_service_asks_it() -> None:
    done = subprocess.run([sys.executable, "-m", "services.lottery.rehearsal_process"], input=asked(ENTRIES).read(),
                          capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["entries"] == 40 and answer["milliseconds"] >= 0 and done.stderr == b""
