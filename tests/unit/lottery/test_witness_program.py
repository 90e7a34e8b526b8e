"""B01: the witnesses' program, run as they run it, from making a key to the end of a real draw."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import with_signatures
from tests.unit.lottery.campaign import BEACON_AT, CLOSED_AT, DIGITS, DRAW, FROZEN_AT, PUBLIC, entry, rules

PROGRAM = PUBLIC / "kujibiki-witness.py"
NAMES = ("auditor", "resident", "ward")


def witness(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, encoding="utf-8")


def told(*arguments: str | Path, stdin: str = "") -> dict[str, Any]:
    done = witness(*arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ward.json"
    told("new", "--name", "ward", "--draw", DRAW, "--file", path)
    return path


def closing(**changed: Any) -> str:
    record = {"type": "closed", "at": CLOSED_AT, "digest": "a" * 64, "revealed": ["ward"], "missing": ["auditor"]}
    return json.dumps({**record, **changed})


def ceremony(**changed: Any) -> str:
    record = {"type": "beacon", "at": BEACON_AT, "closed": "b" * 64, "source": "ceremony:dice", "round": 1}
    return json.dumps({**record, "value": DIGITS, **changed})


def test_three_witnesses_carry_a_draw_from_key_to_beacon(tmp_path: Path) -> None:
    """B01: announce, reveal, sign the closing, sign the ceremony, all by the program's own output."""
    files = {name: tmp_path / f"{name}.json" for name in NAMES}
    made = {name: told("new", "--name", name, "--draw", DRAW, "--file", path) for name, path in files.items()}
    announced = rules(witnesses=[{"name": name, "key": made[name]["key"]} for name in NAMES])
    committed = [
        {"type": "commitment", "witness": n, "commitment": made[n]["commitment"], "at": "2021-04-30T00:00:00Z"}
        for n in NAMES
    ]
    transcript = Transcript(announced, committed)
    transcript.freeze([entry(1, 2, "a"), entry(2, 1, "b")], FROZEN_AT)
    for name in NAMES:
        shown = told("reveal", "--file", files[name])
        transcript.reveal(shown["witness"], shown["secret"], FROZEN_AT)
    transcript.close(_signed_by_all(transcript.propose_closing(CLOSED_AT), files))
    transcript.take_beacon(_signed_by_all(transcript.propose_beacon(DIGITS, BEACON_AT), files))
    transcript.draw()
    assert transcript.result_digest is not None


def _signed_by_all(record: dict[str, Any], files: dict[str, Path]) -> dict[str, Any]:
    answers = [told("sign", "-", "--yes", "--file", path, stdin=json.dumps(record)) for path in files.values()]
    return with_signatures(record, {answer["witness"]: answer["signature"] for answer in answers})


def test_a_second_closing_of_the_draw_is_refused_and_the_first_signed_again(file: Path, tmp_path: Path) -> None:
    """B01: each witness signs one closing only."""
    first = told("sign", "-", "--yes", "--file", file, stdin=closing())
    second = witness("sign", "-", "--yes", "--file", file, stdin=closing(at="2021-06-03T00:31:00Z"))
    assert second.returncode == 1
    assert first["digest"] in second.stderr
    assert "署名済み" in second.stderr
    assert second.stdout == ""
    assert told("sign", "-", "--yes", "--file", file, stdin=closing()) == first


def test_the_closing_is_shown_in_words_before_it_is_signed(file: Path, tmp_path: Path) -> None:
    """B01, B14: in Japanese and English, and only yes signs."""
    record = tmp_path / "closing.json"
    record.write_text(closing(), encoding="utf-8")
    for answer, code in (("", 1), ("no\n", 1), ("yes\n", 0)):
        done = witness("sign", record, "--file", file, stdin=answer)
        assert done.returncode == code
        for words in ("締切時刻", "closed at", CLOSED_AT, "日本時間 2021-06-03 09:30:00", "a" * 64, "auditor"):
            assert words in done.stderr
        assert ("signature" in done.stdout) == (code == 0)
    assert witness("sign", "-", "--file", file, stdin=closing()).returncode == 1


def test_a_ceremony_of_another_closing_or_other_digits_is_not_signed(file: Path) -> None:
    """B01."""
    digest = told("sign", "-", "--yes", "--file", file, stdin=closing())["digest"]
    assert witness("sign", "-", "--yes", "--file", file, stdin=ceremony()).returncode == 1
    told("sign", "-", "--yes", "--file", file, stdin=ceremony(closed=digest))
    other = witness("sign", "-", "--yes", "--file", file, stdin=ceremony(closed=digest, value=DIGITS[::-1]))
    assert other.returncode == 1


@pytest.mark.parametrize(
    "record",
    [
        "", "[]", "{}", "[" * 100_000, '{"type":"entry"}', '{"type":[]}', closing(note="x"), closing(digest="A" * 64),
        closing(at="2021-06-31T00:00:00Z"), closing(revealed=["ward", "auditor"]), closing(revealed=["someone"]),
        ceremony(round=1.0), ceremony(round=True), ceremony(value="12"), closing()[:-1] + ',"at":"x"}', "x" * 2_000_000,
    ],
    ids=range(16),
)  # fmt: skip
def test_other_records_are_not_signed(record: str, file: Path) -> None:
    """B01: nothing but a well-formed closing or ceremony that names this witness."""
    done = witness("sign", "-", "--yes", "--file", file, stdin=record)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_the_file_is_the_owners_alone_and_never_overwritten(file: Path) -> None:
    """B01, S21."""
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert witness("new", "--name", "ward", "--draw", DRAW, "--file", file).returncode == 1
    assert file.read_bytes() == before
    told("sign", "-", "--yes", "--file", file, stdin=closing())
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_passphrase_hides_key_and_secret(tmp_path: Path) -> None:
    """B01."""
    path, phrase, wrong = tmp_path / "w.json", tmp_path / "phrase", tmp_path / "wrong"
    phrase.write_text("合言葉\n", encoding="utf-8")
    wrong.write_text("other\n", encoding="utf-8")
    told("new", "--name", "ward", "--draw", DRAW, "--file", path, "--passphrase-file", phrase)
    secret = told("reveal", "--file", path, "--passphrase-file", phrase)["secret"]
    assert secret not in path.read_text(encoding="utf-8")
    refused = witness("reveal", "--file", path, "--passphrase-file", wrong)
    assert (refused.returncode, refused.stdout) == (1, "")
    told("show", "--file", path)
    told("sign", "-", "--yes", "--file", path, "--passphrase-file", phrase, stdin=closing())


def test_damaged_files_and_wrong_names_are_refused(file: Path, tmp_path: Path) -> None:
    """B01."""
    content = json.loads(file.read_text(encoding="utf-8"))
    spoilt: list[Any] = [{**content, "secret": "0" * 64}, {**content, "private": "0" * 64}, {"format": "x"}, []]
    for damaged in spoilt:
        file.write_text(json.dumps(damaged), encoding="utf-8")
        assert witness("reveal", "--file", file).returncode == 2
    assert witness("show", "--file", tmp_path / "absent").returncode == 2
    for name in ("Ward", "", "a b", "x" * 65):
        assert witness("new", "--name", name, "--draw", DRAW, "--file", tmp_path / "n.json").returncode == 1
    assert not (tmp_path / "n.json").exists()


@pytest.mark.parametrize("typed", [["check"], ["new", "--name", "ward", "--draw", DRAW, "--passphrase"]])
def test_b01_a_python_without_scrypt_is_told_what_to_install_before_anything_is_asked(
    typed: list[str], tmp_path: Path
) -> None:
    """As macOS's own Python is."""
    path = tmp_path / "ward.json"
    arguments = typed if typed == ["check"] else [*typed, "--file", str(path)]
    code = (f"import hashlib, runpy, sys; del hashlib.scrypt; sys.argv = ['w', *{arguments!r}]; "
            f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')")  # fmt: skip
    done = subprocess.run([sys.executable, "-I", "-X", "utf8", "-c", code], input="", capture_output=True, text=True,
                          check=False, encoding="utf-8", start_new_session=True)  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    for said in ("Install Python from https://www.python.org", "python.orgからPythonを入れ", "同じ行をもう一度"):
        assert said in done.stderr
    assert "passphrase:" not in done.stderr.lower() and not path.exists()
