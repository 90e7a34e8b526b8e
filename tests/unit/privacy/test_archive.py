"""S17: the format of a returned archive finds every change, and only the ward's key opens it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.privacy import heldkey
from shared.privacy.archive import ArchiveBroken, Header, Opening, add, begin, check, confirmation_of, finish
from shared.privacy.hpke import public_text

WARD = ec.generate_private_key(ec.SECP256R1())
KEY = public_text(WARD.public_key())
RECORDS: list[dict[str, Any]] = [
    {"receipt": f"LS-{number}", "items": {"name": "髙橋　﨑子", "telephone": f"090-0000-000{number}"}}
    for number in range(5)
]


def made(archive: str = "a" * 32, records: list[dict[str, Any]] = RECORDS, missing: int = 2) -> list[bytes]:
    """An archive made in two steps, as a job makes it."""
    header = Header(archive, "live-1", len(records) + missing, heldkey.fingerprint_of(KEY), ("name",), "2021-10-01")
    first, written = begin(header)
    some, written = add(written, archive, records[:2], missing, KEY)
    others, written = add(written, archive, records[2:], 0, KEY)
    last, _ = finish(written, header.subjects)
    return [first, *some, *others, last]


def read(lines: list[bytes], key: ec.EllipticCurvePrivateKey = WARD) -> tuple[list[dict[str, Any]], str]:
    """All records and the plain digest."""
    check(lines)
    opening = Opening(lines, key)
    return list(opening), opening.plain_digest


def test_s17_the_ward_reads_what_was_sealed_and_can_say_the_digest() -> None:
    lines = made()
    records, digest = read(lines)
    _, manifest = check(lines)
    assert records == RECORDS
    assert (manifest.subjects, manifest.records, manifest.missing) == (7, 5, 2)
    assert confirmation_of(digest) == manifest.confirmation
    assert digest not in b"".join(lines).decode()


def test_s17_nothing_can_be_read_without_the_key() -> None:
    text = b"".join(made()).decode()
    assert not any(typed in text for typed in ("髙橋", "090-0000-0001", "LS-1\""))
    with pytest.raises(ArchiveBroken, match="not-for-this-key"):
        read(made(), ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize("index", range(7))
def test_s17_a_changed_line_is_found_whichever_it_is(index: int) -> None:
    lines = made()
    said = json.loads(lines[index])
    for name, value in said.items():
        other = dict(said)
        other[name] = value + 1 if isinstance(value, int) else (
            [*value, "x"] if isinstance(value, list) else value[:-1] + ("0" if value[-1] != "0" else "1"))
        changed = [*lines]
        changed[index] = json.dumps(other, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(ArchiveBroken):
            read(changed)


@pytest.mark.parametrize("index", range(7))
def test_s17_a_dropped_or_doubled_line_is_found_whichever_it_is(index: int) -> None:
    lines = made()
    with pytest.raises(ArchiveBroken):
        read([*lines[:index], *lines[index + 1 :]])
    with pytest.raises(ArchiveBroken):
        read([*lines[: index + 1], *lines[index:]])


@pytest.mark.parametrize("index", range(6))
def test_s17_lines_in_another_order_are_found(index: int) -> None:
    lines = made()
    lines[index], lines[index + 1] = lines[index + 1], lines[index]
    with pytest.raises(ArchiveBroken):
        read(lines)


def test_s17_a_record_of_another_archive_for_the_same_key_does_not_fit_in() -> None:
    header = json.loads(made()[0])
    foreign = made("b" * 32)
    foreign[0] = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(ArchiveBroken, match="not-for-this-key"):
        list(Opening(foreign, WARD))


def test_s17_the_same_records_give_another_digest_in_another_archive() -> None:
    """Salts: whoever guesses a record cannot check the guess against the confirmation."""
    assert read(made())[1] != read(made())[1]


def test_s17_an_archive_of_subjects_that_have_no_record_any_more_opens_empty() -> None:
    records, digest = read(made(records=[], missing=3))
    assert records == [] and len(digest) == 64


def test_s17_a_held_key_opens_with_its_passphrase_only() -> None:
    held = heldkey.make("correct horse battery")
    assert public_text(heldkey.unwrap(held.file, "correct horse battery").public_key()) == held.public_key
    assert held.fingerprint == heldkey.fingerprint_of(held.public_key)
    with pytest.raises(heldkey.CannotUnwrap):
        heldkey.unwrap(held.file, "correct horse batterie")


def test_s17_a_changed_key_file_is_refused() -> None:
    content = json.loads(heldkey.make("correct horse battery").file)
    for name in ("public_key", "fingerprint", "sealed", "format"):
        changed = {**content, name: "A" + content[name][1:] if content[name][0] != "A" else "B" + content[name][1:]}
        with pytest.raises(heldkey.CannotUnwrap):
            heldkey.unwrap(json.dumps(changed), "correct horse battery")
    greedy = {**content, "argon2id": {**content["argon2id"], "memory_kib": 2**40}}
    for text in (json.dumps(greedy), "[]", "{}", "no json"):
        with pytest.raises(heldkey.CannotUnwrap):
            heldkey.unwrap(text, "correct horse battery")


@pytest.mark.parametrize(
    "text", ["", "AAAA", "!!", public_text(WARD.public_key())[:-2]], ids=["empty", "short", "signs", "cut"])
def test_s17_what_is_no_public_key_has_no_fingerprint(text: str) -> None:
    with pytest.raises(ValueError):
        heldkey.fingerprint_of(text)


def test_s17_the_program_in_the_format_s_description_opens_an_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has only docs/archive-format.md can read it."""
    text = (Path(__file__).parents[3] / "docs" / "archive-format.md").read_text(encoding="utf-8")
    program = text.split("```python\n")[1].split("```")[0]
    (tmp_path / "file").write_bytes(b"".join(line + b"\n" for line in made()))
    lines = (tmp_path / "file").read_bytes().splitlines()
    exec(program, {"path": tmp_path / "file", "private_key": WARD})
    said = capsys.readouterr().out
    assert "090-0000-0004" in said and read(lines)[1] in said
