"""A small draw for tests: witnesses with real keys, rules that a test varies, and the steps of a draw."""

import importlib.util
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import commitment, signed_message, with_signatures

Record = dict[str, Any]
PUBLIC = Path(__file__).parents[3] / "services" / "lottery" / "public"
VECTORS = {path.stem: path for path in sorted((Path(__file__).parent / "vectors").glob("*.jsonl"))}
DRAW = "test-draw-1"
WITNESSES = ("ward", "auditor", "resident")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i, name in enumerate(WITNESSES, 1)}
SECRETS = {name: f"{i:064x}" for i, name in enumerate(WITNESSES, 1)}
FROZEN_AT, CLOSED_AT = "2021-06-02T00:00:00Z", "2021-06-03T00:30:00Z"
BEACON_AT = "2021-06-03T02:00:00Z"
DIGITS = "6543216543216543216543216"


def rules(**changed: Any) -> Record:
    """Rules of a draw with three slots on two days and one ceremony, and what the test wants otherwise."""
    record = {
        "type": "rules", "protocol": "kujibiki-draw/1", "draw": DRAW, "programme": "test", "mechanism": "ranked-rounds",
        "max_wins": 1, "one_win_a_day": True, "waiting_list": True, "max_seats": 8, "max_wishes": 3,
        "slots": [slot("a", 4), slot("b", 3), slot("c", 5, day="2021-07-02")],
        "witnesses": [{"name": name, "key": KEYS[name].public_key().public_bytes_raw().hex()} for name in WITNESSES],
        "beacons": [{"source": "ceremony:dice", "round": 1, "at": BEACON_AT, "digits": 25}],
        "timetable": {
            "commit_until": "2021-05-01T00:00:00Z", "apply_from": "2021-05-01T00:00:00Z",
            "apply_until": "2021-06-01T00:00:00Z", "freeze_from": FROZEN_AT, "close_from": "2021-06-03T00:00:00Z",
            "promote_until": "2021-06-30T00:00:00Z",
        },
        "utc_offset": 540, "publication": "full", "previous": None,
    }  # fmt: skip
    return {**record, **changed}


def slot(name: str, seats: int, reserve: int = 2, day: str = "2021-07-01") -> Record:
    return {"slot": name, "day": day, "seats": seats, "reserve": reserve}


def commitments(at: str = "2021-04-30T00:00:00Z") -> list[Record]:
    return [
        {"type": "commitment", "witness": name, "commitment": commitment(DRAW, name, SECRETS[name]), "at": at}
        for name in WITNESSES
    ]


def entry(number: int, seats: int, *wishes: str) -> Record:
    """An entry whose id is spread like a random one, the same in each run."""
    identity = f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
    return {"type": "entry", "entry": identity, "seats": seats, "wishes": list(wishes)}


def signed(record: Record, names: Iterable[str] = WITNESSES) -> Record:
    return with_signatures(record, {name: KEYS[name].sign(signed_message(record)).hex() for name in names})


def frozen(entries: list[Record], **changed: Any) -> Transcript:
    transcript = Transcript(rules(**changed), commitments())
    transcript.freeze(entries, FROZEN_AT)
    return transcript


def closed(entries: list[Record], **changed: Any) -> Transcript:
    transcript = frozen(entries, **changed)
    return close(transcript)


def close(transcript: Transcript) -> Transcript:
    for name in WITNESSES:
        transcript.reveal(name, SECRETS[name], FROZEN_AT)
    transcript.close(signed(transcript.propose_closing(CLOSED_AT)))
    return transcript


def drawn(entries: list[Record], digits: str = DIGITS, **changed: Any) -> Transcript:
    return draw(closed(entries, **changed), digits)


def draw(transcript: Transcript, digits: str = DIGITS) -> Transcript:
    transcript.take_beacon(signed(transcript.propose_beacon(digits, BEACON_AT)))
    transcript.draw()
    return transcript


def given_up(transcript: Transcript, entry_id: str, slot_name: str | None, at: str, kind: str = "withdrawn") -> None:
    transcript.change({"type": "change", "kind": kind, "entry": entry_id, "slot": slot_name, "at": at})


def seats_changed(transcript: Transcript, slot_name: str, seats: int, at: str) -> None:
    transcript.change(
        {"type": "change", "kind": "seats", "slot": slot_name, "seats": seats, "at": at, **WHY}
    )  # fmt: skip


WHY = {"reason": "distance-rule", "decision": "2021-1"}


def load_program(file_name: str) -> ModuleType:
    """A stand-alone file as a module, so that a test can run it without a process."""
    name = file_name.removesuffix(".py").replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, PUBLIC / file_name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def fault_of(verifier: ModuleType, lines: Iterable[bytes]) -> Any:
    """The verifier's Fault in these lines, or None where it finds the draw true."""
    try:
        verifier.Verifier(io.BufferedReader(io.BytesIO(b"".join(lines)))).verify()
    except verifier.Fault as fault:
        return fault
    return None


def vector_lines(name: str) -> list[bytes]:
    return VECTORS[name].read_bytes().splitlines(keepends=True)


def vector_records(name: str) -> list[Record]:
    return [json.loads(line) for line in vector_lines(name)]
