"""The records of the protocol, one class a line of the table in the design of the draw, exactly those fields.

Strict: nothing is coerced (1.0 is no integer, "1" is none either), an unknown field is refused. What needs
the rules (is this a slot of this draw?) is checked where the step is taken. Times are text
(`YYYY-MM-DDTHH:MM:SSZ`), hashes, keys and secrets lower-case hex.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
)

from services.lottery.domain.canonical import MAX_INTEGER, Json
from services.lottery.domain.faults import Refused
from services.lottery.domain.times import checked_date, checked_time

PROTOCOL = "kujibiki-draw/1"
DRAND_CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
DRAND = "drand:" + DRAND_CHAIN

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
Decision = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
SignatureHex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
DrandSignature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{96}$")]
Time = Annotated[str, AfterValidator(checked_time)]
Date = Annotated[str, AfterValidator(checked_date)]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Positive = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Signed = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
CeremonySource = Annotated[str, StringConstraints(pattern=r"^ceremony:[a-z0-9-]{1,64}$")]


class Record(BaseModel):
    """Base of all records; immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def read(cls, record: Mapping[str, Json]) -> Self:
        """The record, or Refused with the first field that is wrong and why."""
        try:
            return cls.model_validate(dict(record))
        except ValidationError as error:
            raise _refusal(error) from None

    def plain(self) -> dict[str, Json]:
        """The record as plain data, ready for `canonical`."""
        return self.model_dump(mode="json")


class Slot(Record):
    """A slot: `seats` are drawn, `reserve` is kept for those wrongly left out; both in seats."""

    slot: Name
    day: Date
    seats: Count
    reserve: Count


class WitnessKey(Record):
    name: Name
    key: Hash


class DrandBeacon(Record):
    """An announced round of drand quicknet."""

    source: Literal["drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"]
    round: Positive
    at: Time


class CeremonyBeacon(Record):
    """An announced ceremony: dice or a drum, `digits` decimal digits as they fall."""

    source: CeremonySource
    round: Positive
    at: Time
    digits: Annotated[int, Field(ge=25, le=200)]


def _beacon_tag(value: Any) -> str:
    source = value.get("source") if isinstance(value, dict) else getattr(value, "source", None)
    return "ceremony" if isinstance(source, str) and source.startswith("ceremony:") else "drand"


AnnouncedBeacon = Annotated[
    Annotated[DrandBeacon, Tag("drand")] | Annotated[CeremonyBeacon, Tag("ceremony")],
    Discriminator(_beacon_tag),
]


class Timetable(Record):
    commit_until: Time
    apply_from: Time
    apply_until: Time
    freeze_from: Time
    close_from: Time
    promote_until: Time


class Previous(Record):
    """The draw that this one replaces, the digest of its transcript or of its lines so far, and who decided so."""

    draw: Name
    digest: Hash
    reason: Name
    decision: Decision


class Commitment(Record):
    type: Literal["commitment"]
    witness: Name
    commitment: Hash
    at: Time


class Freeze(Record):
    type: Literal["freeze"]
    count: Positive
    root: Hash
    at: Time


class Struck(Record):
    type: Literal["struck"]
    entry: EntryId
    reason: Name
    decision: Decision
    at: Time


class Adjusted(Record):
    type: Literal["adjusted"]
    slot: Name
    seats: Signed
    reason: Name
    decision: Decision
    at: Time


class Reveal(Record):
    type: Literal["reveal"]
    witness: Name
    secret: Hash
    at: Time


class WitnessSignature(Record):
    witness: Name
    signature: SignatureHex


class Closed(Record):
    type: Literal["closed"]
    at: Time
    digest: Hash
    revealed: Annotated[list[Name], Field(min_length=1)]
    missing: list[Name]
    signatures: list[WitnessSignature]


class DrandValue(Record):
    type: Literal["beacon"]
    source: Literal["drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"]
    round: Positive
    value: Hash
    at: Time
    signature: DrandSignature


class CeremonyValue(Record):
    type: Literal["beacon"]
    source: CeremonySource
    round: Positive
    value: Annotated[str, StringConstraints(pattern=r"^[0-9]{25,200}$")]
    at: Time
    closed: Hash
    signatures: list[WitnessSignature]


def read_beacon_value(record: Mapping[str, Json]) -> DrandValue | CeremonyValue:
    """The `beacon` record, of whichever source."""
    return CeremonyValue.read(record) if _beacon_tag(dict(record)) == "ceremony" else DrandValue.read(record)


class GivenUp(Record):
    """Withdrawn or declined by the applicant; `slot` null means all that the entry holds, or its waiting."""

    type: Literal["change"]
    kind: Literal["withdrawn", "declined"]
    entry: EntryId
    slot: Name | None
    at: Time


class Disqualified(Record):
    type: Literal["change"]
    kind: Literal["disqualified"]
    entry: EntryId
    slot: Name | None
    reason: Name
    decision: Decision
    at: Time


class SeatsChanged(Record):
    type: Literal["change"]
    kind: Literal["seats"]
    slot: Name
    seats: Signed
    reason: Name
    decision: Decision
    at: Time


class Granted(Record):
    """Seats out of the slot's reserve for somebody wrongly left out."""

    type: Literal["change"]
    kind: Literal["granted"]
    slot: Name
    seats: Positive
    reason: Name
    decision: Decision
    at: Time


Change = GivenUp | Disqualified | SeatsChanged | Granted
_CHANGES: dict[str, type[Change]] = {
    "withdrawn": GivenUp,
    "declined": GivenUp,
    "disqualified": Disqualified,
    "seats": SeatsChanged,
    "granted": Granted,
}


def read_change(record: Mapping[str, Json]) -> Change:
    """The `change` record, of whichever kind."""
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in _CHANGES:
        raise Refused("kind", f"must be one of {', '.join(_CHANGES)}")
    return _CHANGES[kind].read(record)


def _refusal(error: ValidationError) -> Refused:
    first = error.errors(include_url=False)[0]
    # The tag of a union is no field of the record, so it does not belong in the path that people read.
    path = ".".join(str(part) for part in first["loc"] if part not in ("drand", "ceremony"))
    return Refused(path or "record", first["msg"].removeprefix("Value error, "))
