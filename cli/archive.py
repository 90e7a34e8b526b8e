"""`archive keys`, `archive open`: the ward's side of a return (S17). Needs no stack and no network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from cli.records import Rows
from deploy.local.errors import StackError
from shared.privacy import heldkey
from shared.privacy.archive import ArchiveBroken, Header, Manifest, Opening, check

SHORTEST_PASSPHRASE = 12
KEY_FILE, PUBLIC_FILE = "archive-key.json", "archive-key.pub"

commands = typer.Typer(
    name="archive", help="The ward's archive key, and opening a returned archive.", no_args_is_help=True)

PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="Read the passphrase from this file's first line.")
]

BROKEN = {
    "not-an-archive": "this is not a file of the format kujibiki-archive/1",
    "cut": "the file is cut off: its manifest is missing",
    "number": "a record is missing here, or stands in the wrong place",
    "not-for-this-key": "this record was changed, or the archive was sealed for another key",
    "changed": "the file is not as it was made",
    "count": "the counts of header, lines and manifest differ",
    "digest": "the records are not those that the manifest confirms",
}


@commands.command()
def keys(
    to: Annotated[Path, typer.Option("--to", help="Folder for the two files; made if it isn't there.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make the ward's pair of keys: a public file to register, and a private one to keep."""
    for name in (KEY_FILE, PUBLIC_FILE):
        if (to / name).exists():
            raise StackError(f"{to / name} exists: a key is never overwritten. Name another folder by --to.")
    made = heldkey.make(_new_passphrase(passphrase_file))
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _private(to / KEY_FILE) as file:
        file.write(made.file)
    (to / PUBLIC_FILE).write_text(made.public_key + "\n")
    print(f"private key   {to / KEY_FILE}  (keep it, and a copy elsewhere; without it no archive can be opened)")
    print(f"public key    {to / PUBLIC_FILE}  (give this to the records office)")
    print(f"fingerprint   {heldkey.grouped(made.fingerprint)}")
    print("Tell the fingerprint to the records office another way than the public key: by telephone, on paper.")


@commands.command(name="open")
def open_archive(
    file: Annotated[Path, typer.Argument(help="The archive as it was downloaded.", exists=True, dir_okay=False)],
    key: Annotated[Path, typer.Option("--key", help="The private key's file.", exists=True, dir_okay=False)],
    to: Annotated[Path, typer.Option("--to", help="Where the records go: a new file, .csv or .jsonl.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Check an archive, write its records in the clear, and say the digest to acknowledge with."""
    if to.suffix not in {".csv", ".jsonl"}:
        raise StackError("Name the output .csv (for a spreadsheet) or .jsonl (exact, for programs).")
    if to.exists():
        raise StackError(f"{to} exists: name a new file by --to.")
    try:
        private_key = heldkey.unwrap(key.read_text(), _passphrase(passphrase_file))
    except heldkey.CannotUnwrap:
        raise StackError(f"{key} can't be opened: the passphrase is wrong, or it is not a key file.") from None
    try:
        digest, header, manifest = _open(file, private_key, to)
    except ArchiveBroken as broken:
        raise StackError(
            f"{file}, line {broken.line}: {BROKEN[broken.code]}.\nNothing was written. Download the archive again; if "
            "it stays so, don't acknowledge it and call the records office.") from None
    print(f"archive       {header.archive} of programme {header.programme}, made at {header.made_at}")
    print(f"records       {manifest.records} written to {to}; {manifest.missing} subjects had no record any more")
    print(f"confirmation  {digest}")
    print("Acknowledge the return with this confirmation, in the records office, once you have looked at the records.")


def _open(file: Path, private_key: Any, to: Path) -> tuple[str, Header, Manifest]:
    with file.open("rb") as lines:
        header, manifest = check(lines)  # whole, before the first record is written in the clear
    draft = to.with_name(f".{to.name}.draft")
    try:
        with file.open("rb") as lines, _private(draft) as out:
            opening, rows = Opening(lines, private_key), Rows(out, header.items, csv=to.suffix == ".csv")
            for record in opening:
                rows.write(record)
        draft.rename(to)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return opening.plain_digest, header, manifest


@contextmanager
def _private(path: Path) -> Iterator[IO[str]]:
    """A new file that only its owner can read."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise StackError(f"{path} exists: another run may be under way. Delete it if not.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _passphrase(file: Path | None) -> str:
    return _first_line(file) if file else str(typer.prompt("Passphrase", hide_input=True))


def _new_passphrase(file: Path | None) -> str:
    passphrase = _first_line(file) if file else str(
        typer.prompt("Passphrase for the private key", hide_input=True, confirmation_prompt=True))
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise StackError(f"A passphrase has at least {SHORTEST_PASSPHRASE} characters: four words, for example.")
    return passphrase


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except OSError as error:
        raise StackError(f"{file} can't be read: {error.strerror}.") from None
