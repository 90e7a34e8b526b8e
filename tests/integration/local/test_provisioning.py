"""`kujibiki provision` on servers that it did not start: the way in which containers are set up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import ConfigResource
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.compose.secrets import make_secrets
from deploy.local import jars
from deploy.local.kafka_admin import KafkaAccess, admin_client, answers
from deploy.local.kafka_server import KafkaServer
from deploy.local.mongo_server import mongod
from deploy.local.outside import Outside
from deploy.local.ports import Ports, free_base
from deploy.local.provisioning import found_replica_set
from deploy.local.stack import Stack, running
from deploy.local.state import State, write_private
from deploy.local.table import SERVICES
from shared.contracts.topics import TOPICS, Topic
from tests.integration.local.clients import await_that

FIRST_BASE = 19_300
# Somebody else's topic: it makes the stack leave the contract table to the command.
FOREIGN = Topic("somebody.elses.v1", "-", "intake", frozenset(), 1, False, "none", "Not ours.")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A Kafka and a MongoDB that have an admin and nothing of ours yet."""
    folder = tmp_path_factory.mktemp("outside")
    # Spans and mails go nowhere here: Zipkin and the mail catcher needn't start.
    nowhere = Outside(zipkin="http://127.0.0.1:9/api/v2/spans", smtp=("127.0.0.1", 9))
    with running(Stack(folder, free_base(FIRST_BASE), services=False, topics=[FOREIGN], outside=nowhere)) as stack:
        yield stack


@pytest.fixture(scope="module")
def state(outside: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run of the command wrote."""
    folder = tmp_path_factory.mktemp("state")
    done = run_command(folder, **admin_of(outside, folder))
    assert done.returncode == 0, done.stderr
    return folder


def admin_of(stack: Stack, folder: Path) -> dict[str, str]:
    write_private(folder / "mongo-uri", stack.mongo_uri)
    write_private(folder / "kafka-admin-password", stack.kafka_access.password or "")
    return {
        "KUJIBIKI_KAFKA_BOOTSTRAP": stack.kafka_access.bootstrap,
        "KUJIBIKI_KAFKA_ADMIN_USER": stack.kafka_access.user or "",
        "KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE": str(folder / "kafka-admin-password"),
        "KUJIBIKI_MONGO_URI_ADMIN_FILE": str(folder / "mongo-uri"),
    }


def run_command(folder: Path, *options: str, **told: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KUJIBIKI_")}
    command = [sys.executable, "-m", "cli", "provision", "--state", str(folder), *options]
    return subprocess.run(command, env=inherited | told, capture_output=True, text=True, check=False, timeout=200)


def written(outside: Stack, state: Path, user: str, topic: str) -> KafkaError | None:
    password = (state / "services" / user / "kafka-password").read_text()
    settings = KafkaAccess(outside.kafka_access.bootstrap, user, password).client_settings()
    outcome: list[KafkaError | None] = []
    producer = Producer(settings | {"message.timeout.ms": 20_000})
    producer.produce(topic, b"{}", on_delivery=lambda error, _: outcome.append(error))
    producer.flush(30)
    return outcome[0]


def test_every_topic_of_the_table_is_there_and_erases_within_an_hour(outside: Stack, state: Path) -> None:
    admin = outside.kafka_admin()
    found = admin.list_topics(timeout=20).topics
    assert {topic.name: len(found[topic.name].partitions) for topic in TOPICS} == {
        topic.name: topic.partitions for topic in TOPICS}
    asked = ConfigResource(ConfigResource.Type.TOPIC, "intake.personal.v1")
    config = admin.describe_configs([asked])[asked].result(20)
    assert (config["cleanup.policy"].value, config["max.compaction.lag.ms"].value) == ("compact", "1800000")


def test_each_service_has_its_own_files_that_nobody_else_reads(state: Path) -> None:
    for service in SERVICES:
        folder = state / "services" / service
        assert {path.name for path in folder.iterdir()} >= {"kafka-password", "mongo-uri", "keys"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.rglob("*")))
    assert (state / "services" / "retention" / "first-officer.json").exists()


@pytest.mark.parametrize("service", SERVICES)
def test_users_and_rights_are_those_of_the_table(outside: Stack, state: Path, service: str) -> None:
    own = next(topic.name for topic in TOPICS if topic.writers == {service} and not topic.compacted)
    foreign = next(topic.name for topic in TOPICS if service not in topic.writers | topic.readers)
    assert written(outside, state, service, own) is None
    assert written(outside, state, service, foreign) is not None
    with MongoClient[dict[str, object]]((state / "services" / service / "mongo-uri").read_text()) as client:
        client[service].probe.insert_one({"of": service})
        with pytest.raises(OperationFailure, match="not authorized"):
            client["admin"].probe.find_one()


def test_a_second_run_changes_nothing(outside: Stack, state: Path) -> None:
    files = [path for path in (state / "services").rglob("*") if path.is_file()]
    before = {path: path.read_text() for path in files}
    done = run_command(state, **admin_of(outside, state))
    assert (done.returncode, "created" in done.stdout) == (0, False), done.stderr
    assert {path: path.read_text() for path in files} == before


def test_other_compaction_than_at_the_first_run_is_an_error(outside: Stack, state: Path) -> None:
    done = run_command(state, "--erasure", "seconds", **admin_of(outside, state))
    assert done.returncode == 1
    assert "differ from the contract table" in done.stderr


def test_without_addresses_it_says_which_variables_it_wants(tmp_path: Path) -> None:
    done = run_command(tmp_path)
    assert done.returncode == 1
    assert "KUJIBIKI_KAFKA_BOOTSTRAP" in done.stderr
    assert "KUJIBIKI_MONGO_URI_ADMIN_FILE" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_first_start_of_the_mongo_image_becomes_a_replica_set(tmp_path: Path) -> None:
    """The image makes its admin on a lone server, and then starts it as a member of a set that nobody founded yet."""
    make_secrets(tmp_path)
    port = Ports(free_base(FIRST_BASE)).of("mongo")
    (tmp_path / "db").mkdir()
    password = (tmp_path / "mongo" / "admin-password").read_text()
    with mongo(tmp_path, port), MongoClient[dict[str, object]]("127.0.0.1", port, directConnection=True) as alone:
        alone.admin.command("createUser", "admin", pwd=password, roles=["root"])
    uri = (tmp_path / "provision" / "mongo-uri").read_text().replace("mongo:27017", f"127.0.0.1:{port}")
    key_file = str(tmp_path / "mongo" / "key-file")
    with mongo(tmp_path, port, "--replSet", "kujibiki", "--keyFile", key_file):
        for _ in range(2):
            found_replica_set(uri, patience=60)
        with MongoClient[dict[str, object]](uri) as client:
            assert client.admin.command("hello")["isWritablePrimary"]


def test_the_brokers_configuration_for_containers_starts_and_lets_the_admin_in(tmp_path: Path) -> None:
    """The file that the Kafka container is given, with this machine's addresses in it."""
    make_secrets(tmp_path)
    ports, folder = Ports(free_base(FIRST_BASE)), tmp_path / "kafka"
    broker, controller = f"127.0.0.1:{ports.of('kafka')}", f"127.0.0.1:{ports.of('controller')}"
    told = (folder / "kafka.properties").read_text()
    for old, new in (("kafka:9092", broker), ("BROKER://:9092", f"BROKER://{broker}"), ("localhost:9093", controller),
                     ("/var/lib/kafka/data", str(tmp_path / "data"))):
        assert old in told
        told = told.replace(old, new)
    write_private(folder / "kafka.properties", told)
    java = KafkaServer(State(folder), ports, tuple(jars.provide(jars.KAFKA, print)))._java("-Xmx256m")
    password, cluster = (folder / "secrets" / "kafka-admin-password").read_text(), (folder / "cluster-id").read_text()
    subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", cluster, "--config",
         str(folder / "kafka.properties"), "--add-scram", f"SCRAM-SHA-512=[name=admin,password={password}]"],
        check=True)
    with process([*java, "kafka.Kafka", str(folder / "kafka.properties")]):
        access = KafkaAccess(broker, "admin", password)
        await_that(lambda: answers(access), "the broker lets its admin in")
        assert list(admin_client(access).list_topics(timeout=20).brokers) == [1]
        assert not answers(KafkaAccess(broker, "admin", "wrong"))


@contextmanager
def mongo(folder: Path, port: int, *options: str) -> Iterator[None]:
    command = [str(mongod()), "--dbpath", str(folder / "db"), "--bind_ip", "127.0.0.1", "--port", str(port),
               "--nounixsocket", *options]
    with process(command):
        await_that(lambda: _up(port), "MongoDB answers")
        yield


def _up(port: int) -> bool:
    try:
        with MongoClient[dict[str, object]](
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500
        ) as client:
            client.admin.command("ping")
        return True
    except PyMongoError:
        return False


@contextmanager
def process(command: list[str]) -> Iterator[None]:
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        started.terminate()
        started.wait(60)
        time.sleep(0.1)
