"""What the interface takes: exactly these fields; anything else is refused (S13)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.lottery.domain.records import Decision, DrandSignature, EntryId, Hash, Name, Positive, SignatureHex
from services.lottery.domain.rehearsal import MOST_INVENTED


class Body(BaseModel):
    """Base: unknown fields are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Registration(Body):
    """A witness's public key and commitment."""

    key: Hash
    commitment: Hash


class Reveal(Body):
    """A witness's secret."""

    witness: Name
    secret: Hash


class Signature(Body):
    """A witness's signature of the proposed record."""

    witness: Name
    signature: SignatureHex


class Digits(Body):
    """The ceremony's digits, as one person saw them."""

    value: str


class DrandRound(Body):
    """A round of drand with its signature (96 hex)."""

    round: Positive
    signature: DrandSignature


class Strike(Body):
    """An entry taken out by a decision of the ward."""

    entry: EntryId
    reason: Name
    decision: Decision


class Adjustment(Body):
    """Seats of a slot added or cut (signed) by a decision."""

    slot: Name
    seats: int
    reason: Name
    decision: Decision


class Rehearsal(Body):
    """A dry run: over the entries as they are, or over `count` invented ones."""

    over: Literal["entries", "invented"]
    count: Annotated[int, Field(ge=1, le=MOST_INVENTED)] | None = None

    @model_validator(mode="after")
    def _counted_where_invented(self) -> Rehearsal:
        if (self.over == "invented") != (self.count is not None):
            raise PydanticCustomError("count", "count belongs to invented entries, and only to them")
        return self


class Cancellation(Body):
    """A slot, a day, a venue (`value`) or the whole event is cancelled by a decision."""

    scope: Literal["slot", "day", "venue", "event"]
    value: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    reason: Name
    decision: Decision


class Change(Body):
    """A change after the draw; which fields it has follows from its kind."""

    kind: Literal["declined", "withdrawn", "disqualified", "seats", "granted"]
    entry: EntryId | None = None
    slot: Name | None = None
    seats: int | None = None
    reason: Name | None = None
    decision: Decision | None = None

    @property
    def is_given_up(self) -> bool:
        """By the applicant's own wish, which one officer writes down; all else is a decision, and takes two."""
        return self.kind in ("withdrawn", "declined")

    def decided(self) -> dict[str, Any]:
        """The decision: exactly the fields that its kind has."""
        fields = ("entry", "slot") if self.kind == "disqualified" else ("slot", "seats")
        return {name: getattr(self, name) for name in ("kind", *fields, "reason", "decision")}
