"""Routes for everybody: the list of draws, a draw, one entry of it, and its proof file.

What is asked about an entry comes in a form's body: an entry is in no address, and so in no log of one.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.lottery.answers import Answers
from services.lottery.api.downloads import STANDALONE, VERIFIER, WITNESS, sha256_of
from services.lottery.handlers.auditing import tally
from services.lottery.handlers.office import Office
from services.lottery.pages.lookups import LookedUp, Lookups
from services.lottery.pages.public_view import Demand, Record, page_of, slot_kinds
from services.lottery.pages.second_view import second_of
from services.lottery.store import DrawState, Phase, fairness_of, handovers_of, lines_of, refusals_of
from shared.contracts.programme import Programme
from shared.platform.signin import SignIn
from shared.ui import Form as Filled
from shared.ui import Pages
from shared.ui.language import speaking

Typed = Annotated[str, Form(max_length=200)]
MOST_COUNTED = 1000
STATUS = {"wrong": 422, "too-many": 429}


def routes(office: Office, pages: Pages, demand: Demand, sign_in: SignIn) -> APIRouter:
    """`/lottery`, `/lottery/{programme}` (the draw that stands), `/lottery/{programme}/draws/{draw}` (any)."""
    router = APIRouter(include_in_schema=False)
    screen = PublicPage(office, pages, demand, sign_in)

    async def where(programme: str, draw: str | None = None) -> tuple[Programme, DrawState]:
        """A draw, the one that stands where none is named, and the programme as it defines it."""
        state = await office.state(programme, draw) if draw else await office.standing(programme)
        return office.defined(programme, state.draw), state

    @router.get("")
    async def index(request: Request) -> Response:
        return pages.render(request, "index.html", programmes=office.programmes.all())

    @router.get("/{programme}")
    async def draw(request: Request, programme: str) -> Response:
        return await screen.show(request, *await where(programme))

    @router.post("/{programme}")
    async def find(request: Request, programme: str, entry: Typed = "", application: Typed = "") -> Response:
        return await screen.look_up(request, *await where(programme), entry, application)

    @router.post("/{programme}/proof.json")
    async def proof(request: Request, programme: str, entry: Typed = "", application: Typed = "") -> Response:
        return await screen.proof(request, *await where(programme), entry, application)

    @router.get("/{programme}/draws/{draw}")
    async def one(request: Request, programme: str, draw: str) -> Response:
        return await screen.show(request, *await where(programme, draw))

    @router.post("/{programme}/draws/{draw}")
    async def find_in(
        request: Request, programme: str, draw: str, entry: Typed = "", application: Typed = ""
    ) -> Response:
        return await screen.look_up(request, *await where(programme, draw), entry, application)

    @router.post("/{programme}/draws/{draw}/proof.json")
    async def proof_in(
        request: Request, programme: str, draw: str, entry: Typed = "", application: Typed = ""
    ) -> Response:
        return await screen.proof(request, *await where(programme, draw), entry, application)

    return router


class PublicPage:
    """The page of a draw."""

    def __init__(self, office: Office, pages: Pages, demand: Demand, sign_in: SignIn) -> None:
        self._office, self._pages, self._demand, self._sign_in = office, pages, demand, sign_in
        self._answers = Answers(office.transcripts)
        self._lookups = Lookups(office, self._answers)
        self._verifier_sha, self._standalone_sha = sha256_of(VERIFIER), sha256_of(STANDALONE)
        self._witness_sha = sha256_of(WITNESS)

    async def show(
        self, request: Request, programme: Programme, state: DrawState, entry: str = "", application: str = "",
        found: LookedUp | None = None,
    ) -> Response:
        """The draw, and perhaps one entry of it."""
        language = self._pages.language(request)
        now, demand = self._office.clock.now(programme.id), self._demand.of(programme.id)
        record = await self._record(state)
        second = await second_of(self._office, programme, state, now, language)
        with speaking(self._pages.words, language):
            context = page_of(programme, state, now, demand, record, language)
        response = self._pages.render(
            request, "draw.html", status_code=STATUS.get(found.state, 200) if found else 200,
            form=self._form(request, entry, found), application=application, found=found,
            slot_kinds=slot_kinds(programme, language),
            verifier_sha=self._verifier_sha, witness_sha=self._witness_sha, standalone_sha=self._standalone_sha,
            published=published(programme, state), second=second, mine=self._mine(programme, language),
            auditors=self._sign_in.address(whole(programme, state)), **context)
        if found and found.wait:
            response.headers["Retry-After"] = str(found.wait)
        return response

    async def look_up(
        self, request: Request, programme: Programme, state: DrawState, entry: str, application: str
    ) -> Response:
        """The draw, and what there is to say of one entry."""
        found = await self._lookups.look_up(request, programme, state, entry, application)
        return await self.show(request, programme, state, entry, application, found)

    async def proof(
        self, request: Request, programme: Programme, state: DrawState, entry: str, application: str
    ) -> Response:
        """The proof file of one entry."""
        content = await self._lookups.proof(request, programme, state, entry, application)
        return Response(content, media_type="application/json", headers={
            "Content-Disposition": f'attachment; filename="{state.draw}-proof.json"'})

    async def _record(self, state: DrawState) -> Record:
        database, done = self._office.database, state.stage == "drawn"
        decisions = [json.loads(line) async for line in lines_of(database, state.id, (Phase.STRUCK, Phase.ADJUSTED))]
        return Record(
            decisions, await self._answers.days(state) if done else [], await fairness_of(database, state.id),
            await tally(database, state) if done else None,
            handovers=len(await handovers_of(database, state.id)) if done else 0,
            refused=len(await refusals_of(database, state.id, limit=MOST_COUNTED)))

    def _form(self, request: Request, entry: str, found: LookedUp | None) -> Filled:
        say = self._pages.words_for(request)
        errors = {"entry": say("draw.look-up-wrong")} if found is not None and found.state == "wrong" else {}
        return Filled({"entry": entry}, errors)

    def _mine(self, programme: Programme, language: str) -> str:
        """Where applicants open their own application."""
        intake = self._office.settings.public_urls.get("intake", "")
        return f"{intake}/intake/{programme.id}/mine?lang={language}"


def whole(programme: Programme, state: DrawState) -> str:
    """Where the whole transcript is."""
    return f"/lottery/{programme.id}/draws/{state.draw}/transcript.jsonl"


def published(programme: Programme, state: DrawState) -> str | None:
    """Where the record is as far as it is public; None before the draw."""
    if state.stage != "drawn":
        return None
    if programme.draw.publication == "full":
        return whole(programme, state)
    return f"/lottery/{programme.id}/draws/{state.draw}/public.jsonl"
