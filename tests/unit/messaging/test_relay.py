"""The outbox's events leave in batches: in their order a partition, and none of them twice or never."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatch

from shared.contracts.envelope import CONTENT_TYPE
from shared.messaging.relay import batches

MOST = 4096


async def test_events_keep_their_order_a_partition_and_a_large_one_travels_alone() -> None:
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", max_batch_size=MOST)
    events: list[dict[str, Any]] = [
        {"topic": f"t{number % 2}", "partition": number % 3, "key": str(number), "value": b"x" * (number % 7 * 100)}
        for number in range(200)
    ]
    events.insert(100, {"topic": "t1", "partition": 1, "key": "large", "value": b"x" * (3 * MOST)})
    events.insert(101, {"topic": "t1", "partition": 1, "key": "gone", "value": None})
    sent = defaultdict(list)
    for topic, partition, batch in batches(producer, events):
        sent[topic, partition] += [
            (record.key.decode(), record.value, record.headers)
            for record in DefaultRecordBatch(bytes(batch._build()))]
    for place in {(event["topic"], event["partition"]) for event in events}:
        there = [event for event in events if (event["topic"], event["partition"]) == place]
        assert sent[place] == [
            (event["key"], event["value"], [("content-type", CONTENT_TYPE)]) for event in there]
