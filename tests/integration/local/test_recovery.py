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
from deploy.local.stack import Stack, StackError
from deploy.local.state import CHECKOUT, State
from tests.integration.local.clients import await_that, read, write
from tests.stack import repaired

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


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[State]:
    """A state folder; what was started on it by the command line is ended."""
    yield State(tmp_path)
    command("down", "--state", str(tmp_path))


def test_a_stack_starts_again_after_a_stop_and_a_kill_on_other_ports_with_all_records_and_without_network(
    ended: State,
) -> None:
    """Three starts on one folder: fresh; after `down`, on other ports; after the supervisor was killed, offline."""
    first = Stack(ended.root, up(ended, 23_000), services=False)
    assert write(first, "intake", TOPIC) is None
    command("down", "--state", str(ended.root))
    assert records.load_all(ended) == []
    assert not overview(ended).running

    moved = Stack(ended.root, up(ended, first.ports.base + 100), services=False)
    assert moved.ports.base != first.ports.base
    assert read(moved, "lottery", TOPIC, "lottery.second") is None
    kill_supervisor(ended)
    assert command("status", "--state", str(ended.root), expect=1)

    # In a network namespace that has loopback and nothing else.
    alone = ["unshare", "--net", "--map-root-user", "sh", "-c"]
    if subprocess.run([*alone, "ip link set lo up"], capture_output=True, check=False).returncode != 0:
        up(ended, 23_000)
        command("status", "--state", str(ended.root))
        pytest.skip("all but the start without network: this machine makes no network namespace (unshare, ip)")
    program = (
        "from pathlib import Path\nfrom tests.stack import infrastructure_stack\n"
        "from deploy.local.stack import running\n"
        f"with running(infrastructure_stack(Path({str(ended.root)!r}))): print('ready')"
    )
    done = subprocess.run(
        [*alone, f"ip link set lo up && exec {sys.executable} -c {shlex.quote(program)}"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "ready", done.stderr


def up(state: State, first_base: int) -> int:
    """Starts a stack by the command line, which goes on alone; its port base."""
    base = free_base(first_base)
    command("up", "--detach", "--state", str(state.root), "--port-base", str(base), "--no-services")
    return base


def kill_supervisor(state: State) -> None:
    """Kills it, and waits until its four parts have gone with it."""
    parts = [process for record in records.load_all(state) if (process := records.process_of(record))]
    supervisor = records.load(state, records.SUPERVISOR)
    assert supervisor is not None
    assert len(parts) == 4
    psutil.Process(supervisor.pid).kill()
    await_that(lambda: not any(map(_runs, parts)), "all parts are gone with their supervisor")


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
