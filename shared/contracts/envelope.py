"""The envelope around every event: CloudEvents 1.0 in structured JSON, as its Kafka binding describes.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

import os
import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, ValidationError

CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset; say for example 2021-07-23T10:00:00Z")
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as `YYYY-MM-DDTHH:MM:SSZ`, to the second, as everywhere in Kujibiki's events and transcripts."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


Moment = Annotated[datetime, AfterValidator(_utc), PlainSerializer(moment_text, return_type=str, when_used="json")]
"""A point in time in UTC; written to the second."""

Id = str
"""A random identifier: 32 hex digits."""

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> Id:
    """A random identifier of 32 hex digits."""
    return os.urandom(16).hex()


def typed_id(text: str) -> Id | None:
    """An identifier as typed or pasted, spaces, hyphens and capitals forgiven; None where it can't be one."""
    bare = re.sub(r"[\s\-]", "", text).lower()
    return bare if _ID.fullmatch(bare) else None


def derived_id(*parts: str) -> Id:
    """The identifier that follows from `parts`: a restarted job says the same events under the same ids."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "kujibiki:" + "\x1f".join(parts)).hex


class Event(BaseModel):
    """What happened, in the past tense.

    Readers ignore fields they do not know; a change of meaning is a new version.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TYPE" in cls.__dict__ and _EVENTS.setdefault(cls.TYPE, cls) is not cls:
            raise TypeError(f"two events are called {cls.TYPE}")


_EVENTS: dict[str, type[Event]] = {}

E = TypeVar("E", bound=Event)


class Envelope(BaseModel, Generic[E]):
    """An event with its circumstances. `time` is the programme's time, not the machine's."""

    model_config = ConfigDict(frozen=True)
    specversion: Literal["1.0"] = "1.0"
    id: Id
    type: str
    source: str
    subject: str
    time: Moment
    programme: str
    traceparent: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: E


class UnknownEvent(Exception):
    """The record's type is not in the contracts this program was built with."""


class MalformedEvent(Exception):
    """The record is not an envelope of the contracts. The message names fields, never their values."""


def known_events() -> dict[str, type[Event]]:
    """Every event of the contracts by its type."""
    return dict(sorted(known_events_by_type().items()))


def envelope(
    event: E, *, source: str, subject: str, programme: str, at: datetime,
    event_id: Id | None = None, traceparent: str | None = None,
) -> Envelope[E]:
    """Wraps `event`, which happened to `subject` (the record key) at `at` in `programme`."""
    return _envelope_type(type(event)).model_construct(
        specversion="1.0", id=event_id or new_id(), type=event.TYPE, source=f"/services/{source}", subject=subject,
        time=_utc(at), programme=programme, traceparent=traceparent, datacontenttype="application/json", data=event,
    )


def encode(message: Envelope[Any]) -> bytes:
    """The record value: UTF-8 JSON."""
    return message.model_dump_json().encode()


def encoded(
    event: Event, *, source: str, subject: str, programme: str, at: datetime, event_id: Id,
    traceparent: str | None = None,
) -> bytes:
    """What `encode` makes of such an `envelope`, byte for byte, without making one: the path of every event."""
    circumstances = {
        "specversion": "1.0", "id": event_id, "type": event.TYPE, "source": f"/services/{source}", "subject": subject,
        "time": moment_text(at), "programme": programme, "traceparent": traceparent,
        "datacontenttype": "application/json",
    }
    return b'%s,"data":%s}' % (orjson.dumps(circumstances)[:-1], event.__pydantic_serializer__.to_json(event))


def decode(value: bytes) -> Envelope[Any]:
    """The envelope in a record value.

    Raises `UnknownEvent` for a type that is not in the contracts and `MalformedEvent` for anything else that is off.
    """
    try:
        raw = orjson.loads(value)
        kind = raw["type"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise MalformedEvent("not a CloudEvents record in structured JSON") from error
    event_type = known_events_by_type().get(kind)
    if event_type is None:
        raise UnknownEvent(str(kind)[:200])
    try:
        return _envelope_type(event_type).model_validate(raw)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) + ": " + problem["type"] for problem in error.errors())
        raise MalformedEvent(f"{kind}: {fields}") from None


_ENVELOPES: dict[type[Event], type[Envelope[Any]]] = {}


def _envelope_type(event_type: type[Event]) -> type[Envelope[Any]]:
    if event_type not in _ENVELOPES:
        _ENVELOPES[event_type] = Envelope[event_type]  # type: ignore[valid-type]
    return _ENVELOPES[event_type]


def known_events_by_type() -> dict[str, type[Event]]:
    """The registry itself, without a copy: this is on the path of every record."""
    if not _COMPLETE:
        import shared.contracts.events  # noqa: F401  (registers them)

        _COMPLETE.append(True)
    return _EVENTS


_COMPLETE: list[bool] = []
