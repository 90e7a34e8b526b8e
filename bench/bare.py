"""What FastAPI can do at best: it validates the body of an application and stores nothing (`bench.bare:app`)."""

from __future__ import annotations

from fastapi import FastAPI

from services.intake.api import ApplicationBody

app = FastAPI()


@app.post("/applications", status_code=201)
async def take(body: ApplicationBody) -> dict[str, str | int]:
    """An answer as long as intake's."""
    return {"receipt": "LS-2222-2222", "secret": "0" * 32, "entry": "0" * 32, "taken_at": "2021-06-10T00:00:00Z",
            "seats": body.seats}
