"""Writes what follows from the contract table: schemas, AsyncAPI, flow of personal data, Kubernetes topics.

`python -m shared.contracts.publish` writes; a test says when a file in the tree is not what the table says. Schemas
are frozen: a change that readers of the former one could not follow needs a new version of the event
(`tests/contract`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.envelope import Event, known_events
from shared.contracts.topics import SERVICES, TOPICS, Topic, topics_read_by, topics_written_by

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "shared/contracts/schemas"


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    made = {SCHEMAS / f"{name}.json": _json(schema_of(event)) for name, event in known_events().items()}
    made[ROOT / "docs/asyncapi.yaml"] = _yaml(asyncapi())
    made[ROOT / "docs/personal-data-flow.md"] = flow()
    made[ROOT / "deploy/k8s/base/kafka-topics.yaml"] = _yaml_all([kubernetes_topic(topic) for topic in TOPICS])
    made[ROOT / "deploy/k8s/base/kafka-users.yaml"] = _yaml_all([kubernetes_user(name) for name in SERVICES])
    return made


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    return {
        "$id": f"https://kujibiki.example/schemas/{event.TYPE}.json",
        **event.model_json_schema(mode="serialization"),
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: channels, messages, and who sends and receives them."""
    events = known_events()
    by_topic: dict[str, list[type[Event]]] = {}
    for event in events.values():
        for topic in TOPICS:
            if topic.name == event.TOPIC or (event.TOPIC.startswith("*") and topic.name.endswith(event.TOPIC[1:])):
                by_topic.setdefault(topic.name, []).append(event)
    channels = {
        topic.name: {
            "address": topic.name,
            "description": f"{topic.about} Key: {topic.key}. Personal data: {topic.personal}.",
            "messages": {event.TYPE: {"$ref": f"#/components/messages/{event.TYPE}"} for event in by_topic[topic.name]},
            "bindings": {
                "kafka": {
                    "partitions": topic.partitions,
                    "topicConfiguration": {"cleanup.policy": ["compact" if topic.compacted else "delete"]},
                }
            },
        }
        for topic in TOPICS
        if topic.name in by_topic
    }
    operations = {
        f"{service}.{verb}.{topic.name}": {
            "action": verb,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "tags": [{"name": service}],
        }
        for service in SERVICES
        for verb, topics in (("send", topics_written_by(service)), ("receive", topics_read_by(service)))
        for topic in topics
        if topic.name in by_topic
    }
    messages = {
        name: {
            "name": name,
            "title": event.__name__,
            "summary": (event.__doc__ or "").strip().split("\n")[0],
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"../shared/contracts/schemas/{name}.json"},
        }
        for name, event in events.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kujibiki",
            "version": "1.0.0",
            "description": (
                "Generated from shared/contracts by `make contracts`. Values are CloudEvents 1.0 in structured JSON; "
                "the payloads here are their `data`."
            ),
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def flow() -> str:
    """The flow of personal information (S32) as a page: a diagram and a table, from the table of topics."""
    lines = [
        "# The flow of personal data (S32)",
        "",
        "Generated from `shared/contracts/topics.py` by `make contracts`; a test fails when it drifts.",
        "",
        "Solid lines carry sealed personal records (each recipient can open its own part only), dotted ones",
        "pseudonymous facts: ids, times, numbers, wishes. Topics without either are left out.",
        "",
        "```mermaid",
        "flowchart LR",
    ]
    for topic in TOPICS:
        if topic.personal == "none":
            continue
        arrow = "==>" if topic.personal == "sealed" else "-.->"
        lines += [
            f"  {writer} {arrow}|{topic.name}| {reader}"
            for writer in sorted(topic.writers)
            for reader in sorted(topic.readers - topic.writers)
        ]
    lines += ["```", "", "| topic | what | personal data | written by | read by | kept |", "|---|---|---|---|---|---|"]
    lines += [
        f"| `{topic.name}` | {topic.about} | {topic.personal} | {', '.join(sorted(topic.writers))} | "
        f"{', '.join(sorted(topic.readers))} | {'until the subject is erased' if topic.compacted else 'for good'} |"
        for topic in TOPICS
    ]
    return "\n".join(lines) + "\n"


def kubernetes_topic(topic: Topic) -> dict[str, Any]:
    """A Strimzi KafkaTopic: three replicas, two of which must have a record before it counts."""
    config: dict[str, Any] = {"min.insync.replicas": 2, "unclean.leader.election.enable": False}
    if topic.compacted:
        # About an hour: after it a removed subject's ciphertext is gone, not only its key.
        config |= {
            "cleanup.policy": "compact",
            "segment.ms": 900_000,
            "max.compaction.lag.ms": 1_800_000,
            "min.cleanable.dirty.ratio": 0.0,
            "delete.retention.ms": 900_000,
        }
    else:
        config |= {"cleanup.policy": "delete", "retention.ms": -1}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": "kujibiki"}},
        "spec": {"partitions": topic.partitions, "replicas": 3, "config": config},
    }


def kubernetes_user(service: str) -> dict[str, Any]:
    """A Strimzi KafkaUser with the rights of the table and no other."""
    rights: list[dict[str, Any]] = []
    for topic in TOPICS:
        operations = [name for name, may in (("Read", topic.readers), ("Write", topic.writers)) if service in may]
        if operations:
            rights.append(
                {
                    "resource": {"type": "topic", "name": topic.name, "patternType": "literal"},
                    "operations": ["Describe", *operations],
                }
            )
    rights.append({"resource": {"type": "group", "name": service, "patternType": "prefix"}, "operations": ["Read"]})
    rights.append({"resource": {"type": "cluster"}, "operations": ["IdempotentWrite"]})
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": service, "labels": {"strimzi.io/cluster": "kujibiki"}},
        "spec": {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": rights}},
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _yaml(content: Any) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    return "# Generated by `make contracts`.\n" + text


def _yaml_all(contents: list[Any]) -> str:
    text: str = yaml.safe_dump_all(contents, sort_keys=False, allow_unicode=True, width=120)
    return "# Generated by `make contracts` from shared/contracts/topics.py.\n" + text


def main() -> None:
    """Writes every file anew."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(f"{len(files())} files written")


if __name__ == "__main__":
    main()
