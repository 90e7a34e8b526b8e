"""B01: the witnesses' printed guide: its own commands carry a draw, on any system, in a Japanese console too."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest

from services.lottery import pages
from services.lottery.domain.transcript import Transcript
from services.lottery.domain.witness import with_signatures
from services.lottery.guide.sheet import Place, guide
from services.lottery.guide.steps import (
    FOLDER,
    PROGRAM,
    STEPS,
    Seat,
    Step,
    System,
    check_typed,
    digest_typed,
    enter_typed,
    typed,
)
from shared.contracts.programme import Programme
from shared.ui import formats
from shared.ui.language import Words, speaking
from tests.unit.lottery.campaign import BEACON_AT, CLOSED_AT, DIGITS, DRAW, FROZEN_AT, PUBLIC, WITNESSES, entry, rules

PROGRAMMES = Path(__file__).parents[3] / "programmes"
WORDS = Words((Path(formats.__file__).parent / "words", Path(pages.__file__).parent / "words"))
PHRASE = "合言葉 2021"
LATER = {"bit_count", "file_digest", "pairwise", "UTC", "walk", "batched"}
"""Attributes that came after Python 3.9."""
POSIX_ONLY = {"pwd", "grp", "fcntl", "termios", "tty", "pty", "resource", "posix", "readline", "crypt", "syslog"}
PORTABLE = {"O_WRONLY", "O_CREAT", "O_EXCL", "fdopen", "open", "fsync", "environ", "name"}


def desktop_folder(home: Path) -> Path:
    """The folder that the guide has its reader make, with the program in it."""
    folder = home / "Desktop" / FOLDER
    folder.mkdir(parents=True)
    shutil.copy(PUBLIC / PROGRAM, folder)
    return folder


def type_in(home: Path, system: System, line: str, *, answers: str = "", encoding: str = "utf-8") -> str:
    """Types a line of the guide, as on a machine whose `python3` is this one; gives what stands on the screen.

    A terminal opens in the witness's home, and the guide's own line leads to the folder; on Windows what is typed in
    the address bar of a folder's window is started in that folder.
    """
    python, *arguments = line.split(" ")
    assert python in ("py", "python3")
    if system == "windows":
        assert enter_typed(system) == "cmd"
        start, opened = home / "Desktop" / FOLDER, ""
    else:
        start, opened = home, f"{enter_typed(system)} && "
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        ["/bin/sh", "-c", f'{opened}exec "$@"', "sh", sys.executable, *arguments], cwd=start,
        input=answers.encode(encoding), capture_output=True, check=False, start_new_session=True,
        env={**environment, "PYTHONIOENCODING": encoding, "HOME": str(home)})
    assert done.returncode == 0, done.stderr.decode(encoding)
    return done.stdout.decode(encoding)


def last_word(screen: str, of: str) -> str:
    """What the screen says of something: the last word of its line."""
    return next(line.split()[-1] for line in screen.splitlines() if line.startswith(of))


@pytest.mark.parametrize(("system", "encoding"), [("windows", "cp932"), ("linux", "utf-8")])
def test_b01_the_commands_of_the_guide_carry_a_draw_from_key_to_dice(
    tmp_path: Path, system: System, encoding: str
) -> None:
    folder = desktop_folder(tmp_path)
    seats = {name: Seat(DRAW, name) for name in WITNESSES}

    def each(step: Step, answers: str) -> dict[str, str]:
        return {name: type_in(tmp_path, system, typed(step, seat, system), answers=answers, encoding=encoding)
                for name, seat in seats.items()}

    def signed(step: Step, record: dict[str, Any]) -> dict[str, Any]:
        (folder / f"{DRAW}-{step}.json").write_text(json.dumps(record), encoding="utf-8")
        screens = each(step, f"yes\n{PHRASE}\n")
        return with_signatures(record, {name: last_word(screen, "signature") for name, screen in screens.items()})

    assert "使えます" in type_in(tmp_path, system, check_typed(system), encoding=encoding)
    each("new", f"{PHRASE}\n{PHRASE}\n")
    shown = each("show", "")
    keys = [{"name": name, "key": last_word(shown[name], "public key")} for name in WITNESSES]
    commitments = [{"type": "commitment", "witness": name, "commitment": last_word(shown[name], "commitment"),
                    "at": "2021-04-30T00:00:00Z"} for name in WITNESSES]
    transcript = Transcript(rules(witnesses=keys), commitments)
    transcript.freeze([entry(1, 2, "a"), entry(2, 1, "b")], FROZEN_AT)
    for name, screen in each("reveal", f"{PHRASE}\n").items():
        transcript.reveal(name, last_word(screen, "secret"), FROZEN_AT)
    transcript.close(signed("closing", transcript.propose_closing(CLOSED_AT)))
    transcript.take_beacon(signed("beacon", transcript.propose_beacon(DIGITS, BEACON_AT)))
    assert len(transcript.draw().order) == 2


def test_b01_a_mistyped_passphrase_makes_no_file(tmp_path: Path) -> None:
    folder = desktop_folder(tmp_path)
    with pytest.raises(AssertionError, match="differ"):
        type_in(tmp_path, "linux", typed("new", Seat(DRAW, "ward"), "linux"), answers="one\ntwo\n")
    assert [path.name for path in folder.iterdir()] == [PROGRAM]


@pytest.mark.parametrize("name", ["live-site-2020", "summer-stage-2024"])
def test_b01_the_guide_is_one_page_a_witness_with_every_line_to_type(name: str) -> None:
    programme = Programme.model_validate(tomllib.loads((PROGRAMMES / f"{name}.toml").read_text(encoding="utf-8")))
    place = Place(f"https://ward.example/lottery/{name}", f"https://ward.example/lottery/{PROGRAM}", "5" * 64,
                  programme.draw.id)
    with speaking(WORDS, "ja"):
        document = pypdfium2.PdfDocument(guide(programme, place))
    assert len(document) == len(programme.draw.witnesses)
    ceremony = any(beacon.kind == "ceremony" for beacon in programme.draw.beacons)
    for page, witness in zip(document, programme.draw.witnesses, strict=True):
        text = "".join(page.get_textpage().get_text_range().split())
        seat = Seat(programme.draw.id, witness.name)
        systems: tuple[System, ...] = ("windows", "macos", "linux")
        lines = [typed(step, seat, system) for step in STEPS[: 5 if ceremony else 4] for system in systems]
        for said in (*lines, *map(enter_typed, systems), *map(digest_typed, systems), *map(check_typed, systems),
                     f"フォルダー「{FOLDER}」", "ターミナル", "コマンドプロンプト", place.sha256,
                     place.page, witness.body.ja, programme.ward.telephone):
            assert "".join(said.split()) in text, said


@pytest.mark.parametrize("program", [PROGRAM, "verify_draw.py"])
def test_b01_the_stand_alone_programs_need_python_39_and_nothing_of_one_system(program: str) -> None:
    tree = ast.parse((PUBLIC / program).read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = set(_imported(tree)) - {"py_ecc"}  # the verifier uses it where it is there
    assert imported <= sys.stdlib_module_names - {"tomllib"} - POSIX_ONLY
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Match | ast.TryStar)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            assert not node.keywords, "zip(strict=…) came with 3.10"
        if isinstance(node, ast.Attribute):
            assert node.attr not in LATER, node.attr
            if isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr in PORTABLE, node.attr


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
