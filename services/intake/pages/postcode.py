"""The button beside the postcode: the address as far as the town, written by an explicit press (WCAG 3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.domain.application import declared_items
from services.intake.domain.towns import address_of, postal_code_of
from services.intake.refusals import Say
from shared.contracts.programme import Programme
from shared.ui.form import Form

FIELD = "postcode"
STEP = "postcode"


@dataclass(frozen=True)
class Looked:
    """The form after the press: filled in, or with what was wrong beside the postcode."""

    form: Form
    filled: bool


def offers_postcodes(programme: Programme) -> bool:
    """Whether the programme lists postal codes, and asks for an address at all."""
    residency = programme.residency
    return (residency is not None and any(town.postal_codes for town in residency.towns)
            and "address" in declared_items(programme, "web"))


def wants_address(form: Form) -> bool:
    """Whether the button was pressed, or Enter in the postcode's field while the address is still empty."""
    if form.value("step") == STEP:
        return True
    return form.value("step") == "check" and bool(form.value(FIELD).strip()) and not form.value("address").strip()


def look_up(form: Form, programme: Programme, say: Say) -> Looked:
    """Writes the beginning of the address; what was typed there is never overwritten."""
    code, residency = postal_code_of(form.value(FIELD)), programme.residency
    beginning = address_of(code, residency) if code and residency else None
    if form.value("address").strip():
        return _told(form, say, "typed")
    if beginning is None:
        return _told(form, say, "unknown" if code else "odd")
    return Looked(Form({**form.values, "address": beginning}), True)


def _told(form: Form, say: Say, what: str) -> Looked:
    return Looked(Form(form.values, {FIELD: str(say(f"postcode.{what}"))}), False)
