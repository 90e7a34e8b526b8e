"""S17: the ward makes its key and opens an archive on its own machine, without a stack."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.archive import KEY_FILE, PUBLIC_FILE, commands
from cli.records import Rows, cell
from deploy.local.errors import StackError
from shared.privacy.archive import Header, add, begin, confirmation_of, finish
from shared.privacy.heldkey import fingerprint_of, grouped

RECORDS = [
    {"receipt": "LS-1", "channel": "web", "wishes": ["a", "b"], "items": {"name": "髙橋　﨑子", "telephone": "+81 90"}},
    {"receipt": "LS-2", "channel": "web", "wishes": ["a"], "items": {"name": "=1+1", "telephone": "090"}},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the ward's keys, a passphrase file, and an archive."""
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    done = run("keys", "--to", tmp_path, "--passphrase-file", tmp_path / "passphrase")
    public_key = (tmp_path / PUBLIC_FILE).read_text().strip()
    assert grouped(fingerprint_of(public_key)) in done
    header = Header("a" * 32, "live-1", 2, fingerprint_of(public_key), ("name", "telephone"), "2021-10-01T00:00:00Z")
    first, written = begin(header)
    lines, written = add(written, header.archive, RECORDS, 0, public_key)
    last, manifest = finish(written, 2)
    (tmp_path / "archive").write_bytes(b"".join(line + b"\n" for line in (first, *lines, last)))
    (tmp_path / "confirmation").write_text(manifest.confirmation)
    return tmp_path


def run(*arguments: object) -> str:
    """What the command says; its exceptions are raised."""
    result = CliRunner().invoke(commands, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def open_to(folder: Path, name: str, passphrase: str = "passphrase") -> str:
    return run("open", folder / "archive", "--key", folder / KEY_FILE, "--to", folder / name,
               "--passphrase-file", folder / passphrase)


def test_s17_the_ward_opens_its_archive_and_reads_the_confirmation(folder: Path) -> None:
    said = open_to(folder, "out.jsonl")
    written = folder / "out.jsonl"
    assert [json.loads(line) for line in written.read_text().splitlines()] == RECORDS
    assert written.stat().st_mode & 0o777 == (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    digest = next(line.split()[1] for line in said.splitlines() if line.startswith("confirmation"))
    assert confirmation_of(digest) == (folder / "confirmation").read_text()


def test_s17_no_spreadsheet_runs_what_an_applicant_typed(folder: Path) -> None:
    open_to(folder, "out.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text(encoding="utf-8-sig"))))
    assert [row["name"] for row in rows] == ["髙橋　﨑子", "'=1+1"]
    assert [row["telephone"] for row in rows] == ["'+81 90", "090"]
    assert rows[0]["wishes"] == "a、b"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "　＝1", "＝1", "－1", "\n=1"])
def test_s17_whatever_begins_like_a_formula_is_guarded(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_s17_a_name_is_left_as_it_was_written() -> None:
    assert [cell(value) for value in ("髙橋　﨑子", "O'Neil", 2, None)] == ["髙橋　﨑子", "O'Neil", "2", ""]
    out = io.StringIO()
    Rows(out, ("name",), csv=False).write({"items": {"name": "=1"}})
    assert json.loads(out.getvalue()) == {"items": {"name": "=1"}}


def test_s17_a_wrong_passphrase_opens_nothing(folder: Path) -> None:
    (folder / "other").write_text("wrong horse battery")
    with pytest.raises(StackError, match="passphrase"):
        open_to(folder, "out.csv", "other")
    assert not (folder / "out.csv").exists()


def test_s17_of_a_changed_archive_nothing_is_written(folder: Path) -> None:
    text = (folder / "archive").read_text().splitlines()
    text[2] = text[2].replace(text[2][-12], "A" if text[2][-12] != "A" else "B")
    (folder / "archive").write_text("\n".join(text) + "\n")
    with pytest.raises(StackError, match="Nothing was written"):
        open_to(folder, "out.jsonl")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["archive", KEY_FILE, PUBLIC_FILE, "confirmation", "passphrase"])


def test_s17_a_key_is_never_overwritten_and_a_passphrase_is_long(folder: Path) -> None:
    with pytest.raises(StackError, match="never overwritten"):
        run("keys", "--to", folder, "--passphrase-file", folder / "passphrase")
    (folder / "short").write_text("short")
    with pytest.raises(StackError, match="12 characters"):
        run("keys", "--to", folder / "new", "--passphrase-file", folder / "short")
    assert not (folder / "new").exists()
