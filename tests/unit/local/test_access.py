"""The rights on Kafka follow from the table, and from nothing else."""

from dataclasses import dataclass
from typing import Literal

import pytest

from deploy.local.access import CLUSTER, Rule, rules
from deploy.local.profile import EMBEDDED
from deploy.local.table import SERVICES, contract_topics


@dataclass(frozen=True)
class Row:
    name: str
    writers: frozenset[str]
    readers: frozenset[str]
    partitions: int = 1
    compacted: bool = False
    personal: Literal["none", "pseudonymous", "sealed"] = "none"


SAMPLE = (
    Row("intake.applications.v1", frozenset({"intake"}), frozenset({"lottery"})),
    Row("intake.personal.v1", frozenset({"intake"}), frozenset({"notifier"}), 6, True, "sealed"),
    Row("privacy.access.v1", frozenset(SERVICES), frozenset({"retention"})),
)


def of_topic(user: str, topic: str) -> set[str]:
    return {rule.operation for rule in rules(SAMPLE) if (rule.user, rule.kind, rule.name) == (user, "TOPIC", topic)}


@pytest.mark.parametrize(
    ("user", "topic", "allowed"),
    [
        ("intake", "intake.applications.v1", {"WRITE", "DESCRIBE"}),
        ("lottery", "intake.applications.v1", {"READ", "DESCRIBE"}),
        ("checkin", "intake.applications.v1", set()),
        ("lottery", "intake.personal.v1", set()),
        ("retention", "privacy.access.v1", {"READ", "WRITE", "DESCRIBE"}),
        ("auditor", "intake.personal.v1", {"READ", "DESCRIBE"}),
    ],
)
def test_a_user_gets_what_the_table_says(user: str, topic: str, allowed: set[str]) -> None:
    assert of_topic(user, topic) == allowed


def test_services_may_produce_idempotently_and_use_groups_of_their_own_name() -> None:
    for name in SERVICES:
        other = {rule for rule in rules(SAMPLE) if rule.user == name and rule.kind != "TOPIC"}
        assert other == {
            Rule(name, "IDEMPOTENT_WRITE", "BROKER", CLUSTER),
            Rule(name, "READ", "GROUP", name, "PREFIXED"),
        }


def test_the_auditor_may_write_nothing() -> None:
    assert not [rule for rule in rules(SAMPLE) if rule.user == "auditor" and "WRITE" in rule.operation]


def test_no_service_name_is_the_beginning_of_another() -> None:
    """Or the prefix of one's groups would cover the other's."""
    names = (*SERVICES, "auditor")
    assert not [(a, b) for a in names for b in names if a != b and b.startswith(a)]


def test_only_sealed_topics_are_compacted_within_seconds_and_facts_are_kept_for_good() -> None:
    for topic in contract_topics():
        config = EMBEDDED.config(topic)
        assert ("delete.retention.ms" in config) == (topic.personal == "sealed")
        assert (config.get("retention.ms") == "-1") == (not topic.compacted)
