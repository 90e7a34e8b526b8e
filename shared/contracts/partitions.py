"""Which partition a key belongs to: Kafka's default partitioner, so that any client agrees."""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2

from shared.contracts.topics import TOPIC


def partition_of(key: str, topic: str) -> int:
    """The partition of `topic` that records with `key` go to."""
    partitions = TOPIC[topic].partitions
    return 0 if partitions == 1 else _hash(key) % partitions


@lru_cache(maxsize=4096)
def _hash(key: str) -> int:
    # Several events of one key follow each other, and the hash is worked out byte by byte.
    return int(murmur2(key.encode())) & 0x7FFFFFFF
