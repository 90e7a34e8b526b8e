"""B02: the stand-alone program that anyone can run finds the same figures in a transcript as the service stated."""

from __future__ import annotations

import gzip
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.lottery.domain.expectation import Scenario
from services.lottery.domain.transcript import Transcript
from services.lottery.domain.verdict import Fairness, judged
from tests.unit.lottery.campaign import FROZEN_AT, PUBLIC, WHY, close, draw, entry, frozen, slot

ROW = re.compile(r"(party|wish|left) +(\S+) +(?:of +(\d+): )? +(-?\d+) +expected +(\S+) +usual +(\d+) to +(\d+)")
ALONE = re.compile(r"alone +(\S+) +won by persons drawn alone (\d+), parties all together (\d+), in (\d+) draws")


def transcript_of(max_wins: int) -> Transcript:
    """160 entries over three slots; some struck, seats cut; one size of party so rare that it is told with another."""
    chosen = random.Random(max_wins)
    entries = [entry(n, chosen.choice((1, 2, 2, 3)) if n > 2 else 4, *chosen.sample("abc", chosen.randint(1, 3)))
               for n in range(1, 161)]
    slots = [slot("a", 70), slot("b", 40), slot("c", 50, day="2021-07-02")]
    transcript = frozen(entries, max_wins=max_wins, slots=slots)
    for n in (5, 9):
        transcript.strike(entries[n]["entry"], WHY["reason"], WHY["decision"], FROZEN_AT)
    transcript.adjust("b", -3, WHY["reason"], WHY["decision"], FROZEN_AT)
    draw(close(transcript)).end()
    return transcript


def stated(transcript: Transcript) -> Fairness:
    results = transcript.results
    assert results is not None and transcript.seed is not None
    scenario = Scenario.of(results, {})
    runs = [scenario.run(transcript.seed, number) for number in range(1, scenario.runs + 1)]
    return judged(scenario, scenario.happened(results), runs)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As people run it: isolated from everything installed."""
    return subprocess.run([sys.executable, "-I", "-S", str(PUBLIC / "expect_draw.py"), *arguments],
                          capture_output=True, text=True, check=False)  # fmt: skip


@pytest.mark.parametrize("max_wins", [1, 2])
def test_b02_anyone_finds_the_stated_figures_in_the_transcript(max_wins: int, tmp_path: Path) -> None:
    """By party size, by wish, seats left, persons drawn alone; it shares no line with the service."""
    transcript = transcript_of(max_wins)
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(transcript.lines())))
    found, done = stated(transcript), run(str(path))
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row.group(1, 2): row.group(3, 4, 5, 6, 7) for row in map(ROW.match, done.stdout.splitlines()) if row}
    expected = {
        (one.group.kind, one.group.key): (str(one.group.of), str(one.won), f"{one.range.total / 1000:.3f}",
                                          str(one.range.low), str(one.range.high)) for one in found.groups}
    names = ["all", "a", "b", "c"]
    expected |= {
        ("left", name): (None, str(row.left), f"{row.range.total / 1000:.3f}", str(row.range.low), str(row.range.high))
        for name, row in zip(names, [found.left_in_all, *found.left], strict=True)}
    assert rows == expected
    assert ("party", "few") in expected
    alone = {row[1]: (int(row[2]), int(row[3])) for row in map(ALONE.match, done.stdout.splitlines()) if row}
    assert alone == {one.group.key: (one.persons, one.together) for one in found.alone}


def test_b02_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    for text in ("", "{}\n", "[]\n", '{"type":"seed","seed":"xyz"}\n', "nonsense\n"):
        path.write_text(text)
        done = run(str(path))
        assert done.returncode == 2 and "could not read" in done.stdout and done.stderr == ""
    assert run(str(tmp_path / "absent")).returncode == 2
