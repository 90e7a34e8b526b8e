"""JSON for programs: the ledger, the lists behind its figures, print runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.notifier.handlers.printing import Printing
from services.notifier.store import Store
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.platform.programmes import Programmes
from shared.platform.register import Person
from shared.platform.signin import staff

Reader = Annotated[Person, Depends(staff("notices", "officer"))]
Clerk = Annotated[Person, Depends(staff("notices"))]
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ListState = Literal[
    "due", "to-print", "in-run", "printed", "to-call", "sent", "posted", "called", "failed", "unreached", "withheld",
    "open",
]
PAGE = 100


class NamedNotice(BaseModel):
    """One notice by its id."""

    model_config = ConfigDict(extra="forbid")
    notice: HexId


def query_of(state: ListState | None) -> dict[str, Any]:
    """The notices that a figure of the ledger counts."""
    waiting = ["due", "to-print", "in-run"]
    match state:
        case None:
            return {}
        case "due":
            return {"state": {"$in": waiting}}
        case "open":
            return {"state": {"$in": [*waiting, "printed", "to-call"]}}
        case "failed":
            return {"state": {"$in": [*waiting, "printed", "to-call"]}, "failures": {"$gt": 0}}
        case _:
            return {"state": state}


def within(programme: Programme) -> timedelta:
    """How long after the draw everybody is told."""
    return timedelta(days=programme.notices.within_days)


def router(store: Store, printing: Printing, programmes: Programmes) -> APIRouter:
    """The routes under `/notifier`."""
    routes = APIRouter(prefix="/{programme}/api")

    @routes.get("/ledger")
    async def ledger(programme: str, _: Reader) -> dict[str, Any]:
        """The sums of the five-day ledger (B05)."""
        sums = await store.ledger(programme, within(programmes.get(programme)))
        return {
            "due": sums.due, "sent": sums.sent, "printed": sums.printed, "posted": sums.posted,
            "to_call": sums.to_call, "called": sums.called, "failed": sums.failed,
            "unreached": sums.unreached, "withheld": sums.withheld, "undecided": sums.undecided, "open": sums.open,
            "total": sums.total, "due_by": moment_text(sums.due_by) if sums.due_by else None,
        }

    @routes.get("/notices")
    async def notices(
        programme: str, _: Reader, state: ListState | None = None, page: Annotated[int, Query(ge=1, le=100_000)] = 1
    ) -> dict[str, Any]:
        """The notices behind a figure, by receipt number, 100 a page; no names."""
        programmes.get(programme)
        rows, total = await store.list_notices(programme, query_of(state), (page - 1) * PAGE, PAGE)
        return {"total": total, "notices": [_shown(row) for row in rows]}

    @routes.post("/print-runs", status_code=201)
    async def begin(programme: str, person: Clerk) -> dict[str, Any]:
        """Begins a print run with up to 500 notices."""
        programmes.get(programme)
        run = await printing.begin(person, programme)
        return {"run": run["_id"], "cards": len(run["notices"]), "reply_halves": run["reply_halves"]}

    @routes.get("/print-runs/{run}")
    async def one(programme: str, run: HexId, _: Reader) -> dict[str, Any]:
        """A print run."""
        found = await printing.run(programme, run)
        return {"run": run, "state": found["state"], "by_hand": found["by_hand"],
                "reply_halves": found.get("reply_halves", False), "cards": len(found["notices"]),
                "notices": found["notices"]}

    @routes.get("/print-runs/{run}/cards.pdf", response_class=Response)
    async def cards(programme: str, run: HexId, person: Clerk) -> Response:
        """The cards, both sides, made for this moment; each name and address that is on them is an access on record."""
        document = await printing.cards(person, programme, run)
        return Response(document, media_type="application/pdf", headers={
            "Content-Disposition": f'inline; filename="cards-{run[:8]}.pdf"', "Cache-Control": "no-store"})

    @routes.post("/print-runs/{run}/posting")
    async def posting(programme: str, run: HexId, person: Clerk) -> dict[str, Any]:
        """The person says that the run was handed to the post."""
        return {"posted": await printing.post(person, programme, run)}

    @routes.post("/print-runs/{run}/aside")
    async def aside(programme: str, run: HexId, body: NamedNotice, person: Clerk) -> dict[str, Any]:
        """Takes a card out of the run, to be written by hand."""
        return {"run": await printing.set_aside(person, programme, run, body.notice)}

    @routes.post("/returns")
    async def returns(programme: str, body: NamedNotice, _: Clerk) -> dict[str, Any]:
        """A posted card came back."""
        await printing.returned(programme, body.notice)
        return {"notice": body.notice}

    return routes


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "notice": row["_id"], "receipt": row["receipt"], "kind": row["kind"], "way": row["way"], "state": row["state"],
        "due_by": moment_text(row["due_by"]), "attempt": row["attempt"], "cause": row.get("cause"),
        "run": row.get("run"),
    }
