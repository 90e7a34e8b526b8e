"""The table of topics: who says what to whom, and with what kind of data.

From this one table come topic creation, Kafka ACLs, MongoDB-free service boundaries, the Kubernetes topics,
`docs/asyncapi.yaml` and the flow of personal data (S32). A service may write only the topics it owns and read only
those that name it as a reader; brokers enforce both (S24, S27).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SERVICES: tuple[str, ...] = ("intake", "lottery", "notifier", "checkin", "retention")
EVERYONE = frozenset(SERVICES)

Personal = Literal["none", "pseudonymous", "sealed"]


@dataclass(frozen=True)
class Topic:
    """One topic.

    `owner` is the only writer, or "*" where every service writes. `key` says what the record key holds; events of one
    key keep their order. `compacted` topics keep the last record a key; all others are kept for good.
    """

    name: str
    key: str
    owner: str
    readers: frozenset[str]
    partitions: int
    compacted: bool
    personal: Personal
    about: str

    @property
    def writers(self) -> frozenset[str]:
        return EVERYONE if self.owner == "*" else frozenset({self.owner})


def _facts(name: str, key: str, owner: str, readers: str, partitions: int, about: str) -> Topic:
    return Topic(name, key, owner, _readers(owner, readers), partitions, False, "pseudonymous", about)


def _plain(name: str, key: str, owner: str, readers: str, partitions: int, about: str) -> Topic:
    return Topic(name, key, owner, _readers(owner, readers), partitions, False, "none", about)


def _sealed(name: str, owner: str, readers: str, about: str) -> Topic:
    return Topic(name, "subject", owner, _readers(owner, readers), 6, True, "sealed", about)


def _readers(owner: str, names: str) -> frozenset[str]:
    # An owner reads its own topics too: its store is rebuilt from them (B12).
    named = EVERYONE if names == "*" else frozenset(names.split())
    return named if owner == "*" else named | {owner}


TOPICS: tuple[Topic, ...] = (
    _facts("intake.applications.v1", "application", "intake", "lottery notifier retention", 6,
           "Applications taken, amended, withdrawn, decided; numbered 1…n a programme and partition."),
    _plain("intake.windows.v1", "programme", "intake", "lottery notifier retention", 1,
           "A window was closed; how many applications' facts each partition holds. Before: the work that is left."),
    _facts("intake.postcards.v1", "batch", "intake", "retention", 3,
           "Batches of postcards and each card: where it lies, keyed in, held and why, checked by a second person."),
    _sealed("intake.personal.v1", "intake", "notifier checkin",
            "Personal records of applications, one sealed part a recipient."),
    _plain("lottery.draws.v1", "draw", "lottery", "intake notifier checkin retention", 1,
           "Each step of each draw, in the words of the transcript."),
    _facts("lottery.results.v1", "application", "lottery", "intake notifier checkin retention", 6,
           "The result of each entry, and what changed after the draw."),
    _plain("lottery.demand.v1", "programme", "lottery", "intake", 1,
           "Wishes by slot so far, a snapshot a record."),
    _facts("notifier.notices.v1", "application", "notifier", "intake lottery retention", 6,
           "Notices that fell due and what became of them."),
    _plain("notifier.alarms.v1", "programme", "notifier", "retention", 1, "Notices that threaten to miss their day."),
    _facts("checkin.passes.v1", "application", "checkin", "intake notifier retention", 6,
           "Passes issued and voided."),
    _facts("checkin.admissions.v1", "slot", "checkin", "retention", 6,
           "Admissions, refusals at the door, exits, walk-in groups seated."),
    _plain("checkin.occupancy.v1", "slot", "checkin", "retention", 1, "Seats taken by slot, a snapshot a record."),
    _facts("checkin.contacts.v1", "incident", "checkin", "intake retention", 3,
           "Incidents, and what became of the calls to the cards concerned."),
    _facts("checkin.custody.v1", "object", "checkin", "retention", 3,
           "Where each paper card and case is, hand-over by hand-over."),
    _sealed("checkin.personal.v1", "checkin", "", "Sealed contact cards given on a screen."),
    _facts("retention.orders.v1", "order", "retention", "*", 3, "Orders to erase, to hold, to return, to rotate keys."),
    _plain("retention.certificates.v1", "programme", "retention", "*", 1,
           "Certificates of erasure, returns acknowledged, checkpoints of the access log."),
    _facts("retention.staff.v1", "staff", "retention", "*", 1,
           "Designations, trainings, roles, and the keys that sign-in tokens are checked with."),
    _sealed("retention.personal.v1", "retention", "", "Personal records of staff."),
    _plain("retention.alarms.v1", "programme", "retention", "*", 1, "Alarms that people must see."),
    _plain("programme.definitions.v1", "programme", "retention", "*", 1, "Programmes, whole, a version a record."),
    _plain("programme.clock.v1", "programme", "retention", "*", 1, "Ticks of simulated time."),
    _plain("programme.progress.v1", "service", "*", "retention", 1, "Ticks that a service has done."),
    _facts("privacy.access.v1", "subject", "*", "retention intake", 6,
           "Each opening, export and refusal of personal data."),
    _plain("privacy.recipients.v1", "service", "*", "*", 1, "Public keys by epoch, and pair keys sealed to them."),
    _facts("privacy.receipts.v1", "order", "*", "retention", 3, "What a service erased on an order."),
    *(
        _plain(f"{service}.dead-letters.v1", "pointer", service, "retention", 1,
               "Pointers to messages that could not be handled; no payload.")
        for service in SERVICES
    ),
)

TOPIC: dict[str, Topic] = {topic.name: topic for topic in TOPICS}


def topics_written_by(service: str) -> tuple[Topic, ...]:
    """The topics that `service` may write."""
    return tuple(topic for topic in TOPICS if service in topic.writers)


def topics_read_by(service: str) -> tuple[Topic, ...]:
    """The topics that `service` may read."""
    return tuple(topic for topic in TOPICS if service in topic.readers)
