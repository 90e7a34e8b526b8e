"""What a poll brings is handled in chunks: a topic's partitions together, each in its order, topics apart."""

from __future__ import annotations

from collections import defaultdict
from math import ceil
from typing import Any

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.consumer import CHUNK, chunks


@given(st.lists(st.integers(1, 3 * CHUNK), max_size=8))
def test_no_record_is_left_out_or_repeated_and_no_transaction_mixes_topics(counts: list[int]) -> None:
    records: Any = {
        TopicPartition(f"t{number % 3}", number): list(range(count)) for number, count in enumerate(counts)}
    found, made = defaultdict(list), defaultdict(int)
    for chunk in chunks(records):
        assert len({partition.topic for partition in chunk}) == 1
        assert 0 < sum(map(len, chunk.values())) <= CHUNK
        made[next(iter(chunk)).topic] += 1
        for partition, some in chunk.items():
            found[partition] += some
    assert found == records
    for topic, times in made.items():
        count = sum(len(some) for partition, some in records.items() if partition.topic == topic)
        assert times == ceil(count / CHUNK)
