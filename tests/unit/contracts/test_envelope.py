"""The envelope: CloudEvents in structured JSON, and refusals of what is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.envelope import (
    MalformedEvent,
    UnknownEvent,
    decode,
    derived_id,
    encode,
    encoded,
    envelope,
    known_events,
)
from shared.contracts.intake import ApplicationWithdrawn
from shared.contracts.topics import SERVICES, TOPIC, TOPICS, topics_read_by, topics_written_by

EXAMPLES = Path(__file__).parents[3] / "shared/contracts/examples"
MESSAGE = envelope(
    ApplicationWithdrawn(application="a" * 32, number=7),
    source="intake",
    subject="a" * 32,
    programme="live-site-2020",
    at=datetime(2021, 6, 1, 3, 0, tzinfo=UTC),
    traceparent="00-1-2-01",
)


def test_an_event_comes_back_as_it_was_said() -> None:
    assert decode(encode(MESSAGE)) == MESSAGE


@pytest.mark.parametrize("traceparent", ["00-1-2-01", None])
@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_short_way_to_a_record_makes_the_same_bytes(example: Path, traceparent: str | None) -> None:
    said = decode(example.read_bytes())
    source = said.source.rpartition("/")[2]
    circumstances: dict[str, Any] = {
        "source": source, "subject": said.subject + "\"\u00e9\u3042\n", "programme": said.programme,
        "at": said.time + timedelta(microseconds=5), "event_id": said.id, "traceparent": traceparent,
    }
    assert encoded(said.data, **circumstances) == encode(envelope(said.data, **circumstances))


def test_the_record_is_cloudevents_1_0() -> None:
    record = json.loads(encode(MESSAGE))
    assert {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "data",
        "programme",
        "traceparent",
    } <= record.keys()
    assert record["specversion"] == "1.0"
    assert record["time"] == "2021-06-01T03:00:00Z"


def test_fields_of_a_later_version_are_ignored() -> None:
    record = json.loads(encode(MESSAGE))
    record["data"]["added_later"] = 1
    assert decode(json.dumps(record).encode()) == MESSAGE


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'"text"'])
def test_what_is_no_envelope_is_refused(value: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode(value)


def test_an_unknown_type_is_told_from_a_malformed_one() -> None:
    record = json.loads(encode(MESSAGE)) | {"type": "intake.never-heard-of.v9"}
    with pytest.raises(UnknownEvent):
        decode(json.dumps(record).encode())


def test_a_malformed_event_is_named_by_field_and_never_quoted() -> None:
    record = json.loads(encode(MESSAGE))
    record["data"]["number"] = "山田太郎"
    with pytest.raises(MalformedEvent) as refusal:
        decode(json.dumps(record).encode())
    assert "number" in str(refusal.value)
    assert "山田" not in str(refusal.value)


def test_derived_ids_repeat_and_differ_by_part() -> None:
    assert derived_id("job", "1") == derived_id("job", "1")
    assert len({derived_id("job", "1"), derived_id("job", "2"), derived_id("jo", "b1")}) == 3


def test_every_event_names_a_topic_of_the_table() -> None:
    """`*.personal.v1` stands for every topic of that ending."""
    for event in known_events().values():
        ending = event.TOPIC.removeprefix("*")
        assert event.TOPIC in TOPIC or any(name.endswith(ending) for name in TOPIC if ending != event.TOPIC), event


def test_s24_every_topic_has_one_owner_and_lottery_hears_no_personal_record() -> None:
    """Least privilege: lottery reads no sealed topic; a sealed topic is compacted and read by recipients only."""
    for topic in TOPICS:
        assert topic.owner == "*" or topic.owner in SERVICES
        assert topic.compacted == (topic.personal == "sealed")
    assert not [topic for topic in topics_read_by("lottery") if topic.personal == "sealed"]
    for service in SERVICES:
        assert topics_written_by(service)
