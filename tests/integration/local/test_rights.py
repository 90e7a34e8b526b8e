"""The servers themselves refuse a service what the table does not give it (S24, S27)."""

import pytest
from confluent_kafka import KafkaError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.local.kafka_admin import KafkaAccess, answers, ensure_topics
from deploy.local.profile import EMBEDDED
from deploy.local.stack import Stack, StackError
from deploy.local.table import SERVICES, contract_topics
from tests.integration.local.clients import read, write

TOPICS = contract_topics()
REFUSED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
# librdkafka names a topic that it may not see "unknown", as the broker does not tell.
HIDDEN = (*REFUSED, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_refused_foreign_topics(infrastructure: Stack, service: str) -> None:
    foreign = next(topic.name for topic in TOPICS if service not in topic.writers | topic.readers)
    refused = write(infrastructure, service, foreign)
    assert refused is not None
    assert refused.code() in HIDDEN
    refused = read(infrastructure, service, foreign, f"{service}.test")
    assert refused is not None
    assert refused.code() in HIDDEN


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_its_own_topics_and_reads_those_for_it(infrastructure: Stack, service: str) -> None:
    own = next(topic for topic in TOPICS if topic.writers == {service} and not topic.compacted)
    assert write(infrastructure, service, own.name) is None
    for reader in own.readers:
        assert read(infrastructure, reader, own.name, f"{reader}.test-{service}") is None


def test_a_reader_may_not_write(infrastructure: Stack) -> None:
    topic = next(t for t in TOPICS if t.writers == {"intake"} and "lottery" in t.readers and not t.compacted)
    refused = write(infrastructure, "lottery", topic.name)
    assert refused is not None
    assert refused.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_service_may_not_use_a_group_of_another(infrastructure: Stack) -> None:
    topic = next(t for t in TOPICS if t.writers == {"intake"} and "lottery" in t.readers and not t.compacted)
    refused = read(infrastructure, "lottery", topic.name, "retention.stolen")
    assert refused is not None
    assert refused.code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_the_auditor_reads_all_and_writes_nothing(infrastructure: Stack) -> None:
    own = next(topic.name for topic in TOPICS if topic.writers == {"intake"} and not topic.compacted)
    assert write(infrastructure, "intake", own) is None
    assert read(infrastructure, "auditor", own, "auditor.test") is None
    refused = write(infrastructure, "auditor", own, idempotent=False)
    assert refused is not None


def test_kafka_refuses_a_wrong_password(infrastructure: Stack) -> None:
    assert not answers(KafkaAccess(infrastructure.endpoints.kafka_bootstrap, "intake", "wrong"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_refused_foreign_databases(infrastructure: Stack, service: str) -> None:
    with mongo_of(infrastructure, service) as client:
        client[service].probe.insert_one({"of": service})
        for other in (name for name in (*SERVICES, "admin") if name != service):
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other].probe.find_one()
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other].probe.insert_one({"of": service})


def test_the_auditor_reads_all_databases_and_changes_none(infrastructure: Stack) -> None:
    with mongo_of(infrastructure, "auditor") as client:
        for service in SERVICES:
            client[service].probe.find_one()
            with pytest.raises(OperationFailure, match="not authorized"):
                client[service].probe.insert_one({"of": "auditor"})


def test_transactions_and_change_streams_work_for_a_service(infrastructure: Stack) -> None:
    with mongo_of(infrastructure, "intake") as client:
        client.intake.drop_collection("both")
        client.intake.create_collection("both")
        with client.intake.both.watch(max_await_time_ms=200) as changes:
            with client.start_session() as session, session.start_transaction():
                client.intake.both.insert_one({"n": 1}, session=session)
            assert changes.next()["fullDocument"]["n"] == 1


def test_creating_topics_again_changes_nothing(infrastructure: Stack) -> None:
    assert ensure_topics(infrastructure.kafka_admin(), TOPICS, EMBEDDED) == []


def test_a_topic_that_differs_from_the_table_is_an_error(infrastructure: Stack) -> None:
    from dataclasses import replace

    other = [replace(TOPICS[0], partitions=TOPICS[0].partitions + 1)]  # type: ignore[type-var]
    with pytest.raises(StackError, match=f"{TOPICS[0].name} has {TOPICS[0].partitions} partitions"):
        ensure_topics(infrastructure.kafka_admin(), other, EMBEDDED)


def mongo_of(stack: Stack, user: str) -> MongoClient[dict[str, object]]:
    return MongoClient((stack.state.user(user) / "mongo-uri").read_text(), serverSelectionTimeoutMS=10_000)
