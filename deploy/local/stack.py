"""The embedded stack as one object: `start`, `stop`, and its parts by name.

    stack = Stack(Path("state"), 18700, services=False)
    stack.start()               # returns when all is ready
    stack.parts["kafka"].kill() # a fault; it is started again
    stack.parts["kafka"].wait_ready()
    stack.stop()

Everything here is synchronous and may be called from any thread; supervision runs in threads of its own.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from confluent_kafka.admin import AdminClient
from filelock import FileLock, Timeout

from deploy.local import plan, preflight, records
from deploy.local.environment import Endpoints, service_environment
from deploy.local.errors import StackError
from deploy.local.kafka_admin import KafkaAccess, admin_client
from deploy.local.logs import LogSink, Show
from deploy.local.outside import Outside
from deploy.local.part import Part, PartSpec
from deploy.local.ports import DEFAULT_BASE, Ports, refuse_taken
from deploy.local.provision import provision_kafka, provision_mongo
from deploy.local.records import PartRecord
from deploy.local.state import State
from deploy.local.table import SERVICES, TopicRow, contract_topics

Report = Callable[[str], None]


def _silent(*_: str) -> None:
    """Show nothing: the log files have it all."""


class Stack:
    """One stack on one state folder."""

    def __init__(
        self,
        state: Path,
        port_base: int = DEFAULT_BASE,
        services: bool | Sequence[str] = True,
        *,
        topics: Sequence[TopicRow] | None = None,
        outside: Outside | None = None,
        replicas: Mapping[str, int] | None = None,
        report: Report = _silent,
        show: Show = _silent,
    ) -> None:
        """Nothing runs until `start`.

        `services` is True for all, False for the infrastructure only, or some names. `topics` default to the
        contract table. `replicas` says of which services several run. `report` gets one line for each event; `show`
        each log line as (part, line).
        """
        self.state = State(Path(state).resolve())
        self.ports = Ports(port_base)
        self.parts: dict[str, Part] = {}
        self._services = tuple(SERVICES if services is True else services or ())
        self._topics = topics
        self._outside = outside if outside is not None else Outside.read()
        self._report = report
        self._show = show
        self._lock = FileLock(self.state.run / "lock", timeout=0)
        self._plan = plan.Plan(self.state, self.ports, self._outside, self._services, replicas or {})

    def start(self) -> None:
        """Start all parts in order and return when they are ready; on failure stop them and raise."""
        self._check()
        self._take_lock()
        try:
            self._clear_up()
            self._plan.prepare(self._report)
            self._start_infrastructure()
            self._start_services()
            self._note("ready")
        except BaseException as problem:
            self._note("failed", str(problem))
            self.stop(forget=not isinstance(problem, StackError))
            raise

    def stop(self, *, forget: bool = True) -> None:
        """Stop all parts, in the reverse order."""
        for part in reversed(self.parts.values()):
            if part.record.condition != "stopped":
                self._report(f"stopping {part.name}")
            part.stop()
            part.sink.close()
        records.forget(self.state, [*self.parts, *self._outside.addresses()])
        if forget:
            records.forget(self.state, [records.SUPERVISOR])
        self._lock.release()

    def environment(self, name: str) -> dict[str, str]:
        """What the service `name` is told (see `service_environment`)."""
        return service_environment(self.state.root, name)

    @property
    def endpoints(self) -> Endpoints:
        """Where everything is reached."""
        return self._plan.endpoints

    @property
    def kafka_access(self) -> KafkaAccess:
        """Kafka as its superuser."""
        return self._plan.kafka_access

    @property
    def mongo_uri(self) -> str:
        """MongoDB as its admin."""
        return self._plan.mongo_uri

    def kafka_admin(self) -> AdminClient:
        """An admin client on this stack's Kafka."""
        return admin_client(self.kafka_access)

    def status(self) -> list[PartRecord]:
        """What is known about each part now."""
        return [part.record for part in self.parts.values()]

    def _check(self) -> None:
        preflight.check_python()
        if not self._outside.mongo_uri:
            preflight.check_platform()
            preflight.check_libraries()
        self.state.create()
        preflight.check_disk(self.state.root)

    def _take_lock(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as problem:
            holder = records.load(self.state, records.SUPERVISOR)
            who = f"pid {holder.pid}" if holder else "another process"
            raise StackError(
                f"A stack runs already on {self.state.root} ({who}). See it with `kujibiki status`, end it "
                "with `kujibiki down`, or start a second one with other `--state` and `--port-base`."
            ) from problem

    def _clear_up(self) -> None:
        left = records.stop_leftovers(self.state)
        if left:
            self._report(f"stopped what the last run had left: {', '.join(left)}")
        refuse_taken(self.ports, self._plan.ports_wanted())
        self._note("starting")

    def _start_infrastructure(self) -> None:
        self._name_outside_parts()
        for spec in self._plan.infrastructure():
            self._add(spec).start()
        with ThreadPoolExecutor(2) as side_by_side:
            # Each as soon as its own server is ready; Zipkin and the mail catcher start meanwhile.
            jobs = [side_by_side.submit(self._set_up_mongo), side_by_side.submit(self._set_up_kafka)]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                # Or the pool would wait for the other job to the end of its patience.
                for part in self.parts.values():
                    part.abandon()
                raise
        for part in self.parts.values():
            self._await(part)

    def _set_up_mongo(self) -> None:
        if "mongo" in self.parts:
            self.parts["mongo"].wait_ready()
        provision_mongo(self._plan)

    def _set_up_kafka(self) -> None:
        if "kafka" in self.parts:
            self.parts["kafka"].wait_ready()
        provision_kafka(self._plan, self._topics or contract_topics(), self._report)

    def _name_outside_parts(self) -> None:
        for name, address in self._outside.addresses().items():
            self._report(f"{name}: using {address}")
            records.save(self.state, PartRecord(name, "outside", note=address, since=records.now()))

    def _start_services(self) -> None:
        fresh = [self._add(spec) for spec in self._plan.services()]
        for part in fresh:
            part.start()
        for part in fresh:
            self._await(part)
        start_page = self._plan.start_page()
        if start_page:
            part = self._add(start_page)
            part.start()
            self._await(part)

    def _await(self, part: Part) -> None:
        part.wait_ready()
        self._report(f"{part.name} is ready{f' at {part.spec.url}' if part.spec.url else ''}")

    def _add(self, spec: PartSpec) -> Part:
        sink = LogSink(spec.name, self.state.logs, self._show, quiet=spec.quiet)
        self.parts[spec.name] = Part(spec, self.state, sink, self._report)
        return self.parts[spec.name]

    def _note(self, condition: records.Condition, note: str = "") -> None:
        me = psutil.Process()
        port = self.ports.of("start")
        records.save(
            self.state,
            PartRecord(records.SUPERVISOR, condition, port, me.pid, me.create_time(), records.now(), note=note),
        )


@contextlib.contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Start the stack, and stop it at the end of the block."""
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


__all__ = ["Stack", "StackError", "running"]
