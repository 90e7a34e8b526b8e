"""From what a browser sent to an application, and back: nothing that was typed is lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date

from services.intake.domain.application import Application, Party
from services.intake.domain.fault import Fault
from services.intake.domain.slotcodes import typed_day
from services.intake.refusals import Say
from shared.contracts.programme import Programme
from shared.platform.problems import Problem
from shared.ui.form import Form, form_of

ITEMS = ("name", "address", "age", "telephone", "email")
ORDER = (*ITEMS, "companions", "seats", "wishes")
STEPS = frozenset({"key", "step"})
# Typed to fill in the address, and part of no application.
POSTCODE = frozenset({"postcode"})
CARD = frozenset({"batch", "card", "postmarked_on", "received_on"})
_CARD_NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}")
_NO_POSTMARK = frozenset({"なし", "無し", "無", "-", "ー", "0"})


@dataclass(frozen=True)
class Sent:
    """A form as sent: its application, and the faults that only a form can have.

    `renamed` leads from the application's positions to the form's, where fields were left empty in between.
    """

    form: Form
    application: Application
    faults: tuple[Fault, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def all_faults(self, of_domain: Iterable[Fault]) -> list[Fault]:
        """The form's own faults and the domain's, each with the form's names, one a field, in the page's order."""
        own = {fault.field for fault in self.faults}
        renamed = (replace(fault, field=self.renamed.get(fault.field, fault.field)) for fault in of_domain)
        return sorted([*self.faults, *(fault for fault in renamed if fault.field not in own)], key=_place)


@dataclass(frozen=True)
class SentCard:
    """The card's own fields; None where there is none, or where they can't be read."""

    number: str | None
    batch: str | None
    postmarked_on: date | None
    received_on: date | None
    faults: tuple[Fault, ...]


def companion_fields(programme: Programme) -> list[str]:
    """Names of the companions' fields."""
    return [f"companions.{position}" for position in range(1, programme.party.max_companions + 1)]


def wish_fields(programme: Programme) -> list[str]:
    """Names of the wishes' fields, best first."""
    return [f"wishes.{position}" for position in range(1, programme.draw.max_wishes + 1)]


def only(form: Form, names: Set[str], say: Say) -> Form:
    """The form, which has no other fields than these: raises problem 422 for what no form of ours has (S13)."""
    if set(form.values) - names:
        raise Problem(422, "unknown-field", str(say("refusal.unknown-field")), str(say("refusal.unknown-field-do")))
    return form


def read(
    pairs: Iterable[tuple[str, object]], programme: Programme, say: Say, language: str,
    more: frozenset[str] = frozenset(),
) -> Sent:
    """The application in a form. Raises problem 422 for a field that no form of ours has (S13)."""
    form = form_of(pairs)
    companions, wishes = companion_fields(programme), wish_fields(programme)
    only(form, {*ITEMS, *companions, *wishes, "seats", *STEPS, *POSTCODE, *more}, say)
    named, renamed = _filled(form, "companions", companions)
    wished, more_renamed = _filled(form, "wishes", wishes)
    age, age_faults = _number(form, "age")
    seats, seat_faults = _number(form, "seats")
    skipped = any(new != old for old, new in more_renamed.items())
    party = Party(
        _text(form, "name"), _text(form, "address"), age, _text(form, "telephone"), _text(form, "email"), named)
    return Sent(
        form, Application(party, seats or 0, wished, language),
        (*age_faults, *seat_faults, *([Fault("wishes.1", "wish-skipped")] if skipped else [])),
        {**renamed, **more_renamed},
    )


def read_card(form: Form, programme: Programme) -> SentCard:
    """The postcard's number, batch and dates. The day of receipt is asked of a single card, else it is the batch's.

    A form without a field for the postmark asks for none: of a card that is handed in, or held.
    """
    number = unicodedata.normalize("NFKC", form.value("card")).strip().upper()
    batch = unicodedata.normalize("NFKC", form.value("batch")).strip() or None
    faults = [] if _CARD_NUMBER.fullmatch(number) else [Fault("card", "card" if number else "required")]
    postmarked, received = (_day(form, name, programme) for name in ("postmarked_on", "received_on"))
    if "postmarked_on" in form.values and postmarked is None and not _says_no_postmark(form):
        faults.append(Fault("postmarked_on", "date" if form.value("postmarked_on") else "required"))
    if batch is None and received is None:
        faults.append(Fault("received_on", "date" if form.value("received_on") else "required"))
    return SentCard(number or None, batch, postmarked, received, tuple(faults))


def _says_no_postmark(form: Form) -> bool:
    return unicodedata.normalize("NFKC", form.value("postmarked_on")).strip() in _NO_POSTMARK


def _place(fault: Fault) -> tuple[int, int]:
    """Where its field stands on the page; what is not of the application (a card's number) stands before."""
    group, _, position = fault.field.partition(".")
    return (ORDER.index(group) if group in ORDER else -1, int(position) if position.isdigit() else 0)


def _text(form: Form, name: str) -> str | None:
    return form.value(name) or None


def _filled(form: Form, group: str, names: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    filled = [(name, form.value(name)) for name in names if form.value(name).strip()]
    renamed = {f"{group}.{position}": name for position, (name, _) in enumerate(filled, 1)}
    return tuple(value for _, value in filled), renamed


def _number(form: Form, name: str) -> tuple[int | None, list[Fault]]:
    typed = unicodedata.normalize("NFKC", form.value(name)).strip()
    if not typed:
        return None, [] if name == "age" else [Fault(name, "required")]
    if not re.fullmatch(r"-?[0-9]{1,4}", typed):
        return None, [Fault(name, "number")]
    return int(typed), []


def _day(form: Form, name: str, programme: Programme) -> date | None:
    return typed_day(form.value(name), programme.window.postmarked_by)
