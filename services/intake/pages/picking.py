"""Wishes picked in the calendar, by a button a slot: a post of the whole form, so that no script is needed (S03).

A slot that is no wish yet becomes the next one; one that is a wish is taken out, and those after it move up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.intake.following import Demanded
from services.intake.pages.fields import wish_fields
from services.intake.pages.showing import Words
from services.intake.refusals import Say
from shared.contracts.lottery import DemandCounted
from shared.contracts.programme import Programme
from shared.ui.form import Form

STEP = "pick-"


@dataclass(frozen=True)
class Picked:
    """The form after the press. `position` is the wish that the slot became, None where it is none (any more)."""

    form: Form
    slot: str
    position: int | None = None

    @property
    def status(self) -> int:
        """422 where no wish was free."""
        return 422 if self.form.errors else 200


@dataclass(frozen=True)
class Cell:
    """One slot in the calendar. `first`: first wishes so far, None where nothing was heard; `position`: of the wish."""

    slot: str
    name: str
    seats: int
    first: int | None
    position: int | None
    cancelled: bool


@dataclass(frozen=True)
class Calendar:
    """One venue's slots: a row a day, a cell a part of the day. `opened`: something was just picked in it."""

    venue: str
    opened: bool
    days: dict[date, list[Cell]]

    @property
    def chosen(self) -> int:
        """How many of its slots are wishes."""
        return sum(cell.position is not None for cells in self.days.values() for cell in cells)


def picked_slot(form: Form, programme: Programme) -> str | None:
    """The slot whose button was pressed; None for any other button."""
    step = form.value("step")
    slot = programme.slot_by_id.get(step.removeprefix(STEP)) if step.startswith(STEP) else None
    return slot.id if slot and slot.seats else None


def wished(form: Form, programme: Programme) -> list[str]:
    """What is in the wishes' fields, best first, without those left empty."""
    return [form.value(name) for name in wish_fields(programme) if form.value(name).strip()]


def press(form: Form, slot: str, programme: Programme, say: Say) -> Picked:
    """Puts the slot behind the wishes there are, or takes it out; says so at the last wish where none is free."""
    wishes, fields = wished(form, programme), wish_fields(programme)
    if slot in wishes:
        return Picked(_holding(form, [wish for wish in wishes if wish != slot], fields), slot)
    if len(wishes) == len(fields):
        full = {fields[-1]: str(say("wish.full", most=len(fields)))}
        return Picked(Form(form.values, full), slot)
    return Picked(_holding(form, [*wishes, slot], fields), slot, len(wishes) + 1)


def shown(words: Words, demand: Demanded, form: Form, picked: Picked | None = None) -> dict[str, Any]:
    """What templates need for the wishes' fields and calendars."""
    fields = wish_fields(words.programme)
    free = len(fields) > len(wished(form, words.programme))
    return {
        "wish_fields": fields, "options": words.options(demand.snapshot, wished(form, words.programme)),
        "demand": demand,
        "calendars": _calendars(words, demand.snapshot, form, picked), "times": words.times(),
        "next_wish": len(wished(form, words.programme)) + 1 if free else None, "picked": _told(words, picked),
    }


def _told(words: Words, picked: Picked | None) -> str | None:
    if picked is None or picked.form.errors:
        return None
    said = "wish.was-put-in" if picked.position else "wish.was-taken-out"
    return str(words.say(said, position=picked.position, slot=words.slot(picked.slot)))


def _calendars(
    words: Words, snapshot: DemandCounted | None, form: Form, picked: Picked | None
) -> list[Calendar]:
    programme = words.programme
    wishes = wished(form, programme)
    opened = programme.slot_by_id[picked.slot].venue if picked else None
    days: dict[str, dict[date, list[Cell]]] = {venue.id: {} for venue in programme.venues}
    for slot in programme.slots:
        first = snapshot.first.get(slot.id, 0) if snapshot else None
        position = wishes.index(slot.id) + 1 if slot.id in wishes else None
        days[slot.venue].setdefault(slot.day, []).append(
            Cell(slot.id, words.slot(slot.id), slot.seats, first, position, slot.id in words.cancelled))
    return [Calendar(venue.name.text(words.language), venue.id == opened, days[venue.id])
            for venue in programme.venues]


def _holding(form: Form, wishes: list[str], fields: list[str]) -> Form:
    filled = dict.fromkeys(fields, "") | dict(zip(fields, wishes, strict=False))
    return Form({**form.values, **filled})
