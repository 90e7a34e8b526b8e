#!/usr/bin/env python3
"""Check a draw of the protocol kujibiki-draw/1: compute it again from its published transcript.

抽せんの記録を、はじめから計算し直して確かめます。

    python3 verify_draw.py transcript.jsonl            (or .jsonl.gz, or - for standard input)
    python3 verify_draw.py transcript.jsonl --announcement HEX --root HEX --closed HEX   what you kept yourself
    python3 verify_draw.py transcript.jsonl --entry ID                    why this application won or not
    python3 verify_draw.py [transcript.jsonl] --proof proof.json          your own two lines, under the public roots
    python3 verify_draw.py transcript.jsonl --audit 30                    which entries an auditor traces first

Exit: 0 true, 1 refused (the first fault and its line), 2 could not read. One file, standard library only, Python 3.9
or later, no network. It shares no code with the service that made the draw. Numbers of bytes a line, nesting, and
digits are bounded, and files are streamed, so that no file can make it eat the machine; an entry costs about 300 bytes.
"""

# ruff: noqa: B905, RUF007 (zip has no `strict`, itertools no `pairwise`, before Python 3.10)
from __future__ import annotations

import argparse
import binascii
import bisect
import calendar
import datetime
import gzip
import hashlib
import heapq
import hmac
import io
import itertools
import json
import re
import sys
import zlib
from array import array
from pathlib import Path

PROTOCOL = "kujibiki-draw/1"
MAX_LINE = 1 << 20
MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1
MAX_ENTRIES = 2**32 - 2
HOUR = 3600
MAX_STORY = 100_000
DRAND = "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
DRAND_GENESIS, DRAND_PERIOD = 1692803367, 3
DRAND_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)


class Fault(Exception):
    """The transcript is not true: `line` counts from 1; 0 where the fault is in no line (a proof, an option)."""

    def __init__(self, line, reason):
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Unreadable(Exception):
    """Nothing can be said of what is not there or can't be read."""


# ---------------------------------------------------------------- lines and JSON


def open_stream(path):
    """The bytes of a file or of standard input (-), unzipped if they are gzip."""
    raw = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115 (its reader closes it)
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    return gzip.GzipFile(fileobj=stream) if stream.peek(2)[:2] == b"\x1f\x8b" else stream


class Lines:
    """The lines of a stream one after another, without line feed; never more than a chunk and one line in memory.

    `number` is that of the line taken last. All lines taken are hashed; `digest()` is over them, line ends included.
    """

    CHUNK = 1 << 18

    def __init__(self, stream):
        self.stream = stream
        self.number = 0
        self.hash = hashlib.sha256()
        self.waiting = []  # whole lines; `next` is the first that was not taken
        self.next = 0
        self.rest = b""  # the beginning of a line whose end was not read yet

    def peek(self):
        """The next line, or None at the end of the file."""
        if self.next == len(self.waiting):
            self.fill()
        return self.waiting[self.next] if self.waiting else None

    def fill(self):
        """Reads on until a whole line waits, or to the end."""
        self.waiting, self.next = [], 0
        while not self.waiting:
            try:
                chunk = self.stream.read(self.CHUNK)
            except (OSError, EOFError, zlib.error) as error:
                raise Unreadable(f"reading stopped after line {self.number}: {error}") from None
            if not chunk:
                if self.rest:
                    raise Fault(self.number + 1, "is not ended by a line feed: the file is cut off")
                return
            *self.waiting, self.rest = (self.rest + chunk).split(b"\n")
            # Only the line that the chunk ended or goes on with can be longer than a chunk.
            if len(self.waiting[0] if self.waiting else self.rest) >= MAX_LINE:
                raise Fault(self.number + 1, "is longer than 1 MiB")

    def take(self):
        """The next line, or a Fault if there is none."""
        line = self.peek()
        if line is None:
            raise Fault(self.number + 1, "is missing: the transcript stops here")
        self.next += 1
        self.number += 1
        self.hash.update(line + b"\n")
        return line

    def take_many(self, count):
        """The next `count` lines, some at a time, each time with the number of the first."""
        while count:
            if self.peek() is None:
                self.take()
            block = self.waiting[self.next : self.next + count]
            self.next += len(block)
            self.number += len(block)
            count -= len(block)
            self.hash.update(b"\n".join(block) + b"\n")
            yield self.number - len(block) + 1, block

    def digest(self):
        return self.hash.hexdigest()


# A string that nothing ends is taken too, whole: else the search would begin again at each quote in it.
STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def depth(data):
    level = deepest = 0
    for token in STRING_OR_BRACKET.finditer(data):
        character = data[token.start()]
        if character in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif character in b"]}":
            level -= 1
    return deepest


def bounded_integer(digits):
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise ValueError("integer out of range")
    return int(digits)


def no_float(text):
    raise ValueError(f"{text[:20]}: only whole numbers are allowed")


def canonical(value):
    """Canonical JSON (RFC 8785) of a value without floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse(data, line):
    """The object on one line (without line feed), or a Fault: nothing is repaired, nothing skipped."""
    if depth(data) > MAX_DEPTH:
        raise Fault(line, "is nested too deep")
    try:
        value = json.loads(data.decode(), parse_int=bounded_integer, parse_float=no_float, parse_constant=no_float)
        if not isinstance(value, dict):
            raise Fault(line, "is not a JSON object")
        if canonical(value) != data:
            raise Fault(line, "is not canonical: key order, doubled key, spaces, escapes or numbers")
    except (ValueError, RecursionError) as error:
        raise Fault(line, f"is not JSON of this protocol ({error})") from None
    return value


# ---------------------------------------------------------------- shapes of fields


def text(pattern):
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def integer(least, most=MAX_INTEGER):
    return lambda value: type(value) is int and least <= value <= most


def one_of(*words):
    return lambda value: isinstance(value, str) and value in words


def list_of(shape, least=0):
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(shape, value))


def has(**fields):
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == fields.keys()
        and all(shape(value[field]) for field, shape in fields.items())
    )


def either(*shapes):
    return lambda value: any(shape(value) for shape in shapes)


def is_null(value):
    return value is None


def is_bool(value):
    return type(value) is bool


def is_time(value):
    try:
        epoch(value)
    except (ValueError, TypeError):
        return False
    return True


def is_date(value):
    return is_time(f"{value}T00:00:00Z") if isinstance(value, str) else False


TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


def epoch(value):
    """Seconds since 1970 of a time `YYYY-MM-DDTHH:MM:SSZ`; ValueError if it is none."""
    found = TIME.fullmatch(value)
    if found is None:
        raise ValueError("no time")
    moment = datetime.datetime(*map(int, found.groups()))
    return calendar.timegm(moment.timetuple())


NAME, ENTRY, HASH = text("[a-z0-9-]{1,64}"), text("[0-9a-f]{32}"), text("[0-9a-f]{64}")
DECISION = text("[0-9A-Za-z-]{1,40}")
CEREMONY = text("ceremony:[a-z0-9-]{1,64}")
POSITIVE, COUNT, SIGNED = integer(1), integer(0), integer(-MAX_INTEGER)
SIGNATURES = list_of(has(witness=NAME, signature=text("[0-9a-f]{128}")))
WHY = {"reason": NAME, "decision": DECISION, "at": is_time}
SHAPES = {
    "rules": {
        "protocol": one_of(PROTOCOL), "draw": NAME, "programme": NAME, "mechanism": one_of("ranked-rounds"),
        "max_wins": POSITIVE, "one_win_a_day": is_bool, "waiting_list": is_bool, "max_seats": POSITIVE,
        "max_wishes": POSITIVE, "slots": list_of(has(slot=NAME, day=is_date, seats=COUNT, reserve=COUNT), 1),
        "witnesses": list_of(has(name=NAME, key=HASH), 3),
        "beacons": list_of(either(
            has(source=one_of(DRAND), round=POSITIVE, at=is_time),
            has(source=CEREMONY, round=POSITIVE, at=is_time, digits=integer(25, 200)),
        ), 1),
        "timetable": has(commit_until=is_time, apply_from=is_time, apply_until=is_time, freeze_from=is_time,
                         close_from=is_time, promote_until=is_time),
        "utc_offset": SIGNED, "publication": one_of("full", "digest"),
        "previous": either(is_null, has(draw=NAME, digest=HASH, reason=NAME, decision=DECISION)),
    },
    "commitment": {"witness": NAME, "commitment": HASH, "at": is_time},
    "freeze": {"count": POSITIVE, "root": HASH, "at": is_time},
    "entry": {"entry": ENTRY, "seats": POSITIVE, "wishes": list_of(NAME, 1)},
    "struck": {"entry": ENTRY, **WHY},
    "adjusted": {"slot": NAME, "seats": SIGNED, **WHY},
    "reveal": {"witness": NAME, "secret": HASH, "at": is_time},
    "closed": {"at": is_time, "digest": HASH, "revealed": list_of(NAME, 1), "missing": list_of(NAME),
               "signatures": SIGNATURES},
    "drand": {"source": one_of(DRAND), "round": POSITIVE, "value": HASH, "at": is_time,
              "signature": text("[0-9a-f]{96}")},
    "ceremony": {"source": CEREMONY, "round": POSITIVE, "value": text("[0-9]{25,200}"), "at": is_time,
                 "closed": HASH, "signatures": SIGNATURES},
    "seed": {"seed": HASH},
    "result": {"entry": ENTRY, "place": POSITIVE, "ticket": HASH, "won": list_of(NAME),
               "outcome": one_of("won", "waiting", "lost", "struck")},
    "outcome": {"root": HASH},
    "withdrawn": {"kind": is_null, "entry": ENTRY, "slot": either(is_null, NAME), "at": is_time},
    "disqualified": {"kind": is_null, "entry": ENTRY, "slot": either(is_null, NAME), **WHY},
    "seats": {"kind": is_null, "slot": NAME, "seats": SIGNED, **WHY},
    "granted": {"kind": is_null, "slot": NAME, "seats": POSITIVE, **WHY},
    "revoked": {"entry": ENTRY, "slot": NAME},
    "promotion": {"entry": ENTRY, "slot": NAME},
    "end": {"records": COUNT, "digest": HASH},
}  # fmt: skip
CHANGE_SHAPES = {"withdrawn": "withdrawn", "declined": "withdrawn", "disqualified": "disqualified",
                 "seats": "seats", "granted": "granted"}  # fmt: skip


def check_shape(record, shape, line):
    """Exactly the fields of the shape, each of its form."""
    fields = SHAPES[shape]
    for field in record:
        if field != "type" and field not in fields:
            raise Fault(line, f"has a field {field[:64]!r} that does not belong there")
    for field, fits in fields.items():
        if field not in record:
            raise Fault(line, f"lacks the field {field!r}")
        if field != "kind" and not fits(record[field]):
            raise Fault(line, f"field {field!r} is malformed")


def ascending(items):
    return all(earlier < later for earlier, later in zip(items, items[1:]))


# ---------------------------------------------------------------- Ed25519 (RFC 8032), BLS, Merkle (RFC 9162)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def add_points(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(point):
    x, y, z, _ = point
    a, b = x * x % P, y * y % P
    g, h = a - b, a + b
    e, f = h - (x + y) * (x + y), 2 * z * z + g
    e, f = e % P, f % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add_points(result, point)
        point = double(point)
        scalar >>= 1
    return result


def multiply_both(a, p, b, q):
    """a·p + b·q with one doubling a bit for both."""
    picks = (None, p, q, add_points(p, q))
    result = IDENTITY
    for bit in reversed(range(max(a.bit_length(), b.bit_length()))):
        result = double(result)
        pick = (a >> bit & 1) + 2 * (b >> bit & 1)
        if pick:
            result = add_points(result, picks[pick])
    return result


def decode_point(data):
    """The point (extended coordinates) of a canonical encoding, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_good_key(key):
    """A canonical Ed25519 key (64 hex) whose point is not of small order."""
    point = decode_point(bytes.fromhex(key))
    return point is not None and encode_point(multiply(8, point)) != encode_point(IDENTITY)


def is_signed(key, message, signature):
    """RFC 8032 §5.1.7 without cofactor; a good key (64 hex), bytes, signature (128 hex)."""
    public, data = bytes.fromhex(key), bytes.fromhex(signature)
    point, s = decode_point(public), int.from_bytes(data[32:], "little")
    if point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(data[:32] + public + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return encode_point(multiply_both(s, BASE, k, minus)) == data[:32]


def is_drand(round_number, signature):
    """Whether drand signed the round: True, False, or None where py_ecc is not there to tell."""
    try:
        from py_ecc import optimized_bls12_381 as curve
        from py_ecc.bls import g2_primitives, hash_to_curve, point_compression
    except ImportError:
        return None
    try:
        point = point_compression.decompress_G1(int(signature, 16))
    except ValueError:
        return False
    if curve.is_inf(point) or not g2_primitives.subgroup_check(point):
        return False
    key = point_compression.decompress_G2((int(DRAND_KEY[:96], 16), int(DRAND_KEY[96:], 16)))
    message = hashlib.sha256(round_number.to_bytes(8, "big")).digest()
    hashed = hash_to_curve.hash_to_G1(message, b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", hashlib.sha256)
    return curve.pairing(curve.G2, point) == curve.pairing(key, hashed)


class MerkleRoot:
    """Merkle tree hash (RFC 9162 §2.1.1) of leaves as they come; keeps a block of them and a hash for each doubling."""

    BLOCK = 1024

    def __init__(self):
        self.blocks = 0
        self.peaks = []
        self.nodes = []

    def add(self, leaves):
        sha256 = hashlib.sha256
        self.nodes += [sha256(b"\x00" + leaf).digest() for leaf in leaves]
        while len(self.nodes) >= self.BLOCK:
            node, carry = self.top(self.nodes[: self.BLOCK]), self.blocks
            del self.nodes[: self.BLOCK]
            while carry & 1:
                node = sha256(b"\x01" + self.peaks.pop() + node).digest()
                carry >>= 1
            self.peaks.append(node)
            self.blocks += 1

    @staticmethod
    def top(nodes):
        """The root over nodes of one level; the last one of an odd level moves up as it is."""
        sha256 = hashlib.sha256
        while len(nodes) > 1:
            odd = nodes[-1:] if len(nodes) % 2 else []
            nodes = [sha256(b"\x01" + a + b).digest() for a, b in zip(nodes[::2], nodes[1::2])] + odd
        return nodes[0]

    def hex(self):
        *peaks, node = [*self.peaks, self.top(self.nodes)] if self.nodes else self.peaks
        for peak in reversed(peaks):
            node = hashlib.sha256(b"\x01" + peak + node).digest()
        return node.hex()


def root_from_path(leaf, index, count, path):
    """The root (hex) to which a leaf and its inclusion path lead (RFC 9162 §2.1.3.2), or None."""
    node, last = hashlib.sha256(b"\x00" + leaf).digest(), count - 1
    for step in path:
        if last == 0:
            return None
        sibling = bytes.fromhex(step)
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return node.hex() if last == 0 else None


def sha256_hex(data):
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------- what is announced


class Rules:
    """The `rules` record, and what is looked up in it all the time."""

    def __init__(self, record, line):
        check_shape(record, "rules", line)
        self.record = record
        self.slots = [slot["slot"] for slot in record["slots"]]
        self.days = [slot["day"] for slot in record["slots"]]
        self.reserves = [slot["reserve"] for slot in record["slots"]]
        self.slot_number = {slot: number for number, slot in enumerate(self.slots)}
        self.keys = {witness["name"]: witness["key"] for witness in record["witnesses"]}
        self.times = {name: epoch(value) for name, value in record["timetable"].items()}
        self.check(line)
        self.check_beacons(line)

    def __getitem__(self, field):
        return self.record[field]

    def check(self, line):
        witnesses, previous = self["witnesses"], self["previous"]
        if len(self.slot_number) != len(self.slots):
            raise Fault(line, "a slot stands twice in the rules")
        if len(self.keys) != len(witnesses) or len(set(self.keys.values())) != len(witnesses):
            raise Fault(line, "two witnesses have the same name or key")
        for name, key in self.keys.items():
            if not is_good_key(key):
                raise Fault(line, f"the key of {name} is not canonical or of small order")
        if previous is not None and previous["draw"] == self["draw"]:
            raise Fault(line, "previous.draw must be another draw")
        order = ["commit_until", "apply_from", "apply_until", "freeze_from", "close_from", "promote_until"]
        order = ["commit_until", "freeze_from"] if previous is not None else order
        for earlier, later in zip(order, order[1:]):
            strict = earlier == "apply_from"
            if self.times[earlier] > self.times[later] or (strict and self.times[earlier] == self.times[later]):
                raise Fault(line, f"timetable: {earlier} is not before {later}")

    def check_beacons(self, line):
        beacons = self["beacons"]
        times = [epoch(beacon["at"]) for beacon in beacons]
        if times != sorted(times) or times[0] <= self.times["close_from"]:
            raise Fault(line, "beacons must ascend by time, the first after close_from")
        if len({(beacon["source"], beacon["round"]) for beacon in beacons}) != len(beacons):
            raise Fault(line, "a beacon is announced twice")
        for beacon, at in zip(beacons, times):
            if beacon["source"] == DRAND and at != DRAND_GENESIS + (beacon["round"] - 1) * DRAND_PERIOD:
                raise Fault(line, f"drand round {beacon['round']} is not of the announced time")

    def slot(self, name, line):
        if name not in self.slot_number:
            raise Fault(line, f"{name} is not a slot of this draw")
        return self.slot_number[name]

    def day(self, at):
        """Number of the local day on which a time falls."""
        return (epoch(at) + self["utc_offset"] * 60) // 86400


# ---------------------------------------------------------------- entries, order, mechanism, changes


class Entries:
    """The frozen entries by columns; an entry is known by its number, its rank by id from 0."""

    LINE = re.compile(
        rb'\{"entry":"([0-9a-f]{32})","seats":([1-9][0-9]{0,15}),"type":"entry",'
        rb'"wishes":\[([^\]]+)\]\}'  # each wish must be the name of a slot to the byte
    )

    def __init__(self, rules):
        self.rules = rules
        self.ids = bytearray()
        self.seats = array("q")
        self.wishes = array("H")  # a line of 1 MiB can't announce 65,536 slots
        self.ends = array("Q", [0])
        self.struck = set()
        self.last = b""
        self.quoted = {f'"{slot}"'.encode(): number for number, slot in enumerate(rules.slots)}
        self.max_seats, self.max_wishes = rules["max_seats"], rules["max_wishes"]

    def __len__(self):
        return len(self.seats)

    def add(self, lines, first):
        """Takes lines in their order; `first` is the number of the first of them."""
        match, slot_of, last, ids = self.LINE.fullmatch, self.quoted.get, self.last, []
        for line, data in enumerate(lines, first):
            found = match(data)
            if found is None:
                check_shape(parse(data, line), "entry", line)
                raise Fault(line, "is not an entry of this protocol")
            entry, seats, names = found.groups()
            party, wishes = int(seats), list(map(slot_of, names.split(b",")))
            if entry <= last:
                raise Fault(line, "entries must ascend, none twice")
            if party > self.max_seats:
                raise Fault(line, f"a party of {party} is larger than max_seats")
            if None in wishes:
                raise Fault(line, "wishes what is not a slot of this draw")
            if len(wishes) > self.max_wishes or len(set(wishes)) != len(wishes):
                raise Fault(line, "too many wishes, or the same one twice")
            last = entry
            ids.append(entry)
            self.seats.append(party)
            self.wishes.extend(wishes)
            self.ends.append(len(self.wishes))
        self.ids += binascii.unhexlify(b"".join(ids))
        self.last = last

    def id(self, number):
        return self.ids[16 * number : 16 * number + 16].hex()

    def number(self, entry):
        """The number of an entry, or None."""
        wanted, low, high = bytes.fromhex(entry), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.ids[16 * middle : 16 * middle + 16] < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self.id(low) == entry else None

    def wished(self, number):
        return self.wishes[self.ends[number] : self.ends[number + 1]]


def ordered(seed, entries):
    """Numbers of the entries in the order of the draw; and their tickets in that order, 36 bytes a ticket: its number
    stands behind it."""
    pad = bytes.fromhex(seed).ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in pad))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in pad))
    keys = []
    digits = entries.ids.hex().encode()
    for number in range(len(entries)):
        inside, outside = inner.copy(), outer.copy()
        inside.update(digits[32 * number : 32 * number + 32])
        outside.update(inside.digest())
        # Numbers ascend as ids do, so one comparison of bytes sorts by (ticket, entry).
        keys.append(outside.digest() + number.to_bytes(4, "big"))
    keys.sort()
    tickets = b"".join(keys)
    del keys
    order = array("I", tickets)[8::9]
    if sys.byteorder == "little":
        order.byteswap()
    return order, tickets


def ticket_of(seed, entry):
    pad = bytes.fromhex(seed).ljust(64, b"\x00")
    inside = hashlib.sha256(bytes(byte ^ 0x36 for byte in pad) + entry.encode()).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in pad) + inside).hexdigest()


class Draw:
    """The mechanism ranked-rounds: `wins[at]` is 1 where the wish at that place of `entries.wishes` was won.

    During the draw seats are taken and never come free, so what an entry passed by once it can't win later: it wins in
    the order of its wishes, and each round goes on behind its last win. All of it takes a byte a wish, however many
    rounds a file announces.
    """

    def __init__(self, rules, entries, order, seats, watched=None):
        self.rules, self.entries, self.order, self.seats = rules, entries, order, seats
        self.free = list(seats)
        self.wins = bytearray(len(entries.wishes))
        self.story = []  # (round, wish, free at its turn, word) of the watched entry
        self.round_number = 1
        winners = self.round(array("I", [n for n in order if n not in entries.struck]), watched)
        self.winners = len(winners)
        while winners and self.round_number < min(rules["max_wins"], rules["max_wishes"], len(rules.slots)):
            self.round_number += 1
            winners = self.round(winners[::-1], watched)

    def won(self, number):
        """Slots in the order won."""
        start, end = self.entries.ends[number : number + 2]
        return list(itertools.compress(self.entries.wishes[start:end], self.wins[start:end]))

    def round(self, candidates, watched):
        """Gives each its best wish that fits, and says who won, in the order of the round."""
        winners, wins, free, days = array("I"), self.wins, self.free, self.rules.days
        seats, wishes, ends = self.entries.seats, self.entries.wishes, self.entries.ends
        again, one_a_day = self.round_number > 1, self.rules["one_win_a_day"]
        for number in candidates:
            party, start, end, taken = seats[number], ends[number], ends[number + 1], ()
            if again:
                taken = {days[slot] for slot in self.won(number)} if one_a_day else ()
                start = wins.rfind(1, start, end) + 1
            if number == watched:
                self.tell(number, taken)
            wished = wishes[start:end]
            for slot in wished:
                if party <= free[slot] and days[slot] not in taken:
                    free[slot] -= party
                    wins[start + wished.index(slot)] = 1
                    winners.append(number)
                    break
        return winners

    def tell(self, number, taken):
        """Keep what the watched entry found free at its turn."""
        if len(self.story) >= MAX_STORY:
            return
        got = False
        for at, slot in enumerate(self.entries.wished(number), self.entries.ends[number]):
            if got:
                word = "not needed: it got a better wish"
            elif self.wins[at]:
                word = "won already"
            elif self.rules.days[slot] in taken:
                word = "it has won on this day already"
            elif self.entries.seats[number] > self.free[slot]:
                word = "the party does not fit"
            else:
                got, word = True, "WON 当せん"
            self.story.append((self.round_number, self.rules.slots[slot], self.free[slot], word))

    def envies(self):
        """With one win: an entry that somebody later, with a party at least as large, passed by. None is right."""
        largest_later = [0] * len(self.free)
        wins, seats, wishes, ends = self.wins, self.entries.seats, self.entries.wishes, self.entries.ends
        for number in reversed(self.order):
            if number in self.entries.struck:
                continue
            party, start, end = seats[number], ends[number], ends[number + 1]
            at = wins.find(1, start, end)
            for slot in wishes[start : end if at < 0 else at]:
                if largest_later[slot] >= party:
                    return number
            if at >= 0 and party > largest_later[wishes[at]]:
                largest_later[wishes[at]] = party
        return None


def result_lines(rules, entries, order, tickets, draw):
    """The canonical result lines, without line feed, by place."""
    quoted = [f'"{slot}"' for slot in rules.slots]
    ids, ends, struck = entries.ids.hex(), entries.ends, entries.struck
    nothing = "waiting" if rules["waiting_list"] else "lost"
    for place, number in enumerate(order):
        won = ""
        if draw.wins.find(1, ends[number], ends[number + 1]) >= 0:
            won = ",".join([quoted[slot] for slot in draw.won(number)])
        outcome = "struck" if number in struck else "won" if won else nothing
        yield (
            f'{{"entry":"{ids[32 * number : 32 * number + 32]}","outcome":"{outcome}","place":{place + 1},'
            f'"ticket":"{tickets[36 * place : 36 * place + 32].hex()}","type":"result","won":[{won}]}}'
        ).encode()


class Holdings:
    """Who holds what after the draw: takes changes, and at the end of their day says who loses and who moves up."""

    def __init__(self, rules, entries, order, draw, beacon_at):
        self.rules, self.entries, self.order, self.draw = rules, entries, order, draw
        self.place = array("I", bytes(order.itemsize * len(order)))
        for place, number in enumerate(order):
            self.place[number] = place
        self.free = list(draw.free)
        self.capacity = list(draw.seats)
        self.granted = [0] * len(rules.slots)
        self.moved = {}
        self.gave_up = set()
        self.waiters = None
        self.touched = set()
        self.last_at = beacon_at
        self.open_day = self.settled_day = None

    def held(self, number):
        return self.moved[number] if number in self.moved else self.draw.won(number)

    def waits(self, number):
        return number not in self.gave_up and number not in self.entries.struck and not self.held(number)

    def take(self, change, line):
        if epoch(change["at"]) < epoch(self.last_at):
            raise Fault(line, "is dated before the change ahead of it or before the beacon")
        day = self.rules.day(change["at"])
        if day == self.settled_day:
            raise Fault(line, "is of a day whose revocations and promotions stand above it")
        if change["kind"] == "seats":
            self.change_seats(change, line)
        elif change["kind"] == "granted":
            self.grant(change, line)
        else:
            self.give_up(change, line)
        self.open_day, self.last_at = day, change["at"]

    def change_seats(self, change, line):
        slot = self.rules.slot(change["slot"], line)
        self.capacity[slot] += change["seats"]
        self.free[slot] += change["seats"]
        if change["seats"] == 0 or self.capacity[slot] < 0:
            raise Fault(line, "changes no seats, or cuts more than there are")
        self.touched.add(slot)

    def grant(self, change, line):
        slot = self.rules.slot(change["slot"], line)
        self.granted[slot] += change["seats"]
        if self.granted[slot] > self.rules.reserves[slot]:
            raise Fault(line, f"grants more than the reserve of {change['slot']}")

    def give_up(self, change, line):
        number = self.entries.number(change["entry"])
        if number is None or number in self.entries.struck:
            raise Fault(line, "this entry is not in the draw, or was struck")
        held = self.held(number)
        slots = held if change["slot"] is None else [self.rules.slot(change["slot"], line)]
        if any(slot not in held for slot in slots):
            raise Fault(line, "gives up a slot that the entry does not hold")
        if not held and number in self.gave_up:
            raise Fault(line, "this entry holds nothing and has given up already")
        self.gave_up.add(number)
        for slot in list(slots):
            self.leave(number, slot)
            self.touched.add(slot)

    def leave(self, number, slot):
        self.moved[number] = [other for other in self.held(number) if other != slot]
        self.free[slot] += self.entries.seats[number]

    def settle(self):
        """End the open day: the records that must follow its changes."""
        revoked = [move for slot in range(len(self.free)) if self.free[slot] < 0 for move in self.revoke(slot)]
        promoted = []
        if self.rules["waiting_list"] and epoch(self.last_at) <= self.rules.times["promote_until"]:
            for slot in range(len(self.free)) if revoked else sorted(self.touched):
                promoted += self.promote(slot, revoked)
        self.settled_day, self.open_day = self.open_day, None
        self.touched = set()
        kinds = [("revoked", move) for move in revoked] + [("promotion", move) for move in promoted]
        return [
            {"entry": self.entries.id(number), "slot": self.rules.slots[slot], "type": kind}
            for kind, (number, slot) in kinds
        ]

    def revoke(self, slot):
        wishes, ends, wins = self.entries.wishes, self.entries.ends, self.draw.wins
        given = zip(itertools.compress(itertools.count(), wins), itertools.compress(wishes, wins))
        holders = {bisect.bisect_right(ends, at) - 1 for at, wish in given if wish == slot} | set(self.moved)
        for number in sorted(holders, key=self.place.__getitem__, reverse=True):
            if self.free[slot] >= 0:
                return
            if slot in self.held(number):
                self.leave(number, slot)
                self.wait_again(number)
                yield number, slot

    def promote(self, slot, revoked):
        barred = {number for number, lost in revoked if lost == slot}
        for place in self.waiting(slot):
            number = self.order[place]
            if self.free[slot] <= 0:
                return
            if self.entries.seats[number] <= self.free[slot] and number not in barred and self.waits(number):
                self.moved[number] = [slot]
                self.free[slot] -= self.entries.seats[number]
                yield number, slot

    def waiting(self, slot):
        """Places of those who wished the slot and may wait."""
        if self.waiters is None:
            self.waiters = [array("I") for _ in self.free]
            for place, number in enumerate(self.order):
                if self.waits(number):
                    for wish in self.entries.wished(number):
                        self.waiters[wish].append(place)
        return self.waiters[slot]

    def wait_again(self, number):
        if self.waiters is not None and self.waits(number):
            place = self.place[number]
            for wish in self.entries.wished(number):
                at = bisect.bisect_left(self.waiters[wish], place)
                if self.waiters[wish][at : at + 1] != array("I", [place]):
                    self.waiters[wish].insert(at, place)


# ---------------------------------------------------------------- the transcript from first line to last


class Verifier:
    """Reads a transcript once, from the first line to the last, and stops at the first fault.

    `said` collects the figures to print, `unknown` what this file could not tell. With `proof`, a draw published by
    digest may come without its entry and result lines; then what needs them is left to the proof and said so.
    """

    def __init__(self, stream, entry=None, proof=None):
        self.lines = Lines(stream)
        self.explained = entry
        self.watched = None
        self.proof = proof
        self.said = {}
        self.unknown = []
        self.history = []
        self.whole = True
        self.latest = (0, 0)  # latest time of a record that the closing must not precede, and its line

    def verify(self):
        self.announcement()
        self.freeze()
        self.strikes()
        self.adjustments()
        self.reveals()
        self.closing()
        self.beacon()
        self.results()
        self.changes()
        self.end()
        if self.proof is not None:
            check_proof(self.proof, self)

    # -- taking records

    def next_type(self):
        """The type of the next record, without taking it; None at the end of the file."""
        data = self.lines.peek()
        if data is None:
            return None
        if data.startswith(b'{"entry":') and Entries.LINE.fullmatch(data):
            return "entry"
        kind = parse(data, self.lines.number + 1).get("type")
        return kind if isinstance(kind, str) else ""

    def take(self, kind, shape=None):
        record = parse(self.lines.take(), self.lines.number)
        if record.get("type") != kind:
            raise Fault(self.lines.number, f"a record of type {kind} should stand here")
        check_shape(record, shape or kind, self.lines.number)
        return record

    def fault(self, reason):
        return Fault(self.lines.number, reason)

    # -- step by step

    def announcement(self):
        record = None if self.lines.peek() is None else self.take("rules")
        if record is None:
            raise Unreadable("the file is empty")
        self.rules = Rules(record, self.lines.number)
        self.commitments = {}
        for name in self.rules.keys:
            record = self.take("commitment")
            if record["witness"] != name:
                raise self.fault(f"the commitment of {name} should stand here")
            if epoch(record["at"]) > self.rules.times["commit_until"]:
                raise self.fault("this commitment is late")
            self.commitments[name] = record["commitment"]
        self.said["announcement"] = self.lines.digest()
        self.announced_line = self.lines.number

    def freeze(self):
        record = self.take("freeze")
        self.frozen_at, self.freeze_line = epoch(record["at"]), self.lines.number
        self.count = record["count"]
        self.said.update(entries=self.count, root=record["root"])
        if self.frozen_at < self.rules.times["freeze_from"]:
            raise self.fault("is before freeze_from")
        self.latest = (self.frozen_at, self.lines.number)
        self.entries = Entries(self.rules)
        if self.next_type() != "entry" and self.rules["publication"] == "digest":
            self.leave_to_proof()
        else:
            self.read_entries()

    def leave_to_proof(self):
        """Go on without entries: the public part of a draw that is published by digest."""
        self.whole = False
        if self.proof is None:
            raise Fault(
                self.lines.number + 1,
                "is no entry: this is the public part of a draw published by digest; check your own lines with"
                " --proof, or ask an auditor for the whole",
            )
        if self.explained is not None:
            raise Unreadable("to explain an entry takes the whole transcript, and this is its public part")

    def read_entries(self):
        if self.count > MAX_ENTRIES:
            raise Unreadable(f"more than {MAX_ENTRIES} entries")
        tree = MerkleRoot()
        for first, block in self.lines.take_many(self.count):
            self.entries.add(block, first)
            tree.add(block)
        if self.next_type() == "entry":
            raise Fault(self.lines.number + 1, "is an entry more than the freeze counts")
        if tree.hex() != self.said["root"]:
            raise Fault(self.freeze_line, "the root is not that of the entries")
        if self.explained is not None:
            self.watched = self.entries.number(self.explained)
            if self.watched is None:
                raise Fault(0, f"entry {self.explained} is not in this draw")

    def decided(self, record, earliest):
        """Checks the time of what is decided before the close."""
        at = epoch(record["at"])
        if at < earliest:
            raise self.fault("is dated too early")
        self.latest = max(self.latest, (at, self.lines.number))

    def strikes(self):
        last = ""
        self.said["struck"] = 0
        while self.next_type() == "struck":
            record = self.take("struck")
            self.said["struck"] += 1
            if record["entry"] <= last:
                raise self.fault("struck entries must ascend, none twice")
            last = record["entry"]
            self.decided(record, self.frozen_at)
            number = self.entries.number(last)
            if number is not None:
                self.entries.struck.add(number)
            elif self.whole:
                raise self.fault("strikes an entry that is not in the draw")

    def adjustments(self):
        self.seats = [slot["seats"] for slot in self.rules["slots"]]
        last = self.rules.times["commit_until"]
        while self.next_type() == "adjusted":
            record = self.take("adjusted")
            self.decided(record, last)
            last = epoch(record["at"])
            slot = self.rules.slot(record["slot"], self.lines.number)
            self.seats[slot] += record["seats"]
            if record["seats"] == 0 or self.seats[slot] < 0:
                raise self.fault("adjusts by nothing, or to fewer than no seats")

    def reveals(self):
        self.revealed = []
        while self.next_type() == "reveal":
            record = self.take("reveal")
            name = record["witness"]
            self.revealed.append(name)
            if name not in self.commitments or not ascending(self.revealed):
                raise self.fault("reveals must be of announced witnesses and ascend, none twice")
            self.decided(record, self.frozen_at)
            opened = {"draw": self.rules["draw"], "protocol": PROTOCOL, "secret": record["secret"], "witness": name}
            if sha256_hex(canonical(opened)) != self.commitments[name]:
                raise self.fault(f"the secret of {name} does not open its commitment")

    def closing(self):
        so_far = self.lines.digest()
        record = self.take("closed")
        at, line = epoch(record["at"]), self.lines.number
        if self.whole and record["digest"] != so_far:
            raise self.fault("the closing's digest is not that of the lines before it")
        if self.latest[0] > at:
            raise Fault(self.latest[1], "is dated after the closing")
        if at < self.rules.times["close_from"]:
            raise self.fault("closes before close_from")
        missing = sorted(set(self.rules.keys) - set(self.revealed))
        if record["revealed"] != self.revealed or record["missing"] != missing:
            raise self.fault("revealed and missing are not who revealed and who did not")
        later = [beacon for beacon in self.rules["beacons"] if epoch(beacon["at"]) >= at + HOUR]
        if not later:
            raise self.fault("closes less than an hour before the last beacon")
        self.announced_beacon = later[0]
        self.said["closing digest"] = self.check_signatures(record)
        self.closed_line = line

    def check_signatures(self, record):
        """More than two thirds of the witnesses signed it, and every signature is right; gives the signed digest."""
        signatures = record["signatures"]
        message = canonical({field: value for field, value in record.items() if field != "signatures"})
        names = [signature["witness"] for signature in signatures]
        if not ascending(names) or not set(names) <= set(self.rules.keys):
            raise self.fault("signatures must be of announced witnesses and ascend, none twice")
        if 3 * len(names) <= 2 * len(self.rules.keys):
            raise self.fault(f"{len(names)} of {len(self.rules.keys)} witnesses signed: too few")
        for name, signature in zip(names, signatures):
            if not is_signed(self.rules.keys[name], message, signature["signature"]):
                raise self.fault(f"the signature of {name} is wrong")
        return sha256_hex(message)

    def beacon(self):
        announced = self.announced_beacon
        source = "drand" if announced["source"] == DRAND else "ceremony"
        record = self.take("beacon", source)
        if (record["source"], record["round"]) != (announced["source"], announced["round"]):
            raise self.fault(f"the beacon that counts is round {announced['round']} of {announced['source']}")
        late = epoch(record["at"]) - epoch(announced["at"])
        if late < 0:
            raise self.fault("the beacon is dated before its announced time")
        if source == "drand":
            self.check_drand(record)
        else:
            if late > 6 * HOUR:
                raise self.fault("the ceremony was more than six hours late")
            if len(record["value"]) != announced["digits"]:
                raise self.fault(f"the ceremony announced {announced['digits']} digits")
            if record["closed"] != self.said["closing digest"]:
                raise self.fault("the ceremony names another closing")
            self.check_signatures(record)
        self.beacon_at = record["at"]
        chance = {field: record[field] for field in ("round", "source", "value")}
        seed = sha256_hex(canonical({"beacon": chance, "closed": self.said["closing digest"],
                                     "draw": self.rules["draw"], "protocol": PROTOCOL}))  # fmt: skip
        if self.take("seed")["seed"] != seed:
            raise self.fault("the seed is not that of closing and beacon")
        self.said["seed"] = seed

    def check_drand(self, record):
        if record["value"] != sha256_hex(bytes.fromhex(record["signature"])):
            raise self.fault("the beacon's value is not the SHA-256 of its signature")
        true = is_drand(record["round"], record["signature"])
        if true is None:
            self.unknown.append(
                f"whether drand signed round {record['round']}: py_ecc is not installed. Run `pip install py_ecc`"
                " and this again, or compare the signature with"
                f" https://api.drand.sh/{DRAND[6:]}/public/{record['round']}"
            )
        elif not true:
            raise self.fault("drand did not sign this value (BLS12-381)")
        else:
            self.said["drand"] = f"round {record['round']} is signed by drand quicknet (BLS12-381)"

    def results(self):
        if not self.whole:
            self.draw = None
            self.outcome_root = self.take("outcome")["root"]
            return
        self.order, tickets = ordered(self.said["seed"], self.entries)
        self.draw = Draw(self.rules, self.entries, self.order, self.seats, self.watched)
        tree = MerkleRoot()
        expected_lines = result_lines(self.rules, self.entries, self.order, tickets, self.draw)
        for first, block in self.lines.take_many(self.count):
            expected = list(itertools.islice(expected_lines, len(block)))
            if block != expected:
                self.refuse_results(block, expected, first)
            tree.add(block)
        del tickets
        self.outcome_root = tree.hex()
        if self.take("outcome")["root"] != self.outcome_root:
            raise self.fault("the outcome's root is not that of the results")
        self.said["won"] = self.draw.winners
        if self.rules["max_wins"] == 1 and self.draw.envies() is not None:
            raise self.fault(f"entry {self.entries.id(self.draw.envies())} envies with reason")

    @staticmethod
    def refuse_results(lines, expected, first):
        """A Fault for the first line that is not as the rules give it."""
        line, data, wanted = next(it for it in zip(itertools.count(first), lines, expected) if it[1] != it[2])
        check_shape(parse(data, line), "result", line)
        raise Fault(line, f"the rules give another result: {wanted.decode()}")

    def changes(self):
        self.said["result digest"] = self.lines.digest()
        if not self.whole:
            self.unchecked_changes()
            return
        self.holdings = Holdings(self.rules, self.entries, self.order, self.draw, self.beacon_at)
        kind = self.next_type()
        while kind in ("change", "revoked", "promotion"):
            if kind == "change":
                self.change()
            else:
                self.settle()
            kind = self.next_type()
        if self.holdings.open_day is not None:
            self.settle()

    def take_change(self):
        record = parse(self.lines.take(), self.lines.number)
        kind = record.get("kind")
        if not isinstance(kind, str) or kind not in CHANGE_SHAPES:
            raise self.fault("is no change of a known kind")
        check_shape(record, CHANGE_SHAPES[kind], self.lines.number)
        return record

    def change(self):
        at = parse(self.lines.peek(), self.lines.number + 1).get("at")
        day = self.holdings.open_day
        if day is not None and is_time(at) and self.rules.day(at) > day:
            self.settle()
        record = self.take_change()
        self.holdings.take(record, self.lines.number)
        self.remember(record)

    def settle(self):
        """The revocations and promotions of the open day, line by line."""
        if self.holdings.open_day is None:
            raise Fault(self.lines.number + 1, "follows from no change")
        for expected in self.holdings.settle():
            wanted = canonical(expected)
            if self.lines.peek() != wanted:
                raise Fault(self.lines.number + 1, f"the rules ask for another line here: {wanted.decode()}")
            self.lines.take()
            self.remember(expected)

    def remember(self, record):
        if self.watched is not None and record.get("entry") == self.entries.id(self.watched):
            self.history.append((self.lines.number, record))

    def unchecked_changes(self):
        """Without entries, changes can only be read: their form and the order of their times."""
        last = epoch(self.beacon_at)
        while self.next_type() in ("change", "revoked", "promotion"):
            if self.next_type() != "change":
                self.take(self.next_type())
                continue
            at = epoch(self.take_change()["at"])
            if at < last:
                raise self.fault("is dated before the change ahead of it or before the beacon")
            last = at
        self.unknown.append("entries, results, and what changes led to: they are in the whole transcript only")
        self.said.pop("result digest")

    def end(self):
        digest, records = self.lines.digest(), self.lines.number
        record = self.take("end")
        if record["records"] != records + (0 if self.whole else 2 * self.count):
            raise self.fault(f"counts {record['records']} lines before it")
        if self.whole and record["digest"] != digest:
            raise self.fault("the digest is not that of the lines before it")
        self.said["digest"] = record["digest"]
        if self.lines.peek() is not None:
            raise Fault(self.lines.number + 1, "stands after the end")


# ---------------------------------------------------------------- proof files, explanation, command line


def check_proof(proof, verifier=None):
    """A proof file's two lines under their roots; with a verifier, those roots and the seed are its transcript's."""
    check_paths(proof)
    entry, result = proof["entry"]["line"], proof["result"]["line"]
    if entry["entry"] != result["entry"] or proof["entry"]["count"] != proof["result"]["count"]:
        raise Fault(0, "the proof's two lines are of different entries or draws")
    if result["place"] != proof["result"]["index"] + 1 or not set(result["won"]) <= set(entry["wishes"]):
        raise Fault(0, "the proof's result is not of its place, or not of its wishes")
    if bool(result["won"]) != (result["outcome"] == "won"):
        raise Fault(0, "the proof's outcome is not that of its wins")
    if verifier is None:
        return
    if proof["entry"]["count"] != verifier.count or proof["entry"]["root"] != verifier.said["root"]:
        raise Fault(0, "the proof's entry is not under the root of this draw")
    if proof["result"]["root"] != verifier.outcome_root:
        raise Fault(0, "the proof's result is not under the outcome of this draw")
    if result["ticket"] != ticket_of(verifier.said["seed"], entry["entry"]):
        raise Fault(0, "the proof's ticket is not that of the seed")


def check_paths(proof):
    """Form of a proof file, and that each of its two lines stands under the root it names."""
    side = has(count=POSITIVE, index=COUNT, line=lambda line: isinstance(line, dict), path=list_of(HASH), root=HASH)
    if not has(entry=side, result=side)(proof):
        raise Fault(0, "the proof file is malformed")
    for kind in ("entry", "result"):
        line, data = proof[kind]["line"], proof[kind]
        if line.get("type") != kind:
            raise Fault(0, f"the proof's {kind} line is of another type")
        check_shape(line, kind, 0)
        if data["index"] >= data["count"] or len(data["path"]) > 64:
            raise Fault(0, "the proof's index is beyond its count")
        if root_from_path(canonical(line), data["index"], data["count"], data["path"]) != data["root"]:
            raise Fault(0, f"the proof's {kind} line does not stand under its root")


def read_proof(path):
    with open_stream(path) as stream:
        data = stream.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        raise Fault(0, "the proof file is longer than 1 MiB")
    return parse(data[:-1] if data.endswith(b"\n") else data, 0)


def compare(kept, verifier):
    """What the reader kept against what the transcript says."""
    for option, name, line in (
        ("announcement", "announcement", verifier.announced_line),
        ("root", "root", verifier.freeze_line),
        ("closed", "closing digest", verifier.closed_line),
    ):
        if kept[option] is not None and kept[option] != verifier.said[name]:
            raise Fault(line, f"the {name} is {verifier.said[name]}, not the one you kept")


def left_open(kept):
    """What nobody can know from a transcript alone."""
    if kept["announcement"] is None:
        yield "whether this is the draw of your receipt: all of it may be invented. Compare its announcement"
    if kept["root"] is None:
        yield "whether the entries are those frozen before the draw: compare the root with one kept from then"
    if kept["closed"] is None:
        yield "whether it was closed before the beacon: all witnesses may be one person. Compare the closing digest"
    yield "whether an entry was invented (the audit's sample answers), and times, which are claims"


def explain(verifier, write):
    """Why one application won or not."""
    entries, draw, number = verifier.entries, verifier.draw, verifier.watched
    place = verifier.order.index(number) + 1
    write(f"entry {entries.id(number)}: place {place} of {len(entries)}, party of {entries.seats[number]}")
    if number in entries.struck:
        write("  struck before the draw: it keeps its ticket and takes no seat (抽せん前に対象外)")
    for round_number, slot, free, word in draw.story:
        write(f"  round {round_number}, wish {slot}: {free} seats free at its turn: {word}")
    if len(draw.story) >= MAX_STORY:
        write("  what it found in further rounds is not told: the rules announce too many")
    if not draw.won(number) and number not in entries.struck:
        waits = ", so it waits" if verifier.rules["waiting_list"] else ""
        write(f"  won nothing{waits} (落せん)")
    for line, record in verifier.history:
        write(f"  line {line}: {record.get('kind', record['type'])} {record['slot'] or 'all'}")


def audit(verifier, size, write):
    """The entries that an auditor traces to their applications, in their order: nobody could know it beforehand."""
    if not verifier.whole:
        raise Unreadable("the audit's sample takes the whole transcript, and this is its public part")
    key, entries = bytes.fromhex(verifier.said["seed"]), verifier.entries
    ids = (entries.id(number) for number in range(verifier.count))

    def drawn_lot(entry):
        return hmac.new(key, b"audit/" + entry.encode(), "sha256").digest(), entry

    for rank, entry in enumerate(heapq.nsmallest(size, ids, key=drawn_lot), 1):
        write(f"audit {rank:>5}     {entry}")


def arguments(given):
    parser = argparse.ArgumentParser(description="Check a draw (kujibiki-draw/1) by computing it again.")
    parser.add_argument("transcript", nargs="?", help="transcript, plain or .gz; - for standard input")
    for option, what in (("announcement", "on your receipt"), ("root", "of the frozen entries"), ("closed", "digest")):
        parser.add_argument("--" + option, metavar="HEX", help=f"what you kept: {what}")
    parser.add_argument("--proof", metavar="FILE", help="check the proof file of your receipt page")
    parser.add_argument("--entry", metavar="ID", help="explain one application")
    parser.add_argument("--audit", metavar="N", type=int, help="print the first N entries that an auditor traces")
    options = parser.parse_args(given)
    for option, shape in (("announcement", HASH), ("root", HASH), ("closed", HASH), ("entry", ENTRY)):
        value = getattr(options, option)
        if value is not None:
            setattr(options, option, value.strip().lower())
            if not shape(getattr(options, option)):
                parser.error(f"--{option} must be hex digits of the right number")
    if options.transcript is None and options.proof is None:
        parser.error("give a transcript, or --proof FILE")
    if options.audit is not None and not 1 <= options.audit <= MAX_ENTRIES:
        parser.error("--audit must be a number from 1 on")
    if options.transcript is None and (options.announcement or options.closed or options.entry or options.audit):
        parser.error("--announcement, --closed, --entry and --audit need a transcript")
    return options


def run(options, write):
    """Verify what the options name; raises Fault or Unreadable."""
    kept = {"announcement": options.announcement, "root": options.root, "closed": options.closed}
    proof = read_proof(options.proof) if options.proof else None
    if options.transcript is None:
        check_proof(proof)
        if options.root is not None and proof["entry"]["root"] != options.root:
            raise Fault(0, "the proof's root is not the one you kept")
        write(f"entry root    {proof['entry']['root']}\nresult root   {proof['result']['root']}")
        write("NOT KNOWN: whether these are the public roots of the draw, and the ticket: give the transcript too.")
        return
    verifier = Verifier(open_stream(options.transcript), options.entry, proof)
    verifier.verify()
    compare(kept, verifier)
    for name, value in verifier.said.items():
        write(f"{name:<15} {value}")
    if verifier.watched is not None:
        explain(verifier, write)
    if options.audit is not None:
        audit(verifier, options.audit, write)
    for reason in [*verifier.unknown, *left_open(kept)]:
        write(f"NOT KNOWN: {reason}.")


def main(given=None):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without Japanese must not end the check
    options = arguments(given)
    try:
        run(options, print)
    except Fault as fault:
        where = f"line {fault.line}: " if fault.line else ""
        print(f"REFUSED (不一致) {where}{fault.reason}")
        return 1
    except (Unreadable, OSError, EOFError, zlib.error) as error:
        print(f"COULD NOT READ (読めません): {error}")
        return 2
    print("TRUE: everything was computed again and is the same (計算し直した結果と一致しました).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
