"""The frozen entries, by columns: a list of ten million applications in some 40 bytes each.

An entry is known by its number, its rank by `entry` from 0; a wish is the number of a slot in programme
order. Because the numbers ascend as the ids do, whoever sorts by number sorts by id.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

from services.lottery.domain.canonical import MAX_INTEGER, Json
from services.lottery.domain.faults import Refused
from services.lottery.domain.rules import Rules

ID_SIZE = 16
BLOCK = 1024
"""Leaves that are made and hashed together."""
_FIELDS = frozenset(("type", "entry", "seats", "wishes"))
_ID = re.compile(r"[0-9a-f]{32}")


class Entries:
    """Columns of the entries: `ids` (16 bytes each), `seats`, `wishes` (slot numbers, all in a row), `ends`."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._quoted = [f'"{slot.slot}"' for slot in rules.slots]
        self.ids = bytearray()
        self.seats = array("q")
        self.wishes = array("I")
        self.ends = array("Q", [0])
        self._ascending = True

    @classmethod
    def frozen(cls, records: Iterable[Mapping[str, Json]], rules: Rules) -> Self:
        """The entries of the draw out of their records, in whatever order they come.

        Refused: no entry at all, an id twice, or what `add` refuses. Records that already ascend are not
        sorted.
        """
        entries = cls(rules)
        for record in records:
            entries.add(record)
        if not len(entries):
            raise Refused("entries", "there is none: nothing can be drawn")
        return entries._sorted()

    def __len__(self) -> int:
        return len(self.seats)

    def add(self, record: Mapping[str, Json]) -> None:
        """Append one `entry` record; Refused with field and reason. Checked by hand: it runs millions of times."""
        if record.keys() != _FIELDS or record["type"] != "entry":
            raise Refused("entry", "must have exactly the fields entry, seats, type, wishes")
        entry, seats, wishes = record["entry"], record["seats"], record["wishes"]
        if not isinstance(entry, str) or _ID.fullmatch(entry) is None:
            raise Refused("entry", "must be 32 hex digits in lower case")
        if type(seats) is not int or not 1 <= seats <= MAX_INTEGER:
            raise Refused("seats", f"must be a whole number of at least 1 (entry {entry})")
        if seats > self._rules.max_seats:
            raise Refused(
                "seats",
                f"a party of {seats} is larger than max_seats {self._rules.max_seats} (entry {entry})",
            )
        self.wishes.extend(self._slot_numbers(entry, wishes))
        raw = bytes.fromhex(entry)
        self._ascending = self._ascending and raw > self.ids[-ID_SIZE:]
        self.ids += raw
        self.seats.append(seats)
        self.ends.append(len(self.wishes))

    def entry(self, number: int) -> str:
        """The id (32 hex) of the entry with this number."""
        return self.ids[number * ID_SIZE : (number + 1) * ID_SIZE].hex()

    def number(self, entry: str) -> int:
        """The number of an entry; Refused if it is not in this draw."""
        if _ID.fullmatch(entry) is not None:
            wanted, low, high = bytes.fromhex(entry), 0, len(self)
            while low < high:
                middle = (low + high) // 2
                if self.ids[middle * ID_SIZE : (middle + 1) * ID_SIZE] < wanted:
                    low = middle + 1
                else:
                    high = middle
            if low < len(self) and self.ids[low * ID_SIZE : (low + 1) * ID_SIZE] == wanted:
                return low
        raise Refused("entry", f"{entry} is not an entry of this draw")

    def wishes_of(self, number: int) -> Sequence[int]:
        """Slot numbers, best first."""
        return self.wishes[self.ends[number] : self.ends[number + 1]]

    def record(self, number: int) -> dict[str, Json]:
        slots = self._rules.slots
        wishes = [slots[wish].slot for wish in self.wishes_of(number)]
        return {"type": "entry", "entry": self.entry(number), "seats": self.seats[number], "wishes": wishes}

    def leaves(self) -> Iterator[bytes]:
        """The canonical lines without line end: the leaves of the entries' tree.

        Written by hand because `canonical` would take ten times as long; a test holds both to the same bytes.
        """
        quoted, wishes, ends = self._quoted, self.wishes, self.ends
        for start in range(0, len(self), BLOCK):
            digits = self.ids[start * ID_SIZE : (start + BLOCK) * ID_SIZE].hex()
            for offset, seats in enumerate(self.seats[start : start + BLOCK]):
                number = start + offset
                wished = ",".join([quoted[wish] for wish in wishes[ends[number] : ends[number + 1]]])
                entry = digits[offset * 2 * ID_SIZE : (offset + 1) * 2 * ID_SIZE]
                yield f'{{"entry":"{entry}","seats":{seats},"type":"entry","wishes":[{wished}]}}'.encode()

    def _slot_numbers(self, entry: str, wishes: Json) -> list[int]:
        if not isinstance(wishes, list) or not wishes:
            raise Refused("wishes", f"must be a list of at least one slot (entry {entry})")
        if len(wishes) > self._rules.max_wishes:
            raise Refused("wishes", f"{len(wishes)} wishes, max_wishes is {self._rules.max_wishes} (entry {entry})")
        slot_index = self._rules.slot_index
        try:
            numbers = [slot_index[wish] for wish in wishes]
        except (KeyError, TypeError):
            raise Refused("wishes", f"a wish is not a slot of this draw (entry {entry})") from None
        if len(set(numbers)) != len(numbers):
            raise Refused("wishes", f"the same slot is wished twice (entry {entry})")
        return numbers

    def _sorted(self) -> Self:
        if self._ascending:
            return self
        ids = [bytes(self.ids[start : start + ID_SIZE]) for start in range(0, len(self.ids), ID_SIZE)]
        entries = type(self)(self._rules)
        for number in sorted(range(len(ids)), key=ids.__getitem__):
            if entries.ids[-ID_SIZE:] == ids[number]:
                raise Refused("entry", f"{ids[number].hex()} is there twice")
            entries.ids += ids[number]
            entries.seats.append(self.seats[number])
            entries.wishes.extend(self.wishes_of(number))
            entries.ends.append(len(entries.wishes))
        return entries
