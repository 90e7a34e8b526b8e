"""The contract table as this package needs it: the shape of a topic, and where the table lies."""

from collections.abc import Sequence
from typing import Literal, Protocol

from deploy.local.errors import StackError

SERVICES = ("intake", "lottery", "notifier", "checkin", "retention")
AUDITOR = "auditor"
REPLAY = "replay"
"""The MongoDB user of scratch stores (`kujibiki replay`): none of the services' own databases is open to it."""


class TopicRow(Protocol):
    """What one row of the contract table tells about a topic."""

    @property
    def name(self) -> str: ...
    @property
    def readers(self) -> frozenset[str]: ...
    @property
    def writers(self) -> frozenset[str]: ...
    @property
    def partitions(self) -> int: ...
    @property
    def compacted(self) -> bool: ...
    @property
    def personal(self) -> Literal["none", "pseudonymous", "sealed"]: ...


def contract_topics() -> Sequence[TopicRow]:
    """The topics of `shared/contracts/topics.py`."""
    try:
        from shared.contracts.topics import TOPICS
    except ModuleNotFoundError as problem:
        raise StackError(
            f"The contract table shared/contracts/topics.py cannot be imported ({problem}). Run the command "
            "from an installed checkout: `make setup`."
        ) from problem
    return TOPICS
