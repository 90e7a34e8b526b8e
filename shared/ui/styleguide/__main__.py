"""`python -m shared.ui.styleguide [folder]` writes the sample pages."""

from __future__ import annotations

import sys
from pathlib import Path

from shared.ui.styleguide import write

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".cache/styleguide")
    folder.mkdir(parents=True, exist_ok=True)
    for path in write(folder):
        print(path)
