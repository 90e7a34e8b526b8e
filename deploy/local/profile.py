"""The deployment profile: what the embedded broker is told about each topic."""

from dataclasses import dataclass

from deploy.local.table import TopicRow

KEPT_FOR_GOOD = {"retention.ms": "-1", "retention.bytes": "-1"}

# Erased personal records leave the log within seconds, so that a demo or a test can watch them go.
# Production sets about an hour. It is set once at creation: at run time an operator would set it back.
COMPACTED_IN_SECONDS = {
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "1000",
    "file.delete.delay.ms": "1000",
}


@dataclass(frozen=True)
class Profile:
    """How many copies a topic has here, and how soon erased personal records go."""

    replication: int = 1
    personal: tuple[tuple[str, str], ...] = tuple(COMPACTED_IN_SECONDS.items())

    def config(self, topic: TopicRow) -> dict[str, str]:
        """The topic's configuration on the broker."""
        if not topic.compacted:
            return {"cleanup.policy": "delete", **KEPT_FOR_GOOD}
        if topic.personal == "sealed":
            return {"cleanup.policy": "compact", **dict(self.personal)}
        return {"cleanup.policy": "compact"}


EMBEDDED = Profile()
