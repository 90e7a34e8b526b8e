"""What every service says about messages it could not handle: a pointer and a cause, never the payload."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Event, Moment


class DeadLetter(Event):
    """Points at the record; its topic depends on the service, so the sender names it (`<service>.dead-letters.v1`)."""

    TOPIC: ClassVar[str] = "*.dead-letters.v1"
    group: str
    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)


class MessageSetAside(DeadLetter):
    """The message could not be handled; later events of its key wait behind it."""

    TYPE: ClassVar[str] = "messaging.message-set-aside.v1"
    event_id: str | None
    event_type: str | None
    cause: str
    at: Moment


class MessageReplayed(DeadLetter):
    """The message was handled after all."""

    TYPE: ClassVar[str] = "messaging.message-replayed.v1"
    by: str


class MessageDismissed(DeadLetter):
    """A named person decided that the message is not to be handled."""

    TYPE: ClassVar[str] = "messaging.message-dismissed.v1"
    by: str
