"""From the beacon to the order of the draw: seed, tickets, places.

ticket = HMAC-SHA-256(seed, entry), order = ascending by (ticket, entry): RFC 2104 keyed hashing, so that
nobody who chose an entry's id could have chosen its place.
"""

import hashlib
import heapq
import hmac
import sys
from array import array
from collections.abc import Mapping

from services.lottery.domain.canonical import Json, canonical, sha256_hex
from services.lottery.domain.entries import ID_SIZE, Entries
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import PROTOCOL

TICKET_SIZE = 32
_NUMBER_SIZE = 4
_WORDS = (TICKET_SIZE + _NUMBER_SIZE) // 4
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def seed_of(draw: str, closing_digest: str, beacon: Mapping[str, Json]) -> str:
    """The seed (64 hex) out of closing and beacon: known to nobody before the beacon fell."""
    chance = {field: beacon[field] for field in ("round", "source", "value")}
    return sha256_hex(canonical({"beacon": chance, "closed": closing_digest, "draw": draw, "protocol": PROTOCOL}))


def ticket_of(seed: str, entry: str) -> str:
    """The ticket (64 hex) of one entry."""
    return hmac.digest(_key(seed), entry.encode("ascii"), "sha256").hex()


class Order:
    """Who comes first by `seed`: `by_place[p]` is the number of the entry with place p + 1, `tickets` theirs end to
    end."""

    def __init__(self, seed: str, entries: Entries) -> None:
        self.seed, self.by_place, self.tickets = seed, array("I"), bytearray()
        # Heap after heap, so that no sort is long: while one runs, no other thread of the process can.
        for heap in _heaps(_key(seed), entries):
            heap.sort()
            words = array("I", b"".join(heap))
            heap.clear()
            numbers = words[_WORDS - 1 :: _WORDS]
            if sys.byteorder == "little":
                numbers.byteswap()
            self.by_place += numbers
            del words[_WORDS - 1 :: _WORDS]
            self.tickets += words.tobytes()

    def __len__(self) -> int:
        return len(self.by_place)

    def places(self) -> "array[int]":
        """The place of each entry by its number, from 0."""
        places = array("I", bytes(self.by_place.itemsize * len(self)))
        for place, number in enumerate(self.by_place):
            places[number] = place
        return places


def audit_sample(seed: str, entries: Entries, size: int) -> list[str]:
    """The entries that the auditor traces to their applications: the `size` lowest HMAC(seed, "audit/" + entry)."""
    key = _key(seed)
    ids = (entries.entry(number) for number in range(len(entries)))
    return heapq.nsmallest(
        size, ids, key=lambda entry: (hmac.digest(key, f"audit/{entry}".encode(), "sha256"), entry))


def _key(seed: str) -> bytes:
    key = bytes.fromhex(seed)
    if len(key) != TICKET_SIZE:
        raise Refused("seed", f"must be 32 bytes, has {len(key)}")
    return key


def _heaps(key: bytes, entries: Entries) -> list[list[bytes]]:
    """Each ticket with its entry's number behind it, in 256 heaps by the ticket's first byte.

    One comparison of such bytes sorts by (ticket, entry), since numbers go by id.
    """
    # HMAC with both pads hashed once (RFC 2104 §4): half the time of hmac.digest, which a test holds it
    # equal to.
    padded = key.ljust(_BLOCK, b"\x00")
    inner, outer = hashlib.sha256(padded.translate(_INNER)), hashlib.sha256(padded.translate(_OUTER))
    digits = entries.ids.hex().encode()
    heaps: list[list[bytes]] = [[] for _ in range(256)]
    for number in range(len(entries)):
        inside, outside = inner.copy(), outer.copy()
        inside.update(digits[number * 2 * ID_SIZE : (number + 1) * 2 * ID_SIZE])
        outside.update(inside.digest())
        ticket = outside.digest()
        heaps[ticket[0]].append(ticket + number.to_bytes(_NUMBER_SIZE, "big"))
    return heaps
