"""The enquiry desk: who may ask, and when a caller is taken for whom they say they are (B19).

The attendant types what the caller says; only whether all of it is what was given is answered. So nobody at the desk
sees data before, and an answer tells nobody whether somebody else applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.intake.domain.addresses import House, house_of
from services.intake.domain.application import OLDEST, Party
from services.intake.domain.fault import Fault
from services.intake.domain.names import comparable_name
from services.intake.domain.receipt import as_issued
from services.intake.domain.telephone import called_number
from services.intake.domain.writing import comparable
from shared.contracts.intake import IdentityDocument
from shared.contracts.privacy import Caller
from shared.contracts.programme import Programme

Place = Literal["telephone", "counter"]

MUST = ("name", "telephone")
CHOICES = ("address", "age", "companions", "day")
CHOICES_NEEDED = 2
"""Besides name and telephone, which others may know as well."""

CONFIRMED_FOR = timedelta(minutes=15)
MOST_FAILED_BY_STAFF, STAFF_PERIOD = 20, timedelta(hours=1)
MOST_FAILED_ABOUT, ABOUT_PERIOD = 5, timedelta(hours=24)
"""So many tries may fail: of one member of staff, and about whoever is looked for, whether they applied or not."""


@dataclass(frozen=True)
class Asking:
    """Who asks, from where, and what was seen of their right to ask."""

    caller: Caller
    place: Place
    letter_seen: bool = False
    document: IdentityDocument | None = None


@dataclass(frozen=True)
class Said:
    """What a caller says of an application; None for what was not said. `companions` is how many."""

    name: str | None = None
    telephone: str | None = None
    receipt: str | None = None
    email: str | None = None
    address: str | None = None
    age: int | None = None
    companions: int | None = None
    day: date | None = None


@dataclass(frozen=True)
class Question:
    """What is asked in a programme: `must` be said, and so many of `choices`."""

    must: tuple[str, ...]
    choices: tuple[str, ...]
    needed: int


def question(programme: Programme) -> Question:
    """Declared items only (S13); where a programme asks for no telephone, one choice more takes its place."""
    held = items_compared(programme)
    must = tuple(item for item in MUST if item in held)
    choices = tuple(item for item in CHOICES if item in held or item == "day")
    return Question(must, choices, min(len(choices), CHOICES_NEEDED + len(MUST) - len(must)))


def items_compared(programme: Programme) -> frozenset[str]:
    """The data items that may be opened to answer an enquiry."""
    return programme.items_for("intake") & programme.items_for_purpose("enquiry")


def asking_faults(asking: Asking, programme: Programme) -> list[Fault]:
    """Why this caller may not ask at all: nothing is looked for then."""
    return list(_asking_faults(asking, programme))


def _asking_faults(asking: Asking, programme: Programme) -> Iterator[Fault]:
    if asking.caller == "proxy" and programme.enquiry.proxy_approval is None:
        yield Fault("caller", "no-proxies")
    elif asking.caller == "proxy" and not asking.letter_seen:
        yield Fault("letter_seen", "no-letter")
    if asking.caller == "guardian" and "age" not in items_compared(programme):
        yield Fault("caller", "no-guardians")
    if asking.place == "counter" and asking.document is None:
        yield Fault("document", "no-document")


def said_faults(said: Said, programme: Programme) -> list[Fault]:
    """What is still to be asked, before anything is looked for."""
    asked = question(programme)
    faults = [Fault(item, "required") for item in asked.must if getattr(said, item) is None]
    if said.telephone is not None and called_number(said.telephone) is None:
        faults.append(Fault("telephone", "telephone"))
    if said.receipt is not None and as_issued(said.receipt) is None:
        faults.append(Fault("receipt", "receipt"))
    if said.age is not None and not 0 <= said.age <= OLDEST:
        faults.append(Fault("age", "age", {"oldest": OLDEST}))
    if sum(getattr(said, choice) is not None for choice in asked.choices) < asked.needed:
        faults.append(Fault(asked.choices[0], "say-more", {"needed": asked.needed}))
    return faults


def confirmed(said: Said, asking: Asking, given: Party, days: Sequence[date], programme: Programme) -> bool:
    """Whether all that was said is what was given, and a guardian's applicant is a minor.

    `days` are the wished ones. Every item is compared, whichever differs.
    """
    checks = [
        _same(said.name, given.name, comparable_name), _same(said.telephone, given.telephone, called_number),
        _same(said.email, given.email, comparable), said.address is None or _same_house(said.address, given.address),
        # Whoever had a birthday since is a year older than they wrote.
        said.age is None or (given.age is not None and said.age in (given.age, given.age + 1)),
        said.companions is None or said.companions == len(given.companions),
        said.day is None or said.day in days,
        asking.caller != "guardian" or (given.age is not None and given.age < programme.enquiry.adult_age),
    ]
    return all(checks)


def _same(said: str | None, given: str | None, form: object) -> bool:
    assert callable(form)
    return said is None or (given is not None and form(said) == form(given))


def _same_house(said: str, given: str | None) -> bool:
    """The municipality may be left out, building and room by either; block and lot may not."""
    if given is None:
        return False
    spoken, written = house_of(said), house_of(given)
    both = min(len(spoken.numbers), len(written.numbers))
    return (_ends_alike(spoken, written) and both >= min(2, len(written.numbers))
            and written.numbers[:both] == spoken.numbers[:both])


def _ends_alike(spoken: House, written: House) -> bool:
    return len(spoken.town) > 1 and written.town.endswith(spoken.town)
