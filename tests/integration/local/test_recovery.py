"""Kills, second starts and the end of the supervisor."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient

from deploy.local import records
from deploy.local.overview import overview
from deploy.local.ports import free_base
from deploy.local.stack import Stack, StackError, running
from deploy.local.state import CHECKOUT, State
from tests.integration.local.clients import await_that, read, write
from tests.stack import infrastructure_stack, repaired

TOPIC = "intake.windows.v1"


def test_kafka_is_recovered_after_a_kill_with_its_records(infrastructure: Stack) -> None:
    assert write(infrastructure, "intake", TOPIC) is None
    with repaired(infrastructure):
        before = infrastructure.parts["kafka"].pid
        infrastructure.parts["kafka"].kill()
        infrastructure.parts["kafka"].wait_ready()
        assert infrastructure.parts["kafka"].pid != before
    assert read(infrastructure, "lottery", TOPIC, "lottery.after-kill") is None


def test_mongo_is_recovered_after_a_kill_with_its_documents(infrastructure: Stack) -> None:
    uri = (infrastructure.state.user("intake") / "mongo-uri").read_text()
    with MongoClient[dict[str, object]](uri) as client:
        client.intake.kept.insert_one({"before": "the kill"})
        with repaired(infrastructure):
            infrastructure.parts["mongo"].kill()
            infrastructure.parts["mongo"].wait_ready()
        await_that(lambda: client.intake.kept.find_one() is not None, "the document is read again")


def test_a_second_supervisor_on_the_same_state_is_refused(infrastructure: Stack) -> None:
    second = Stack(infrastructure.state.root, free_base(22_000), services=False)
    with pytest.raises(StackError, match=f"pid {os.getpid()}.*kujibiki status"):
        second.start()
    assert overview(infrastructure.state).ready


def test_a_second_start_keeps_all_even_on_other_ports(tmp_path: Path) -> None:
    with running(infrastructure_stack(tmp_path)) as first:
        assert write(first, "intake", TOPIC) is None
        moved = free_base(first.ports.base + 100)
    with running(Stack(tmp_path, moved, services=False)) as second:
        assert read(second, "lottery", TOPIC, "lottery.second") is None


@pytest.fixture
def detached(tmp_path: Path) -> Iterator[tuple[State, list[str]]]:
    """A stack by the command line, ended at the end."""
    options = ["--state", str(tmp_path), "--port-base", str(free_base(23_000)), "--no-services"]
    yield State(tmp_path), options
    command("down", "--state", str(tmp_path))


def test_a_killed_supervisor_leaves_no_process_and_the_next_up_works(detached: tuple[State, list[str]]) -> None:
    state, options = detached
    command("up", "--detach", *options)
    parts = [process for record in records.load_all(state) if (process := records.process_of(record))]
    supervisor = records.load(state, records.SUPERVISOR)
    assert supervisor is not None
    assert len(parts) == 4
    psutil.Process(supervisor.pid).kill()
    await_that(lambda: not any(map(_runs, parts)), "all parts are gone with their supervisor")
    assert command("status", "--state", str(state.root), expect=1)
    command("up", "--detach", *options)
    command("status", "--state", str(state.root))
    command("down", "--state", str(state.root))
    assert records.load_all(state) == []
    assert not overview(state).running


def test_a_later_start_needs_no_network(tmp_path: Path) -> None:
    """In a network namespace that has loopback and nothing else."""
    alone = ["unshare", "--net", "--map-root-user", "sh", "-c"]
    if subprocess.run([*alone, "ip link set lo up"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets no one make a network namespace (unshare, ip)")
    program = (
        "from pathlib import Path\nfrom tests.stack import infrastructure_stack\n"
        "from deploy.local.stack import running\n"
        f"with running(infrastructure_stack(Path({str(tmp_path)!r}))): print('ready')"
    )
    done = subprocess.run(
        [*alone, f"ip link set lo up && exec {sys.executable} -c {shlex.quote(program)}"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "ready", done.stderr


def command(*arguments: str, expect: int = 0) -> str:
    """Run `kujibiki …` as a person would."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
