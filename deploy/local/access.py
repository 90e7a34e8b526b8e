"""Who may do what on Kafka, expanded from the contract table: pure, so that tests can read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from deploy.local.table import AUDITOR, SERVICES, TopicRow

Operation = Literal["READ", "WRITE", "DESCRIBE", "IDEMPOTENT_WRITE"]
Kind = Literal["TOPIC", "GROUP", "BROKER"]
Pattern = Literal["LITERAL", "PREFIXED"]

# Kafka's one name for the cluster as a resource.
CLUSTER = "kafka-cluster"


@dataclass(frozen=True, order=True)
class Rule:
    """One thing that one user is allowed; whatever no rule allows is refused."""

    user: str
    operation: Operation
    kind: Kind
    name: str
    pattern: Pattern = "LITERAL"


def rules(topics: Sequence[TopicRow], services: Iterable[str] = SERVICES) -> frozenset[Rule]:
    """The least that the services need to follow the table, and the auditor's right to read."""
    names = tuple(services)
    return frozenset(
        rule
        for group in (
            *(_service(name, topics) for name in names),
            _auditor(topics),
        )
        for rule in group
    )


def _service(name: str, topics: Sequence[TopicRow]) -> Iterable[Rule]:
    yield Rule(name, "IDEMPOTENT_WRITE", "BROKER", CLUSTER)
    yield Rule(name, "READ", "GROUP", name, "PREFIXED")
    for topic in topics:
        if name in topic.writers:
            yield Rule(name, "WRITE", "TOPIC", topic.name)
            yield Rule(name, "DESCRIBE", "TOPIC", topic.name)
        if name in topic.readers:
            yield Rule(name, "READ", "TOPIC", topic.name)
            yield Rule(name, "DESCRIBE", "TOPIC", topic.name)


def _auditor(topics: Sequence[TopicRow]) -> Iterable[Rule]:
    yield Rule(AUDITOR, "READ", "GROUP", AUDITOR, "PREFIXED")
    for topic in topics:
        yield Rule(AUDITOR, "READ", "TOPIC", topic.name)
        yield Rule(AUDITOR, "DESCRIBE", "TOPIC", topic.name)
