"""The peer's figures, where there is a peer: `PEER_DIR` names a folder whose `run.sh` measures pretix here."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any


def peer_orders() -> float | None:
    """Orders a second of pretix, measured now; None where `PEER_DIR` names no peer."""
    folder = os.environ.get("PEER_DIR")
    if not folder:
        return None
    done = subprocess.run(["./run.sh"], cwd=Path(folder), check=True, stdout=subprocess.PIPE, text=True)
    return orders_of(done.stdout)


def orders_of(printed: str) -> float:
    """Orders a second at best, from what the peer printed: its last line is one JSON object."""
    said: Any = json.loads(printed.strip().splitlines()[-1])
    return float(said["summary"]["orders_per_s"])
