"""B01: the verifier as people run it, against whole random draws, proof files, and files made to harm it."""

import ast
import gzip
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.lottery.domain.canonical import canonical
from services.lottery.domain.faults import Refused
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.replay import replay
from services.lottery.domain.transcript import Transcript
from tests.unit.lottery.campaign import (
    PUBLIC,
    VECTORS,
    WHY,
    drawn,
    entry,
    fault_of,
    given_up,
    load_program,
    seats_changed,
    slot,
    vector_lines,
)
from tests.unit.lottery.javascript import both_refuse

VECTOR = VECTORS["one-win-dice"]
SLOTS = ("a", "b", "c")
DAYS = [f"2021-06-{day:02d}T01:00:00Z" for day in range(4, 30)]


def run(*arguments: str, module: ModuleType, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = module.main(list(arguments))
    return code, capsys.readouterr().out


def said(transcript: Transcript, tmp_path: Path, name: str = "t.jsonl", whole: bool = True) -> str:
    path = tmp_path / name
    lines = transcript.lines() if whole else transcript.public_lines()
    path.write_bytes(b"".join(lines))
    return str(path)


def test_it_runs_by_itself_on_plain_gzip_and_standard_input(tmp_path: Path) -> None:
    """B01: one file, without the repository, isolated from everything installed (so without py_ecc)."""
    zipped = tmp_path / "t.jsonl.gz"
    zipped.write_bytes(gzip.compress(VECTORS["three-wins-drand"].read_bytes()))
    alone = tmp_path / "verify_draw.py"
    alone.write_bytes((PUBLIC / "verify_draw.py").read_bytes())
    for argument, stdin in ((str(VECTOR), b""), (str(zipped), b""), ("-", VECTOR.read_bytes())):
        done = subprocess.run(
            [sys.executable, "-I", "-S", alone, argument], input=stdin, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"TRUE" in done.stdout
    drand = subprocess.run([sys.executable, "-I", "-S", alone, zipped], capture_output=True, check=False)
    assert b"py_ecc is not installed" in drand.stdout


def test_they_import_nothing_but_the_standard_library() -> None:
    """B01: neither stand-alone file knows the service; py_ecc is used where it happens to be."""
    for path in PUBLIC.glob("*.py"):
        imports = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {alias.name.split(".")[0] for node in imports if isinstance(node, ast.Import) for alias in node.names}
        names |= {str(node.module).split(".")[0] for node in imports if isinstance(node, ast.ImportFrom)}
        assert names - {"py_ecc"} <= sys.stdlib_module_names


def test_it_prints_the_figures_and_what_it_can_not_know(
    verifier: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """B01."""
    code, out = run(str(VECTOR), module=verifier, capsys=capsys)
    assert code == 0
    end = json.loads(vector_lines("one-win-dice")[-1])
    for figure in (
        end["digest"],
        "entries         24",
        "won             16",
        "NOT KNOWN: whether this is the draw of your",
    ):
        assert figure in out


@pytest.mark.parametrize("option", ["announcement", "root", "closed"])
def test_what_the_reader_kept_is_compared(
    option: str, verifier: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """B01."""
    transcript = replay(vector_lines("one-win-dice"))
    assert transcript.freeze_record is not None and transcript.closing_digest is not None
    kept = {
        "announcement": transcript.announcement,
        "root": transcript.freeze_record.root,
        "closed": transcript.closing_digest,
    }[option]
    assert run(str(VECTOR), f"--{option}", kept, module=verifier, capsys=capsys)[0] == 0
    code, out = run(str(VECTOR), f"--{option}", "0" * 64, module=verifier, capsys=capsys)
    assert code == 1
    assert "not the one you kept" in out


def test_it_explains_one_application(verifier: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """B01: place, what was free at its turn for each wish, and what came after."""
    out = run(str(VECTOR), "--entry", "4cb6e4da613b8f83521bc3f7fc04fd88", module=verifier, capsys=capsys)[1]
    for words in (
        "place 12 of 24, party of 2",
        "wish 2021-07-23-sumitomo-pm: 2 seats free",
        "WON",
        "revoked",
        "promotion",
    ):
        assert words in out
    assert run(str(VECTOR), "--entry", "f" * 32, module=verifier, capsys=capsys)[0] == 1


def test_files_that_can_not_be_read_are_not_called_false(
    tmp_path: Path, verifier: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """B01: exit 2."""
    empty, broken = tmp_path / "empty", tmp_path / "broken.gz"
    empty.touch()
    broken.write_bytes(gzip.compress(VECTOR.read_bytes())[:-500])
    for path in (tmp_path / "absent", tmp_path, empty, broken):
        assert run(str(path), module=verifier, capsys=capsys)[0] == 2
    with pytest.raises(SystemExit) as caught:
        verifier.main([str(VECTOR), "--root", "abc"])
    assert caught.value.code == 2


def test_a_digest_draw_is_checked_by_proof(
    tmp_path: Path, verifier: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """B01: with the public part, with the whole, alone; and nobody else's lines pass."""
    transcript = drawn([entry(n, 1 + n % 3, "a", "c") for n in range(1, 12)], publication="digest")
    assert transcript.entries is not None
    given_up(transcript, transcript.entries.entry(0), None, DAYS[0])
    transcript.settle_day()
    transcript.end()
    public, whole = said(transcript, tmp_path, "p.jsonl", whole=False), said(transcript, tmp_path)
    proofs, path = Proofs(transcript), tmp_path / "proof.json"
    for number in range(11):
        path.write_bytes(canonical(proofs.proof(transcript.entries.entry(number))))
        for arguments in ((public,), (whole,), ()):
            code, out = run(*arguments, "--proof", str(path), module=verifier, capsys=capsys)
            assert code == 0, out
    assert run(public, module=verifier, capsys=capsys)[0] == 1
    assert run(public, "--proof", str(path), "--entry", "0" * 32, module=verifier, capsys=capsys)[0] == 2
    with pytest.raises(Refused, match="not an entry of this draw"):
        proofs.proof("f" * 32)


def test_forged_proofs_are_refused(tmp_path: Path, verifier: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """B01."""
    transcript = drawn([entry(n, 1, "a", "c") for n in range(1, 12)], publication="digest")
    transcript.end()
    public = said(transcript, tmp_path, whole=False)
    assert transcript.entries is not None
    proofs = Proofs(transcript)
    mine, other = (proofs.proof(transcript.entries.entry(number)) for number in (3, 7))
    forged = [
        {**mine, "result": other["result"]},
        {**mine, "entry": {**mine["entry"], "index": 4}},
        {**mine, "entry": {**mine["entry"], "path": mine["entry"]["path"][:-1]}},
        {**mine, "entry": {**mine["entry"], "line": {**mine["entry"]["line"], "seats": 2}}},
        {**mine, "result": {**mine["result"], "line": {**mine["result"]["line"], "place": 1}}},
        {**mine, "result": {**mine["result"], "count": 12}},
        {"entry": mine["entry"]},
        {**mine, "note": 1},
    ]
    path = tmp_path / "proof.json"
    for proof in forged:
        path.write_bytes(canonical(proof))
        assert run(public, "--proof", str(path), module=verifier, capsys=capsys)[0] == 1, proof
    path.write_bytes(canonical(Proofs(drawn([entry(1, 1, "a")])).proof(entry(1, 1)["entry"])))
    assert run("--proof", str(path), module=verifier, capsys=capsys)[0] == 0
    assert run(public, "--proof", str(path), module=verifier, capsys=capsys)[0] == 1


bounded = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)); "


def verdict_in_little_memory(path: Path) -> tuple[int, bytes]:
    """Exit code and output with 400 MiB of address space."""
    code = (
        bounded
        + f"sys.argv = ['v', {str(path)!r}]; runpy.run_path({str(PUBLIC / 'verify_draw.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False, timeout=60)
    assert done.stderr == b""
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are set by resource")
def test_files_made_to_harm_are_refused_in_little_memory(tmp_path: Path) -> None:
    """B01, S24: a line of 100 MB, brackets 100,000 deep, gzip bombs of 1 GB in one line and behind the end."""
    long_line, nested = tmp_path / "long", tmp_path / "nested"
    with long_line.open("wb") as file:
        file.truncate(100_000_000)
    nested.write_bytes(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    bomb, behind = tmp_path / "bomb.gz", tmp_path / "behind.gz"
    for path, start in ((bomb, b""), (behind, VECTOR.read_bytes())):
        megabyte = gzip.compress(b"x" * (1 << 20))
        with path.open("wb") as file:
            file.write(gzip.compress(start))
            for _ in range(1024):
                file.write(megabyte)
    for path, reason in ((long_line, b"1 MiB"), (nested, b"nested"), (bomb, b"1 MiB"), (behind, b"1 MiB")):
        code, out = verdict_in_little_memory(path)
        assert code == 1
        assert reason in out


@pytest.mark.parametrize("size", [1, 2, 97, 4096])
def test_where_a_read_ends_changes_nothing(size: int, verifier: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """B01: the same verdict, at the same line, however the lines fall into what is read at once."""
    lines = vector_lines("one-win-dice")
    mutants = [lines] + [
        [*lines[:place], wrong, *lines[place + 1 :]]
        for place in (0, 5, 20, 60, len(lines) - 1)
        for wrong in (lines[place] + b"\n", lines[place].replace(b'"', b"'", 1), lines[place][:-1])
    ]
    at_once = [str(fault_of(verifier, mutant)) for mutant in mutants]
    monkeypatch.setattr(verifier.Lines, "CHUNK", size)
    assert [str(fault_of(verifier, mutant)) for mutant in mutants] == at_once
    assert at_once.count("None") == 1


MALFORMED = [
    b"\n", b"{}\n", b"null\n", b"[]\n", b'{"type":[]}\n', b'{"type":{}}\n', b'{"type":"rules"}\n', b'{"type":1.5}\n',
    b'{"type":"rules","type":"rules"}\n', b'{"a":"\\ud800"}\n', b"\xff\xfe\n", b'{"a":' + b"1" * 5000 + b"}\n",
    b'{"a":-0}\n', b'{"a":Infinity}\n', b'{"kind":[],"type":"change"}\n', b"\x00\n", b'"\n', b"\xef\xbb\xbf{}\n",
    b'{"__proto__":{},"type":"seed"}\n', b'{"kind":"constructor","type":"change"}\n', b'{"type":"toString"}\n',
]  # fmt: skip


def test_malformed_lines_are_faults_anywhere(verifier: ModuleType) -> None:
    """B01: in the place of each line, for both verifiers, and never an exception of another kind."""
    lines, places = vector_lines("one-win-dice"), range(0, 78, 3)
    mutants = [[*lines[:place], line, *lines[place + 1 :]] for line in MALFORMED for place in places]
    assert both_refuse(verifier, mutants) == [place + 1 for place in places] * len(MALFORMED)


Action = tuple[str, int, int]
Parties = list[tuple[int, list[str]]]
actions = st.lists(
    st.tuples(st.sampled_from(["up", "slot", "cut", "add", "grant", "settle"]), st.integers(0, 30), st.integers(0, 2)),
    max_size=25,
)
parties = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.sampled_from(SLOTS), min_size=1, max_size=3, unique=True)),
    min_size=1,
    max_size=12,
)


@given(parties, actions, st.integers(1, 3), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_implementations_agree_on_random_draws_and_changes(
    drawn_parties: Parties, acts: list[Action], max_wins: int, waiting: bool, one_a_day: bool
) -> None:
    """B01, B02, B17: what the domain says, with changes on many days, the verifier accepts, and replay makes again."""
    slots = [slot("a", 4), slot("b", 3), slot("c", 5, day="2021-07-02")]
    entries = [entry(number, size, *wishes) for number, (size, wishes) in enumerate(drawn_parties, 1)]
    transcript = drawn(entries, max_wins=max_wins, waiting_list=waiting, one_win_a_day=one_a_day, slots=slots)
    change_at_random(transcript, acts)
    transcript.end()
    lines = list(transcript.lines())
    assert fault_of(load_verifier(), lines) is None
    assert list(replay(lines).lines()) == lines
    assert transcript.holdings is not None
    assert min(transcript.holdings.free) >= 0


_loaded: list[ModuleType] = []


def load_verifier() -> ModuleType:
    if not _loaded:
        _loaded.append(load_program("verify_draw.py"))
    return _loaded[0]


def change_at_random(transcript: Transcript, acts: list[Action]) -> None:
    assert transcript.entries is not None and transcript.holdings is not None
    day = 0
    for kind, number, which in acts:
        who = transcript.entries.entry(number % len(transcript.entries))
        at = DAYS[day]
        try:
            match kind:
                case "up":
                    given_up(transcript, who, None, at)
                case "slot":
                    given_up(transcript, who, SLOTS[which], at)
                case "cut" | "add":
                    seats_changed(transcript, SLOTS[which], (-1 if kind == "cut" else 1) * (1 + number % 4), at)
                case "grant":
                    record = {"type": "change", "kind": "granted", "slot": SLOTS[which], "seats": 1, "at": at, **WHY}
                    transcript.change(record)
                case _ if transcript.holdings.day_is_open:
                    transcript.settle_day()
                    day += 1
        except Refused:
            continue  # what can't be given up or cut is refused and leaves no line
    if transcript.holdings.day_is_open:
        transcript.settle_day()


def test_a_draw_has_the_same_bytes_on_every_run() -> None:
    """B01, B12."""
    entries = [entry(n, 1 + n % 4, *SLOTS[n % 3 :]) for n in range(1, 60)]
    first, second = (b"".join(drawn(order).lines()) for order in (entries, entries[::-1]))
    assert first == second
