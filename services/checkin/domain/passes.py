"""Passes: which ones an application holds, and the signed token that a pass's QR code shows (S08, B06).

The token is a JWS (RFC 7515) with Ed25519 and short claims, about 220 letters, so that its QR stays small and any
terminal that has the public key can check it without a network. It holds no personal data.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.contracts.checkin import PASS_CODE_LENGTH, pass_code
from shared.contracts.envelope import Id, derived_id

ALGORITHM = "EdDSA"
LONGEST_TOKEN = 600


class Forged(ValueError):
    """The token was not signed by this service, or is not a token at all."""


@dataclass(frozen=True)
class Pass:
    """Admits a party with `seats` seats to one slot, once."""

    id: Id
    programme: str
    slot: str
    seats: int

    @property
    def code(self) -> str:
        """The first ten hex digits of the id in two groups: what a person can read out and type."""
        return pass_code(self.id)


def typed_code(text: str) -> str | None:
    """The beginning of a pass id that somebody typed, in lower case; None if it cannot be one."""
    digits = text.replace("-", "").replace(" ", "").lower()
    complete = len(digits) in (PASS_CODE_LENGTH, 32)
    return digits if complete and all(digit in "0123456789abcdef" for digit in digits) else None


def sign(entitlement: Pass, key: Ed25519PrivateKey) -> str:
    """The token of a pass, in compact form: `header.claims.signature`."""
    claims = {
        "p": entitlement.programme, "i": _short(entitlement.id), "s": entitlement.slot, "n": entitlement.seats,
    }
    # Without `typ` and `kid` the token is 40 letters shorter, one size of QR code less.
    return jwt.encode(claims, key, ALGORITHM, headers={"typ": None})


def verify(token: str, keys: Iterable[Ed25519PublicKey]) -> Pass:
    """The pass that `token` stands for, if one of `keys` signed it; else raises `Forged`. Needs no network."""
    if len(token) > LONGEST_TOKEN:
        raise Forged("too long")
    for key in keys:
        try:
            return _pass_of(jwt.decode(token, key, [ALGORITHM]))
        except jwt.InvalidTokenError:
            continue
    raise Forged("not signed here")


def _pass_of(claims: dict[str, object]) -> Pass:
    match claims:
        case {"p": str(programme), "i": str(short), "s": str(slot), "n": int(seats), **other} if seats and not other:
            return Pass(_long(short), programme, slot, seats)
    raise Forged("signed, but not a pass")


def _short(pass_id: Id) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(pass_id)).decode().rstrip("=")


def _long(short: str) -> Id:
    try:
        return base64.urlsafe_b64decode(short + "==").hex()
    except ValueError as error:
        raise Forged("signed, but not a pass") from error


@dataclass(frozen=True)
class Held:
    """A pass that was issued to an application before; `issue` counts from 0 for the same slot."""

    id: Id
    slot: str
    void: bool
    issue: int = 0


@dataclass(frozen=True)
class Change:
    """What must happen so that an application's passes are those that it holds: `issue` holds (slot, issue number)."""

    void: tuple[Held, ...]
    issue: tuple[tuple[str, int], ...]


def pass_id(draw: str, application: Id, slot: str, issue: int = 0) -> Id:
    """The id of a pass follows from what it is for, so that a result that is heard again makes no second pass."""
    again = (str(issue),) if issue else ()
    return derived_id("pass", draw, application, slot, *again)


def change(before: Sequence[Held], holds: Sequence[str]) -> Change:
    """From the passes issued `before` to the slots that the application `holds` now.

    A slot that was lost and is held again gets a new pass: what is void stays void.
    """
    valid = {held.slot for held in before if not held.void}
    issued = {slot: sum(held.slot == slot for held in before) for slot in holds}
    return Change(
        void=tuple(held for held in before if not held.void and held.slot not in holds),
        issue=tuple((slot, issued[slot]) for slot in holds if slot not in valid),
    )
