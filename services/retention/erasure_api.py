"""Erasing over HTTP for programs: calendar, batches, requests, holds, changes of keys (S17, S18, B10)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.retention.erasure_office import MOST_HELD, Dated, Erasure, ErasureOffice, Progress, is_overdue
from services.retention.handlers.holds import Basis
from shared.contracts.envelope import moment_text
from shared.contracts.programme_base import Decision, Name
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Keeper = Annotated[Person, Depends(staff("officer", "records"))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
Subject = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Receipt = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Body(BaseModel):
    """Unknown fields are refused (S13)."""

    model_config = ConfigDict(extra="forbid")


class RequestDecided(Body):
    """Granted with the number of the ward's decision, or declined with a reason of the programme's."""

    grant: bool
    decision: Decision | None = None
    reason: Name | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RequestDecided:
        if self.grant is (self.decision is None) or self.grant is (self.reason is not None):
            raise ValueError("a grant has a decision, a refusal has a reason")
        return self


class HoldProposed(Body):
    """Whom the hold is about: subjects, receipt numbers, or (`whole`) everybody of the programme."""

    basis: Basis
    subjects: tuple[Subject, ...] = Field(default=(), max_length=MOST_HELD)
    receipts: tuple[Receipt, ...] = Field(default=(), max_length=MOST_HELD)
    whole: bool = False

    @model_validator(mode="after")
    def _some_or_all(self) -> HoldProposed:
        if self.whole is bool(self.subjects or self.receipts):
            raise ValueError("name subjects or receipts, or the whole programme")
        return self


class Nothing(Body):
    """An empty body."""


def router(office: ErasureOffice) -> APIRouter:
    """Routes under `/retention/api`."""
    routes = APIRouter(prefix="/api", tags=["erasing"])
    base = "/programmes/{programme}/erasure"

    @routes.get(base)
    async def see(programme: str, _: Reader) -> dict[str, Any]:
        return erasure_document(await office.see(programme))

    @routes.post(f"{base}/requests/{{application}}/decision")
    async def decide(programme: str, application: str, decided: RequestDecided, officer: Officer) -> dict[str, Any]:
        if decided.decision is not None:
            return {"batch": await office.grant(programme, application, decided.decision, officer)}
        await office.decline(programme, application, decided.reason or "", officer)
        return {"batch": None}

    _holds(routes, office, f"{base}/holds")

    @routes.post("/rotations", status_code=202)
    async def rotate(_: Nothing, officer: Officer) -> dict[str, str]:
        return {"rotation": await office.rotate(officer)}

    @routes.get("/rotations")
    async def rotations(_: Reader) -> list[dict[str, Any]]:
        return [_rotation(row) for row in await office.rotations()]

    return routes


def _holds(routes: APIRouter, office: ErasureOffice, base: str) -> None:
    @routes.post(base, status_code=201)
    async def propose(programme: str, wanted: HoldProposed, person: Keeper) -> dict[str, str]:
        hold = await office.propose_hold(
            programme, wanted.basis, person, subjects=wanted.subjects, receipts=wanted.receipts)
        return {"hold": hold, "state": "proposed"}

    @routes.post(f"{base}/{{hold}}/confirmation")
    async def confirm(programme: str, hold: str, _: Nothing, officer: Officer) -> dict[str, Any]:
        return _hold(await office.confirm_hold(programme, hold, officer))

    @routes.post(f"{base}/{{hold}}/lifting", status_code=202)
    async def lift(programme: str, hold: str, _: Nothing, person: Keeper) -> dict[str, str]:
        await office.lift_hold(programme, hold, person)
        return {"hold": hold, "state": "lifting"}

    @routes.post(f"{base}/{{hold}}/withdrawal", status_code=204)
    async def withdraw(programme: str, hold: str, _: Nothing, person: Keeper) -> None:
        await office.drop_proposal(programme, hold)


def erasure_document(found: Erasure) -> dict[str, Any]:
    """Everything as JSON: ids, standings, counts, times; nobody's name."""
    return {
        "programme": found.programme, "as_of": moment_text(found.as_of),
        "contract_end": moment_text(found.contract_end),
        "calendar": [_duty(one) for one in found.calendar],
        "standings": [{"standing": one.standing, **one.counts} for one in found.standings],
        "batches": [_batch(one, found.as_of) for one in found.batches],
        "requests": [_request(row) for row in found.requests],
        "holds": [_hold(row) for row in found.holds],
        "rotations": [_rotation(row) for row in found.rotations],
    }


def _duty(one: Dated) -> dict[str, Any]:
    duty, document = one.duty, one.document
    return {
        "code": duty.code, "what": duty.what, "due_at": moment_text(duty.due_at), "standings": list(duty.standings),
        "returned": duty.returned, "approval": duty.approval, "after": duty.after, "days": duty.days,
        "waits_for_draw": duty.waits_for_draw, "held": one.held,
        "state": "done" if document.get("state") == "done" else "begun" if document.get("looked_at") else "planned",
        "looked_at": _at(document.get("looked_at")), "kept": document.get("kept") or {"hold": 0, "notice": 0},
    }


def _batch(one: Progress, as_of: datetime) -> dict[str, Any]:
    row = one.batch
    return {
        "id": row["_id"], "rule": row["rule"], "why": row["why"], "kind": row["kind"], "state": row["state"],
        "standings": row["standings"], "subjects": row["subjects"], "orders": row["orders"],
        "attested": row["attested"], "answered": one.answered, "waits_for": list(one.waits_for),
        "returned": row["returned"], "archive": row.get("archive"), "decided_by": row["decided_by"],
        "decision": row.get("decision"), "due_at": moment_text(row["due_at"]),
        "ordered_at": _at(row.get("ordered_at")), "deadline": moment_text(row["deadline"]),
        "final_deadline": moment_text(row["final_deadline"]),
        "overdue": is_overdue(row, as_of),
        "removed_at": _at(row.get("removed_at")), "final_at": _at(row.get("final_at")),
        "rotation": row.get("rotation"), "certificate": row.get("certificate"),
    }


def _request(row: Document) -> dict[str, Any]:
    return {
        "application": row["_id"], "asked_at": _at(row.get("asked_at")), "state": row["state"],
        "decision": row.get("decision"), "reason": row.get("reason"), "by": row.get("by"),
        "decided_at": _at(row.get("decided_at")), "batch": row.get("batch"),
    }


def _hold(row: Document) -> dict[str, Any]:
    return {
        "hold": row["_id"], "state": row["state"], "basis": row["basis"], "whole": row["whole"],
        "subjects": len(row["subjects"]), "proposed_by": row["proposed_by"],
        "proposed_at": _at(row["proposed_at"]), "placed_by": row.get("placed_by"),
        "placed_at": _at(row.get("placed_at")), "lifted_by": row.get("lifted_by"),
        "lifted_at": _at(row.get("lifted_at")),
    }


def _rotation(row: Document) -> dict[str, Any]:
    destroyed = {service: {"epoch": one["epoch"], "at": moment_text(one["at"])}
                 for service, one in row["destroyed"].items()}
    return {
        "rotation": row["_id"], "why": row["why"], "state": row["state"], "ordered_at": moment_text(row["ordered_at"]),
        "decided_by": row["decided_by"], "batches": row["after"], "destroyed": destroyed,
        "rewrapped": row["rewrapped"], "done_at": _at(row["done_at"]),
    }


def _at(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None
