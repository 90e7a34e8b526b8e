"""B01: which entries an auditor traces: the same from the service and the verifier, and nobody's choice."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from services.lottery.domain.entries import Entries
from services.lottery.domain.rules import read_rules
from services.lottery.domain.seed import audit_sample
from tests.unit.lottery.campaign import VECTORS, drawn, entry, vector_records
from tests.unit.lottery.test_verifier import run, said

GOLDEN_SAMPLE = [
    "21cd0f1ea877407eec63730498663a30", "6924362cfd28a58344c0ae0bdbcf2d68", "315a7725bb83805475611bb43815a333",
    "a399f9e8787a76fbd4e0c422301cbb75", "8d082e780a77b22d5ef31fbdbe43df08",
]
"""By `printf audit/ENTRY | openssl dgst -sha256 -mac HMAC -macopt hexkey:SEED`, sorted: no code of ours."""


def test_b01_it_prints_the_entries_that_an_auditor_traces_first(
    verifier: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(str(VECTORS["one-win-dice"]), "--audit", "5", module=verifier, capsys=capsys)
    printed = [line.split()[-1] for line in out.splitlines() if line.startswith("audit ")]
    assert code == 0 and printed == GOLDEN_SAMPLE
    records = vector_records("one-win-dice")
    seed = next(record["seed"] for record in records if record["type"] == "seed")
    entries = Entries.frozen((record for record in records if record["type"] == "entry"), read_rules(records[0]))
    assert audit_sample(seed, entries, 5) == printed
    assert audit_sample(seed, entries, 3) == printed[:3], "a larger sample begins with the smaller one"
    assert audit_sample("0" * 64, entries, 5) != printed
    assert len(audit_sample(seed, entries, 1000)) == len(entries)
    transcript = drawn([entry(1, 1, "a")], publication="digest")
    public = said(transcript, tmp_path, whole=False)
    assert run(public, "--audit", "3", module=verifier, capsys=capsys)[0] != 0
