"""The steps that take two officers: none of them can be undone (B01).

What else is said at the desk takes one, as it proves itself: a witness's commitment, secret and signature (nobody else
has the key), each person's reading of the dice (two must agree), a closing that is only proposed (the witnesses sign
it or not), and what an applicant gives up by their own wish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.lottery.domain.canonical import canonical, sha256_hex
from services.lottery.handlers import announcing, cancelling, chance, changing, closing
from services.lottery.handlers.office import Work
from services.lottery.store import ActName, DrawState
from shared.contracts.lottery import Step
from shared.contracts.programme import Programme

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """A step that two officers take.

    `work(body)` takes it. `basis` is what a proposal rests on, as text: None where the step can't be taken at all, and
    another text when something it depends on has changed, so that what was proposed is not what would be done.
    """

    step: Step
    work: Callable[[Body], Work[DrawState]]
    basis: Callable[[Programme, DrawState], str | None]


def _registrations(programme: Programme, state: DrawState) -> str | None:
    if state.stage != "preparing":
        return None
    witnesses = {name: witness.model_dump() for name, witness in state.witnesses.items()}
    return sha256_hex(canonical({"version": programme.version, "witnesses": witnesses}))


def _before_close(programme: Programme, state: DrawState) -> str | None:
    signed = state.stage == "closing" and state.closing is not None and bool(state.closing.signatures)
    return "before-close" if state.stage in ("frozen", "closing") and not signed else None


def _since_announcement(programme: Programme, state: DrawState) -> str | None:
    early = state.stage in ("announced", "freezing")
    return "before-close" if early else _before_close(programme, state)


def _proposed_closing(_: Programme, state: DrawState) -> str | None:
    return state.closing.digest if state.stage == "closing" and state.closing else None


def _read_digits(_: Programme, state: DrawState) -> str | None:
    return state.beacon.digest if state.stage == "closed" and state.beacon else None


def _closed(_: Programme, state: DrawState) -> str | None:
    return state.closing_digest if state.stage == "closed" else None


def _drawn(_: Programme, state: DrawState) -> str | None:
    return state.result_digest if state.stage == "drawn" else None


def _outside_the_draw(programme: Programme, state: DrawState) -> str | None:
    return _drawn(programme, state) or _since_announcement(programme, state)


ACTS: Mapping[ActName, Act] = {
    "announcement": Act("announced", lambda _: announcing.announce, _registrations),
    "strikes": Act("struck", lambda body: lambda turn: closing.strike(turn, **body), _before_close),
    "adjustments": Act("adjusted", lambda body: lambda turn: closing.adjust(turn, **body), _since_announcement),
    "closing-confirmation": Act("closed", lambda _: closing.confirm, _proposed_closing),
    "beacon-confirmation": Act("beacon", lambda _: chance.confirm, _read_digits),
    "drand": Act("beacon", lambda body: lambda turn: chance.take_drand(turn, **body), _closed),
    "cancellations": Act("adjusted", lambda body: lambda turn: cancelling.cancel(turn, **body), _outside_the_draw),
    "changes": Act("changed", lambda body: lambda turn: changing.decide(turn, body), _drawn),
}
