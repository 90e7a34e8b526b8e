"""The draw desk's forms: each posts to the same step, or proposal of one, as the JSON interface does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.lottery.api import bodies
from services.lottery.api.draws import given_up
from services.lottery.handlers import announcing, approving, chance, closing
from services.lottery.handlers.office import Office, Turn
from services.lottery.store import ActName
from shared.contracts.lottery import Step
from shared.contracts.programme_base import Name

NUMBERS = frozenset({"seats", "round"})
Work = Callable[[Turn], Awaitable[Any]]


class RegistrationForm(bodies.Registration):
    """The form names the witness in a field; the interface does in its path."""

    name: Name


@dataclass(frozen=True)
class Action:
    """A form of a step that takes one officer: what it must hold, and the work that follows from it."""

    step: Step
    body: type[bodies.Body] | None
    work: Callable[[Any, str], Work]


ACTIONS: Mapping[str, Action] = {
    "witnesses": Action("announced", RegistrationForm, lambda body, _:
                        lambda turn: announcing.register_witness(turn, body.name, body.key, body.commitment)),
    "reveals": Action("revealed", bodies.Reveal, lambda body, _:
                      lambda turn: closing.reveal(turn, body.witness, body.secret)),
    "closing": Action("closing-proposed", None, lambda _, __: closing.propose),
    "closing-signatures": Action("closed", bodies.Signature, lambda body, _:
                                 lambda turn: closing.sign(turn, body.witness, body.signature)),
    "readings": Action("beacon", bodies.Digits, lambda body, staff:
                       lambda turn: chance.read(turn, staff, body.value)),
    "beacon-signatures": Action("beacon", bodies.Signature, lambda body, _:
                                lambda turn: chance.sign(turn, body.witness, body.signature)),
}

PROPOSED: Mapping[ActName, type[bodies.Body] | None] = {
    "announcement": None, "strikes": bodies.Strike, "adjustments": bodies.Adjustment, "closing-confirmation": None,
    "beacon-confirmation": None, "drand": bodies.DrandRound, "changes": bodies.Change,
    "cancellations": bodies.Cancellation,
}
"""Forms of the steps that take two, and what they must hold."""

_BODIES: Mapping[str, type[bodies.Body] | None] = {name: action.body for name, action in ACTIONS.items()} | {**PROPOSED}


def read_form(name: str, pairs: Mapping[str, str]) -> Any:
    """The form's fields as a body; fields are named `<form>.<field>`. Raises ValidationError."""
    model = _BODIES[name]
    if model is None:
        return None
    fields: dict[str, Any] = {}
    for key, text in pairs.items():
        field = key.removeprefix(f"{name}.")
        value = text.strip()
        if value:
            fields[field] = as_number(value) if field in NUMBERS else value
    return model.model_validate(fields)


def form_fields() -> dict[str, list[str]]:
    """The fields of each form."""
    return {name: list(model.model_fields) if model else [] for name, model in _BODIES.items()}


def is_form(name: str) -> bool:
    """Whether the desk has such a form."""
    return name in _BODIES


async def take(office: Office, programme: str, draw: str, name: str, body: Any, staff: str) -> str:
    """Takes the form's step ("done") or proposes it ("proposed"); raises `Problem` where the rules refuse it."""
    if isinstance(body, bodies.Change) and body.is_given_up:
        await office.step(programme, draw, "changed", given_up(body), by=[staff])
        return "done"
    for act in PROPOSED:
        if act == name:
            await approving.propose(office, programme, draw, act, _values(body), staff)
            return "proposed"
    action = ACTIONS[name]
    await office.step(programme, draw, action.step, action.work(body, staff), by=[staff])
    return "done"


async def answer(office: Office, programme: str, draw: str, proposal: str, how: str, staff: str) -> str:
    """Approves a proposal ("approved") or takes it back ("taken-back"); raises `Problem` where that is refused."""
    if how == "approval":
        await approving.approve(office, programme, draw, proposal, staff)
        return "approved"
    await approving.take_back(office, programme, draw, proposal, staff)
    return "taken-back"


def _values(body: Any) -> dict[str, Any]:
    if isinstance(body, bodies.Change):
        return body.decided()
    return body.model_dump() if isinstance(body, bodies.Body) else {}


def wrong_fields(error: ValidationError) -> list[str]:
    """Names of the fields that are not as they must be."""
    return sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]})


def as_number(text: str) -> int | str:
    """Digits and signs as people type them; what is no whole number stays as it is."""
    plain = text.translate(str.maketrans("−‐–－０１２３４５６７８９", "----0123456789"))
    return int(plain) if plain.lstrip("-").isdecimal() and len(plain) < 18 else text
