"""An application: a party with ranked wishes, held to what the programme declares (S03, S05, S13)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.intake.domain.fault import Fault
from services.intake.domain.mailbox import email_faults
from services.intake.domain.telephone import telephone_faults
from services.intake.domain.writing import MAX_ADDRESS, MAX_NAME, written
from shared.contracts.intake import Channel, Contact
from shared.contracts.programme import Programme

OLDEST = 120
# Who gives no e-mail is told by post; who comes alone names nobody.
_MAY_BE_LEFT_OUT = frozenset({"email", "companions"})


@dataclass(frozen=True)
class Party:
    """The representative and who comes along, infants included; what was not given is None."""

    name: str | None
    address: str | None = None
    age: int | None = None
    telephone: str | None = None
    email: str | None = None
    companions: tuple[str, ...] = ()

    def items(self) -> dict[str, Any]:
        """The data items that were given, by their codes, exactly as written."""
        given = {
            "name": self.name, "address": self.address, "age": self.age, "telephone": self.telephone,
            "email": self.email, "companions": list(self.companions),
        }
        return {item: value for item, value in given.items() if value not in (None, "", [])}

    @classmethod
    def of(cls, items: Mapping[str, Any]) -> Party:
        """The party whose data items are `items`; those that are not there are None."""
        return cls(
            name=items.get("name"), address=items.get("address"), age=items.get("age"),
            telephone=items.get("telephone"), email=items.get("email"), companions=tuple(items.get("companions", ())))

    @property
    def people(self) -> int:
        """How many are named."""
        return 1 + len(self.companions)


@dataclass(frozen=True)
class Application:
    """What somebody sent, before anything was decided. `wishes` are slots, best first."""

    party: Party
    seats: int
    wishes: tuple[str, ...]
    language: str = "ja"

    @property
    def contact(self) -> Contact:
        """The way in which the result is told."""
        return "mail" if self.party.email else "post"


def declared_items(programme: Programme, channel: Channel) -> frozenset[str]:
    """The data items that may be collected by `channel`; all others are refused (S13)."""
    return frozenset(item.item for item in programme.data_items if channel in item.channels)


def faults_of(
    application: Application, programme: Programme, channel: Channel, cancelled: Collection[str] = ()
) -> list[Fault]:
    """Everything that keeps the application from being taken, in the order of the form.

    `cancelled` slots can't be wished. A postcard may name one: it was written before, and stays in the draw without it.
    """
    return [
        *_item_faults(application.party, programme, channel),
        *_seat_faults(application, programme),
        *_wish_faults(application.wishes, programme, cancelled),
        *([] if application.language in programme.languages else [Fault("language", "language")]),
    ]


def _item_faults(party: Party, programme: Programme, channel: Channel) -> Iterator[Fault]:
    declared, given = declared_items(programme, channel), party.items()
    for item in ("name", "address", "age", "telephone", "email", "companions"):
        if item not in given:
            if item in declared and item not in _MAY_BE_LEFT_OUT:
                yield Fault(item, "required")
        elif item not in declared:
            yield Fault(item, "not-declared")
        else:
            yield from _value_faults(item, given[item], programme)


def _value_faults(item: str, value: Any, programme: Programme) -> list[Fault]:
    match item:
        case "name":
            return written(item, value, MAX_NAME)
        case "address":
            return written(item, value, MAX_ADDRESS)
        case "age":
            return [] if 0 <= value <= OLDEST else [Fault(item, "age", {"oldest": OLDEST})]
        case "telephone":
            return telephone_faults(item, value)
        case "email":
            return email_faults(item, value)
        case _:
            return list(_companion_faults(value, programme.party.max_companions))


def _companion_faults(companions: list[str], most: int) -> Iterator[Fault]:
    if len(companions) > most:
        yield Fault(f"companions.{most or 1}", "too-many-companions", {"most": most})
        return
    for position, name in enumerate(companions, 1):
        yield from written(f"companions.{position}", name, MAX_NAME)


def _seat_faults(application: Application, programme: Programme) -> Iterator[Fault]:
    seats, most = application.seats, programme.party.max_seats
    if not 1 <= seats <= most:
        yield Fault("seats", "seats", {"most": most})
    elif seats > application.party.people:
        yield Fault("seats", "more-seats-than-people", {"people": application.party.people})


def _wish_faults(wishes: tuple[str, ...], programme: Programme, cancelled: Collection[str]) -> Iterator[Fault]:
    most = programme.draw.max_wishes
    if not wishes:
        yield Fault("wishes.1", "no-wish")
    if len(wishes) > most:
        yield Fault(f"wishes.{most}", "too-many-wishes", {"most": most})
        return
    for position, wish in enumerate(wishes, 1):
        slot = programme.slot_by_id.get(wish)
        if slot is None or not slot.seats:
            yield Fault(f"wishes.{position}", "unknown-slot")
        elif wish in cancelled:
            yield Fault(f"wishes.{position}", "slot-cancelled")
        elif wish in wishes[: position - 1]:
            yield Fault(f"wishes.{position}", "wished-twice", {"first": wishes.index(wish) + 1})
