"""One piece of M3 in a process of its own: `python -m bench.draw_work limit|draw|verify COUNT FILE` prints a JSON line.

`seconds` are this process's CPU seconds of what is measured and of nothing else, `bytes` its peak memory beyond what it
held when its modules were loaded and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import commitment, signed_message, with_signatures

VERIFIER = Path(__file__).parents[1] / "services" / "lottery" / "public" / "verify_draw.py"
SLOTS, WISHES, MOST_SEATS = 64, 3, 8
WINNERS_OF = 3
"""About one party in so many wins."""
DRAW, SEED = "bench-1", "5a" * 32
ANNOUNCED, FROZEN, CLOSED, FELL = (
    "2021-04-30T00:00:00Z", "2021-06-02T00:00:00Z", "2021-06-03T00:30:00Z", "2021-06-03T02:00:00Z")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        for number, name in enumerate(("auditor", "resident", "ward"), 1)}
BLOCK = 10_000


def rules(count: int) -> dict[str, Any]:
    """A draw of 64 slots over 16 days, for so many entries."""
    seats = count * (1 + MOST_SEATS) // 2 // WINNERS_OF // SLOTS
    return {
        "type": "rules", "protocol": "kujibiki-draw/1", "draw": DRAW, "programme": "bench",
        "mechanism": "ranked-rounds", "max_wins": 1, "one_win_a_day": True, "waiting_list": True,
        "max_seats": MOST_SEATS, "max_wishes": WISHES,
        "slots": [{"slot": f"2021-07-{day:02}-venue-{venue}-pm", "day": f"2021-07-{day:02}", "seats": seats,
                   "reserve": 0} for day in range(1, 17) for venue in range(4)],
        "witnesses": [{"name": name, "key": key.public_key().public_bytes_raw().hex()} for name, key in KEYS.items()],
        "beacons": [{"source": "ceremony:dice", "round": 1, "at": FELL, "digits": 25}],
        "timetable": {
            "commit_until": "2021-05-01T00:00:00Z", "apply_from": "2021-05-01T00:00:00Z",
            "apply_until": "2021-06-01T00:00:00Z", "freeze_from": FROZEN, "close_from": "2021-06-03T00:00:00Z",
            "promote_until": "2021-06-30T00:00:00Z"},
        "utc_offset": 540, "publication": "full", "previous": None,
    }


def entries(count: int) -> Iterator[dict[str, Any]]:
    """So many entries as they come out of the store: ascending by their ids; always the same ones."""
    chance = random.Random(count)
    slots = [slot["slot"] for slot in rules(count)["slots"]]
    step = 2**128 // count
    for number in range(count):
        yield {"type": "entry", "entry": f"{number * step + chance.randrange(step):032x}",
               "seats": chance.randint(1, MOST_SEATS), "wishes": chance.sample(slots, WISHES)}


def with_beacon(count: int) -> Transcript:
    """A draw of so many entries that lacks nothing but to be drawn."""
    secrets = {name: f"{number:064x}" for number, name in enumerate(KEYS)}
    transcript = Transcript(rules(count), [
        {"type": "commitment", "witness": name, "commitment": commitment(DRAW, name, secret), "at": ANNOUNCED}
        for name, secret in secrets.items()])
    transcript.freeze(entries(count), FROZEN)
    for name, secret in secrets.items():
        transcript.reveal(name, secret, FROZEN)
    transcript.close(_signed(transcript.propose_closing(CLOSED)))
    transcript.take_beacon(_signed(transcript.propose_beacon("6543216543216543216543216", FELL)))
    return transcript


def _signed(record: dict[str, Any]) -> dict[str, Any]:
    return with_signatures(record, {name: key.sign(signed_message(record)).hex() for name, key in KEYS.items()})


def limit(count: int, _: Path) -> dict[str, float]:
    """Keyed hashing and sorting alone, in plain Python; `bare` is the same with both pads of HMAC hashed once."""
    ids, key = [entry["entry"].encode() for entry in entries(count)], bytes.fromhex(SEED)
    began = time.process_time()
    sorted([hmac.digest(key, one, "sha256") + one for one in ids])
    plain = time.process_time() - began
    padded = key.ljust(64, b"\x00")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
    began = time.process_time()
    tickets = []
    for one in ids:
        inside, outside = inner.copy(), outer.copy()
        inside.update(one)
        outside.update(inside.digest())
        tickets.append(outside.digest() + one)
    tickets.sort()
    return {"seconds": plain, "bare": time.process_time() - began}


def draw(count: int, file: Path) -> dict[str, float]:
    """From the seed to tickets, order, allotment, result lines, their root and the digest over all lines."""
    with_beacon(100).draw()
    base = _kibibytes("VmRSS")
    began = time.process_time()
    transcript = with_beacon(count)
    frozen = time.process_time()
    transcript.draw()
    drawn = time.process_time()
    peak, kept = _kibibytes("VmHWM"), _kibibytes("VmRSS")
    transcript.end()
    with file.open("wb") as out:
        lines = transcript.lines()
        while block := b"".join(islice(lines, BLOCK)):
            out.write(block)
    return {"seconds": drawn - frozen, "frozen": frozen - began, "bytes": 1024 * (peak - base),
            "kept": 1024 * (kept - base), "written": file.stat().st_size}


def verify(_: int, file: Path) -> dict[str, float]:
    """The Python verifier over the file that `draw` wrote; it must find the draw true."""
    spec = importlib.util.spec_from_file_location("verify_draw", VERIFIER)
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    base, said = _kibibytes("VmRSS"), StringIO()
    began = time.process_time()
    with redirect_stdout(said):
        code = program.main([str(file)])
    took = time.process_time() - began
    if code:
        raise SystemExit(f"the verifier does not find {file} true: {said.getvalue()}")
    return {"seconds": took, "bytes": 1024 * (_kibibytes("VmHWM") - base)}


def _kibibytes(name: str) -> int:
    """Of this process: `VmRSS` what it holds, `VmHWM` the most that it ever held."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))


PARTS: dict[str, Callable[[int, Path], dict[str, float]]] = {"limit": limit, "draw": draw, "verify": verify}


if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))))
