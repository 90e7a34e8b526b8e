"""What anybody may fetch to check the draw: the transcript, the stand-alone programs, the records to sign."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from services.lottery.domain.canonical import canonical
from services.lottery.domain.second import digest_so_far
from services.lottery.handlers.handing_over import hand_over
from services.lottery.handlers.office import Office
from services.lottery.store import DrawState
from services.lottery.transcripts import Held, published_blocks
from shared.platform.problems import Problem
from shared.platform.register import Person
from shared.platform.signin import SignIn

PUBLIC = Path(__file__).parent.parent / "public"
VERIFIER, WITNESS = PUBLIC / "verify_draw.py", PUBLIC / "kujibiki-witness.py"
STANDALONE, EXPECTATION = PUBLIC / "verify-draw.html", PUBLIC / "expect_draw.py"


def routes(office: Office) -> APIRouter:
    """`/{programme}/draws/{draw}/…`, and the programs: `/verify_draw.py`, `/verify-draw.html`, `/expect_draw.py`, …"""
    router = APIRouter(tags=["check the draw"])

    @router.get("/verify_draw.py", response_class=FileResponse)
    async def verifier() -> Response:
        """The stand-alone verifier."""
        return FileResponse(VERIFIER, media_type="text/x-python", filename=VERIFIER.name)

    @router.get("/verify-draw.html", response_class=FileResponse)
    async def standalone() -> Response:
        """The second verifier, as a page to keep: saved, never shown from here, for its scripts are its own."""
        return FileResponse(STANDALONE, media_type="text/html", filename=STANDALONE.name, headers={
            "Content-Security-Policy": "sandbox"})

    @router.get("/expect_draw.py", response_class=FileResponse)
    async def expectation() -> Response:
        """The stand-alone program that simulates a draw's fairness again."""
        return FileResponse(EXPECTATION, media_type="text/x-python", filename=EXPECTATION.name)

    @router.get("/kujibiki-witness.py", response_class=FileResponse)
    async def witness() -> Response:
        """The witness's own program."""
        return FileResponse(WITNESS, media_type="text/x-python", filename=WITNESS.name)

    @router.get("/{programme}/draws/{draw}/transcript.jsonl", response_class=StreamingResponse)
    async def transcript(request: Request, programme: str, draw: str) -> Response:
        """The whole record of the draw, with its end made for the moment; of one that was replaced before it was drawn,
        its lines so far, whose digest the second draw names. Auditors' only where a draw is published by digest, and
        then each time is recorded.
        """
        state = await _done(office, programme, draw)
        held = await office.transcripts.look(state)
        if office.defined(programme, draw).draw.publication == "digest":
            digest = held.end["digest"] if held.end else digest_so_far(held.transcript)
            await hand_over(office, state, digest, _auditor(request).staff)
        return _lines(held, f"{draw}-transcript.jsonl", everything=True)

    @router.get("/{programme}/draws/{draw}/public.jsonl", response_class=StreamingResponse)
    async def public_part(programme: str, draw: str) -> Response:
        """What is public of the record: without entries and results where it is published by digest."""
        held = await office.transcripts.look(await _done(office, programme, draw))
        full = office.defined(programme, draw).draw.publication == "full"
        return _lines(held, f"{draw}-public.jsonl", everything=full)

    @router.get("/{programme}/draws/{draw}/{what}.json")
    async def record(programme: str, draw: str, what: Literal["closing", "beacon"]) -> Response:
        """The record that the witnesses sign, to the byte, as a file for their own program."""
        office.known(programme, draw)
        state = await office.state(programme, draw)
        proposal = state.closing if what == "closing" else state.beacon
        if proposal is None:
            raise Problem(404, "nothing-to-sign", "There is nothing to sign yet",
                          "The draw desk proposes the record; then it can be fetched here.")
        return Response(canonical(proposal.record) + b"\n", media_type="application/json", headers={
            "Content-Disposition": f'attachment; filename="{draw}-{what}.json"'})

    return router


async def _done(office: Office, programme: str, draw: str) -> DrawState:
    office.known(programme, draw)
    state = await office.state(programme, draw)
    if state.stage != "drawn" and not (state.replaced_by and state.announcement):
        raise Problem(404, "not-drawn-yet", "The draw is not done yet",
                      "The transcript is there once the draw is done; the page of the draw says when that is.")
    return state


def _auditor(request: Request) -> Person:
    sign_in: SignIn = request.app.state.sign_in
    if sign_in.person(request) is None:
        raise Problem(403, "digest-only", "The entries of this draw are not published",
                      "This programme publishes the digests of its draw only, because wishes may say something about "
                      "somebody's health. Take public.jsonl beside it. Applicants save the proof of their own entry "
                      "from their receipt page; auditors sign in and fetch this again.")
    return sign_in.require(request, {"auditor"})


def _lines(held: Held, name: str, *, everything: bool) -> StreamingResponse:
    return StreamingResponse(
        published_blocks(held, everything=everything), media_type="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{name}"'})


def sha256_of(path: Path) -> str:
    """The digest that the page states of a program that it offers."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
