"""My application: what number and secret show (B04, B16)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.dates import draw_expected_at, told_by
from services.intake.domain.receipt import as_issued, proof, proves, secret_of
from services.intake.domain.standing import Standing, standing
from services.intake.following import DrawSoFar
from services.intake.handlers.means import Means
from shared.contracts.checkin import pass_code
from shared.contracts.programme import Programme
from shared.platform.mongo import Document

# A number that is never issued: looking it up takes as long as any other.
_NOBODYS = "none"


@dataclass(frozen=True)
class Pass:
    """What lets the party in at one slot: `token` is the text of the QR code, `code` what a person can type."""

    slot: str
    token: str
    code: str


@dataclass(frozen=True)
class View:
    """An application as its applicant sees it."""

    document: Document
    standing: Standing
    outcome: str | None
    holds: tuple[str, ...]
    passes: tuple[Pass, ...]
    notice: dict[str, Any] | None
    accesses: tuple[Document, ...]
    draw: DrawSoFar
    draw_expected: datetime
    told_by: datetime


async def find(means: Means, programme: Programme, receipt: str, secret: str) -> Document | None:
    """The application that number and secret open; None alike for a wrong secret and an unknown number."""
    number, key = as_issued(receipt) or _NOBODYS, secret_of(secret) or ""
    document = await means.store.by_receipt(programme.id, number)
    return document if proves(number, key, document["proof"] if document else None) else None


async def find_erased(means: Means, programme: Programme, receipt: str, secret: str) -> Document | None:
    """What is left to be shown to the person, and to nobody else, of an application that was erased (B16)."""
    number, key = as_issued(receipt) or _NOBODYS, secret_of(secret) or ""
    return await means.store.shown(programme.id, proof(number, key))


async def view(means: Means, programme: Programme, document: Document) -> View:
    """Everything that is shown to the applicant."""
    outcome = await means.store.outcome(document["_id"])
    draw = means.draws.standing(programme.id)
    expected = draw_expected_at(programme)
    now = standing_of(means, programme, document, outcome)
    return View(
        document=document, standing=now, outcome=_told(now, outcome),
        holds=tuple(outcome.get("holds", ())),
        passes=_passes(outcome, draw.cancelled) if now.state == "won" else (), notice=outcome.get("notice"),
        accesses=tuple(await means.store.accesses(document["_id"])), draw=draw,
        draw_expected=expected,
        told_by=told_by(programme, draw.drawn_at or expected),
    )


def standing_of(means: Means, programme: Programme, document: Document, outcome: Document) -> Standing:
    """Where the application stands, as its applicant may know it. What is cancelled is lost before the day ends."""
    held = outcome.get("holds", ())
    left = [slot for slot in held if slot not in means.cancelled(programme)]
    return standing(
        withdrawn=document["withdrawn_at"] is not None, counted=document["counted"], reason=document["reason"],
        drawn=means.draws.any_drawn(programme.id), outcome=outcome.get("outcome"),
        change="revoked" if held and not left else outcome.get("change"), holds=left,
    )


def _told(now: Standing, outcome: Document) -> str | None:
    return "withdrawn" if now.state == "withdrawn" else outcome.get("outcome")


def _passes(outcome: Document, cancelled: Collection[str]) -> tuple[Pass, ...]:
    void = outcome.get("void", {})
    valid = [Pass(one["slot"], one["token"], pass_code(pass_id))
             for pass_id, one in outcome.get("passes", {}).items()
             if pass_id not in void and one["slot"] not in cancelled]
    return tuple(sorted(valid, key=lambda one: one.slot))
