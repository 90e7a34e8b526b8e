"""Supervision of one part, with a small program instead of a server."""

import sys
import time
from pathlib import Path

import pytest

from deploy.local.environment import surroundings
from deploy.local.errors import StackError
from deploy.local.logs import LogSink
from deploy.local.part import Part, PartSpec
from deploy.local.state import State

SLEEPS = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(600)"]
FAILS = [sys.executable, "-c", "print('no settings'); raise SystemExit(3)"]


def part_of(tmp_path: Path, command: list[str], **more: object) -> tuple[Part, list[str]]:
    state = State(tmp_path / "state")
    state.create()
    said: list[str] = []
    sink = LogSink("sample", state.logs, lambda *_: None)
    spec = PartSpec("sample", command, lambda: "hello" in sink.last_lines(), surroundings(), **more)  # type: ignore[arg-type]
    return Part(spec, state, sink, said.append), said


def test_a_killed_part_is_started_again_and_that_is_reported(tmp_path: Path) -> None:
    part, said = part_of(tmp_path, SLEEPS)
    part.start()
    part.wait_ready()
    first = part.pid
    part.kill()
    part.wait_ready()
    assert part.pid != first
    assert part.record.restarts == 1
    assert any("SIGKILL" in line for line in said)
    part.stop()
    assert part.record.condition == "stopped"


def test_a_part_that_keeps_failing_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    part, _ = part_of(tmp_path, FAILS)
    part.start()
    with pytest.raises(StackError, match=r"(?s)ended 3 times.*no settings"):
        part.wait_ready()
    part.stop()


def test_a_part_that_stays_deaf_is_ended_and_started_again(tmp_path: Path) -> None:
    part, said = part_of(tmp_path, SLEEPS, alive=lambda: False, deaf_for=0.1)
    part.start()
    end = time.monotonic() + 30
    while not any("has not answered" in line for line in said):
        assert time.monotonic() < end
        time.sleep(0.05)
    part.stop()


def test_a_frozen_part_can_be_stopped(tmp_path: Path) -> None:
    part, _ = part_of(tmp_path, SLEEPS, stop_within=5)
    part.start()
    part.wait_ready()
    part.pause()
    part.stop()
    assert part.pid is None
