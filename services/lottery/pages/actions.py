"""The draw desk's forms: each posts to the same step as the JSON interface does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.lottery.api import bodies
from services.lottery.api.draws import change_work
from services.lottery.handlers import announcing, chance, closing
from services.lottery.handlers.office import Office, Turn
from shared.contracts.lottery import Step
from shared.contracts.programme import Name

NUMBERS = frozenset({"seats", "round"})
Work = Callable[[Turn], Awaitable[Any]]


class RegistrationForm(bodies.Registration):
    """The form names the witness in a field; the interface does in its path."""

    name: Name


@dataclass(frozen=True)
class Action:
    """A form: the step it takes, what it must hold, and the work that follows from it."""

    step: Step
    body: type[bodies.Body] | None
    work: Callable[[Any, str], Work]


ACTIONS: Mapping[str, Action] = {
    "witnesses": Action("announced", RegistrationForm, lambda body, _:
                        lambda turn: announcing.register_witness(turn, body.name, body.key, body.commitment)),
    "announcement": Action("announced", None, lambda _, __: announcing.announce),
    "strikes": Action("struck", bodies.Strike, lambda body, _:
                      lambda turn: closing.strike(turn, body.entry, body.reason, body.decision)),
    "adjustments": Action("adjusted", bodies.Adjustment, lambda body, _:
                          lambda turn: closing.adjust(turn, body.slot, body.seats, body.reason, body.decision)),
    "reveals": Action("revealed", bodies.Reveal, lambda body, _:
                      lambda turn: closing.reveal(turn, body.witness, body.secret)),
    "closing": Action("closing-proposed", None, lambda _, __: closing.propose),
    "closing-signatures": Action("closed", bodies.Signature, lambda body, _:
                                 lambda turn: closing.sign(turn, body.witness, body.signature)),
    "closing-confirmation": Action("closed", None, lambda _, __: closing.confirm),
    "readings": Action("beacon", bodies.Digits, lambda body, staff:
                       lambda turn: chance.read(turn, staff, body.value)),
    "beacon-signatures": Action("beacon", bodies.Signature, lambda body, _:
                                lambda turn: chance.sign(turn, body.witness, body.signature)),
    "beacon-confirmation": Action("beacon", None, lambda _, __: chance.confirm),
    "changes": Action("changed", bodies.Change, lambda body, _: change_work(body)),
}

DRAND = "drand"


def read_form(name: str, pairs: Mapping[str, str]) -> Any:
    """The form's fields as a body; fields are named `<form>.<field>`. Raises ValidationError."""
    model = bodies.DrandRound if name == DRAND else ACTIONS[name].body
    if model is None:
        return None
    fields: dict[str, Any] = {}
    for key, text in pairs.items():
        field = key.removeprefix(f"{name}.")
        value = text.strip()
        if value:
            fields[field] = _number(value) if field in NUMBERS else value
    return model.model_validate(fields)


def form_fields() -> dict[str, list[str]]:
    """The fields of each form."""
    models = {name: action.body for name, action in ACTIONS.items()} | {DRAND: bodies.DrandRound}
    return {name: list(model.model_fields) if model else [] for name, model in models.items()}


async def take(office: Office, programme: str, draw: str, name: str, body: Any, staff: str) -> None:
    """Takes the form's step; raises `Problem` where the rules refuse it."""
    if name == DRAND:
        await chance.take_drand(office, programme, draw, body.round, body.signature, staff)
        return
    action = ACTIONS[name]
    await office.step(programme, draw, action.step, action.work(body, staff), by=[staff])


def wrong_fields(error: ValidationError) -> list[str]:
    """Names of the fields that are not as they must be."""
    return sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]})


def _number(text: str) -> int | str:
    plain = text.translate(str.maketrans("−‐–－０１２３４５６７８９", "----0123456789"))
    return int(plain) if plain.lstrip("-").isdecimal() and len(plain) < 18 else text
