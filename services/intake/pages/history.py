"""The history of an application, as its applicant reads it: what happened when, and who asked for it; no data."""

from __future__ import annotations

from datetime import datetime

from services.intake.refusals import Say
from shared.platform.mongo import Document

Line = tuple[datetime, str, str | None]


def history_of(say: Say, document: Document) -> list[Line]:
    """Time, what happened, and for what was done at a desk who asked; oldest first."""
    lines: list[Line] = [(document["taken_at"], str(say("history.taken")), None)]
    for entry in document.get("history", ()):
        asked = str(say(f"history.{entry['caller']}")) if entry["caller"] else None
        lines.append((entry["at"], str(say(f"history.{entry['what']}")), asked))
    for name, key in (("withdrawn_at", "withdrawn"), ("erasure_asked_at", "erasure")):
        if document.get(name):
            lines.append((document[name], str(say(f"history.{key}")), None))
    return sorted(lines, key=lambda line: line[0])
