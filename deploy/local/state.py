"""The state folder: where everything that one stack keeps lies."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_STATE = CHECKOUT / ".kujibiki"


@dataclass(frozen=True)
class State:
    """Paths below one state folder; all folders are for their owner only."""

    root: Path

    @property
    def logs(self) -> Path:
        """One rotated log file a part."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What is running now: a record a part, and the supervisor's lock."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        """The stack's own passwords and keys; no service is shown this folder."""
        return self.root / "secrets"

    @property
    def data(self) -> Path:
        """What Kafka, MongoDB and the mail catcher store."""
        return self.root / "data"

    @property
    def endpoints(self) -> Path:
        """Where the parts of this stack are reached, written at each start."""
        return self.root / "stack.json"

    def user(self, name: str) -> Path:
        """The folder of one service (or of the auditor): its passwords, and `keys/`."""
        return self.root / "services" / name if name != "auditor" else self.root / "auditor"

    def create(self) -> None:
        """Make the folders, or say why that cannot be done."""
        try:
            for folder in (self.root, self.logs, self.run, self.secrets, self.data):
                private_folder(folder)
            probe = self.run / f".write-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as problem:
            raise StackError(
                f"The state folder {self.root} cannot be written ({problem.strerror}). Give this user the "
                "right to write there, or name another folder with `--state DIR` (or KUJIBIKI_STATE)."
            ) from problem


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable for its owner only: readers see the old text or the new."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file as a whole."""
    write_private(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The file's object, or None if there is no such file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as problem:
        raise StackError(f"{path} is not JSON ({problem}). Delete it; it is written anew.") from problem
    return content
