"""What must hold before the first process is started; each miss is one message that says what to do."""

import ctypes
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import StackError

OLDEST_PYTHON = (3, 11)
LEAST_FREE = 1024**3
_MONGOD_NEEDS = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "liblzma.so.5": "liblzma5"}


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse a Python that is too old."""
    if version[:2] < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, version[:3]))
        raise StackError(
            f"Kujibiki needs Python {wanted} or later; this is {found}. Install it and `make setup` again."
        )


def check_platform(system: str = sys.platform, machine: str | None = None, libc: str | None = None) -> None:
    """Refuse a platform for which there is no MongoDB program."""
    machine = machine or platform.machine()
    libc = platform.libc_ver()[0] if libc is None else libc
    if (system, machine, libc) == ("linux", "x86_64", "glibc"):
        return
    raise StackError(
        f"The embedded MongoDB runs on Linux with glibc on x86_64 only; this is {system} on {machine} "
        f"({libc or 'no glibc'}). Run a MongoDB replica set yourself (6.0 or later; docker-compose.yml has "
        "one) and set KUJIBIKI_MONGO_URI_ADMIN to its address; or use docker-compose.yml for the whole stack."
    )


def check_libraries(load: Callable[[str], object] = ctypes.CDLL) -> None:
    """Refuse a machine that lacks libraries of mongod."""
    missing = [name for name in _MONGOD_NEEDS if not _loads(name, load)]
    if missing:
        packages = " ".join(_MONGOD_NEEDS[name] for name in missing)
        raise StackError(
            f"MongoDB's program needs system libraries that are missing here: {', '.join(missing)}. On "
            f"Debian 12 and Ubuntu 22.04 or later: `sudo apt install {packages}`. Or set "
            "KUJIBIKI_MONGO_URI_ADMIN to a MongoDB that runs already."
        )


def check_disk(folder: Path, least: int = LEAST_FREE) -> None:
    """Refuse a disk that is nearly full: Kafka and MongoDB fail badly on it."""
    free = shutil.disk_usage(folder).free
    if free < least:
        raise StackError(
            f"Only {free // 1024**2} MB are free where {folder} lies; the stack wants {least // 1024**2} MB. "
            "Free some, or put the state elsewhere with `--state DIR` (or KUJIBIKI_STATE)."
        )


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True
