"""After the draw, day by day: changes, then revocations, then promotions (rows B02, B17).

All changes of a local day count first, as they came. Then each slot that has fewer seats than are given
takes them back in reverse order of the draw, until it fits. Then free seats of the slots that were touched
go down the waiting list. So a day's four single seats go to the family that was first.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from typing import NamedTuple

from services.lottery.domain.entries import Entries
from services.lottery.domain.faults import OutOfOrder, Refused
from services.lottery.domain.mechanism import NOTHING, Allotment
from services.lottery.domain.records import Change, Disqualified, GivenUp, Granted, SeatsChanged
from services.lottery.domain.rules import Rules
from services.lottery.domain.seed import Order
from services.lottery.domain.times import epoch, local_day


class Moved(NamedTuple):
    """One line `revoked` or `promotion`: the numbers of the entry and of the slot."""

    number: int
    slot: int


class Settled(NamedTuple):
    """What follows from a day's changes, in the order of the transcript."""

    revoked: list[Moved]
    promoted: list[Moved]


class Holdings:
    """Who holds what after the draw, who waits, and what is free; moved on by changes and by the end of their day.

    Keeps the draw's own columns and, beside them, only what changed.
    """

    def __init__(
        self,
        rules: Rules,
        entries: Entries,
        order: Order,
        allotment: Allotment,
        struck: Collection[int],
        drawn_at: str,
    ) -> None:
        """`drawn_at` is the beacon's time: no change is dated before it."""
        self._rules, self._entries, self._order, self._allotment = rules, entries, order, allotment
        self._struck = struck
        self._places = order.places()
        self.free = list(allotment.free)
        self._given = self._seats_given()
        self._granted = [0] * len(rules.slots)
        self._changed: dict[int, list[int]] = {}
        self._gave_up: set[int] = set()
        self._waiters: list[array[int]] | None = None
        self._last_at = drawn_at
        self._touched: set[int] = set()
        self._open_day: int | None = None
        self._settled_day: int | None = None

    @property
    def seats(self) -> list[int]:
        """Seats of each slot by its number as they are now: free and given, reserve apart."""
        return [free + given for free, given in zip(self.free, self._given, strict=True)]

    @property
    def day_is_open(self) -> bool:
        """Whether changes were taken whose day is not settled yet."""
        return self._open_day is not None

    def holds(self, number: int) -> list[int]:
        """Slot numbers that an entry holds now."""
        changed = self._changed.get(number)
        return self._allotment.won(number) if changed is None else changed

    def waits(self, number: int) -> bool:
        """An entry waits as long as it holds nothing, has given up nothing and is not struck."""
        return not (number in self._gave_up or number in self._struck or self.holds(number))

    def ahead(self, number: int) -> dict[int, int]:
        """For one that waits: how many waiting parties are placed before it, by slot it wished; else nothing."""
        if not self.waits(number):
            return {}
        return {slot: self._waiting_before(self._places[number], slot) for slot in self._entries.wishes_of(number)}

    def starts_new_day(self, at: str) -> bool:
        """Whether a change of this time is of a later day than the open one, which must be settled first."""
        return self._open_day is not None and local_day(at, self._rules.utc_offset) > self._open_day

    def take(self, change: Change) -> None:
        """Take one change; Refused with the reason, and then nothing has changed."""
        day = self._day_of(change)
        if isinstance(change, SeatsChanged):
            self._change_seats(change)
        elif isinstance(change, Granted):
            self._grant(change)
        else:
            self._give_up(change)
        self._open_day, self._last_at = day, change.at

    def settle_day(self) -> Settled:
        """End the open day: who loses a seat, then who is promoted."""
        if self._open_day is None:
            raise OutOfOrder("day", "no change was taken since the last day was settled")
        revoked = list(self._revocations())
        promoted: list[Moved] = []
        in_time = epoch(self._last_at) <= epoch(self._rules.timetable.promote_until)
        if self._rules.waiting_list and in_time:
            slots = range(len(self._rules.slots)) if revoked else sorted(self._touched)
            for slot in slots:
                promoted += self._promotions(slot, set(revoked))
        self._settled_day, self._open_day = self._open_day, None
        self._touched.clear()
        return Settled(revoked, promoted)

    def _day_of(self, change: Change) -> int:
        if epoch(change.at) < epoch(self._last_at):
            raise Refused("at", f"is before {self._last_at}, the time of the beacon or of the change ahead of it")
        day = local_day(change.at, self._rules.utc_offset)
        if self.starts_new_day(change.at):
            raise OutOfOrder("at", "is of a later day: settle the open day first")
        if day == self._settled_day:
            raise OutOfOrder("at", "is of a day already settled: date it the next day")
        return day

    def _change_seats(self, change: SeatsChanged) -> None:
        slot = self._rules.slot_number(change.slot)
        if change.seats == 0:
            raise Refused("seats", "a change of 0 seats says nothing", "seats-zero")
        left = self.free[slot] + self._given[slot] + change.seats
        if left < 0:
            raise Refused("seats", f"{change.slot} would have {left} seats", "seats-below-none")
        self.free[slot] += change.seats
        self._touched.add(slot)

    def _grant(self, change: Granted) -> None:
        slot = self._rules.slot_number(change.slot)
        reserve = self._rules.slots[slot].reserve
        granted = self._granted[slot] + change.seats
        if granted > reserve:
            raise Refused(
                "seats",
                f"{granted} granted in {change.slot} are more than its reserve of {reserve}",
                "reserve-exceeded",
            )
        self._granted[slot] = granted

    def _give_up(self, change: GivenUp | Disqualified) -> None:
        number = self._entries.number(change.entry)
        if number in self._struck:
            raise Refused("entry", f"{change.entry} was struck before the draw and can't change", "struck-already")
        held = self.holds(number)
        if not held and change.slot is not None:
            raise Refused(
                "slot", f"{change.entry} holds nothing: it can only give up its waiting (slot null)", "not-held"
            )
        if not held and number in self._gave_up:
            raise Refused("entry", f"{change.entry} has given up already and holds nothing", "given-up-already")
        leaving = held if change.slot is None else [self._rules.slot_number(change.slot)]
        if not set(leaving) <= set(held):
            raise Refused("slot", f"{change.entry} does not hold {change.slot}", "not-held")
        self._gave_up.add(number)
        for slot in list(leaving):
            self._leave(number, slot)
            self._touched.add(slot)

    def _leave(self, number: int, slot: int) -> None:
        self._changed[number] = [held for held in self.holds(number) if held != slot]
        self.free[slot] += self._entries.seats[number]
        self._given[slot] -= self._entries.seats[number]

    def _revocations(self) -> Iterator[Moved]:
        for slot, free in enumerate(self.free):
            if free >= 0:
                continue
            for number in self._holders_last_first(slot):
                if self.free[slot] >= 0:
                    break
                self._leave(number, slot)
                self._wait_again(number)
                yield Moved(number, slot)

    def _promotions(self, slot: int, revoked: set[Moved]) -> Iterator[Moved]:
        for place in self._waiting(slot):
            if self.free[slot] <= 0:
                break
            number = self._order.by_place[place]
            party = self._entries.seats[number]
            if party <= self.free[slot] and self.waits(number) and Moved(number, slot) not in revoked:
                self._changed[number] = [slot]
                self.free[slot] -= party
                self._given[slot] += party
                yield Moved(number, slot)

    def _holders_last_first(self, slot: int) -> list[int]:
        numbers = {n for won in self._allotment.rounds for n, given in enumerate(won) if given == slot}
        numbers |= self._changed.keys()
        holders = [number for number in numbers if slot in self.holds(number)]
        return sorted(holders, key=self._places.__getitem__, reverse=True)

    def _waiting(self, slot: int) -> "array[int]":
        """Places, ascending, of all who wished the slot and may wait; who does is asked when their turn comes."""
        if self._waiters is None:
            self._waiters = [array("I") for _ in self._rules.slots]
            for place, number in enumerate(self._order.by_place):
                if self.waits(number):
                    for wish in self._entries.wishes_of(number):
                        self._waiters[wish].append(place)
        return self._waiters[slot]

    def _waiting_before(self, place: int, slot: int) -> int:
        waiters = self._waiting(slot)
        # Who waited when the list was made and does not any more has changed since, and those are few.
        gone = sum(
            1 for number in self._changed.keys() | self._gave_up
            if self._places[number] < place and not self.waits(number) and _holds(waiters, self._places[number])
        )
        return bisect_left(waiters, place) - gone

    def _wait_again(self, number: int) -> None:
        if self._waiters is None or not self.waits(number):
            return
        place = self._places[number]
        for wish in self._entries.wishes_of(number):
            waiters = self._waiters[wish]
            if not _holds(waiters, place):
                insort(waiters, place)

    def _seats_given(self) -> list[int]:
        given = [0] * len(self._rules.slots)
        for won in self._allotment.rounds:
            for number, slot in enumerate(won):
                if slot != NOTHING:
                    given[slot] += self._entries.seats[number]
        return given


def _holds(ascending: "array[int]", value: int) -> bool:
    at = bisect_left(ascending, value)
    return at < len(ascending) and ascending[at] == value
