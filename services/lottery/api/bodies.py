"""What the interface takes: exactly these fields; anything else is refused (S13)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from services.lottery.domain.records import Decision, EntryId, Hash, Name, SignatureHex


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

    round: int
    signature: str


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
