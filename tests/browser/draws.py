"""The public page of a draw in each of its states, out of whole transcripts, with the service's own templates but
without its stores: `/draw?state=…`, `/draw?entry=…`, `/digest`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from services.lottery.domain.canonical import canonical
from services.lottery.domain.days import days_of
from services.lottery.domain.explaining import Turns, explain
from services.lottery.domain.proofs import Proofs
from services.lottery.domain.replay import replay
from services.lottery.domain.transcript import Transcript
from services.lottery.pages.lookups import LookedUp
from services.lottery.pages.public_view import Record, page_of
from services.lottery.pages.second_view import Second
from services.lottery.store import DrawState, Proposal, Stage, Witness
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.ui import Chrome, Form, Pages
from shared.ui.language import speaking
from tests.unit.lottery.campaign import VECTORS, drawn, entry, slot, vector_lines, vector_records

ROOT = Path(__file__).parents[2]
VECTOR = "one-win-dice"
MINE = "4cb6e4da613b8f83521bc3f7fc04fd88"
ANNOUNCEMENT = "e280694b73b165be0bf2a2443fe68f5dd030744d7b45f008b1f98b789053ed97"
SLOTS = ("2021-07-23-sumitomo-am", "2021-07-23-sumitomo-pm", "2021-07-23-kogakuin-am")
STAGES: dict[str, Stage] = {
    "preparing": "preparing", "announced": "announced", "frozen": "frozen", "closed": "closed", "drawn": "drawn",
    "missed": "preparing",
}  # fmt: skip


def programme(publication: str = "full") -> Programme:
    """The event of the vectors."""
    it = Programme.model_validate(tomllib.loads((ROOT / "programmes/live-site-2020.toml").read_text("utf-8")))
    return it.model_copy(update={"draw": it.draw.model_copy(update={"publication": publication})})


def by_digest() -> Transcript:
    """A draw that is published by digest, to its end."""
    parties = [entry(number, 1 + number % 3, *SLOTS[number % 2:][:2]) for number in range(1, 15)]
    transcript = drawn(parties, publication="digest", slots=[slot(name, 6) for name in SLOTS], utc_offset=540)
    transcript.end()
    return transcript


def registered(it: Programme, at: str) -> dict[str, Witness]:
    """All witnesses of the programme, each with a key of their own."""
    keys = (Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)).public_key().public_bytes_raw().hex()
            for number in range(len(it.draw.witnesses)))
    return {one.name: Witness(key=key, commitment="0" * 64, at=at)
            for one, key in zip(it.draw.witnesses, keys, strict=True)}


def state_of(it: Programme, transcript: Transcript, records: list[dict[str, Any]], stage: Stage) -> DrawState:
    """The state that the service would keep of a draw that has come so far."""
    at = moment_text(it.draw.timetable.commit_until)
    witnesses = registered(it, at)
    state = DrawState(programme=it.id, draw=it.draw.id, stage=stage, witnesses=witnesses)
    if not state.is_at_least("announced"):
        return state
    state.announcement = transcript.announcement
    if state.is_at_least("frozen") and transcript.freeze_record:
        state.root, state.count = transcript.freeze_record.root, transcript.freeze_record.count
        state.frozen_at = transcript.freeze_record.at
        state.revealed = [one["witness"] for one in records if one["type"] == "reveal"]
    if state.is_at_least("closed"):
        closed = next(one for one in records if one["type"] == "closed")
        signed = {one["witness"]: one["signature"] for one in closed["signatures"]}
        state.closing = Proposal(record=closed, digest=transcript.closing_digest or "", signatures=signed)
        state.closed_at, state.closing_digest = closed["at"], transcript.closing_digest
    if state.is_at_least("drawn"):
        beacon = next(one for one in records if one["type"] == "beacon")
        signed = {one["witness"]: one["signature"] for one in beacon["signatures"]}
        state.beacon = Proposal(record=beacon, digest="0" * 64, signatures=signed)
        state.beacon_at = state.drawn_at = beacon["at"]
        state.seed, state.result_digest = transcript.seed, transcript.result_digest
        state.digest = str(transcript.end_record()["digest"])
        state.counts = {"won": 16, "waiting": 8, "lost": 0, "struck": 0}
    return state


class DrawPages:
    """Renders the page as the service does."""

    def __init__(self) -> None:
        it = programme()
        chrome: Callable[[Request], Chrome] = lambda request: Chrome(  # noqa: E731
            programme=it.title.text(self.pages.language(request)), languages=it.languages)
        self.pages = Pages(ROOT / "services/lottery/pages", "lottery", "/lottery", chrome=chrome)
        self.vector, self.records = replay(vector_lines(VECTOR)), vector_records(VECTOR)
        self.digest = by_digest()

    def draw(self, request: Request) -> HTMLResponse:
        """The draw of the vector, as far as `state` says; with one entry of it."""
        it, asked = programme(), request.query_params.get("state", "drawn")
        state = state_of(it, self.vector, self.records, STAGES[asked])
        now = {"preparing": it.draw.timetable.commit_until, "missed": it.window.opens,
               "announced": it.window.closes}.get(asked, it.draw.timetable.freeze_from)  # fmt: skip
        mine = request.query_params.get("entry")
        found = self.told(self.vector, mine) if mine else None
        return self.render(request, it, state, now, found)

    def by_digest(self, request: Request) -> HTMLResponse:
        """A draw that publishes digests; with one entry of it, as its applicant sees it."""
        it = programme("digest")
        lines = [*self.digest.public_lines()]
        records = [json.loads(line) for line in lines]
        mine = request.query_params.get("entry")
        found = self.told(self.digest, mine) if mine else LookedUp("receipt-only")
        state = state_of(it, self.digest, records, "drawn")
        return self.render(request, it, state, it.draw.timetable.promote_until, found)

    def told(self, transcript: Transcript, mine: str) -> LookedUp:
        """One entry's story."""
        told = explain(transcript, Turns(transcript), mine)
        return LookedUp("drawn", mine, told, told.struck)

    def render(
        self, request: Request, it: Programme, state: DrawState, now: datetime, found: LookedUp | None
    ) -> HTMLResponse:
        """The page itself."""
        transcript = self.vector if it.draw.publication == "full" else self.digest
        record = Record(days=days_of(transcript, 10**9) if state.stage == "drawn" else [], handovers=1, refused=2)
        published = {"full": "/transcript.jsonl", "digest": "/public.jsonl"}[it.draw.publication]
        return rendered(self.pages, request, it, state, now, record, found=found,
                        published=published if state.stage == "drawn" else None)


def rendered(
    pages: Pages, request: Request, it: Programme, state: DrawState, now: datetime, record: Record, *,
    found: LookedUp | None = None, published: str | None = None,
) -> HTMLResponse:
    """The public page as the service puts it together."""
    language = pages.language(request)
    with speaking(pages.words, language):
        context = page_of(it, state, now, None, record, language)
    kinds = [f"{time.name.text(language)} {venue.name.text(language)}" for venue in it.venues for time in it.times]
    return pages.render(
        request, "draw.html", form=Form(), application="", found=found, slot_kinds=kinds, published=published,
        mine="/mine", auditors="/sign-in", second=Second(1),
        **{f"{file}_sha": "0" * 64 for file in ("verifier", "witness", "standalone")}, **context)


def application() -> Starlette:
    """The pages, the files that they link to, and a proof file of the draw by digest."""
    sample = DrawPages()
    transcript = sample.digest
    assert transcript.entries is not None
    proof = canonical(Proofs(transcript).proof(transcript.entries.entry(3)))
    app = Starlette(routes=[
        Route("/draw", sample.draw), Route("/digest", sample.by_digest),
        Route("/transcript.jsonl", lambda _: FileResponse(VECTORS[VECTOR])),
        Route("/public.jsonl", lambda _: Response(b"".join(transcript.public_lines()))),
        Route("/proof.json", lambda _: Response(proof)),
    ])  # fmt: skip
    sample.pages.mount_static(app)
    return app
