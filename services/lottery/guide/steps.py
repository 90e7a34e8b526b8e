"""What a witness types at each step, in the words of their own computer (B01). A test runs exactly these commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PROGRAM = "kujibiki-witness.py"
FOLDER = "kujibiki"
"""On the witness's desktop; everything is saved there, so that each line needs only names."""
System = Literal["windows", "macos", "linux"]
Step = Literal["new", "show", "reveal", "closing", "beacon"]
STEPS: tuple[Step, ...] = ("new", "show", "reveal", "closing", "beacon")
"""In their order; each has a paragraph of words of its own (`guide.step.…`)."""

_PYTHON: dict[System, str] = {"windows": "py", "macos": "python3", "linux": "python3"}
_ENTER: dict[System, str] = {
    # Windows may have moved its desktop elsewhere, so the folder's own window opens the console: in its address bar.
    "windows": "cmd",
    "macos": f"cd ~/Desktop/{FOLDER}",
    "linux": f"cd ~/Desktop/{FOLDER}",
}
_DIGEST: dict[System, str] = {
    "windows": f"certutil -hashfile {PROGRAM} SHA256",
    "macos": f"shasum -a 256 {PROGRAM}",
    "linux": f"sha256sum {PROGRAM}",
}


@dataclass(frozen=True)
class Seat:
    """One witness of one draw."""

    draw: str
    witness: str

    @property
    def file(self) -> str:
        """The witness's own file, which holds key and secret."""
        return f"{self.witness}-{self.draw}.json"

    @property
    def closing(self) -> str:
        """The closing, as the draw's page calls the file."""
        return f"{self.draw}-closing.json"

    @property
    def beacon(self) -> str:
        """What fell at the ceremony."""
        return f"{self.draw}-beacon.json"


def arguments(step: Step, seat: Seat) -> Sequence[str]:
    """What stands behind the program's name."""
    match step:
        case "new":
            return ("new", "--name", seat.witness, "--draw", seat.draw, "--file", seat.file, "--passphrase")
        case "show" | "reveal":
            return (step, "--file", seat.file)
        case "closing":
            return ("sign", seat.closing, "--file", seat.file)
        case "beacon":
            return ("sign", seat.beacon, "--file", seat.file)


def typed(step: Step, seat: Seat, system: System) -> str:
    """The line to type. Names are `[a-z0-9-]`, so nothing needs quotes on any system."""
    return " ".join((_PYTHON[system], PROGRAM, *arguments(step, seat)))


def enter_typed(system: System) -> str:
    """The line that leads into the folder, each time before anything else; on Windows it opens a console there."""
    return _ENTER[system]


def check_typed(system: System) -> str:
    """The line that says whether this Python can do all of it."""
    return f"{_PYTHON[system]} {PROGRAM} check"


def digest_typed(system: System) -> str:
    """The line that says the program's SHA-256."""
    return _DIGEST[system]
