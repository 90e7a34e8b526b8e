"""What the enquiry desk's form sends: who asks, and what they say. Nothing typed is lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast, get_args

from services.intake.domain.enquiry import Asking, Place, Said, asking_faults, said_faults
from services.intake.domain.fault import Fault
from services.intake.refusals import Say
from shared.contracts.intake import IdentityDocument
from shared.contracts.privacy import Caller
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.ui.form import Form, form_of

_SAID = ("name", "telephone", "receipt", "email", "address")
FIELDS = frozenset({*_SAID, "age", "companions", "day", "caller", "place", "letter_seen", "document", "step"})
OTHER = "other"
"""A caller who may be told nothing, whatever they know."""


@dataclass(frozen=True)
class Sent:
    """The form as sent. `asking` is None for a caller to whom nothing is answered, or who was not chosen."""

    form: Form
    asking: Asking | None
    said: Said
    faults: tuple[Fault, ...]


def read(pairs: Iterable[tuple[str, object]], programme: Programme, say: Say) -> Sent:
    """Raises problem 422 for a field that the form does not have (S13)."""
    form = form_of(pairs)
    if set(form.values) - FIELDS:
        raise Problem(422, "unknown-field", str(say("refusal.unknown-field")), str(say("refusal.unknown-field-do")))
    age, age_faults = _number(form, "age")
    companions, companion_faults = _number(form, "companions")
    said = Said(**{name: form.value(name).strip() or None for name in _SAID}, age=age, companions=companions,
                day=_day(form.value("day")))
    asking = _asking(form)
    missing = [Fault(name, "required") for name in ("caller", "place") if not form.value(name)]
    beyond = asking_faults(asking, programme) if asking else []
    return Sent(form, asking, said, (*missing, *beyond, *age_faults, *companion_faults, *said_faults(said, programme)))


def _asking(form: Form) -> Asking | None:
    caller, place, document = form.value("caller"), form.value("place"), form.value("document")
    if caller not in get_args(Caller) or place not in get_args(Place):
        return None
    seen = cast(IdentityDocument, document) if document in get_args(IdentityDocument) else None
    return Asking(cast(Caller, caller), cast(Place, place), form.value("letter_seen") == "yes",
                  seen if place == "counter" else None)


def _number(form: Form, name: str) -> tuple[int | None, list[Fault]]:
    typed = unicodedata.normalize("NFKC", form.value(name)).strip()
    if not typed:
        return None, []
    if not re.fullmatch(r"[0-9]{1,3}", typed):
        return None, [Fault(name, "number")]
    return int(typed), []


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
