"""One supervised part: a thread that starts its process, watches it, and starts it again when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from deploy.local import tether
from deploy.local.errors import StackError
from deploy.local.logs import LogSink
from deploy.local.probes import Probe
from deploy.local.records import Condition, PartRecord, now, save
from deploy.local.state import CHECKOUT, State

_TICK = 0.1
_WATCH_EVERY = 2.0
_LONGEST_BACKOFF = 15.0
_STEADY_AFTER = 60.0
_GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class PartSpec:
    """What a part is: its command, and the questions by which it is known to be ready and alive."""

    name: str
    command: Sequence[str]
    ready: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    url: str | None = None
    still_ready: Probe | None = None  # a cheaper question, once `ready` was answered with yes
    alive: Probe | None = None
    reachable: Probe | None = None
    after_start: Callable[[], None] | None = None
    ready_within: float = 90.0
    stop_within: float = 20.0
    deaf_for: float = 30.0
    quiet: bool = False
    folder: Path = CHECKOUT


class Part:
    """A running part. All methods may be called from any thread.

    The process is started from the part's own thread, which lives as long as the part is wanted: the kernel's
    death signal (see `tether`) follows the thread that started the process.
    """

    def __init__(self, spec: PartSpec, state: State, sink: LogSink, report: Callable[[str], None]) -> None:
        """Nothing runs until `start`."""
        self.spec = spec
        self.sink = sink
        self._state = state
        self._report = report
        self._changed = threading.Condition()
        self._wanted = threading.Event()
        self._record = PartRecord(spec.name, "stopped", spec.port, url=spec.url, since=now())
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._deaths = 0
        self._ever_ready = False

    @property
    def name(self) -> str:
        """The part's name."""
        return self.spec.name

    @property
    def record(self) -> PartRecord:
        """What is known about it now."""
        return self._record

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._record.pid

    def start(self) -> None:
        """Begin to supervise; returns at once (see `wait_ready`)."""
        if self._thread and self._thread.is_alive():
            return
        self._wanted.set()
        self._deaths, self._ever_ready = 0, False
        self._set("starting")
        self._thread = threading.Thread(target=self._supervise, name=f"part-{self.name}", daemon=True)
        self._thread.start()

    def wait_ready(self, patience: float | None = None) -> None:
        """Return when the part is ready; raise if it keeps dying or takes too long."""
        end = time.monotonic() + (patience or self.spec.ready_within)
        with self._changed:
            while self._record.condition != "ready":
                if not self._wanted.is_set():
                    raise StackError(f"{self.name} was stopped before it was ready.")
                if self._deaths >= _GIVE_UP_AFTER and not self._ever_ready:
                    raise StackError(self._does_not_start(f"ended {self._deaths} times"))
                left = end - time.monotonic()
                if left <= 0:
                    raise StackError(self._does_not_start("was not ready in time"))
                self._changed.wait(min(left, 1.0))

    def abandon(self) -> None:
        """Have it end soon, without waiting for that: whoever waits for its readiness is released."""
        self._wanted.clear()
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """End the process in order (SIGTERM, later SIGKILL) and stop supervising."""
        self._wanted.clear()
        thread = self._thread
        if thread and thread is not threading.current_thread():
            thread.join()
        self._thread = None

    def kill(self) -> None:
        """SIGKILL, as a fault; the part is then started again by its supervision."""
        process = self._process
        if process is None:
            return
        _signal_group(process, signal.SIGKILL)
        process.wait()
        self._set("failed", note="killed on request")

    def restart(self) -> None:
        """Stop in order, start, wait until ready."""
        self.stop()
        self.start()
        self.wait_ready()

    def pause(self) -> None:
        """Freeze the process (SIGSTOP), as a fault."""
        if self._process:
            _signal_group(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        if self._process:
            _signal_group(self._process, signal.SIGCONT)

    def _supervise(self) -> None:
        while self._wanted.is_set():
            try:
                process = self._launch()
                if self._bring_up(process):
                    self._watch(process)
            except OSError as problem:
                self._set("failed", note=str(problem))
            if not self._wanted.is_set():
                break
            self._after_death()
        self._end()
        self._set("stopped", pid=None)

    def _launch(self) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-I",
            "-S",
            str(Path(tether.__file__)),
            str(os.getpid()),
            *self.spec.command,
        ]
        process = subprocess.Popen(
            command,
            cwd=self.spec.folder,
            env=dict(self.spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert process.stdout is not None
        threading.Thread(target=self.sink.pump, args=(process.stdout,), name=f"log-{self.name}", daemon=True).start()
        self._process = process
        self._set("starting", pid=process.pid)
        return process

    def _bring_up(self, process: subprocess.Popen[str]) -> bool:
        """True once the part is ready; False if it ended, or was too slow and was ended."""
        end = time.monotonic() + self.spec.ready_within
        greeted = False
        while self._running(process) and time.monotonic() < end:
            greeted = greeted or self._greet()
            if greeted and self.spec.ready():
                self._ever_ready = True
                self._set("ready")
                return True
            time.sleep(_TICK)
        if self._running(process):
            self.sink.take(f"kujibiki: {self.name} was not ready within {self.spec.ready_within:.0f} s")
            _signal_group(process, signal.SIGKILL)
        return False

    def _greet(self) -> bool:
        """Do what must be done at each start once the part can be reached."""
        if self.spec.reachable and not self.spec.reachable():
            return False
        if self.spec.after_start:
            try:
                self.spec.after_start()
            except Exception as problem:  # whatever it is, it is tried again until the part is too late
                self.sink.take(f"kujibiki: {self.name} cannot be set up yet: {problem}")
                return False
        return True

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Follow a part that was ready until it ends; end it if it stays deaf."""
        heard = looked = time.monotonic()
        while self._running(process):
            time.sleep(_TICK)
            if time.monotonic() - looked < _WATCH_EVERY:
                continue
            if self.spec.alive is None or self.spec.alive():
                heard = time.monotonic()
            elif time.monotonic() - heard > self.spec.deaf_for:
                self._report(f"{self.name} has not answered for {self.spec.deaf_for:.0f} s and is ended")
                _signal_group(process, signal.SIGKILL)
                return
            self._note_readiness(process)
            looked = time.monotonic()

    def _note_readiness(self, process: subprocess.Popen[str]) -> None:
        ready = (self.spec.still_ready or self.spec.ready)()
        with self._changed:
            # Under the lock, so that `kill` cannot be followed by a stale "ready".
            if process.poll() is None:
                self._set("ready" if ready else "unready")

    def _running(self, process: subprocess.Popen[str]) -> bool:
        return self._wanted.is_set() and process.poll() is None

    def _after_death(self) -> None:
        """Say that it died and wait before the next try, longer each time."""
        code = self._process.wait() if self._process else None
        if time.time() - self._record.since > _STEADY_AFTER and self._record.condition == "ready":
            self._deaths = 0
        self._deaths += 1
        wait = min(_LONGEST_BACKOFF, 0.25 * 2 ** (self._deaths - 1))
        note = f"ended with {_named(code)}"
        self._set("failed", pid=None, note=note, restarts=self._record.restarts + 1)
        self._report(f"{self.name} {note}; starting it again in {wait:.1f} s")
        end = time.monotonic() + wait
        while self._wanted.is_set() and time.monotonic() < end:
            time.sleep(_TICK)

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            # A frozen process would not hear the request to end.
            _signal_group(process, signal.SIGCONT)
            _signal_group(process, signal.SIGTERM)
            try:
                process.wait(self.spec.stop_within)
            except subprocess.TimeoutExpired:
                self._report(f"{self.name} did not end within {self.spec.stop_within:.0f} s and is killed")
        # Also what the part itself had started.
        _signal_group(process, signal.SIGKILL)
        process.wait()
        self._process = None

    def _set(self, condition: Condition, **changes: object) -> None:
        with self._changed:
            before = self._record
            if condition != before.condition:
                changes["since"] = now()
            if "pid" in changes:
                changes["created"] = _created(changes["pid"])
            self._record = replace(before, condition=condition, **changes)  # type: ignore[arg-type]
            if self._record != before:
                save(self._state, self._record)
            self._changed.notify_all()

    def _does_not_start(self, what: str) -> str:
        return (
            f"{self.name} {what}. The end of its log ({self.sink.path}) says:\n{self.sink.last_lines()}"
            f"Mend the cause and run `kujibiki up` again."
        )


def _created(pid: object) -> float | None:
    try:
        return psutil.Process(pid).create_time() if isinstance(pid, int) else None
    except psutil.NoSuchProcess:
        return None


def _signal_group(process: subprocess.Popen[str], what: signal.Signals) -> None:
    try:
        os.killpg(process.pid, what)
    except ProcessLookupError:
        return


def _named(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"code {code}"
