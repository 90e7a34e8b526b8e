"""Who may know what about one entry (B01): the rule that the page and the proof file share.

Where the whole record is published, everybody may know everything of an entry. Where digests are, an entry's number
alone says only that it is in the list: the public part names entries in its lines of strikes and changes, so a number
is not its applicant's secret. The receipt's page hands over the application's own id with it, which is published
nowhere.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from services.lottery.answers import Answers
from services.lottery.domain.explaining import Explanation
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import Struck
from services.lottery.handlers.office import Office
from services.lottery.store import DrawState, result_of
from shared.contracts.envelope import typed_id
from shared.contracts.programme import Programme
from shared.platform.failures import FailureLimit
from shared.platform.problems import Problem

BURST, PAUSE_SECONDS = 30, 2.0
"""So many wrong numbers an address has at once, then one each so many seconds."""

Standing = Literal["wrong", "too-many", "early", "unknown", "listed", "struck", "receipt-only", "drawn"]


@dataclass(frozen=True)
class LookedUp:
    """The answer about one entry: `state` names its words. `told` once the draw is done and whoever asks may know."""

    state: Standing
    entry: str = ""
    told: Explanation | None = None
    struck: Struck | None = None
    wait: int = 0


class Lookups:
    """Answers about single entries; numbers that are in no list count against the address that sent them."""

    def __init__(self, office: Office, answers: Answers) -> None:
        self._office, self._answers = office, answers
        self._limit = FailureLimit(BURST, PAUSE_SECONDS)

    async def look_up(
        self, request: Request, programme: Programme, state: DrawState, number: str, application: str = ""
    ) -> LookedUp:
        """One entry by its 32 digits, spaces and capitals forgiven."""
        entry = typed_id(number)
        if entry is None:
            return LookedUp("wrong")
        if state.root is None:
            return LookedUp("early", entry)
        address = request.client.host if request.client else ""
        if wait := self._limit.wait(address):
            return LookedUp("too-many", entry, wait=wait)
        try:
            if state.stage == "drawn":
                return await self._drawn(programme, state, entry, application)
            return await self._frozen(state, entry)
        except Refused:
            self._limit.failed(address)
            return LookedUp("unknown", entry)

    async def proof(
        self, request: Request, programme: Programme, state: DrawState, number: str, application: str
    ) -> bytes:
        """The proof file of an entry. Raises `Problem` where there is none, or it is not theirs who ask."""
        found = await self.look_up(request, programme, state, number, application)
        if found.state == "too-many":
            raise Problem(429, "too-many-tries", "Too many entries that are not in this draw",
                          f"Please wait {found.wait} seconds and try again.",
                          headers={"Retry-After": str(found.wait)})
        if found.told is None:
            raise Problem(404, "no-proof", "There is no proof to give",
                          "The number is not in this draw, or the draw is not done yet; where a draw is published by "
                          "digest, the proof is saved from the receipt's own page. Check the number and try there.")
        return await self._answers.proof(state, found.entry)

    async def _frozen(self, state: DrawState, entry: str) -> LookedUp:
        transcript = (await self._office.transcripts.look(state)).transcript
        assert transcript.entries is not None
        struck = transcript.strike_of(transcript.entries.number(entry))
        return LookedUp("struck" if struck else "listed", entry, struck=struck)

    async def _drawn(self, programme: Programme, state: DrawState, entry: str, application: str) -> LookedUp:
        told = await self._answers.explanation(state, entry)
        if programme.draw.publication == "digest" and not await self._is_theirs(state, entry, application):
            return LookedUp("receipt-only", entry)
        return LookedUp("drawn", entry, told, told.struck)

    async def _is_theirs(self, state: DrawState, entry: str, application: str) -> bool:
        result = await result_of(self._office.database, state.id, entry)
        return result is not None and hmac.compare_digest(result["application"].encode(), application.encode())
