"""B12: a replay has no way to send or print: what it loads can't, and what it loads is all it has."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOADS = """
import sys
import cli.replay.running, cli.replay.report
print(*sorted(sys.modules))
"""
SENDS = (
    "aiosmtplib", "smtplib", "httpx", "requests", "reportlab", "confluent_kafka", "faust", "uvicorn", "fastapi",
    "shared.platform.service", "shared.messaging.relay", "shared.platform.http",
    "services.notifier.smtp", "services.notifier.mail", "services.notifier.postcards", "services.notifier.wiring",
    "services.notifier.handlers.sending", "services.notifier.handlers.printing", "services.notifier.handlers.outcomes",
)
MAKERS = frozenset({
    "AIOKafkaProducer", "Producer", "producer", "Relay", "Service", "Outbound", "Sending", "Printing", "Transactions",
    "SMTP", "Popen", "print_cards", "compose", "send_and_wait",
})
"""Whatever could send: who replays may call none of them, nor may anything that is loaded with it."""

ONLY_DEFINED_IN = {"shared/messaging/kafka.py": {"AIOKafkaProducer"}}
"""The function `producer` itself: it is there, and nobody here calls it."""


def loaded() -> list[str]:
    """All modules in a process that is ready to replay."""
    done = subprocess.run([sys.executable, "-c", LOADS], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture(scope="module")
def modules() -> list[str]:
    found = loaded()
    assert "services.notifier.replay" in found and "services.checkin.replay" in found
    return found


def files(modules: list[str]) -> Iterator[Path]:
    for name in modules:
        if name.partition(".")[0] in ("cli", "deploy", "services", "shared"):
            base = ROOT / name.replace(".", "/")
            yield base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"


def calls(file: Path) -> set[str]:
    """Names of what a file calls."""
    return {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }


def test_b12_nothing_that_sends_or_prints_is_loaded(modules: list[str]) -> None:
    found = [name for name in modules for sends in SENDS if name == sends or name.startswith(f"{sends}.")]
    assert found == []


def test_b12_nothing_that_is_loaded_makes_something_that_sends(modules: list[str]) -> None:
    for file in files(modules):
        name = file.relative_to(ROOT).as_posix()
        assert calls(file) & MAKERS <= ONLY_DEFINED_IN.get(name, set()), name


def test_the_search_finds_who_does_send() -> None:
    assert "producer" in calls(ROOT / "shared/messaging/relay.py")
    assert "Service" in calls(ROOT / "services/notifier/wiring.py")
    assert "Outbound" in calls(ROOT / "services/notifier/wiring.py")
