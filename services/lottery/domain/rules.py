"""What is announced before anybody applies: slots, seats, parties, wins, timetable, witnesses, beacons."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from services.lottery.domain.beacon import check_announced_beacons
from services.lottery.domain.canonical import Json, line_of
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import (
    AnnouncedBeacon,
    Commitment,
    Name,
    Positive,
    Previous,
    Record,
    Slot,
    Timetable,
    WitnessKey,
)
from services.lottery.domain.times import epoch
from services.lottery.domain.witness import check_key

T = TypeVar("T")

FEWEST_WITNESSES = 3
_WIDEST_OFFSET = 14 * 60


class Rules(Record):
    """The `rules` record. `utc_offset` in minutes east of UTC; `slots` in programme order."""

    type: Literal["rules"]
    protocol: Literal["kujibiki-draw/1"]
    draw: Name
    programme: Name
    mechanism: Literal["ranked-rounds"]
    max_wins: Positive
    one_win_a_day: bool
    waiting_list: bool
    max_seats: Positive
    max_wishes: Positive
    slots: Annotated[list[Slot], Field(min_length=1)]
    witnesses: Annotated[list[WitnessKey], Field(min_length=FEWEST_WITNESSES)]
    beacons: Annotated[list[AnnouncedBeacon], Field(min_length=1)]
    timetable: Timetable
    utc_offset: Annotated[int, Field(ge=-_WIDEST_OFFSET, le=_WIDEST_OFFSET)]
    publication: Literal["full", "digest"]
    previous: Previous | None

    @cached_property
    def slot_index(self) -> dict[str, int]:
        """Number of each slot in programme order, from 0."""
        return {slot.slot: number for number, slot in enumerate(self.slots)}

    @cached_property
    def keys(self) -> dict[str, str]:
        """Public key (hex) of each witness by name."""
        return {witness.name: witness.key for witness in self.witnesses}

    def slot_number(self, name: str, field: str = "slot") -> int:
        number = self.slot_index.get(name)
        if number is None:
            raise Refused(field, f"{name} is not a slot of this draw")
        return number


def read_rules(record: Mapping[str, Json]) -> Rules:
    """The announced rules, checked as a whole; Refused names the field and the reason."""
    rules = Rules.read(record)
    line_of(record)
    _all_different("slots", rules.slots, lambda slot: slot.slot, "slot")
    _all_different("witnesses", rules.witnesses, lambda witness: witness.name, "name")
    _all_different("witnesses", rules.witnesses, lambda witness: witness.key, "key")
    for position, witness in enumerate(rules.witnesses):
        check_key(witness.key, f"witnesses.{position}.key")
    _check_timetable(rules)
    check_announced_beacons(rules.beacons, rules.timetable.close_from)
    if rules.previous is not None and rules.previous.draw == rules.draw:
        raise Refused("previous.draw", "a second draw has an id of its own and names another one here")
    return rules


def read_commitments(records: Sequence[Mapping[str, Json]], rules: Rules) -> list[Commitment]:
    """One commitment a witness, in the order of the rules' witnesses, each in time."""
    commitments = [Commitment.read(record) for record in records]
    expected, found = list(rules.keys), [commitment.witness for commitment in commitments]
    if found != expected:
        raise Refused(
            "commitments",
            f"must be one of each witness, in the order of the rules: {', '.join(expected)}; found {', '.join(found)}",
        )
    until = rules.timetable.commit_until
    for commitment in commitments:
        if epoch(commitment.at) > epoch(until):
            raise Refused("at", f"{commitment.witness} committed at {commitment.at}, after commit_until {until}")
    return commitments


def _check_timetable(rules: Rules) -> None:
    times = rules.timetable
    # A second draw is announced when its applications have long been in; only its commitments may come that
    # late.
    first = ("commit_until", "freeze_from") if rules.previous else ("commit_until", "apply_from")
    not_after = [
        first,
        ("apply_until", "freeze_from"),
        ("freeze_from", "close_from"),
        ("close_from", "promote_until"),
    ]
    for earlier, later in not_after:
        if epoch(getattr(times, earlier)) > epoch(getattr(times, later)):
            raise Refused(f"timetable.{earlier}", f"is after {later}")
    if epoch(times.apply_from) >= epoch(times.apply_until):
        raise Refused("timetable.apply_until", "must be after apply_from")


def _all_different(field: str, items: Sequence[T], key: Callable[[T], Hashable], name: str) -> None:
    seen = set()
    for position, item in enumerate(items):
        if key(item) in seen:
            raise Refused(f"{field}.{position}.{name}", f"{key(item)} stands here twice")
        seen.add(key(item))
