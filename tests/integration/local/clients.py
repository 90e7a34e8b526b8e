"""Clients for the tests of the embedded stack."""

import time
from collections.abc import Callable

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from deploy.local.kafka_admin import KafkaAccess
from deploy.local.stack import Stack

PATIENCE = 60.0


def await_that(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition, not for a time."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"not so within {patience:.0f} s: {what}"
        time.sleep(0.1)


def access_of(stack: Stack, user: str) -> KafkaAccess:
    """Kafka as one of the users of the stack."""
    password = (stack.state.user(user) / "kafka-password").read_text()
    return KafkaAccess(stack.endpoints.kafka_bootstrap, user, password)


def write(stack: Stack, user: str, topic: str, *, idempotent: bool = True) -> KafkaError | None:
    """Write one record without a value, which every service skips; the error, if it was refused."""
    outcome: list[KafkaError | None] = []
    more: dict[str, str | int] = {"enable.idempotence": str(idempotent).lower(), "message.timeout.ms": 30_000}
    settings = access_of(stack, user).client_settings() | more
    producer = Producer(settings)
    producer.produce(topic, None, on_delivery=lambda error, _: outcome.append(error))
    producer.flush(PATIENCE)
    assert outcome, f"no answer for a record on {topic}"
    return outcome[0]


def read(stack: Stack, user: str, topic: str, group: str) -> KafkaError | None:
    """Read one record; the error, if it was refused."""
    settings = access_of(stack, user).client_settings()
    consumer = KafkaConsumer(settings | {"group.id": group, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = consumer.poll(0.5)
            if message is not None:
                return message.error()
        raise AssertionError(f"neither a record nor a refusal on {topic}")
    finally:
        consumer.close()


def last_offset(stack: Stack, user: str, topic: str) -> int:
    """Where partition 0 ends now."""
    consumer = KafkaConsumer(access_of(stack, user).client_settings() | {"group.id": f"{user}.offsets"})
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE)[1])
    except KafkaException as problem:
        raise AssertionError(str(problem)) from problem
    finally:
        consumer.close()
